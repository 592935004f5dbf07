internal import Console
internal import Glibc
internal import System

/// A small file that is read whole, if only its owner can.
enum PrivateFile {
  /// Reads a file.
  ///
  /// Owner and mode are those of the open file: nobody can change the file between check and use.
  ///
  /// - Returns: nil when there is none.
  /// - Throws: `Failure` with status 78 that names the path, and the command that mends it.
  static func read(_ path: String, limit: Int, mustBePrivate: Bool = true) throws -> [UInt8]? {
    let file: Descriptor
    do {
      // Non-blocking, because opening a FIFO would wait for its writer.
      file = try Descriptor.open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY)
    } catch {
      if error.errno == ENOENT { return nil }
      throw Failure(.configuration, "cannot read \(Shown.path(path)): \(error.reason)")
    }
    var status = stat()
    guard fstat(file.number, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw Failure(.configuration, "\(Shown.path(path)) is not a regular file")
    }
    if mustBePrivate { try check(path, status) }
    return try content(file, path, limit)
  }

  private static func check(_ path: String, _ status: stat) throws {
    guard status.st_uid == geteuid() || status.st_uid == 0 else {
      throw Failure(
        .configuration, "\(Shown.path(path)) belongs to user \(status.st_uid), and this is user \(geteuid())",
        hint: "it must belong to the user who runs agim, or to root")
    }
    guard status.st_mode & 0o077 == 0 else {
      throw Failure(
        .configuration, "\(Shown.path(path)) is open to others (mode \(octal(status.st_mode)))",
        hint: "chmod 600 \(Shown.shellWord(path))")
    }
  }

  private static func content(_ file: Descriptor, _ path: String, _ limit: Int) throws -> [UInt8] {
    var content: [UInt8] = []
    do {
      while let piece = try file.read(upTo: 65_536, subject: path), !piece.isEmpty {
        content += piece
        guard content.count <= limit else {
          throw Failure(.configuration, "\(Shown.path(path)) has more than \(limit) bytes")
        }
      }
    } catch let error as SystemError {
      throw Failure(.configuration, "cannot read \(Shown.path(path)): \(error.reason)")
    }
    return content
  }
}
