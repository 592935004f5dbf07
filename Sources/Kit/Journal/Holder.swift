internal import Glibc
package import System

/// A process that has rows, and proof of its death.
///
/// A holder is a file in `run/` named by an id that is never used twice. The process keeps a lock on
/// it for its whole life; whoever obtains the lock has proved that the process is dead.
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
    lock = try FileLock.take("\(directory)/\(id)")
  }

  deinit { release() }

  /// Ends the holder in an orderly way: rows that are still its own can be taken over at once.
  package func release() {
    guard let lock else { return }
    unlink("\(directory)/\(id)")
    lock.release()
    self.lock = nil
  }

  /// Whether the process of an id is dead. The empty id, of rows that nobody has, counts as dead.
  package static func isDead(_ id: String, directory: String) -> Bool {
    // Ids come from the store; one that is not ours must not lead to another file.
    guard !id.isEmpty, id.utf8.allSatisfy({ $0 > 0x2D && $0 != 0x2F && $0 < 0x7F || $0 == 0x2D }), !id.contains("..") else {
      return true
    }
    let path = "\(directory)/\(id)"
    do {
      guard let lock = try FileLock.take(path, create: false) else { return false }
      unlink(path)
      lock.release()
      return true
    } catch {
      return error.errno == ENOENT
    }
  }

  /// Removes the files of processes that died without rows.
  package static func sweep(_ directory: String) {
    guard let list = opendir(directory) else { return }
    var names: [String] = []
    while let entry = readdir(list) {
      names.append(
        withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) })
    }
    closedir(list)
    // 36 characters: the form of a holder's id, so that other files are left alone.
    for name in names where name.utf8.count == 36 && name.utf8.filter({ $0 == 0x2D }).count == 4 {
      _ = isDead(name, directory: directory)
    }
  }
}
