internal import CPosix
internal import Glibc

/// An open file descriptor that is closed with its last reference.
package final class Descriptor {
  /// The number; -1 after `close()`.
  package private(set) var number: Int32

  /// Takes over a descriptor that is open.
  package init(_ number: Int32) { self.number = number }

  deinit { close() }

  /// Closes it now.
  ///
  /// Data that could not be written is reported by the writer, not here.
  package func close() {
    guard number >= 0 else { return }
    Glibc.close(number)
    number = -1
  }

  /// Opens a file, close-on-exec.
  ///
  /// - Throws: `SystemError` with the path.
  package static func open(_ path: String, _ flags: Int32, mode: UInt32 = 0o600) throws(SystemError)
    -> Descriptor
  {
    let number = Glibc.open(path, flags | O_CLOEXEC, mode)
    guard number >= 0 else { throw SystemError("open", path) }
    return Descriptor(number)
  }

  /// Opens a file by an absolute path, and follows no link in any part of it.
  ///
  /// - Throws: `SystemError` with the path; `ELOOP` or `ENOTDIR` where one of its parts is a link.
  package static func openWithoutLinks(_ path: String, _ flags: Int32) throws(SystemError) -> Descriptor {
    let number = agim_open_without_links(path, flags)
    guard number >= 0 else { throw SystemError("open", path) }
    return Descriptor(number)
  }

  /// Gives the descriptor away: it is not closed here any more.
  package func handOver() -> Int32 {
    defer { number = -1 }
    return number
  }

  /// A pipe: what is written to the second can be read from the first.
  package static func pipe() throws(SystemError) -> (read: Descriptor, write: Descriptor) {
    var ends: [Int32] = [-1, -1]
    guard agim_pipe(&ends) == 0 else { throw SystemError("pipe2", "a pipe") }
    return (Descriptor(ends[0]), Descriptor(ends[1]))
  }

  /// Lets reads and writes return at once.
  ///
  /// Only for descriptors that this process made itself.
  package func setNonBlocking() {
    let flags = fcntl(number, F_GETFL)
    if flags >= 0 { _ = fcntl(number, F_SETFL, flags | O_NONBLOCK) }
  }

  /// Reads what is there, at most `count` bytes; nil when nothing is there now, empty at the end.
  package func read(upTo count: Int, subject: String) throws(SystemError) -> [UInt8]? {
    var reason: Int32 = 0
    // Room that is not filled with zeros first: mostly little comes, and pages that nobody touches cost nothing.
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { room, used in
      var got = 0
      repeat { got = Glibc.read(number, room.baseAddress, count) } while got < 0 && errno == EINTR
      if got < 0 { reason = errno }
      used = max(0, got)
    }
    if reason == 0 { return bytes }
    if reason == EAGAIN { return nil }
    throw SystemError("read", subject, errno: reason)
  }

  /// Reads at most `count` bytes as soon as some are there, also where somebody else has made the descriptor
  /// non-blocking; empty at the end.
  package func readWaiting(upTo count: Int, subject: String) throws(SystemError) -> [UInt8] {
    while true {
      if let bytes = try read(upTo: count, subject: subject) { return bytes }
      var ready = pollfd(fd: number, events: Int16(POLLIN), revents: 0)
      poll(&ready, 1, -1)
    }
  }
}

