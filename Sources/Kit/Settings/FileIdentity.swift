internal import Glibc

/// What tells one version of a file from another without reading it.
struct FileIdentity: Equatable, Sendable {
  private var numbers: [Int64] = []

  /// Looks at the file of a path now; one that is not there has an identity too.
  ///
  /// The time of status change belongs to it, so that a chmod is noticed as well.
  init(path: String) {
    var status = stat()
    guard stat(path, &status) == 0 else {
      numbers = [Int64(errno)]
      return
    }
    numbers = [
      Int64(bitPattern: UInt64(status.st_dev)), Int64(bitPattern: UInt64(status.st_ino)),
      Int64(status.st_size),
      Int64(status.st_mtim.tv_sec), Int64(status.st_mtim.tv_nsec),
      Int64(status.st_ctim.tv_sec), Int64(status.st_ctim.tv_nsec),
    ]
  }
}
