package import Store
internal import System

/// For agim-queue and agim-session: what an operator does to rows.
extension Journal {
  /// What became of an operator's request.
  package enum Change: Sendable, Equatable {
    /// It was done.
    case done
    /// No row has this id.
    case unknown
    /// The row is in a state, or in the hands of a live process, that does not allow it.
    case impossible(String)
  }

  /// Has a row run or sent after all.
  package func retry(_ id: String) throws -> Change {
    let now = clock.now()
    let change: Change = try write {
      if let row = try store.inbox(id: id) {
        guard let next = InboxMachine.next(row.state, .release) else {
          return .impossible("a message that is \(row.state.rawValue) is not to be retried")
        }
        // What ran and was told about is answered anew: the old notice stays as it is.
        _ = try store.move(inbox: id, from: row.state, heldBy: row.holder, to: next, holder: "", at: now)
        if row.platform == Journal.adopted, let taken = InboxMachine.next(next, .take) {
          // Its source is another host's: it goes straight into the queue of an agim-run.
          _ = try store.move(inbox: id, from: next, heldBy: "", to: taken, holder: "", at: now)
        }
        try store.release(inbox: id, at: now)
        return .done
      }
      let rows = try store.outbox(id: id)
      guard !rows.isEmpty else { return .unknown }
      var done = false
      for row in rows where row.state != .ready || isDead(row.holder) {
        guard let next = OutboxMachine.next(row.state, .release) else { continue }
        _ = try store.move(
          outbox: row.n, from: row.state, heldBy: row.holder, to: next, holder: "", mark: row.mark,
          attempts: 0,
          at: now)
        try store.release(outbox: row.n, at: now)
        done = true
      }
      let states = Set(rows.map(\.state.rawValue)).sorted().joined(separator: ", ")
      return done ? .done : .impossible("a reply that is \(states) is not to be retried")
    }
    wakeOthers()
    return change
  }

  /// Has a row neither run nor sent.
  ///
  /// `record`: what is noted about a turn whose process is dead; nil for nothing.
  package func drop(_ id: String, record: (InboxRow) -> TurnRecord? = { _ in nil }) throws -> Change {
    let now = clock.now()
    return try write {
      if let row = try store.inbox(id: id) {
        guard row.state == .new || row.state == .held || isDead(row.holder),
          let next = InboxMachine.next(row.state, .fail)
        else { return .impossible("the message is \(row.state.rawValue)") }
        if row.state == .running, let record = record(row) {
          _ = try store.recordTurn(record, of: id, heldBy: row.holder, ended: nil)
        }
        _ = try store.move(
          inbox: id, from: row.state, heldBy: row.holder, to: next, holder: "",
          reason: "dropped by the operator",
          at: now)
        return .done
      }
      let rows = try store.outbox(id: id)
      guard !rows.isEmpty else { return .unknown }
      var done = false
      for row in rows where row.state != .sending || isDead(row.holder) {
        guard let next = OutboxMachine.next(row.state, .refuse) else { continue }
        _ = try store.move(
          outbox: row.n, from: row.state, heldBy: row.holder, to: next, holder: "",
          reason: "dropped by the operator", attempts: row.attempts, at: now)
        done = true
      }
      let states = Set(rows.map(\.state.rawValue)).sorted().joined(separator: ", ")
      return done ? .done : .impossible("the reply is \(states)")
    }
  }

  /// New rows that nobody has, as `agim-session post` and `agim-queue retry` leave them: taken over
  /// for printing by a source.
  package func adoptUnheld(where isWanted: @escaping (InboxRow) -> Bool, each: (InboxRow) -> Void) throws {
    let isOurs = { [pipe] (row: InboxRow) in isWanted(row) && (row.pipe ?? pipe) == pipe }
    guard try !store.inbox(.new, holder: "", after: 0, limit: 1).isEmpty else { return }
    try write { try adoptUnheld(isOurs, each) }
  }

  private func adoptUnheld(_ isOurs: (InboxRow) -> Bool, _ each: (InboxRow) -> Void) throws {
    try forEachOpen(.new, of: "", where: isOurs) { row, mine, now in
      guard try store.move(inbox: row.id, from: .new, heldBy: "", to: .new, holder: mine, at: now) else {
        return
      }
      try store.printed(inbox: row.id, again: Journal.reprint(after: row.prints + 1, from: now), pipe: pipe)
      each(row)
    }
  }

  /// How long finished things are kept, in milliseconds.
  package struct Keep: Sendable {
    /// Finished rows of the inbox; never less than seven days.
    package var inbox: Int64
    /// Finished rows of the outbox.
    package var outbox: Int64
    /// An unused session until it is archived.
    package var sessionIdle: Int64
    /// An archived session.
    package var session: Int64
    /// What is noted about turns.
    package var audit: Int64
    /// Times of its parts.
    package init(inbox: Int64, outbox: Int64, sessionIdle: Int64, session: Int64, audit: Int64) {
      self.inbox = inbox
      self.outbox = outbox
      self.sessionIdle = sessionIdle
      self.session = session
      self.audit = audit
    }
  }

  /// Removes some of what is past its time; called by whichever command has a moment.
  package func tidy(_ keep: Keep, batch: Int = 200) throws {
    let now = clock.now()
    _ = try write {
      // In this order: an answer stays as long as the message that would be answered with it again.
      try store.expireInbox(before: now + -keep.inbox, limit: batch)
        + store.expireOutbox(before: now + -max(keep.outbox, keep.inbox), limit: batch)
        + store.archiveSessions(unusedSince: now + -keep.sessionIdle, limit: batch)
        + store.expireSessions(before: now + -keep.session, limit: batch)
        + store.expireRequests(before: now + -max(keep.outbox, keep.inbox), limit: batch)
        + store.expireJobs(before: now + -keep.audit, limit: batch)
        + store.expireAudit(before: now + -keep.audit, limit: batch)
        + store.expireRecalls(before: now + -keep.audit, limit: batch)
        + store.expirePosted(before: now + -max(keep.outbox, keep.inbox), limit: batch)
        + store.expireHandles(before: now, limit: batch)
        + store.expireReminders(before: now + -max(keep.outbox, keep.inbox), limit: batch)
    }
  }

  /// What `agim-queue check` finds: damage, and rows that nobody will take.
  package func problems() throws -> [String] {
    try Problem.all(in: store, at: clock.now(), isDead: isDead).map(\.description)
  }
}
