internal import Console
internal import Settings
internal import Stage
internal import Store
internal import System

/// agim's own tools, as the program of an agent reaches them.
extension Turn {
  /// Opens a scope for a program that is started for this turn.
  ///
  /// - Parameters:
  ///   - mark: The program's mark.
  ///   - isConfined: Whether a sandbox keeps the program from the store.
  /// - Returns: the scope; nil where there are no tools for it.
  package func openScope(mark: String, isConfined: Bool) -> AgentScope? {
    // Another user can reach neither the store nor a socket beside it.
    let isOurs = (try? RunAs.account(settings)) ?? nil == nil
    let program = token == nil || !isOurs ? nil : toolServer
    let others = configuredServers
    guard program != nil || !others.isEmpty else { return nil }
    do {
      let scope = try AgentScope(
        program: program, others: others, holder: row.holder, mark: mark, isConfined: isConfined,
        isOurs: isOurs, stage)
      scope.enter(self)
      return scope
    } catch {
      Log.warning("an agent gets no tools of agim: \(error)", [("agent", settings.name)])
      return nil
    }
  }

  /// The turn has ended: what it handed out leads nowhere any more.
  func closeScopes() {
    for scope in scopes { scope.leave(self) }
    scopes = []
  }
}
