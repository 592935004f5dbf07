package import Store
internal import System

/// What became of a message that agim-route wanted to answer itself.
package enum Answered: Sendable {
  /// It was answered now; the replies are stored and are to be printed. True for those that answer a
  /// message of another host.
  case now(isAdopted: Bool)
  /// It was answered before: these are its stored replies. `isOpen`: its control has not been acted on.
  case before([OutboxRow], isOpen: Bool)
  /// Somebody else has it.
  case notOurs
}

/// For agim-route: chat commands, drops, and whom a conversation belongs to.
///
/// Everything that a command does is one transaction: a crash neither loses nor repeats it.
extension Journal {
  /// The stage's name in the outbox.
  package static let router = "route"

  /// Answers a message: makes the change, stores the replies, and closes the row.
  ///
  /// - Parameters:
  ///   - message: the message; `agent` is not used.
  ///   - replies: the lines that answer it.
  ///   - stage: the command that answers.
  ///   - staysOpen: the row is closed by the stage that acts on the control line which is printed too.
  ///   - reason: what is noted in the row.
  ///   - change: what the command does to the store.
  /// - Returns: whether it was answered now, before, or by somebody else.
  /// - Throws: `StoreError`, and what `change` throws; nothing has happened then.
  package func answer(
    _ message: Wanted, replies: [Produced], by stage: String = Journal.router, staysOpen: Bool = false,
    reason: String? = nil,
    change: () throws -> Void = {}
  ) throws -> Answered {
    let mine = try holder()
    let now = clock.now()
    return try write {
      let row = try store.inbox(id: message.id)
      if let answered = try answeredBefore(message.id, row, by: stage) { return answered }
      let isAdopted = row?.adopted ?? true
      if let row {
        if row.state == .new, !staysOpen {
          _ = try store.move(
            inbox: row.id, from: .new, heldBy: row.holder, to: .done, holder: row.holder, reason: reason,
            at: now)
        }
      } else {
        // Nobody here prints another host's line again, so nothing is gained by leaving its row open.
        guard try store.insert(adopted(message, .done, mine, now, reason: reason)) else { return .notOurs }
      }
      try change()
      for reply in replies { try produce(reply, stage, mine, now) }
      return .now(isAdopted: isAdopted)
    }
  }

  /// Notes that a program begins to answer a message; its row says so before the program runs.
  ///
  /// `name`: what stands for the agent, with a slash, so that no agim-run takes it for its own.
  package func beginAnswer(_ message: Wanted, name: String) throws -> Answered {
    let mine = try holder()
    let now = clock.now()
    return try write {
      guard let row = try store.inbox(id: message.id) else {
        var row = adopted(message, .running, mine, now)
        row.agent = name
        return try store.insert(row) ? .now(isAdopted: true) : .notOurs
      }
      if let answered = try answeredBefore(message.id, row) { return answered }
      let taken = try store.take(
        inbox: row.id, line: message.line, holder: mine, agent: name, pipe: pipe,
        orDoneBecause: Journal.printedOnce, at: now)
      let begun =
        try taken
        && store.move(inbox: row.id, from: .taken, heldBy: mine, to: .running, holder: mine, at: now)
      return begun ? .now(isAdopted: row.adopted) : .notOurs
    }
  }

  /// Stores how a program answered, and notes its turn.
  package func endAnswer(_ id: String, reply: Produced, record: TurnRecord? = nil) throws {
    let mine = try holder()
    let now = clock.now()
    try write {
      if let record { _ = try store.recordTurn(record, of: id, heldBy: mine, ended: now) }
      let wasOurs = try store.move(
        inbox: id, from: .running, heldBy: mine, to: .done, holder: mine, at: now)
      if wasOurs { try produce(reply, Journal.router, mine, now) }
    }
    wakeOthers()
  }

  /// Closes messages that are dropped, with their reasons; what is not known here needs no row.
  package func drop(_ messages: [(id: String, reason: String)]) throws {
    guard !messages.isEmpty else { return }
    let now = clock.now()
    try write {
      for (id, reason) in messages {
        guard let row = try store.inbox(id: id), row.state == .new else { continue }
        _ = try store.move(
          inbox: id, from: .new, heldBy: row.holder, to: .done, holder: row.holder, reason: reason, at: now)
      }
    }
  }

  /// Notes whom conversations belong to that had nobody.
  package func chooseFirst(_ choices: [(session: String, agent: String)]) throws {
    guard !choices.isEmpty else { return }
    let now = clock.now()
    try write {
      for choice in choices { try store.chooseFirst(choice.session, agent: choice.agent, at: now) }
    }
  }

  /// What a message that came again was answered with, or nil where it is still to be answered.
  private func answeredBefore(_ id: String, _ row: InboxRow?, by stage: String = Journal.router) throws
    -> Answered?
  {
    guard let row else { return nil }
    switch row.state {
    case .new: break
    // What `agim-recv --once` gave to a program: that program turns out to be us.
    case .done where row.reason == Journal.printedOnce: break
    case .done, .dead: return .before(try store.outbox(answering: id).filter(\.final), isOpen: false)
    case .taken, .running, .held: return .notOurs
    }
    // Its row was left open for another stage; that it was answered shows in the outbox.
    let replies = try store.outbox(answering: id).filter { $0.stage == stage }
    return replies.isEmpty ? nil : .before(replies, isOpen: row.state == .new)
  }

  private func adopted(
    _ message: Wanted, _ state: InboxState, _ mine: String, _ now: Timestamp, reason: String? = nil
  ) -> InboxRow {
    InboxRow(
      id: message.id, platform: Journal.adopted, type: message.type, session: message.session, pipe: pipe,
      state: state, holder: mine, reason: reason, line: message.line, at: now, adopted: true)
  }
}
