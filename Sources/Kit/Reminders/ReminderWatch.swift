internal import Glibc
package import Settings
package import Store
package import System

/// Whether somebody prints what is due: `agim-remind watch` holds a file while it stays, `agim-remind due` touches it.
package enum ReminderWatch {
  /// Milliseconds for which a `due` counts: cron comes by once a day at least.
  private static let patience: Int64 = 86_400_000

  private static func path(_ kind: ReminderRow.Kind, _ home: Home) -> String {
    "\(home.run)/remind-\(kind.rawValue)"
  }

  /// Says that we print what is due of these kinds, as long as what is returned lives.
  ///
  /// Where it cannot be said nothing else is wrong.
  static func begin(_ kinds: [ReminderRow.Kind], _ home: Home) -> [FileLock] {
    kinds.compactMap { kind in
      guard let lock = try? FileLock.share(path(kind, home)) else { return nil }
      utimensat(AT_FDCWD, path(kind, home), nil, 0)
      return lock
    }
  }

  /// Whether somebody does.
  package static func isThere(_ kind: ReminderRow.Kind, _ home: Home, at now: Timestamp) -> Bool {
    let path = path(kind, home)
    var status = stat()
    guard stat(path, &status) == 0 else { return false }
    if (try? FileLock.isTaken(path)) == true { return true }
    return now.milliseconds - Int64(status.st_mtim.tv_sec) * 1000 < patience
  }
}
