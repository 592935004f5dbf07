package import System

/// The outbox's statements. What a state may become is decided in Journal.
extension Store {
  /// Inserts a row unless its id is known; true when it was inserted.
  package func insert(_ row: OutboxRow) throws(StoreError) -> Bool {
    let statement = try database.prepare(
      """
      INSERT INTO outbox (id, part, parent, type, final, session, target, pipe, state, holder, reason, proof,
        mark, attempts, next, created, since, released, reprint, prints, adopted, stage)
      VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20,
        ?21, ?22)
      ON CONFLICT DO NOTHING
      """)
    statement.bind(1, row.id).bind(2, row.part).bind(3, row.parent).bind(4, row.type)
      .bind(5, row.final ? 1 : 0).bind(6, row.session).bind(7, row.target).bind(8, row.pipe)
      .bind(9, row.state.rawValue).bind(10, row.holder).bind(11, row.reason).bind(12, row.proof)
      .bind(13, row.mark).bind(14, row.attempts).bind(15, row.next?.milliseconds)
      .bind(16, row.created.milliseconds).bind(17, row.since.milliseconds)
      .bind(18, row.released.milliseconds).bind(19, row.reprint?.milliseconds).bind(20, row.prints)
      .bind(21, row.adopted ? 1 : 0).bind(22, row.stage)
    guard try statement.run() == 1 else { return false }
    return try database.prepare("INSERT INTO outbox_line (n, line) VALUES (?1, ?2)")
      .bind(1, lastRow).bind(2, text: row.line).run() == 1
  }

  /// The rows of an id, a row a part.
  package func outbox(id: String) throws(StoreError) -> [OutboxRow] {
    try database.prepare(
      """
      SELECT n, id, part, parent, type, final, session, target, pipe, state, holder, reason, proof, mark, line,
        attempts, next, created, since, released, reprint, prints, adopted, stage
      FROM outbox JOIN outbox_line USING (n) WHERE id = ?1 ORDER BY part
      """
    ).bind(1, id).rows(Self.readOutbox)
  }

  /// How many parts a reply has; 0 for one that is unknown.
  package func outboxParts(of id: String) throws(StoreError) -> Int {
    try database.prepare("SELECT max(part) FROM outbox WHERE id = ?1").bind(1, id)
      .first { Int($0.int(0)) } ?? 0
  }

  /// The mark of rows that are held until their person writes again.
  package static let waitsForPerson = "until heard"

  /// Releases the rows that wait for the person of a session; the number of them.
  package func releaseWaiting(session: String, at now: Timestamp) throws(StoreError) -> Int {
    try database.prepare(
      """
      UPDATE outbox SET state = 'queued', mark = NULL, next = NULL, since = ?3, released = ?3
      WHERE open = 1 AND holder = '' AND state = 'held' AND mark = ?2 AND coalesce(target, session) = ?1
      """
    ).bind(1, session).bind(2, Self.waitsForPerson).bind(3, now.milliseconds).run()
  }

  /// Gives a row another line.
  package func setLine(outbox n: Int64, _ line: [UInt8]) throws(StoreError) {
    try database.prepare("UPDATE outbox_line SET line = ?2 WHERE n = ?1").bind(1, n).bind(2, text: line).run()
  }

  /// The row of a number.
  package func outbox(n: Int64) throws(StoreError) -> OutboxRow? {
    try database.prepare(
      """
      SELECT n, id, part, parent, type, final, session, target, pipe, state, holder, reason, proof, mark, line,
        attempts, next, created, since, released, reprint, prints, adopted, stage
      FROM outbox JOIN outbox_line USING (n) WHERE n = ?1
      """
    ).bind(1, n).first(Self.readOutbox)
  }

  /// What was answered to a line.
  package func outbox(answering parent: String) throws(StoreError) -> [OutboxRow] {
    try database.prepare(
      """
      SELECT n, id, part, parent, type, final, session, target, pipe, state, holder, reason, proof, mark, line,
        attempts, next, created, since, released, reprint, prints, adopted, stage
      FROM outbox JOIN outbox_line USING (n) WHERE parent = ?1 ORDER BY n
      """
    ).bind(1, parent).rows(Self.readOutbox)
  }

  /// Rows in a state, in order, after a number, some at a time.
  package func outbox(_ state: OutboxState, after n: Int64 = 0, limit: Int = 500) throws(StoreError)
    -> [OutboxRow]
  {
    try database.prepare(
      """
      SELECT n, id, part, parent, type, final, session, target, pipe, state, holder, reason, proof, mark, line,
        attempts, next, created, since, released, reprint, prints, adopted, stage
      FROM outbox JOIN outbox_line USING (n)
      WHERE state = ?1 AND n > ?2 AND open = 1
      ORDER BY n LIMIT ?3
      """
    ).bind(1, state.rawValue).bind(2, n).bind(3, Int64(limit)).rows(Self.readOutbox)
  }

