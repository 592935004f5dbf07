package import System

/// The inbox's statements. What a state may become is decided in Journal; here it is only carried
/// out, always with the state and holder that were seen as a condition.
extension Store {
  /// Inserts a row unless its id, or its platform's event, is known; true when it was inserted.
  package func insert(_ row: InboxRow) throws(StoreError) -> Bool {
    let statement = try database.prepare(
      """
      INSERT INTO inbox (id, platform, account, event, type, session, agent, pipe, state, holder, reason,
        line, accepted, since, released, reprint, prints, adopted)
      VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)
      ON CONFLICT DO NOTHING
      """)
    statement.bind(1, row.id).bind(2, row.platform).bind(3, row.account).bind(4, row.event)
      .bind(5, row.type).bind(6, row.session).bind(7, row.agent).bind(8, row.pipe)
      .bind(9, row.state.rawValue).bind(10, row.holder).bind(11, row.reason).bind(12, text: row.line)
      .bind(13, row.accepted.milliseconds).bind(14, row.since.milliseconds)
      .bind(15, row.released.milliseconds).bind(16, row.reprint?.milliseconds).bind(17, row.prints)
      .bind(18, row.adopted ? 1 : 0)
    return try statement.run() == 1
  }

  /// The row of an id.
  package func inbox(id: String) throws(StoreError) -> InboxRow? {
    try database.prepare(
      """
      SELECT n, id, platform, account, event, type, session, agent, pipe, state, holder, reason, line,
        accepted, since, released, reprint, prints, adopted FROM inbox WHERE id = ?1
      """
    ).bind(1, id).first(Self.readInbox)
  }

  /// What a router asks about every message: where its row came from, where it stands, and who has it.
  package func origin(inbox id: String) throws(StoreError) -> InboxOrigin? {
    try database.prepare("SELECT n, platform, state, agent FROM inbox WHERE id = ?1").bind(1, id).first {
      InboxOrigin(
        n: $0.int(0), platform: $0.text(1), state: InboxState(rawValue: $0.text(2)) ?? .dead,
        agent: $0.optionalText(3))
    }
  }

  /// The line of the last message of a session that is still kept; nil when there is none.
  package func lastInboxLine(of session: String) throws(StoreError) -> [UInt8]? {
    try database.prepare(
      "SELECT line FROM inbox WHERE session = ?1 AND type = 'message' ORDER BY n DESC LIMIT 1"
    ).bind(1, session).first { $0.bytes(0) }
  }

  /// Whether a turn runs in a session.
  package func isWorking(_ session: String) throws(StoreError) -> Bool {
    try database.prepare(
      "SELECT 1 FROM inbox WHERE session = ?1 AND state = 'running' AND working = 1 LIMIT 1"
    ).bind(1, session).first { _ in true } ?? false
  }

  /// The message of a session that was interrupted last and has not been run since.
  package func lastInterrupted(_ session: String) throws(StoreError) -> InboxRow? {
    try database.prepare(
      """
      SELECT n, id, platform, account, event, type, session, agent, pipe, state, holder, reason, line,
        accepted, since, released, reprint, prints, adopted FROM inbox
      WHERE session = ?1 AND state = 'dead' AND reason = 'interrupted' ORDER BY n DESC LIMIT 1
      """
    ).bind(1, session).first(Self.readInbox)
  }

  /// The row of a number.
  package func inbox(n: Int64) throws(StoreError) -> InboxRow? {
    try database.prepare(
      """
      SELECT n, id, platform, account, event, type, session, agent, pipe, state, holder, reason, line,
        accepted, since, released, reprint, prints, adopted FROM inbox WHERE n = ?1
      """
    ).bind(1, n).first(Self.readInbox)
  }

  /// Open rows (not done, not dead) in a state, in order, after a number, some at a time.
  package func inbox(_ state: InboxState, after n: Int64 = 0, limit: Int = 500) throws(StoreError)
    -> [InboxRow]
  {
    try database.prepare(
      """
      SELECT n, id, platform, account, event, type, session, agent, pipe, state, holder, reason, line,
        accepted, since, released, reprint, prints, adopted FROM inbox
      WHERE state = ?1 AND n > ?2 AND open = 1 ORDER BY n LIMIT ?3
      """
    ).bind(1, state.rawValue).bind(2, n).bind(3, Int64(limit)).rows(Self.readInbox)
  }

