internal import Store
internal import System

/// For agim-mcp: what an agent asks another one.
extension Journal {
  /// The platform of messages that one agent has written to another.
  package static let agentPlatform = "agent"
  /// The platform of rows that come by the clock.
  package static let remindPlatform = "remind"

  /// Puts a message of one agent into the queue of another, for the agim-run that runs it.
  ///
  /// - Parameters:
  ///   - event: The message; its account is the session that asks.
  ///   - agent: Who is asked.
  ///   - pipe: The pipeline of the agim-run that is to take it.
  /// - Returns: false where it is known already.
  /// - Throws: `StoreError`.
  package func ask(_ event: Incoming, agent: String, pipe: String) throws -> Bool {
    let now = clock.now()
    let isNew = try write {
      try store.insert(
        InboxRow(
          id: event.id, platform: event.platform, account: event.account, event: event.event,
          type: event.type, session: event.session, agent: agent, pipe: pipe, state: .taken, holder: "",
          line: event.line, at: now))
    }
    wakeOthers()
    return isNew
  }

  /// Takes back a message to an agent that has not begun with it; false when it has.
  package func takeBack(_ id: String, because why: String) throws -> Bool {
    let now = clock.now()
    return try write {
      guard let row = try store.inbox(id: id), row.state == .taken,
        let next = InboxMachine.next(row.state, .fail)
      else { return false }
      return try store.move(
        inbox: id, from: .taken, heldBy: row.holder, to: next, holder: row.holder, reason: why, at: now)
    }
  }
}
