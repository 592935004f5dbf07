internal import Console
internal import Glibc
internal import Limits
package import Settings
internal import Store
package import System

/// Letting an agent be tried at once that is left alone because it failed again and again.
package enum Reset {
  /// Notes that an agent is to be tried with the next message, and forgets its failures until now.
  ///
  /// Every agim-run of the home sees it with the next message; nothing has to be started anew.
  ///
  /// - Returns: false where it was not left alone.
  /// - Throws: `Failure` where there is no such agent; what the store says.
  package static func agent(_ name: String, in home: Home, clock: Clock = .system) throws -> Bool {
    let settings = try? Settings.load(home)
    let now = clock.now()
    var left: [String] = []
    if access(home.database, F_OK) == 0 {
      let store = try Store(path: home.database)
      defer { store.database.close() }
      left = try Status.Limited(home, store, at: now).breakers.map(\.agent)
      if left.contains(name) {
        try store.write { try store.recordReset(of: name, code: Ending.reset, at: now) }
        return true
      }
    }
    let known = AgentSettings.drivers + (settings.map { Array($0.agents.keys) } ?? [])
    guard known.contains(name) else {
      throw Failure(
        .usage, "reset: there is no agent '\(name)'",
        hint: left.isEmpty
          ? Nearest.match(name, among: known).map { "did you mean \($0)?" }
          : "left alone: \(left.joined(separator: ", "))")
    }
    return false
  }
}
