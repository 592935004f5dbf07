package import Store
package import System

/// A line that agim-send read and that is to be delivered.
package struct Arrival: Sendable {
  /// The line as it arrived.
  package var line: Produced
  /// Where it goes instead of its session's platform.
  package var target: String?
  /// The words of the line, where who read it knows them already and they are all that it says to a person.
  package var text: String?
  /// A line and its target.
  package init(line: Produced, target: String?, text: String? = nil) {
    self.line = line
    self.target = target
    self.text = text
  }
}

/// How an attempt to deliver ended.
package enum Outcome: Sendable, Equatable {
  /// The platform has it, under this id or with this acceptance.
  case delivered(proof: String)
  /// It may work later, in so many milliseconds where the platform said so.
  case postponed(reason: String, after: Int64?)
  /// It will not work before the person writes again, because the platform lets us only answer.
  case waits(reason: String)
  /// It will not work.
  case refused(reason: String)
}

/// What an attempt to deliver a row came to.
package struct Settlement: Sendable {
  /// The row's number.
  package let n: Int64
  /// How often it has been tried, this time too.
  package let attempts: Int64
  /// When its age began to count.
  package let released: Timestamp
  /// How the attempt ended.
  package let outcome: Outcome
  /// When the next one may follow.
  package let next: Timestamp?

  /// The end of an attempt at a row, as the row was before it.
  package init(_ row: borrowing OutboxRow, _ outcome: Outcome, next: Timestamp? = nil) {
    self.init(n: row.n, attempts: row.attempts, released: row.released, outcome, next: next)
  }

  /// The end of an attempt at the row of a number, which had been tried `attempts` times before it.
  ///
  /// A row that is held elsewhere would be copied to be passed on, a dozen texts each time.
  package init(n: Int64, attempts: Int64, released: Timestamp, _ outcome: Outcome, next: Timestamp? = nil) {
    self.n = n
    self.attempts = attempts + 1
    self.released = released
    self.outcome = outcome
    self.next = next
  }
}

/// For agim-send: taking lines over, and the beginning and end of deliveries.
extension Journal {
  /// Takes over lines that are to be delivered, each once; closes the messages that they answer where
  /// nobody here has.
  ///
  /// `sending` are what their messengers want to remember of the first of them, which are handed over as
  /// soon as this is committed: what is new of them, up to the first that is not, is stored as `sending`
  /// at once, which saves a statement a row.
  ///
  /// - Returns: the rows that are now ours; lines that were known already give none.
  package func queue(_ arrivals: [Arrival], sending: [String?] = []) throws -> [OutboxRow] {
    guard !arrivals.isEmpty else { return [] }
    let mine = try holder()
    let now = clock.now()
    var direct = sending.count
    return try write {
      var rows: [OutboxRow] = []
      rows.reserveCapacity(arrivals.count)
      for (index, arrival) in arrivals.enumerated() {
        let line = arrival.line
        var row = adopted(arrival, holder: mine, at: now)
        if index < direct { (row.state, row.mark, row.attempts) = (.sending, sending[index], 1) }
        if try store.insert(row) {
          row.n = store.lastRow
          row.attempts = 0
          rows.append(row)
          // Only for a stranger's line: ours were committed together with the end of their message,
          // which may have been released since, and is then not to be closed by its old answer.
          if line.final, let parent = line.parent { try close(parent, at: now) }
          continue
        }
        // The marks after it were made for rows that follow it.
        direct = 0
        if try store.queue(
          outbox: line.id, line: line.line, target: arrival.target, holder: mine, pipe: pipe, at: now)
        {
          rows += try store.outbox(id: line.id)
        }
      }
      return rows
    }
  }

  /// The row that a line will have if it is new.
  package func adopted(_ arrival: Arrival) throws -> OutboxRow {
    try adopted(arrival, holder: holder(), at: clock.now())
  }

  private func adopted(_ arrival: Arrival, holder: String, at now: Timestamp) -> OutboxRow {
    let line = arrival.line
    return OutboxRow(
      id: line.id, stage: "send", parent: line.parent, type: line.type, final: line.final,
      session: line.session, target: arrival.target, pipe: pipe, state: .queued, holder: holder,
      line: line.line, at: now, adopted: true)
  }

  /// Closes the row of a message that nobody here has taken.
  func close(_ id: String, at now: Timestamp) throws {
    guard let row = try store.inbox(id: id), row.state == .new else { return }
    _ = try store.move(inbox: id, from: .new, heldBy: row.holder, to: .done, holder: row.holder, at: now)
  }

  /// Closes the row of an answer that nobody here has taken: the gate that it was for is elsewhere.
  package func closeAnswer(_ id: String) throws {
    let now = clock.now()
    // Most of them were closed here, together with what they decided.
    guard let row = try store.inbox(id: id), row.state == .new else { return }
    try write { try close(id, at: now) }
  }