/// Whole files, for small ones.
package enum Files {
  /// The content of a file of at most `limit` bytes.
  ///
  /// - Throws: `SystemError`; `EFBIG` when the file is larger.
  package static func read(_ path: String, limit: Int) throws(SystemError) -> [UInt8] {
    try content(of: Descriptor.open(path, O_RDONLY), path, limit)
  }

  private static func content(of file: Descriptor, _ path: String, _ limit: Int) throws(SystemError)
    -> [UInt8]
  {
    var content: [UInt8] = []
    while let piece = try file.read(upTo: min(limit + 1, 65_536), subject: path), !piece.isEmpty {
      content += piece
      if content.count > limit { throw SystemError("read", path, errno: EFBIG) }
    }
    return content
  }

  /// The content of a regular file of at most `limit` bytes, never waiting: a FIFO is refused.
  ///
  /// - Throws: `SystemError`; `EFBIG` when the file is larger, `EINVAL` when it is something else.
  package static func readRegular(_ path: String, limit: Int) throws(SystemError) -> [UInt8] {
    try regular(Descriptor.open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY), path, limit, links: .max)
  }

  /// The same of a file with at most `links` names, by a path that has no links: none is followed.
  ///
  /// - Throws: `SystemError`; `EFBIG` when the file is larger, `EINVAL` when it is something else,
  ///   `EMLINK` when it has another name.
  package static func readRegularWithoutLinks(
    _ path: String, limit: Int, links: Int = 1
  ) throws(SystemError) -> [UInt8] {
    try regular(
      Descriptor.openWithoutLinks(path, O_RDONLY | O_NONBLOCK | O_NOCTTY), path, limit, links: links)
  }

  /// Puts a file with this content in the place of a regular file, or where there is none: at once, with its
  /// mode, by a path that has no links: none is followed.
  ///
  /// - Throws: `SystemError`; `EINVAL` when something else is there.
  package static func replaceWithoutLinks(_ path: String, with content: [UInt8]) throws(SystemError) {
    let cut = path.utf8.lastIndex(of: UInt8(ascii: "/")) ?? path.utf8.startIndex
    let name = Substring(path.utf8[cut...].dropFirst())
    let parent = cut == path.utf8.startIndex ? "/" : String(Substring(path.utf8[..<cut]))
    let directory = try Descriptor.openWithoutLinks(parent, O_RDONLY | O_DIRECTORY)
    // The directory that was opened, wherever its name leads by now.
    let place = "/proc/self/fd/\(directory.number)/\(name)"
    var status = stat()
    var mode: UInt32 = 0o644
    if lstat(place, &status) == 0 {
      guard status.st_mode & S_IFMT == S_IFREG else { throw SystemError("open", path, errno: EINVAL) }
      mode = status.st_mode & 0o777
    } else if errno != ENOENT {
      throw SystemError("stat", path)
    }
    do throws(SystemError) {
      try write(content, to: place, mode: mode)
    } catch {
      throw SystemError(error.call, path, errno: error.errno)
    }
    withExtendedLifetime(directory) {}
  }

  private static func regular(
    _ file: Descriptor, _ path: String, _ limit: Int, links: Int
  ) throws(SystemError) -> [UInt8] {
    var status = stat()
    guard fstat(file.number, &status) == 0 else { throw SystemError("fstat", path) }
    guard status.st_mode & S_IFMT != S_IFDIR else { throw SystemError("read", path, errno: EISDIR) }
    guard status.st_mode & S_IFMT == S_IFREG else { throw SystemError("read", path, errno: EINVAL) }
    guard status.st_nlink <= links else { throw SystemError("read", path, errno: EMLINK) }
    guard status.st_size <= limit else { throw SystemError("read", path, errno: EFBIG) }
    return try content(of: file, path, limit)
  }

  /// Writes a whole file under a new name and moves it into place, so that no reader sees half of it.
  ///
  /// - Throws: `SystemError` with the path; nothing is left behind then.
  package static func write(_ content: [UInt8], to path: String, mode: UInt32 = 0o600) throws(SystemError) {
    let temporary = "\(path).\(getpid()).new"
    do throws(SystemError) {
      let file = try Descriptor.open(temporary, O_WRONLY | O_CREAT | O_TRUNC, mode: mode)
      try writeAll(content, to: file.number, subject: path)
      if rename(temporary, path) != 0 { throw SystemError("rename", path) }
    } catch {
      unlink(temporary)
      throw error
    }
  }

  /// Writes all bytes to a descriptor, waiting as long as it takes.
  package static func writeAll(_ content: [UInt8], to fd: Int32, subject: String) throws(SystemError) {
    var done = 0
    while done < content.count {
      let wrote = content.withUnsafeBytes {
        Glibc.write(fd, $0.baseAddress.map { $0 + done }, content.count - done)
      }
      if wrote < 0 {
        if errno == EINTR { continue }
        throw SystemError("write", subject)
      }
      done += wrote
    }
  }

  /// Makes a directory and its parents, for its owner only.
  package static func makeDirectory(_ path: String, mode: UInt32 = 0o700) throws(SystemError) {
    if mkdir(path, mode) == 0 { return }
    if errno == EEXIST {
      var status = stat()
      if stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR { return }
      throw SystemError("mkdir", path, errno: ENOTDIR)
    }
    guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash != path.startIndex else {
      throw SystemError("mkdir", path)
    }
    try makeDirectory(String(path[..<slash]), mode: mode)
    if mkdir(path, mode) != 0, errno != EEXIST { throw SystemError("mkdir", path) }
  }
}
