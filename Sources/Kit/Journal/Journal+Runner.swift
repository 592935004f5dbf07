package import Store
package import System

/// What agim-run is told about a message that it wants.
package enum Claim: Sendable {
  /// It is ours to run, under this row number.
  case taken(Int64)
  /// It was run before: these are its stored answers, to be printed again.
  case answered([OutboxRow])
  /// Somebody else has it, or nothing is to be done.
  case ignored
}

/// A message that agim-run read.
package struct Wanted: Sendable {
  /// The line's id.
  package var id: String
  /// The line's type.
  package var type: String
  /// The address of the session.
  package var session: String
  /// The agent that is to run it.
  package var agent: String
  /// The line, without its newline.
  package var line: [UInt8]
  /// A message of a session for an agent.
  package init(id: String, type: String, session: String, agent: String, line: [UInt8]) {
    self.id = id
    self.type = type
    self.session = session
    self.agent = agent
    self.line = line
  }
}

/// What became of a turn.
package struct TurnEnd: Sendable {
  /// The message's id.
  package var id: String
  /// Why it is dead; nil when it was answered.
  package var deadBecause: String?
  /// The line that ends the turn.
  package var reply: Produced
  /// What is noted about the turn; nil for nothing.
  package var record: TurnRecord?
  /// Whether another agent asked, which reads the reply in the store: then nobody delivers it.
  package var isForAgent: Bool
  /// An end of a turn.
  package init(
    id: String, deadBecause: String? = nil, reply: Produced, record: TurnRecord? = nil,
    isForAgent: Bool = false
  ) {
    self.id = id
    self.deadBecause = deadBecause
    self.reply = reply
    self.record = record
    self.isForAgent = isForAgent
  }
}

/// A turn that is about to begin.
package struct TurnStart: Sendable {
  /// The message's id.
  package var id: String
  /// The number of its row.
  package var n: Int64
  /// The address of the session.
  package var session: String
  /// The agent.
  package var agent: String
  /// How often it was interrupted before; nil for a turn that begins for the first time.
  package var interruptions: Int?
  /// It begins only while no other turn of the agent runs that began at this moment or later; nil: at once.
  package var aloneSince: Timestamp?
  /// What it may reach through agim's own tools, without its holder; nil for nothing.
  package var scope: TurnScopeRow?
  /// The start of a row's turn.
  package init(_ row: InboxRow) {
    (id, n, session, agent) = (row.id, row.n, row.session, row.agent ?? "")
    let count = Interruptions.count(row.reason)
    interruptions = count > 0 ? count : nil
  }
}

/// How often a turn was interrupted, as the reason of its row says.
package enum Interruptions {
  /// A turn that was interrupted so often is not gone on with.
  package static let limit = 3
  static let word = "interrupted"

  /// The reason of a row whose turn goes on.
  static func reason(_ count: Int) -> String { "\(word), goes on (\(count))" }

  /// The number in a reason; 0 where there is none.
  package static func count(_ reason: String?) -> Int {
    guard let reason, reason.hasPrefix("\(word), goes on ("), reason.hasSuffix(")") else { return 0 }
    return Int(reason.dropFirst(word.utf8.count + 11).dropLast()) ?? 0
  }
}

/// A line that a stage is about to print, for the outbox.
package struct Produced: Sendable {
  /// The line's id.
  package var id: String
  /// The id of the line it answers.
  package var parent: String?
  /// The line's type.
  package var type: String
  /// Whether it ends the turn.
  package var final: Bool
  /// The address of the session.
  package var session: String
  /// The line, without its newline.
  package var line: [UInt8]
  /// A line of its parts.
  package init(id: String, parent: String?, type: String, final: Bool, session: String, line: [UInt8]) {
    self.id = id
    self.parent = parent
    self.type = type
    self.final = final
    self.session = session
    self.line = line
  }
}