  /// Open rows in a state that a holder has, in order, after a number, some at a time.
  package func outbox(
    _ state: OutboxState, holder: String, after n: Int64, limit: Int
  ) throws(StoreError) -> [OutboxRow] {
    try database.prepare(
      """
      SELECT n, id, part, parent, type, final, session, target, pipe, state, holder, reason, proof, mark, line,
        attempts, next, created, since, released, reprint, prints, adopted, stage
      FROM outbox JOIN outbox_line USING (n)
      WHERE state = ?1 AND holder = ?2 AND n > ?3 AND open = 1
      ORDER BY n LIMIT ?4
      """
    ).bind(1, state.rawValue).bind(2, holder).bind(3, n).bind(4, Int64(limit)).rows(Self.readOutbox)
  }

  /// Rows in any state, newest last, after a number.
  package func outbox(after n: Int64, limit: Int = 500) throws(StoreError) -> [OutboxRow] {
    try database.prepare(
      """
      SELECT n, id, part, parent, type, final, session, target, pipe, state, holder, reason, proof, mark, line,
        attempts, next, created, since, released, reprint, prints, adopted, stage
      FROM outbox JOIN outbox_line USING (n)
      WHERE n > ?1 ORDER BY n LIMIT ?2
      """
    ).bind(1, n).bind(2, Int64(limit)).rows(Self.readOutbox)
  }

  /// Open rows of a session, in order, after a number, some at a time.
  ///
  /// The signs keep SQLite from going through all rows in their order instead of through the open ones.
  package func openOutbox(session: String, after n: Int64, limit: Int) throws(StoreError) -> [OutboxRow] {
    try database.prepare(
      """
      SELECT n, id, part, parent, type, final, session, target, pipe, state, holder, reason, proof, mark, line,
        attempts, next, created, since, released, reprint, prints, adopted, stage
      FROM outbox JOIN outbox_line USING (n)
      WHERE session = ?1 AND +n > ?2 AND open = 1
      ORDER BY +n LIMIT ?3
      """
    ).bind(1, session).bind(2, n).bind(3, Int64(limit)).rows(Self.readOutbox)
  }

  /// The holders of rows in a state; the empty one for rows that nobody has.
  package func outboxHolders(_ state: OutboxState) throws(StoreError) -> [String] {
    try database.prepare(
      """
      SELECT DISTINCT holder FROM outbox WHERE state = ?1 AND open = 1
      """
    )
    .bind(1, state.rawValue).rows { $0.text(0) }
  }

  /// Changes the state of a row that still has the state and holder that were seen.
  ///
  /// - Returns: false when somebody else was first.
  package func move(
    outbox n: Int64, from: OutboxState, heldBy holder: String, to state: OutboxState,
    holder newHolder: String,
    reason: String? = nil, proof: String? = nil, mark: String? = nil, attempts: Int64, next: Timestamp? = nil,
    at now: Timestamp
  ) throws(StoreError) -> Bool {
    try database.prepare(
      """
      UPDATE outbox SET state = ?4, holder = ?5, reason = ?6, proof = ?7, mark = ?8, attempts = ?9, next = ?10,
        since = ?11, reprint = NULL WHERE n = ?1 AND state = ?2 AND holder = ?3
      """
    ).bind(1, n).bind(2, from.rawValue).bind(3, holder).bind(4, state.rawValue).bind(5, newHolder)
      .bind(6, reason).bind(7, proof).bind(8, mark).bind(9, attempts).bind(10, next?.milliseconds)
      .bind(11, now.milliseconds).run() == 1
  }

  /// Notes that a queued row is being sent; false when it is not queued, or not ours.
  package func send(
    outbox n: Int64, holder: String, mark: String?, at now: Timestamp
  ) throws(StoreError) -> Bool {
    try database.prepare(
      """
      UPDATE outbox SET state = 'sending', mark = ?3, attempts = attempts + 1, since = ?4, next = NULL
      WHERE n = ?1 AND state = 'queued' AND holder = ?2
      """
    ).bind(1, n).bind(2, holder).bind(3, mark).bind(4, now.milliseconds).run() == 1
  }

