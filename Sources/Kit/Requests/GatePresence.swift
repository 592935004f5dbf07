internal import Glibc
package import Settings
package import System

/// Tells which commands serve a pipeline: each holds a shared lock on a file of its kind.
package final class GatePresence {
  /// The kinds of commands that others want to know about.
  package enum Role: String, Sendable {
    /// agim-approve: without it nobody can answer.
    case gate
    /// agim-send: without it nobody sees what is asked.
    case send
  }

  private let lock: FileLock?

  /// Shows that this process serves the pipeline, for as long as it lives.
  ///
  /// - Throws: `SystemError`.
  package init(_ home: Home, pipe: String, as role: Role = .gate) throws(SystemError) {
    lock = try FileLock.share(Self.path(home, pipe, role))
  }

  /// Whether an agim-approve of the pipeline lives.
  package static func isThere(_ home: Home, pipe: String) -> Bool {
    (try? FileLock.isTaken(path(home, pipe, .gate))) ?? false
  }

  /// Whether a command of the kind lives in any pipeline: for those who belong to none.
  package static func isAnywhere(_ home: Home, _ role: Role) -> Bool {
    guard let directory = opendir(home.run) else { return false }
    defer { closedir(directory) }
    while let entry = readdir(directory) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) {
        String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name.hasPrefix("\(role.rawValue)-"), (try? FileLock.isTaken("\(home.run)/\(name)")) == true {
        return true
      }
    }
    return false
  }

  private static func path(_ home: Home, _ pipe: String, _ role: Role) -> String {
    // The name of a pipe is any text; in a file's name it has no slash.
    "\(home.run)/\(role.rawValue)-"
      + String(decoding: pipe.utf8.map { $0 == 0x2F ? 0x5F : $0 }, as: UTF8.self)
  }
}

/// How long those who answer may be away before what waits for them is denied.
package struct GateWatch {
  /// Milliseconds: after a request was made, and once they were seen while it waits.
  package static let patience: (first: Int64, later: Int64) = (2000, 60_000)

  private var seen: Int64
  private var wasSeen = false

  /// Begins to watch when a request is made; `now` is of a clock that only goes forward.
  package init(from now: Int64) { seen = now }

  /// Whether they have been away for too long.
  package mutating func isGone(isThere: Bool, at now: Int64) -> Bool {
    guard !isThere else {
      (seen, wasSeen) = (now, true)
      return false
    }
    return now - seen >= (wasSeen ? Self.patience.later : Self.patience.first) - 10
  }
}