/// For agim-run: claiming messages, and the beginning and end of turns.
extension Journal {
  /// Claims messages, each once, however often their lines come.
  package func claim(_ wanted: [Wanted]) throws -> [Claim] {
    guard !wanted.isEmpty else { return [] }
    let mine = try holder()
    let now = clock.now()
    return try write { try wanted.map { try claim($0, mine, now) } }
  }

  private func claim(_ wanted: Wanted, _ mine: String, _ now: Timestamp) throws -> Claim {
    // What `agim-recv --once` gave to a program is taken too: that program turns out to be us.
    let took = try store.take(
      inbox: wanted.id, line: wanted.line, holder: mine, agent: wanted.agent, pipe: pipe,
      orDoneBecause: Journal.printedOnce, at: now)
    guard let row = try store.inbox(id: wanted.id) else {
      var row = InboxRow(
        id: wanted.id, platform: Journal.adopted, type: wanted.type, session: wanted.session,
        agent: wanted.agent,
        pipe: pipe, state: .taken, holder: mine, line: wanted.line, at: now, adopted: true)
      guard try store.insert(row) else { return .ignored }
      row.n = store.lastRow
      return .taken(row.n)
    }
    if took { return .taken(row.n) }
    switch row.state {
    case .taken where row.holder != mine && isDead(row.holder):
      let again = try store.move(
        inbox: row.id, from: .taken, heldBy: row.holder, to: .taken, holder: mine, reason: row.reason, at: now
      )
      return again ? .taken(row.n) : .ignored
    case .done, .dead:
      return .answered(try store.outbox(answering: row.id).filter(\.final))
    default:
      return .ignored
    }
  }

  /// Commits what a step of the engine did: ends of turns with their replies, further lines for the
  /// chat, and the turns that begin now.
  ///
  /// `actedOn`: messages that made another stage print a control, which has now been acted on.
  ///
  /// - Returns: the ids among `starts` that may begin; the others wait for another process.
  package func commit(
    ends: [TurnEnd], lines: [Produced], starts: [TurnStart], actedOn: [String] = []
  ) throws -> Set<String> {
    guard !ends.isEmpty || !lines.isEmpty || !starts.isEmpty || !actedOn.isEmpty else { return [] }
    let mine = try holder()
    let now = clock.now()
    let begun = try write {
      for end in ends {
        let state: InboxState = end.deadBecause == nil ? .done : .dead
        if let record = end.record {
          _ = try store.recordTurn(record, of: end.id, heldBy: mine, ended: now)
        }
        let wasOurs = try store.move(
          inbox: end.id, from: .running, heldBy: mine, to: state, holder: mine, reason: end.deadBecause,
          at: now)
        try store.revokeScope(of: end.id)
        guard wasOurs else { continue }
        if let n = JobRow.number(end.reply.session) {
          try store.endJob(n, message: end.id, code: end.record?.code ?? TurnRecord.ok, at: now)
        }
        if end.isForAgent {
          try keep(end.reply, "run", mine, now)
        } else {
          try produce(end.reply, "run", mine, now)
        }
      }
      for line in lines { try produce(line, "run", mine, now) }
      for id in actedOn { try close(id, at: now) }
      var begun: Set<String> = []
      for start in starts {
        let ahead = try store.holdersAhead(of: start.n, session: start.session, than: mine)
        guard ahead.allSatisfy(isDead) else { continue }
        if let moment = start.aloneSince, try runs(start.agent, since: moment) { continue }
        let isBegun = try store.move(
          inbox: start.id, from: .taken, heldBy: mine, to: .running, holder: mine,
          reason: start.interruptions.map(Interruptions.reason), at: now)
        guard isBegun else { continue }
        try store.touchSession(start.session, agent: start.agent, messages: 1, at: now)
        if var scope = start.scope {
          (scope.holder, scope.pipe) = (mine, pipe)
          try store.grant(scope)
        }
        begun.insert(start.id)
      }
      return begun
    }
    if !ends.isEmpty { wakeOthers() }
    return begun
  }