  /// Takes over a row that its producer has printed, with the text as it arrived; false when it is
  /// neither `ready` nor `passed`, or not known.
  package func queue(
    outbox id: String, line: [UInt8], target: String?, holder: String, pipe: String, at now: Timestamp
  ) throws(StoreError) -> Bool {
    let taken = try database.prepare(
      """
      UPDATE outbox SET state = 'queued', target = ?2, holder = ?3, pipe = ?4, since = ?5, reprint = NULL
      WHERE id = ?1 AND (state = 'ready' OR state = 'passed')
      """
    ).bind(1, id).bind(2, target).bind(3, holder).bind(4, pipe).bind(5, now.milliseconds).run()
    guard taken > 0 else { return false }
    // Mostly no filter has changed it.
    try database.prepare(
      """
      UPDATE outbox_line SET line = ?2
      WHERE n IN (SELECT n FROM outbox WHERE id = ?1) AND line <> ?2
      """
    ).bind(1, id).bind(2, text: line).run()
    return true
  }

  /// Notes that the line of a row has gone to another host's pipe.
  package func pass(outbox id: String, holder: String, at now: Timestamp) throws(StoreError) -> Bool {
    try database.prepare(
      """
      UPDATE outbox SET state = 'passed', since = ?3, reprint = NULL
      WHERE id = ?1 AND state = 'ready' AND holder = ?2
      """
    ).bind(1, id).bind(2, holder).bind(3, now.milliseconds).run() > 0
  }

  /// Gives an operator's row to any agim-send, its age counted from now.
  package func release(outbox n: Int64, at now: Timestamp) throws(StoreError) {
    try database.prepare(
      "UPDATE outbox SET released = ?2, pipe = NULL, next = NULL, attempts = 0 WHERE n = ?1"
    )
    .bind(1, n).bind(2, now.milliseconds).run()
  }

  /// Notes that a row was printed once more.
  package func printed(outbox id: String, again: Timestamp?) throws(StoreError) {
    try database.prepare(
      "UPDATE outbox SET prints = prints + 1, reprint = ?2 WHERE id = ?1 AND state = 'ready'"
    )
    .bind(1, id).bind(2, again?.milliseconds).run()
  }

  /// Ready rows of a holder that are due to be printed again.
  package func dueReprints(outboxOf holder: String, at now: Timestamp, limit: Int) throws(StoreError)
    -> [OutboxRow]
  {
    try database.prepare(
      """
      SELECT n, id, part, parent, type, final, session, target, pipe, state, holder, reason, proof, mark, line,
        attempts, next, created, since, released, reprint, prints, adopted, stage
      FROM outbox JOIN outbox_line USING (n)
      WHERE state = 'ready' AND holder = ?1 AND reprint <= ?2 AND open = 1
      ORDER BY n LIMIT ?3
      """
    ).bind(1, holder).bind(2, now.milliseconds).bind(3, Int64(limit)).rows(Self.readOutbox)
  }

  /// When the next ready row of a holder is due to be printed again.
  package func nextReprint(outboxOf holder: String) throws(StoreError) -> Timestamp? {
    try database.prepare(
      """
      SELECT min(reprint) FROM outbox WHERE state = 'ready' AND holder = ?1 AND open = 1
      """
    )
    .bind(1, holder).first { $0.optionalInt(0) }?.map { Timestamp(milliseconds: $0) }
  }

  /// Removes some rows that were finished before a moment and whose message is gone; the number that
  /// was removed.
  package func expireOutbox(before moment: Timestamp, limit: Int) throws(StoreError) -> Int {
    try database.prepare(
      """
      DELETE FROM outbox WHERE n IN
        (SELECT n FROM outbox WHERE finished < ?1
          AND NOT EXISTS (SELECT 1 FROM inbox WHERE inbox.id = outbox.parent)
          ORDER BY finished LIMIT ?2)
      """
    ).bind(1, moment.milliseconds).bind(2, Int64(limit)).run()
  }

  static func readOutbox(_ statement: Statement) -> OutboxRow {
    var row = OutboxRow(
      id: statement.text(1), stage: statement.text(23), parent: statement.optionalText(3),
      type: statement.text(4),
      final: statement.int(5) != 0, session: statement.text(6), target: statement.optionalText(7),
      pipe: statement.optionalText(8), state: OutboxState(rawValue: statement.text(9)) ?? .refused,
      holder: statement.text(10), line: statement.bytes(14), at: Timestamp(milliseconds: statement.int(17)),
      reprint: statement.optionalInt(20).map { Timestamp(milliseconds: $0) }, prints: statement.int(21),
      adopted: statement.int(22) != 0)
    row.n = statement.int(0)
    row.part = statement.int(2)
    row.reason = statement.optionalText(11)
    row.proof = statement.optionalText(12)
    row.mark = statement.optionalText(13)
    row.attempts = statement.int(15)
    row.next = statement.optionalInt(16).map { Timestamp(milliseconds: $0) }
    row.since = Timestamp(milliseconds: statement.int(18))
    row.released = Timestamp(milliseconds: statement.int(19))
    return row
  }
}
