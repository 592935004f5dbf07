package import System

/// The statements about grants, the ledger, people who were let in, and times of absence.
extension Store {
  // MARK: - Grants

  /// Stores a grant.
  package func insertGrant(
    _ grant: String, agent: String, title: String, by: String, request: String?, at now: Timestamp,
    expires: Timestamp?
  ) throws(StoreError) -> Int64 {
    try database.prepare(
      """
      INSERT INTO grants (agent, matter, title, by, request, created, expires)
      VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
      """
    ).bind(1, agent).bind(2, grant).bind(3, title).bind(4, by).bind(5, request).bind(6, now.milliseconds)
      .bind(7, expires?.milliseconds).run()
    return lastRow
  }

  /// Grants that hold now.
  package func grants(at now: Timestamp) throws(StoreError) -> [GrantRow] {
    try database.prepare(
      """
      SELECT n, matter, title, by, request, created, expires, revoked FROM grants
      WHERE revoked IS NULL AND (expires IS NULL OR expires > ?1) ORDER BY n
      """
    ).bind(1, now.milliseconds).rows(Self.readGrant)
  }

  /// Revokes a grant that holds; false when there is none of that number.
  package func revokeGrant(_ n: Int64, at now: Timestamp) throws(StoreError) -> Bool {
    try database.prepare("UPDATE grants SET revoked = ?2 WHERE n = ?1 AND revoked IS NULL")
      .bind(1, n).bind(2, now.milliseconds).run() == 1
  }

  private static func readGrant(_ statement: Statement) -> GrantRow {
    GrantRow(
      n: statement.int(0), grant: statement.text(1), title: statement.text(2), by: statement.text(3),
      request: statement.optionalText(4), created: Timestamp(milliseconds: statement.int(5)),
      expires: statement.optionalInt(6).map { Timestamp(milliseconds: $0) },
      revoked: statement.optionalInt(7).map { Timestamp(milliseconds: $0) })
  }

  // MARK: - Ledger

  /// The last entry of the ledger.
  package func lastLedgerRow() throws(StoreError) -> LedgerRow? {
    try database.prepare("SELECT n, time, entry, previous, hash FROM ledger ORDER BY n DESC LIMIT 1")
      .first(Self.readLedger)
  }

  /// Adds an entry.
  package func append(_ row: LedgerRow) throws(StoreError) {
    try database.prepare("INSERT INTO ledger (n, time, entry, previous, hash) VALUES (?1, ?2, ?3, ?4, ?5)")
      .bind(1, row.n).bind(2, row.time.milliseconds).bind(3, row.entry).bind(4, row.previous)
      .bind(5, row.hash).run()
  }

  /// Entries after a number, some at a time.
  package func ledger(after n: Int64, limit: Int) throws(StoreError) -> [LedgerRow] {
    try database.prepare(
      "SELECT n, time, entry, previous, hash FROM ledger WHERE n > ?1 ORDER BY n LIMIT ?2"
    ).bind(1, n).bind(2, Int64(limit)).rows(Self.readLedger)
  }

  private static func readLedger(_ statement: Statement) -> LedgerRow {
    LedgerRow(
      n: statement.int(0), time: Timestamp(milliseconds: statement.int(1)), entry: statement.text(2),
      previous: statement.text(3), hash: statement.text(4))
  }

  // MARK: - People

  /// People who were let in, and those with an open code.
  package func paired() throws(StoreError) -> [PairedRow] {
    try database.prepare("SELECT person, name, rank, code, since FROM paired ORDER BY since")
      .rows(Self.readPaired)
  }

  /// Stores a person, in place of what was known.
  package func put(_ row: PairedRow) throws(StoreError) {
    try database.prepare(
      """
      INSERT INTO paired (person, name, rank, code, since) VALUES (?1, ?2, ?3, ?4, ?5)
      ON CONFLICT (person) DO UPDATE SET name = ?2, rank = ?3, code = ?4, since = ?5
      """
    ).bind(1, row.person).bind(2, row.name).bind(3, row.rank).bind(4, row.code).bind(
      5, row.since.milliseconds
    )
    .run()
  }

  /// Forgets a person; false when they are not known.
  package func unpair(_ person: String) throws(StoreError) -> Bool {
    try database.prepare("DELETE FROM paired WHERE person = ?1").bind(1, person).run() == 1
  }

  /// Notes a wrong code, and tells how many there were since a moment.
  package func wrongCode(at now: Timestamp) throws(StoreError) {
    try database.prepare("INSERT INTO wrong_code (time) VALUES (?1)").bind(1, now.milliseconds).run()
  }

  /// How many wrong codes were tried since a moment; older ones are forgotten.
  package func wrongCodes(since moment: Timestamp) throws(StoreError) -> Int {
    Int(
      try database.prepare("SELECT count(*) FROM wrong_code WHERE time >= ?1").bind(1, moment.milliseconds)
        .first { $0.int(0) } ?? 0)
  }

  /// Forgets wrong codes.
  package func forgetWrongCodes() throws(StoreError) {
    try database.prepare("DELETE FROM wrong_code").run()
  }

  private static func readPaired(_ statement: Statement) -> PairedRow {
    PairedRow(
      person: statement.text(0), name: statement.text(1), rank: statement.text(2),
      code: statement.optionalText(3), since: Timestamp(milliseconds: statement.int(4)))
  }

  // MARK: - Absence

  /// Until when what an agent asks is allowed unasked, and who said so.
  package func away(agent: String) throws(StoreError) -> (until: Timestamp, by: String)? {
    try database.prepare("SELECT until, by FROM away WHERE agent = ?1").bind(1, agent)
      .first { (Timestamp(milliseconds: $0.int(0)), $0.text(1)) }
  }

  /// All times of absence.
  package func absences() throws(StoreError) -> [(agent: String, until: Timestamp, by: String)] {
    try database.prepare("SELECT agent, until, by FROM away ORDER BY agent")
      .rows { ($0.text(0), Timestamp(milliseconds: $0.int(1)), $0.text(2)) }
  }

  /// Sets until when what an agent asks is allowed unasked; nil ends it.
  package func setAway(agent: String, until: Timestamp?, by: String) throws(StoreError) {
    guard let until else {
      try database.prepare("DELETE FROM away WHERE agent = ?1").bind(1, agent).run()
      return
    }
    try database.prepare(
      """
      INSERT INTO away (agent, until, by) VALUES (?1, ?2, ?3)
      ON CONFLICT (agent) DO UPDATE SET until = ?2, by = ?3
      """
    ).bind(1, agent).bind(2, until.milliseconds).bind(3, by).run()
  }
}