  /// Open rows in a state that a holder has, in order, after a number, some at a time.
  package func inbox(
    _ state: InboxState, holder: String, after n: Int64, limit: Int
  ) throws(StoreError) -> [InboxRow] {
    try database.prepare(
      """
      SELECT n, id, platform, account, event, type, session, agent, pipe, state, holder, reason, line,
        accepted, since, released, reprint, prints, adopted FROM inbox
      WHERE state = ?1 AND holder = ?2 AND n > ?3 AND open = 1
      ORDER BY n LIMIT ?4
      """
    ).bind(1, state.rawValue).bind(2, holder).bind(3, n).bind(4, Int64(limit)).rows(Self.readInbox)
  }

  /// Rows in any state, newest last, after a number.
  package func inbox(after n: Int64, limit: Int = 500) throws(StoreError) -> [InboxRow] {
    try database.prepare(
      """
      SELECT n, id, platform, account, event, type, session, agent, pipe, state, holder, reason, line,
        accepted, since, released, reprint, prints, adopted FROM inbox WHERE n > ?1 ORDER BY n LIMIT ?2
      """
    ).bind(1, n).bind(2, Int64(limit)).rows(Self.readInbox)
  }

  /// Open rows of a session, in order, after a number, some at a time.
  ///
  /// The signs keep SQLite from going through all rows in their order instead of through the open ones.
  package func openInbox(session: String, after n: Int64, limit: Int) throws(StoreError) -> [InboxRow] {
    try database.prepare(
      """
      SELECT n, id, platform, account, event, type, session, agent, pipe, state, holder, reason, line,
        accepted, since, released, reprint, prints, adopted FROM inbox
      WHERE session = ?1 AND +n > ?2 AND open = 1 ORDER BY +n LIMIT ?3
      """
    ).bind(1, session).bind(2, n).bind(3, Int64(limit)).rows(Self.readInbox)
  }

  /// The holders of a session's rows that are in work.
  package func workHolders(session: String) throws(StoreError) -> [String] {
    try database.prepare("SELECT DISTINCT holder FROM inbox WHERE session = ?1 AND working = 1")
      .bind(1, session).rows { $0.text(0) }
  }

  /// The holders of rows in a state; the empty one for rows that nobody has.
  package func inboxHolders(_ state: InboxState) throws(StoreError) -> [String] {
    try database.prepare(
      """
      SELECT DISTINCT holder FROM inbox WHERE state = ?1 AND open = 1
      """
    )
    .bind(1, state.rawValue).rows { $0.text(0) }
  }

  /// Changes the state of a row that still has the state and holder that were seen.
  ///
  /// - Returns: false when somebody else was first.
  package func move(
    inbox id: String, from: InboxState, heldBy holder: String, to state: InboxState, holder newHolder: String,
    reason: String? = nil, at now: Timestamp, reprint: Timestamp? = nil
  ) throws(StoreError) -> Bool {
    try database.prepare(
      """
      UPDATE inbox SET state = ?4, holder = ?5, reason = ?6, since = ?7, reprint = ?8
      WHERE id = ?1 AND state = ?2 AND holder = ?3
      """
    ).bind(1, id).bind(2, from.rawValue).bind(3, holder).bind(4, state.rawValue).bind(5, newHolder)
      .bind(6, reason).bind(7, now.milliseconds).bind(8, reprint?.milliseconds).run() == 1
  }

  /// Takes a new row for an agent, or one that is done for a given reason, whoever printed it.
  ///
  /// Its line is kept as the filters left it. False when there is no such row.
  package func take(
    inbox id: String, line: [UInt8], holder: String, agent: String, pipe: String,
    orDoneBecause reason: String,
    at now: Timestamp
  ) throws(StoreError) -> Bool {
    try database.prepare(
      """
      UPDATE inbox SET state = 'taken', holder = ?2, agent = ?3, pipe = ?4, since = ?5, reprint = NULL,
        line = ?6, reason = NULL
      WHERE id = ?1 AND (state = 'new' OR state = 'done' AND reason = ?7)
      """
    ).bind(1, id).bind(2, holder).bind(3, agent).bind(4, pipe).bind(5, now.milliseconds).bind(6, text: line)
      .bind(7, reason)
      .run() == 1
  }

