internal import CPosix
internal import Glibc

/// A whole-file lock that ends with the process that holds it, however that process ends.
package final class FileLock {
  private let file: Descriptor

  private init(_ file: Descriptor) { self.file = file }

  /// Takes the lock of a file, making the file when it is not there.
  ///
  /// - Returns: nil when another process has it.
  /// - Throws: `SystemError` when the file cannot be opened.
  package static func take(_ path: String, create: Bool = true) throws(SystemError) -> FileLock? {
    let file = try Descriptor.open(path, O_RDWR | (create ? O_CREAT : 0))
    if agim_ofd_lock(file.number) == 0 { return FileLock(file) }
    if errno == EAGAIN || errno == EACCES { return nil }
    throw SystemError("fcntl", path)
  }

  /// Lets it go before the process ends.
  package func release() { file.close() }
}
