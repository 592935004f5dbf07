package import System

/// The statements about turns that have ended, and about the ledger as a whole.
extension Store {
  /// Notes the end of a turn whose row still is `running` and has the holder that was seen: to be called
  /// before the row is moved, in the same transaction.
  ///
  /// `ended`: nil where nobody saw it end.
  ///
  /// - Returns: false when there is no such row.
  package func recordTurn(
    _ record: TurnRecord, of id: String, heldBy holder: String, ended: Timestamp?
  ) throws(StoreError) -> Bool {
    try database.prepare(
      """
      INSERT INTO audit (id, agent, person, platform, session, began, ended, code, prompt, reply, tokens, cost)
      SELECT id, coalesce(agent, ''), ?3, ?4, session, since, ?5, ?6, ?7, ?8, ?9, ?10 FROM inbox
      WHERE id = ?1 AND state = 'running' AND holder = ?2
      """
    ).bind(1, id).bind(2, holder).bind(3, record.person).bind(4, record.platform)
      .bind(5, ended?.milliseconds).bind(6, record.code).bind(7, Int64(record.prompt))
      .bind(8, Int64(record.reply)).bind(9, record.tokens).bind(10, record.cost).run() == 1
  }

  /// Notes a call of a model, which no row of the inbox belongs to, as if it were a turn of `agent`.
  package func recordCall(
    _ record: TurnRecord, id: String, agent: String, session: String, began: Timestamp, ended: Timestamp
  ) throws(StoreError) {
    try database.prepare(
      """
      INSERT INTO audit (id, agent, person, platform, session, began, ended, code, prompt, reply, tokens, cost)
      VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
      """
    ).bind(1, id).bind(2, agent).bind(3, record.person).bind(4, record.platform).bind(5, session)
      .bind(6, began.milliseconds).bind(7, ended.milliseconds).bind(8, record.code)
      .bind(9, Int64(record.prompt)).bind(10, Int64(record.reply)).bind(11, record.tokens)
      .bind(12, record.cost).run()
  }

  /// The number before that of the first among the newest turns of a filter.
  package func auditStart(_ filter: AuditFilter, newest count: Int) throws(StoreError) -> Int64 {
    let first = try database.prepare(
      """
      SELECT min(n) FROM (SELECT n FROM audit
        WHERE (?1 IS NULL OR agent = ?1) AND (?2 IS NULL OR person = ?2) AND (?3 IS NULL OR platform = ?3)
          AND (?4 IS NULL OR session = ?4) AND (?5 IS NULL OR began >= ?5)
        ORDER BY n DESC LIMIT ?6)
      """
    ).bind(1, filter.agent).bind(2, filter.person).bind(3, filter.platform).bind(4, filter.session)
      .bind(5, filter.since?.milliseconds).bind(6, Int64(count)).first { $0.optionalInt(0) }
    return (first ?? nil).map { $0 - 1 } ?? 0
  }

  /// Turns of a filter in the order of their ends, after a number, some at a time.
  package func audit(_ filter: AuditFilter, after n: Int64, limit: Int) throws(StoreError) -> [AuditRow] {
    try database.prepare(
      """
      SELECT n, id, agent, session, began, ended, person, platform, code, prompt, reply, tokens, cost
      FROM audit
      WHERE n > ?6 AND (?1 IS NULL OR agent = ?1) AND (?2 IS NULL OR person = ?2)
        AND (?3 IS NULL OR platform = ?3) AND (?4 IS NULL OR session = ?4) AND (?5 IS NULL OR began >= ?5)
      ORDER BY n LIMIT ?7
      """
    ).bind(1, filter.agent).bind(2, filter.person).bind(3, filter.platform).bind(4, filter.session)
      .bind(5, filter.since?.milliseconds).bind(6, n).bind(7, Int64(limit)).rows(Self.readTurn)
  }

  static func readTurn(_ row: Statement) -> AuditRow {
    AuditRow(
      n: row.int(0), id: row.text(1), agent: row.text(2), session: row.text(3),
      began: Timestamp(milliseconds: row.int(4)),
      ended: row.optionalInt(5).map { Timestamp(milliseconds: $0) },
      record: TurnRecord(
        person: row.text(6), platform: row.text(7), code: row.text(8), prompt: Int(row.int(9)),
        reply: Int(row.int(10)), tokens: row.optionalInt(11), cost: row.optionalInt(12)))
  }

  /// The turns of a filter, counted by something.
  package func auditSums(_ filter: AuditFilter, by group: AuditGroup) throws(StoreError) -> [AuditSum] {
    try database.prepare(
      """
      SELECT CASE ?6 WHEN 'agent' THEN agent WHEN 'person' THEN person WHEN 'platform' THEN platform
          WHEN 'session' THEN session ELSE CAST(began / 86400000 AS TEXT) END AS part,
        count(*), count(CASE WHEN code <> 'ok' THEN 1 END), coalesce(sum(max(ended - began, 0)), 0),
        sum(tokens), sum(cost)
      FROM audit
      WHERE (?1 IS NULL OR agent = ?1) AND (?2 IS NULL OR person = ?2) AND (?3 IS NULL OR platform = ?3)
        AND (?4 IS NULL OR session = ?4) AND (?5 IS NULL OR began >= ?5) AND code <> 'reset'
      GROUP BY part ORDER BY part
      """
    ).bind(1, filter.agent).bind(2, filter.person).bind(3, filter.platform).bind(4, filter.session)
      .bind(5, filter.since?.milliseconds).bind(6, group.rawValue).rows {
        AuditSum(
          key: $0.text(0), turns: $0.int(1), failed: $0.int(2), milliseconds: $0.int(3),
          tokens: $0.optionalInt(4), cost: $0.optionalInt(5))
      }
  }

  /// Removes some turns that began before a moment; the number that was removed.
  package func expireAudit(before moment: Timestamp, limit: Int) throws(StoreError) -> Int {
    try database.prepare(
      "DELETE FROM audit WHERE n IN (SELECT n FROM audit WHERE began < ?1 ORDER BY began LIMIT ?2)"
    ).bind(1, moment.milliseconds).bind(2, Int64(limit)).run()
  }

  // MARK: - The ledger as a whole

  /// The highest number that an entry of the ledger ever had, as SQLite remembers it; 0 for none.
  package func highestLedgerNumber() throws(StoreError) -> Int64 {
    try database.prepare("SELECT seq FROM sqlite_sequence WHERE name = 'ledger'").first { $0.int(0) } ?? 0
  }

  /// Whether the triggers that refuse changes of the ledger are there.
  package func ledgerIsProtected() throws(StoreError) -> Bool {
    try database.prepare(
      """
      SELECT count(*) FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = 'ledger'
        AND (name = 'ledger_stays' OR name = 'ledger_keeps')
      """
    ).first { $0.int(0) } == 2
  }

  /// The number before that of the first among the newest entries of the ledger.
  package func ledgerStart(newest count: Int) throws(StoreError) -> Int64 {
    let first = try database.prepare(
      "SELECT min(n) FROM (SELECT n FROM ledger ORDER BY n DESC LIMIT ?1)"
    ).bind(1, Int64(count)).first { $0.optionalInt(0) }
    return (first ?? nil).map { $0 - 1 } ?? 0
  }
}
