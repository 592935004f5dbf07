internal import Glibc
package import Settings
package import System

/// Tells whether an agim-approve serves a pipeline: each holds a shared lock on one file.
package final class GatePresence {
  private let lock: FileLock?

  /// Shows that this process is an agim-approve of the pipeline, for as long as it lives.
  ///
  /// - Throws: `SystemError`.
  package init(_ home: Home, pipe: String) throws(SystemError) {
    lock = try FileLock.share(Self.path(home, pipe))
  }

  /// Whether an agim-approve of the pipeline lives.
  package static func isThere(_ home: Home, pipe: String) -> Bool {
    (try? FileLock.isTaken(path(home, pipe))) ?? false
  }

  private static func path(_ home: Home, _ pipe: String) -> String {
    // The name of a pipe is any text; in a file's name it has no slash.
    "\(home.run)/gate-" + String(decoding: pipe.utf8.map { $0 == 0x2F ? 0x5F : $0 }, as: UTF8.self)
  }
}
