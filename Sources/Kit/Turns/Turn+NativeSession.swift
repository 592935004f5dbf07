internal import Journal
internal import Settings
package import Stage
internal import Store
internal import System

/// The agents' own sessions, kept in the row of the conversation: `/new` leaves them behind with it.
extension Turn {
  /// The conversation's number: another one after `/new`, so that nothing of before is met again.
  package var conversation: String {
    isAside ? "aside \(row.id)" : session.map { "\($0.n)" } ?? row.session
  }

  /// The agent's own session in this conversation; nil where it has none yet.
  package var nativeSession: NativeSession? {
    isAside ? nil : NativeSession.kept(in: session, agent: settings.name)
  }

  /// Keeps the agent's own session, or forgets it.
  ///
  /// Stored before anything else is told to the agent where the store can be written, else as soon as it can.
  ///
  /// - Throws: what the store says, where waiting does not help.
  package func keep(_ native: NativeSession?) throws {
    guard !isAside, native != nativeSession, let number = session?.n else { return }
    let name = settings.name
    try stage.untilStored { [stage] in
      try stage.journal.write {
        // Others change other members of it.
        guard let row = try stage.journal.store.session(n: number) else { return }
        let data = NativeSession.put(native, of: name, in: row.data)
        try stage.journal.store.setSession(
          row.n, label: row.label, description: row.description, data: data)
      }
    }
    try refreshSession()
  }
}
