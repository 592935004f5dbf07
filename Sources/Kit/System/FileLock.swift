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

  /// Takes a part in the lock of a file, which others may share, making the file when it is not there.
  ///
  /// - Returns: nil when another process has the whole of it.
  /// - Throws: `SystemError` when the file cannot be opened.
  package static func share(_ path: String) throws(SystemError) -> FileLock? {
    let file = try Descriptor.open(path, O_RDWR | O_CREAT)
    if agim_ofd_share(file.number) == 0 { return FileLock(file) }
    if errno == EAGAIN || errno == EACCES { return nil }
    throw SystemError("fcntl", path)
  }

  /// Whether the lock of a file is taken.
  ///
  /// Only looks, so that several may ask at once: one that took the lock in order to find out would
  /// pass for the holder.
  ///
  /// - Throws: `SystemError` when the file cannot be opened.
  package static func isTaken(_ path: String) throws(SystemError) -> Bool {
    let file = try Descriptor.open(path, O_RDWR)
    var lock = flock()
    lock.l_type = Int16(F_WRLCK)
    lock.l_whence = Int16(SEEK_SET)
    // F_OFD_GETLK, a GNU macro that Swift does not import.
    guard fcntl(file.number, 36, &lock) == 0 else { throw SystemError("fcntl", path) }
    return lock.l_type != Int16(F_UNLCK)
  }

  /// Lets it go before the process ends.
  package func release() { file.close() }
}