  /// Releases a row from an operator's hand: its age counts from now.
  package func release(inbox id: String, at now: Timestamp) throws(StoreError) {
    try database.prepare("UPDATE inbox SET released = ?2, pipe = NULL, prints = 0 WHERE id = ?1")
      .bind(1, id).bind(2, now.milliseconds).run()
  }

  /// Notes that a row was printed once more.
  package func printed(inbox id: String, again: Timestamp?, pipe: String) throws(StoreError) {
    try database.prepare(
      "UPDATE inbox SET prints = prints + 1, reprint = ?2, pipe = ?3 WHERE id = ?1 AND state = 'new'"
    )
    .bind(1, id).bind(2, again?.milliseconds).bind(3, pipe).run()
  }

  /// New rows of a holder that are due to be printed again.
  package func dueReprints(inboxOf holder: String, at now: Timestamp, limit: Int) throws(StoreError)
    -> [InboxRow]
  {
    try database.prepare(
      """
      SELECT n, id, platform, account, event, type, session, agent, pipe, state, holder, reason, line,
        accepted, since, released, reprint, prints, adopted FROM inbox
      WHERE state = 'new' AND holder = ?1 AND reprint <= ?2 AND open = 1 ORDER BY n LIMIT ?3
      """
    ).bind(1, holder).bind(2, now.milliseconds).bind(3, Int64(limit)).rows(Self.readInbox)
  }

  /// When the next new row of a holder is due to be printed again.
  package func nextReprint(inboxOf holder: String) throws(StoreError) -> Timestamp? {
    try database.prepare(
      """
      SELECT min(reprint) FROM inbox WHERE state = 'new' AND holder = ?1 AND open = 1
      """
    )
    .bind(1, holder).first { $0.optionalInt(0) }?.map { Timestamp(milliseconds: $0) }
  }

  /// Holders other than `holder` that have an earlier row of a session in work.
  package func holdersAhead(of n: Int64, session: String, than holder: String) throws(StoreError) -> [String]
  {
    try database.prepare(
      """
      SELECT DISTINCT holder FROM inbox
      WHERE session = ?1 AND holder <> ?2 AND (n < ?3 OR state = 'running') AND working = 1
      """
    ).bind(1, session).bind(2, holder).bind(3, n).rows { $0.text(0) }
  }

  /// Whether a source other than `platform` has ever accepted something.
  package func hasRows(otherThan platform: String) throws(StoreError) -> Bool {
    try database.prepare("SELECT 1 FROM inbox WHERE platform <> ?1 LIMIT 1").bind(1, platform).first { _ in
      true
    }
      ?? false
  }

  /// Gives a new row of a holder another line.
  package func setLine(inbox id: String, heldBy holder: String, _ line: [UInt8]) throws(StoreError) {
    try database.prepare("UPDATE inbox SET line = ?3 WHERE id = ?1 AND holder = ?2 AND state = 'new'")
      .bind(1, id).bind(2, holder).bind(3, text: line).run()
  }

  /// Removes some rows that were finished before a moment; the number that was removed.
  package func expireInbox(before moment: Timestamp, limit: Int) throws(StoreError) -> Int {
    try database.prepare(
      """
      DELETE FROM inbox WHERE n IN
        (SELECT n FROM inbox WHERE finished < ?1 ORDER BY finished LIMIT ?2)
      """
    ).bind(1, moment.milliseconds).bind(2, Int64(limit)).run()
  }

  static func readInbox(_ statement: Statement) -> InboxRow {
    var row = InboxRow(
      id: statement.text(1), platform: statement.text(2), account: statement.text(3),
      event: statement.optionalText(4), type: statement.text(5), session: statement.text(6),
      agent: statement.optionalText(7), pipe: statement.optionalText(8),
      state: InboxState(rawValue: statement.text(9)) ?? .dead, holder: statement.text(10),
      reason: statement.optionalText(11), line: statement.bytes(12),
      at: Timestamp(milliseconds: statement.int(13)),
      reprint: statement.optionalInt(16).map { Timestamp(milliseconds: $0) }, prints: statement.int(17),
      adopted: statement.int(18) != 0)
    row.n = statement.int(0)
    row.since = Timestamp(milliseconds: statement.int(14))
    row.released = Timestamp(milliseconds: statement.int(15))
    return row
  }
}
