internal import Console
internal import Glibc
internal import Settings
internal import System

/// Puts a new `config.json` in the place of the old one.
enum ConfigFile {
  /// Writes it, and keeps the old one beside it.
  ///
  /// - Returns: the path of the copy; nil when there was no old one.
  /// - Throws: `Failure` when it was changed meanwhile or cannot be written.
  static func write(
    _ new: [UInt8], over old: [UInt8]?, _ home: Home, environment: [String: String]
  ) throws -> String? {
    try home.prepare()
    guard try Settings.document(home, environment: environment)?.bytes == old else {
      throw Failure(
        .temporary, "\(Shown.path(home.config)) was changed meanwhile", hint: "nothing was written; try again"
      )
    }
    var number = Clock.system.now().milliseconds / 1000
    // Never over one that was made in the same second: it may be the one from before.
    while access("\(home.config).\(number).bak", F_OK) == 0 { number += 1 }
    let backup = "\(home.config).\(number).bak"
    // An interruption comes before or after both, not between them.
    let loop = EventLoop(clock: .system)
    try loop.onSignals([SIGINT, SIGTERM, SIGHUP]) { _ in }
    do {
      if let old { try Files.write(old, to: backup) }
      try Files.write(new, to: home.config)
    } catch {
      throw Failure(
        .cannotCreate, "cannot write \(Shown.path(home.config)): \(error.reason)", hint: "nothing was changed"
      )
    }
    return old == nil ? nil : backup
  }
}