  /// Stores lines of a producer that has no pipe; any agim-send delivers them.
  package func queueWithoutPipe(_ arrivals: [Arrival], stage: String) throws {
    let now = clock.now()
    try write {
      for arrival in arrivals {
        let line = arrival.line
        _ = try store.insert(
          OutboxRow(
            id: line.id, stage: stage, parent: line.parent, type: line.type, final: line.final,
            session: line.session, target: arrival.target, pipe: nil, state: .queued, holder: "",
            line: line.line, at: now))
      }
    }
    wakeOthers()
  }

  /// Refuses a line of a producer without a pipe that no agim-send has taken over yet: nobody needs it any more.
  package func withdraw(queued id: String, because why: String) throws {
    let now = clock.now()
    try write {
      for row in try store.outbox(id: id) where row.state == .queued && row.holder.isEmpty {
        _ = try store.move(
          outbox: row.n, from: .queued, heldBy: "", to: .refused, holder: "", reason: why,
          attempts: row.attempts, at: now)
      }
    }
  }

  /// Stores a line of a producer that has no pipe and delivers it itself.
  package func queueOne(_ arrival: Arrival, stage: String) throws -> OutboxRow {
    let mine = try holder()
    let now = clock.now()
    let line = arrival.line
    var row = OutboxRow(
      id: line.id, stage: stage, parent: line.parent, type: line.type, final: line.final,
      session: line.session,
      target: arrival.target, pipe: nil, state: .queued, holder: mine, line: line.line, at: now)
    try write {
      _ = try store.insert(row)
      row.n = store.lastRow
    }
    return row
  }

  /// Makes several parts of a queued reply, a row each; the first keeps its row.
  ///
  /// - Returns: the rows of the parts; none when the reply is not ours any more.
  package func split(_ row: OutboxRow, into lines: [[UInt8]]) throws -> [OutboxRow] {
    let mine = try holder()
    let now = clock.now()
    return try write {
      guard let first = try store.outbox(n: row.n), first.state == .queued, first.holder == mine,
        try store.outboxParts(of: row.id) == 1
      else { return [] }
      var rows: [OutboxRow] = []
      for (index, line) in lines.enumerated() {
        var part = first
        part.line = line
        if index == 0 {
          try store.setLine(outbox: row.n, line)
        } else {
          part.part = Int64(index + 1)
          (part.mark, part.reason, part.proof, part.attempts, part.next) = (nil, nil, nil, 0, nil)
          part.since = now
          guard try store.insert(part) else { continue }
          part.n = store.lastRow
        }
        rows.append(part)
      }
      return rows
    }
  }

  /// Rows in the order in which they are to be delivered: the parts of a reply stand where its first one stands.
  private func inOrder(_ rows: [OutboxRow]) throws -> [OutboxRow] {
    guard rows.contains(where: { $0.part > 1 }) else { return rows.sorted { $0.n < $1.n } }
    var seats: [String: Int64] = [:]
    for row in rows where row.part > 1 && seats[row.id] == nil {
      seats[row.id] = try store.outbox(id: row.id).first?.n ?? row.n
    }
    return rows.sorted { left, right in
      (seats[left.id] ?? left.n, left.part) < (seats[right.id] ?? right.n, right.part)
    }
  }

  /// Takes over what dead agim-sends of this pipeline left, and what producers without a pipe queued.
  ///
  /// A row that was being sent comes back with its attempts and its mark, so that the messenger can
  /// find out whether it arrived.
  package func adoptQueued() throws -> [OutboxRow] {
    var left: [(state: OutboxState, holder: String)] = []
    for state in [OutboxState.sending, .queued] {
      left += try store.outboxHolders(state).filter(isDead).map { (state, $0) }
    }
    guard !left.isEmpty else { return [] }
    // All or nothing: what was taken over but not given to the caller would wait for a restart.
    return try write { try adoptQueued(left) }
  }

  private func adoptQueued(_ left: [(state: OutboxState, holder: String)]) throws -> [OutboxRow] {
    var rows: [OutboxRow] = []
    let isOurs = { [pipe] (row: OutboxRow) in (row.pipe ?? pipe) == pipe }
    for (state, dead) in left {
      try forEachOpen(state, of: dead, where: isOurs) { row, mine, now in
        let moved = try store.move(
          outbox: row.n, from: state, heldBy: dead, to: .queued, holder: mine, reason: row.reason,
          mark: row.mark,
          attempts: row.attempts, next: row.next, at: now)
        guard moved else { return }
        var row = row
        row.holder = mine
        guard isTooOld(row.released, at: now) else { return rows.append(row) }
        row.state = .queued
        _ = try hold(row, at: now)
      }
    }
    return try inOrder(rows)
  }

