internal import Console
internal import Glibc
internal import System

extension Home {
  /// Makes the directory (mode 700) and `run/`, and checks that they are ours alone.
  ///
  /// - Throws: `Failure` with status 73 when it cannot be made or written, with 78 when others can
  ///   enter it or it belongs to somebody else.
  package func prepare() throws {
    try make(path)
    try check()
    try make(run)
  }

  private func make(_ directory: String) throws {
    do {
      try Files.makeDirectory(directory)
    } catch {
      throw Failure(
        .cannotCreate, "cannot make \(Shown.path(directory)): \(error.reason)", hint: Self.elsewhere)
    }
  }

  /// Checks that the directory is ours alone and can be written; makes nothing.
  ///
  /// - Throws: `Failure`, with status 73 when it is not there.
  package func check() throws {
    var status = stat()
    guard stat(path, &status) == 0 else {
      throw Failure(
        .cannotCreate, "cannot look at \(Shown.path(path)): \(String(cString: strerror(errno)))",
        hint: Self.elsewhere)
    }
    guard status.st_uid == geteuid() else {
      throw Failure(
        .configuration, "\(Shown.path(path)) belongs to user \(status.st_uid), and this is user \(geteuid())",
        hint: "run as that user, or \(Self.elsewhere)")
    }
    guard status.st_mode & 0o077 == 0 else {
      // A chmod is good advice for a directory of ours only: `AGIM_HOME=/tmp` must not lead to it.
      throw Failure(
        .configuration, "\(Shown.path(path)) may be entered by others (mode \(octal(status.st_mode)))",
        hint: looksOurs ? "chmod 700 \(Shown.shellWord(path))" : Self.elsewhere)
    }
    guard faccessat(AT_FDCWD, path, W_OK | X_OK, AT_EACCESS) == 0 else {
      throw Failure(
        .cannotCreate, "cannot write to \(Shown.path(path)): \(String(cString: strerror(errno)))",
        hint: Self.elsewhere)
    }
  }

  /// Whether the directory is empty or holds a file that only agim's has.
  private var looksOurs: Bool {
    if [config, database, pipes].contains(where: { (path: String) in access(path, F_OK) == 0 }) {
      return true
    }
    guard let directory = opendir(path) else { return false }
    defer { closedir(directory) }
    var count = 0
    while readdir(directory) != nil { count += 1 }
    return count <= 2
  }

  private static let elsewhere = "set AGIM_HOME to a directory of your own"
}

/// The permissions of a file as `chmod` takes them.
func octal(_ mode: mode_t) -> String { String(mode & 0o7777, radix: 8) }
