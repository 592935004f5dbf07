internal import Glibc
package import System

/// A process that has rows, and proof of its death.
///
/// A holder is a file in `run/` named by an id that is never used twice. The process keeps a lock on
/// it for its whole life; whoever finds it without its lock has proved that the process is dead.
package final class Holder {
  /// The id, which is also the file's name.
  package let id: String
  private let directory: String
  private var lock: FileLock?

  /// Makes and locks the file.
  ///
  /// - Throws: `SystemError`, such as a read-only home.
  package init(id: String, directory: String) throws(SystemError) {
    self.id = id
    self.directory = directory
    // Under its own name only once it is locked: whoever looks at the directory meanwhile would find
    // a file without its lock, and take the process for dead.
    let path = "\(directory)/\(id)"
    for _ in 0..<100 {
      guard let taken = try FileLock.take("\(path).new") else { continue }
      if rename("\(path).new", path) == 0 {
        lock = taken
        return
      }
      // Swept away before it was locked: once more.
      if errno != ENOENT { throw SystemError("rename", path) }
    }
    throw SystemError("rename", path, errno: EAGAIN)
  }

  deinit { release() }

  /// Ends the holder in an orderly way: rows that are still its own can be taken over at once.
  package func release() {
    guard let lock else { return }
    unlink("\(directory)/\(id)")
    lock.release()
    self.lock = nil
  }

  /// Whether the process of an id is dead.
  ///
  /// The empty id, of rows that nobody has, counts as dead.
  package static func isDead(_ id: String, directory: String) -> Bool {
    // Ids come from the store; one that is not ours must not lead to another file.
    guard !id.isEmpty, id.utf8.allSatisfy(isIDByte) else { return true }
    let path = "\(directory)/\(id)"
    do {
      if try FileLock.isTaken(path) { return false }
      unlink(path)
      return true
    } catch {
      return error.errno == ENOENT
    }
  }

  /// Hexadecimal digits and dashes: what a UUID is made of.
  private static func isIDByte(_ byte: UInt8) -> Bool {
    byte == 0x2D || byte >= 0x30 && byte <= 0x39 || byte >= 0x61 && byte <= 0x66
  }

  /// Removes what dead processes left: their own files, and files that are named after them.
  package static func sweep(_ directory: String) {
    guard let list = opendir(directory) else { return }
    var names: [String] = []
    while let entry = readdir(list) {
      names.append(
        withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) })
    }
    closedir(list)
    for name in names {
      // The form of a holder's id, alone or with more behind a dot, so that other files are left alone.
      let id = String(name.prefix(36))
      guard id.utf8.count == 36, id.utf8.allSatisfy(isIDByte) else { continue }
      if id == name {
        _ = isDead(id, directory: directory)
      } else if name.hasSuffix(".new") {
        // One that was made this instant has no lock yet.
        var status = stat()
        let path = "\(directory)/\(name)"
        if stat(path, &status) == 0, time(nil) - status.st_mtim.tv_sec > 60 { unlink(path) }
      } else if isDead(id, directory: directory) {
        unlink("\(directory)/\(name)")
      }
    }
  }
}