  /// What `adoptQueued` would take over now; nothing is changed.
  package func adoptable() throws -> [OutboxRow] {
    var rows: [OutboxRow] = []
    for state in [OutboxState.sending, .queued] {
      for dead in try store.outboxHolders(state) where isDead(dead) {
        var after: Int64 = 0
        while case let some = try store.outbox(state, holder: dead, after: after, limit: 500),
          let last = some.last
        {
          after = last.n
          rows += some.filter {
            ($0.pipe ?? pipe) == pipe && !isTooOld($0.released, at: clock.now())
          }
        }
      }
    }
    return try inOrder(rows)
  }

  /// Notes that deliveries begin, with what their messengers want to remember.
  ///
  /// - Returns: the numbers of the rows that are still ours to send.
  package func begin(_ sends: [(n: Int64, mark: String?)]) throws -> Set<Int64> {
    guard !sends.isEmpty else { return [] }
    let mine = try holder()
    let now = clock.now()
    return try write {
      var begun: Set<Int64> = []
      for send in sends
      where try store.send(outbox: send.n, holder: mine, mark: send.mark, at: now) {
        begun.insert(send.n)
      }
      return begun
    }
  }

  /// Stores how deliveries ended.
  ///
  /// What is postponed past the backlog is held. What waits for its person is held, too, or left to any
  /// agim-send where they have written meanwhile.
  package func settle(_ results: [Settlement]) throws {
    guard !results.isEmpty else { return }
    let mine = try holder()
    let now = clock.now()
    var isReleased = false
    // Whoever sends may take it.
    defer { if isReleased { wakeOthers() } }
    try write {
      for result in results {
        let state: OutboxState
        var reason: String?
        var proof: String?
        switch result.outcome {
        case .delivered(let text): (state, proof) = (.delivered, text)
        case .refused(let text): (state, reason) = (.refused, text)
        case .postponed(let text, _): (state, reason) = (.queued, text)
        case .waits(let text): (state, reason) = (.held, text)
        }
        let settled = try store.move(
          outbox: result.n, from: .sending, heldBy: mine, to: state, holder: state == .held ? "" : mine,
          reason: reason, proof: proof, mark: state == .held ? Store.waitsForPerson : nil,
          attempts: result.attempts, next: state == .queued ? result.next : nil, at: now)
        if settled, state == .held, try releaseIfHeard(result.n, at: now) { isReleased = true }
        if settled, state == .queued, isTooOld(result.released, at: now) {
          _ = try store.move(
            outbox: result.n, from: .queued, heldBy: mine, to: .held, holder: "", reason: reason,
            attempts: result.attempts, at: now)
        }
      }
    }
  }

  /// Milliseconds for which a right to answer must still be good, so that it is when it is used.
  package static let handleMargin: Int64 = 5000

  /// Releases what waits for a person who has written since it was found that there was no right to answer:
  /// nobody else would.
  private func releaseIfHeard(_ n: Int64, at now: Timestamp) throws -> Bool {
    guard let row = try store.outbox(n: n) else { return false }
    let place = row.target ?? row.session
    guard try store.handle(session: place, kind: Store.replyHandle, at: now + Self.handleMargin) != nil else {
      return false
    }
    return try store.releaseWaiting(session: place, at: now) > 0
  }

  /// Refuses a row before anything was sent.
  package func refuse(_ row: OutboxRow, reason: String) throws {
    let mine = try holder()
    let now = clock.now()
    _ = try write {
      try store.move(
        outbox: row.n, from: .queued, heldBy: mine, to: .refused, holder: mine, reason: reason,
        attempts: row.attempts, at: now)
    }
  }

  /// Closes a message that came to the end of the pipe because nobody took it, and stores what its
  /// sender is told.
  ///
  /// - Returns: the row of the notice, nil when somebody has taken the message after all.
  package func abandon(_ message: Wanted, notice: Arrival) throws -> OutboxRow? {
    let mine = try holder()
    let now = clock.now()
    return try write {
      if let row = try store.inbox(id: message.id) {
        guard row.state == .new,
          try store.move(
            inbox: row.id, from: .new, heldBy: row.holder, to: .dead, holder: row.holder,
            reason: "taken by no agent", at: now)
        else { return nil }
      } else {
        let row = InboxRow(
          id: message.id, platform: Journal.adopted, type: message.type, session: message.session,
          agent: message.agent.isEmpty ? nil : message.agent, pipe: pipe,
          state: .dead, holder: mine, reason: "taken by no agent", line: message.line, at: now, adopted: true)
        guard try store.insert(row) else { return nil }
      }
      let line = notice.line
      var row = OutboxRow(
        id: line.id, stage: "send", parent: line.parent, type: line.type, final: line.final,
        session: line.session, target: notice.target, pipe: pipe, state: .queued, holder: mine,
        line: line.line, at: now)
      guard try store.insert(row) else { return nil }
      row.n = store.lastRow
      return row
    }
  }
}
