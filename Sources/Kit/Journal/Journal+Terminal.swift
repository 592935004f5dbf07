internal import Store
internal import System

/// For a terminal: its rows die with it, because nobody else can show them.
extension Journal {
  /// The reason of a row that died with its terminal.
  package static let terminalGone = "its terminal is gone"

  /// How much of a session is not finished, and may still be.
  package struct OpenWork: Sendable, Equatable {
    /// Messages that nobody has taken.
    package var waiting = 0
    /// Messages that a live process has taken.
    package var working = 0
    /// Replies that a live process has and that are not delivered.
    package var undelivered = 0
    /// None.
    package init() {}
    /// Whether all is finished.
    package var isEmpty: Bool { waiting == 0 && working == 0 && undelivered == 0 }
  }

  /// Ends what is left of a session whose terminal is gone: messages that nobody has taken are `dead`,
  /// replies that no live process has are `refused`.
  ///
  /// What a live agim-run has taken goes on, and what a live agim-send has it refuses itself.
  ///
  /// - Parameters:
  ///   - session: the session, as its rows spell it.
  ///   - own: whether rows of this process count as a dead one's: it is about to leave.
  /// - Returns: how many messages and replies came to their end.
  /// - Throws: `StoreError`.
  package func bury(session: String, own: Bool) throws -> (messages: Int, replies: Int) {
    let now = clock.now()
    let isLeft = { [unowned self] (holder: String) in
      holder.isEmpty || own && holder == existingHolder || isDead(holder)
    }
    return try write {
      var count = (messages: 0, replies: 0)
      var after: Int64 = 0
      while case let rows = try store.openInbox(session: session, after: after, limit: 500),
        let last = rows.last
      {
        after = last.n
        for row in rows where (row.state == .new || row.state == .held) && isLeft(row.holder) {
          guard let next = InboxMachine.next(row.state, .fail) else { continue }
          let moved = try store.move(
            inbox: row.id, from: row.state, heldBy: row.holder, to: next, holder: "",
            reason: Journal.terminalGone, at: now)
          if moved { count.messages += 1 }
        }
      }
      after = 0
      while case let rows = try store.openOutbox(session: session, after: after, limit: 500),
        let last = rows.last
      {
        after = last.n
        // What has a target of its own does not go to the terminal.
        for row in rows where row.target.map({ $0 == session }) ?? true && isLeft(row.holder) {
          guard let next = OutboxMachine.next(row.state, .refuse) else { continue }
          let moved = try store.move(
            outbox: row.n, from: row.state, heldBy: row.holder, to: next, holder: "",
            reason: Journal.terminalGone, mark: row.mark, attempts: row.attempts, at: now)
          if moved { count.replies += 1 }
        }
      }
      return count
    }
  }

  /// What of a session is not finished.
  package func openWork(session: String) throws -> OpenWork {
    var work = OpenWork()
    var after: Int64 = 0
    while case let rows = try store.openInbox(session: session, after: after, limit: 500),
      let last = rows.last
    {
      after = last.n
      for row in rows {
        if row.state == .new, !isDead(row.holder) { work.waiting += 1 }
        if row.state == .taken || row.state == .running, !isDead(row.holder) { work.working += 1 }
      }
    }
    after = 0
    while case let rows = try store.openOutbox(session: session, after: after, limit: 500),
      let last = rows.last
    {
      after = last.n
      for row in rows where row.state != .held && !isDead(row.holder) { work.undelivered += 1 }
    }
    return work
  }

  /// Whether a live process works on a message of a session.
  package func isWorking(session: String) throws -> Bool {
    try store.workHolders(session: session).contains { !isDead($0) }
  }
}