  /// Whether a turn of an agent runs, of a living process, that began at a moment or later.
  package func runs(_ agent: String, since moment: Timestamp) throws -> Bool {
    try !store.runHolders(of: agent, since: moment).allSatisfy(isDead)
  }

  /// Closes a message that was taken but is not to be run; nobody is told.
  package func refuse(_ id: String, reason: String) throws {
    let mine = try holder()
    let now = clock.now()
    _ = try write {
      try store.move(inbox: id, from: .taken, heldBy: mine, to: .dead, holder: mine, reason: reason, at: now)
    }
  }

  /// Stores lines that are about to be printed, and leave their message as it is.
  package func produce(_ lines: [Produced], stage: String) throws {
    let mine = try holder()
    let now = clock.now()
    try write { for line in lines { try produce(line, stage, mine, now) } }
  }

  /// Stores a line that is about to be printed.
  func produce(_ line: Produced, _ stage: String, _ mine: String, _ now: Timestamp) throws {
    // An answer to a message of another host's store goes there: nobody here will send it.
    let adopted = try line.parent.flatMap { try store.inbox(id: $0)?.adopted } ?? false
    _ = try store.insert(
      OutboxRow(
        id: line.id, stage: stage, parent: line.parent, type: line.type, final: line.final,
        session: line.session, pipe: pipe, state: .ready, holder: mine, line: line.line, at: now,
        reprint: Journal.reprint(after: 1, from: now), prints: 1, adopted: adopted))
  }

  /// Stores a line that nobody delivers, because who waits for it reads it here.
  private func keep(_ line: Produced, _ stage: String, _ mine: String, _ now: Timestamp) throws {
    var row = OutboxRow(
      id: line.id, stage: stage, parent: line.parent, type: line.type, final: line.final,
      session: line.session, pipe: pipe, state: .delivered, holder: mine, line: line.line, at: now)
    row.proof = "read by the agent that asked"
    _ = try store.insert(row)
  }

  /// Notes that lines for another host have been written.
  package func pass(_ ids: [String]) throws {
    guard !ids.isEmpty else { return }
    let mine = try holder()
    let now = clock.now()
    try write { for id in ids { _ = try store.pass(outbox: id, holder: mine, at: now) } }
  }

  /// What dead stages of this kind and pipeline left: queued messages are taken over, interrupted turns go on
  /// where `resumes` says so or are told about by the line that `notice` makes, and lines nobody took are to
  /// be printed again.
  ///
  /// `record`: what is noted about an interrupted turn; nil for nothing.
  package func recover(
    stage: String = "run", agents: (String) -> Bool, record: (InboxRow) -> TurnRecord? = { _ in nil },
    resumes: (InboxRow) -> Bool = { _ in false }, notice: (InboxRow) -> Produced
  ) throws -> (
    taken: [InboxRow], notices: [(line: Produced, isAdopted: Bool)], reprints: [OutboxRow]
  ) {
    var taken: [InboxRow] = []
    var notices: [(line: Produced, isAdopted: Bool)] = []
    var reprints: [OutboxRow] = []
    let isOurs = { [pipe] (row: InboxRow) in (row.pipe ?? pipe) == pipe && agents(row.agent ?? "") }
    for dead in try store.inboxHolders(.running) where isDead(dead) {
      try forEachOpen(.running, of: dead, where: isOurs) { row, mine, now in
        // When it really ended nobody knows.
        if let record = record(row) { _ = try store.recordTurn(record, of: row.id, heldBy: dead, ended: nil) }
        let count = Interruptions.count(row.reason)
        if count < Interruptions.limit, resumes(row), !isTooOld(row.released, at: now) {
          let reason = Interruptions.reason(count + 1)
          if try store.move(
            inbox: row.id, from: .running, heldBy: dead, to: .taken, holder: mine, reason: reason, at: now)
          {
            var row = row
            (row.state, row.holder, row.reason) = (.taken, mine, reason)
            taken.append(row)
          }
          return
        }
        let ended = try store.move(
          inbox: row.id, from: .running, heldBy: dead, to: .dead, holder: mine, reason: "interrupted", at: now
        )
        guard ended else { return }
        if let n = JobRow.number(row.session) {
          try store.endJob(n, message: row.id, code: Interruptions.word, at: now)
        }
        let line = notice(row)
        try produce(line, stage, mine, now)
        notices.append((line, row.adopted))
      }
    }
    for dead in try store.inboxHolders(.taken) where isDead(dead) {
      taken += try adoptTaken(of: dead, where: isOurs)
    }
    for dead in try store.outboxHolders(.ready) where isDead(dead) {
      let isRuns = { [pipe] (row: OutboxRow) in row.stage == stage && (row.pipe ?? pipe) == pipe }
      try forEachOpen(.ready, of: dead, where: isRuns) { row, mine, now in
        if isTooOld(row.released, at: now) {
          _ = try hold(row, at: now)
        } else if try store.move(
          outbox: row.n, from: .ready, heldBy: dead, to: .ready, holder: mine, attempts: row.attempts, at: now
        ) {
          try store.printed(outbox: row.id, again: Journal.reprint(after: row.prints + 1, from: now))
          reprints.append(row)
        }
      }
    }
    return (taken.sorted { $0.n < $1.n }, notices, reprints.sorted { $0.n < $1.n })
  }

