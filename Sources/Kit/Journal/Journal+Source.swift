package import Store
package import System

/// What a source wants to have accepted.
package struct Incoming: Sendable {
  /// The line's id.
  package var id: String
  /// The line's type.
  package var type: String
  /// The platform of the source.
  package var platform: String
  /// The account of the source.
  package var account: String
  /// The platform's own id of the event.
  package var event: String?
  /// The address of the session.
  package var session: String
  /// The line, without its newline.
  package var line: [UInt8]
  /// Whether replies may wait for this person to write: those of the session are released then.
  package var releases = false
  /// The right to answer that the platform gave with it; kept in the same transaction, and once.
  package var handle: ReplyHandle?

  /// An event of a source.
  package init(
    id: String, type: String, platform: String, account: String, event: String? = nil, session: String,
    line: [UInt8]
  ) {
    self.id = id
    self.type = type
    self.platform = platform
    self.account = account
    self.event = event
    self.session = session
    self.line = line
  }
}

/// A right to answer that a platform gives together with a message: it ends, and is good for so many answers.
package struct ReplyHandle: Sendable, Equatable {
  /// The token, or the address: a secret.
  package var value: String
  /// When it ends.
  package var expires: Timestamp
  /// For how many answers it is good.
  package var uses: Int64

  /// A right to answer.
  package init(value: String, expires: Timestamp, uses: Int64) {
    (self.value, self.expires, self.uses) = (value, expires, uses)
  }
}

/// For agim-recv: accepting, and printing again what nobody took.
extension Journal {
  /// Makes events durable, before they are printed and acknowledged to the platform.
  ///
  /// `cursors` are the places up to which their sources have come with them: both are stored or neither.
  ///
  /// - Returns: for each event, whether it is new; what is known already was accepted before.
  package func accept(_ events: [Incoming], cursors: [CursorRow] = []) throws -> [Bool] {
    guard !events.isEmpty || !cursors.isEmpty else { return [] }
    let holder = try holder()
    let now = clock.now()
    var released = false
    // Whoever sends waits for it.
    defer { if released { wakeOthers() } }
    return try write {
      for cursor in cursors { try store.save(cursor, at: now) }
      for event in events where event.releases {
        if try store.releaseWaiting(session: event.session, at: now) > 0 { released = true }
      }
      return try events.map { event in
        // Only what a later stage closes stays open; the rest is kept to recognise a redelivery.
        let isOpen = event.type == "message" || event.type == "answer"
        let isNew = try store.insert(
          InboxRow(
            id: event.id, platform: event.platform, account: event.account, event: event.event,
            type: event.type, session: event.session, pipe: pipe, state: isOpen ? .new : .done,
            holder: holder, line: event.line, at: now,
            reprint: isOpen ? Journal.reprint(after: 1, from: now) : nil, prints: 1))
        // One that comes again has not become good for more answers.
        if isNew, let handle = event.handle {
          try store.putHandle(
            session: event.session, kind: Store.replyHandle, value: handle.value, expires: handle.expires,
            budget: handle.uses)
        }
        return isNew
      }
    }
  }

  /// Stores the line of a new message anew, which has got its text meanwhile.
  package func setText(inbox id: String, line: [UInt8]) throws {
    let mine = try holder()
    try write { try store.setLine(inbox: id, heldBy: mine, line) }
  }

  /// The reason of a row that was closed because its line was written.
  static let printedOnce = "written for a program"

  /// Closes rows whose lines have been written for a program of the user's own.
  package func finish(printed ids: [String]) throws {
    guard !ids.isEmpty else { return }
    let holder = try holder()
    let now = clock.now()
    try write {
      for id in ids {
        _ = try store.move(
          inbox: id, from: .new, heldBy: holder, to: .done, holder: holder, reason: Journal.printedOnce,
          at: now)
      }
    }
  }

  /// Takes over the new rows of dead sources of the same kind; they are to be printed again.
  ///
  /// Rows that are too old become `held`, the others are given to `each` in order.
  package func adoptNew(
    platform: String, account: String, where isWanted: (InboxRow) -> Bool = { _ in true },
    each: (InboxRow) -> Void
  ) throws -> Int {
    let isOurs = { [pipe] (row: InboxRow) in
      row.platform == platform && row.account == account && (row.pipe ?? pipe) == pipe && isWanted(row)
    }
    var held = 0
    for dead in try store.inboxHolders(.new) where isDead(dead) {
      try forEachOpen(.new, of: dead, where: isOurs) { row, mine, now in
        if isTooOld(row.released, at: now) {
          if try hold(row, at: now) { held += 1 }
          return
        }
        guard try store.move(inbox: row.id, from: .new, heldBy: dead, to: .new, holder: mine, at: now)
        else { return }
        try store.printed(inbox: row.id, again: Journal.reprint(after: row.prints + 1, from: now), pipe: pipe)
        each(row)
      }
    }
    return held
  }

  /// The new rows of this process that are to be printed again now.
  package func dueReprints(limit: Int = 500) throws -> [InboxRow] {
    guard let mine = existingHolder else { return [] }
    let now = clock.now()
    let due = try store.dueReprints(inboxOf: mine, at: now, limit: limit)
    guard !due.isEmpty else { return [] }
    try write {
      for row in due {
        try store.printed(inbox: row.id, again: Journal.reprint(after: row.prints + 1, from: now), pipe: pipe)
      }
    }
    return due
  }

  /// When the next line of this process is to be printed again.
  package func nextInboxReprint() throws -> Timestamp? {
    try existingHolder.flatMap { try store.nextReprint(inboxOf: $0) }
  }

  /// Puts a message of another process into the inbox; any agim-recv inbox prints it.
  package func post(_ event: Incoming) throws -> Bool {
    let now = clock.now()
    let isNew = try write {
      try store.insert(
        InboxRow(
          id: event.id, platform: event.platform, account: event.account, event: event.event,
          type: event.type,
          session: event.session, pipe: nil, state: .new, holder: "", line: event.line, at: now))
    }
    wakeOthers()
    return isNew
  }

  func hold(_ row: InboxRow, at now: Timestamp) throws -> Bool {
    guard let next = InboxMachine.next(row.state, .hold) else { return false }
    return try store.move(
      inbox: row.id, from: row.state, heldBy: row.holder, to: next, holder: "",
      reason: "older than the backlog limit", at: now)
  }

  /// Goes through the open rows of a dead holder, some in a transaction.
  func forEachOpen(
    _ state: InboxState, of dead: String, where isWanted: (InboxRow) -> Bool,
    _ body: (InboxRow, String, Timestamp) throws -> Void
  ) throws {
    try forEach(
      \InboxRow.n, { try store.inbox(state, holder: dead, after: $0, limit: 500) }, where: isWanted, body)
  }

  /// Goes through rows in the order of their numbers, those of each reading in a transaction.
  func forEach<Row>(
    _ number: (Row) -> Int64, _ read: (Int64) throws -> [Row], where isWanted: (Row) -> Bool,
    _ body: (Row, String, Timestamp) throws -> Void
  ) throws {
    var last: Int64 = 0
    while case let rows = try read(last), let end = rows.last {
      last = number(end)
      let wanted = rows.filter(isWanted)
      guard !wanted.isEmpty else { continue }
      let mine = try holder()
      let now = clock.now()
      try write { for row in wanted { try body(row, mine, now) } }
    }
  }
}