  /// Takes over queued messages that an operator has released.
  package func adoptReleased(agents: (String) -> Bool) throws -> [InboxRow] {
    guard try !store.inbox(.taken, holder: "", after: 0, limit: 1).isEmpty else { return [] }
    return try write {
      try adoptTaken(of: "") { [pipe] in ($0.pipe ?? pipe) == pipe && agents($0.agent ?? "") }
    }
  }

  private func adoptTaken(of dead: String, where isOurs: (InboxRow) -> Bool) throws -> [InboxRow] {
    var taken: [InboxRow] = []
    try forEachOpen(.taken, of: dead, where: isOurs) { row, mine, now in
      if isTooOld(row.released, at: now) {
        _ = try hold(row, at: now)
      } else if try store.move(
        inbox: row.id, from: .taken, heldBy: dead, to: .taken, holder: mine, reason: row.reason, at: now)
      {
        taken.append(row)
      }
    }
    return taken
  }

  /// The lines of this process that agim-send has not taken over and that are to be printed again now.
  package func dueOutboxReprints(limit: Int = 500) throws -> [OutboxRow] {
    guard let mine = existingHolder else { return [] }
    let now = clock.now()
    let due = try store.dueReprints(outboxOf: mine, at: now, limit: limit)
    guard !due.isEmpty else { return [] }
    try write {
      for row in due {
        try store.printed(outbox: row.id, again: Journal.reprint(after: row.prints + 1, from: now))
      }
    }
    return due
  }

  /// When the next line of this process is to be printed again.
  package func nextOutboxReprint() throws -> Timestamp? {
    try existingHolder.flatMap { try store.nextReprint(outboxOf: $0) }
  }

  func hold(_ row: OutboxRow, at now: Timestamp) throws -> Bool {
    guard let next = OutboxMachine.next(row.state, .hold) else { return false }
    return try store.move(
      outbox: row.n, from: row.state, heldBy: row.holder, to: next, holder: "",
      reason: "older than the backlog limit", mark: row.mark, attempts: row.attempts, at: now)
  }

  /// Goes through the open rows of a dead holder, some in a transaction.
  func forEachOpen(
    _ state: OutboxState, of dead: String, where isWanted: (OutboxRow) -> Bool,
    _ body: (OutboxRow, String, Timestamp) throws -> Void
  ) throws {
    try forEach(
      \OutboxRow.n, { try store.outbox(state, holder: dead, after: $0, limit: 500) }, where: isWanted, body)
  }
}
