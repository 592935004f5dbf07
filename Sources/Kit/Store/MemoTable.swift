internal import System

/// Memos and facts: their statements.
///
/// Whoever changes one keeps its words for the search in step, in the same transaction: `MemoryWords.swift`.
extension Store {
  // MARK: - Scopes

  /// The scope of a name; nil where nothing was ever stored for it.
  package func scope(_ kind: ScopeRow.Kind, _ name: String) throws(StoreError) -> ScopeRow? {
    try database.prepare("SELECT n, kind, name, entries FROM scope WHERE kind = ?1 AND name = ?2")
      .bind(1, kind.rawValue).bind(2, name).first(Self.readScope)
  }

  /// The scope of a number.
  package func scope(n: Int64) throws(StoreError) -> ScopeRow? {
    try database.prepare("SELECT n, kind, name, entries FROM scope WHERE n = ?1").bind(1, n)
      .first(Self.readScope)
  }

  /// The scope of a name, made where it is not there.
  package func makeScope(_ kind: ScopeRow.Kind, _ name: String) throws(StoreError) -> ScopeRow {
    if let known = try scope(kind, name) { return known }
    try database.prepare("INSERT INTO scope (kind, name) VALUES (?1, ?2)").bind(1, kind.rawValue)
      .bind(2, name).run()
    return ScopeRow(n: lastRow, kind: kind, name: name, entries: 0)
  }

  /// Every scope.
  package func scopes() throws(StoreError) -> [ScopeRow] {
    try database.prepare("SELECT n, kind, name, entries FROM scope ORDER BY kind, name").rows(Self.readScope)
  }

  private static func readScope(_ row: Statement) -> ScopeRow {
    ScopeRow(
      n: row.int(0), kind: ScopeRow.Kind(rawValue: row.text(1)) ?? .person, name: row.text(2),
      entries: row.int(3))
  }

  // MARK: - Memos

  /// Stores a memo with its words; the number it got.
  ///
  /// To be called in a transaction.
  package func insert(_ memo: MemoRow, words: String) throws(StoreError) -> Int64 {
    try bind(
      memo,
      database.prepare(
        """
        INSERT INTO memo (who, what, when_text, when_at, where_text, why, how, tags, lat, lon, source, session,
          created, changed, scope, recalls, recalled)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)
        """)
    ).bind(16, memo.recalls).bind(17, memo.recalled?.milliseconds).run()
    let n = lastRow
    try addWords(words, of: .memo(n), in: memo.scope)
    return n
  }

  /// Stores a memo anew with its words; false where it is gone.
  package func update(_ memo: MemoRow, words: String) throws(StoreError) -> Bool {
    try forgetOnDelete()
    let isThere =
      try bind(
        memo,
        database.prepare(
          """
          UPDATE memo SET who = ?1, what = ?2, when_text = ?3, when_at = ?4, where_text = ?5, why = ?6,
            how = ?7, tags = ?8, lat = ?9, lon = ?10, source = ?11, session = ?12, created = ?13, changed = ?14
          WHERE n = ?16 AND scope = ?15
          """)
      ).bind(16, memo.n).run() == 1
    guard isThere else { return false }
    try replaceWords(words, of: .memo(memo.n))
    return true
  }

  private func bind(_ memo: MemoRow, _ statement: Statement) -> Statement {
    statement.bind(1, memo.who).bind(2, memo.what).bind(3, memo.whenText)
      .bind(4, memo.whenAt?.milliseconds).bind(5, memo.whereText).bind(6, memo.why).bind(7, memo.how)
      .bind(8, memo.tags).bind(9, real: memo.lat).bind(10, real: memo.lon).bind(11, memo.source).bind(
        12, memo.session
      )
      .bind(13, memo.created.milliseconds).bind(14, memo.changed.milliseconds).bind(15, memo.scope)
  }

  /// The memo of a number.
  package func memo(n: Int64) throws(StoreError) -> MemoRow? {
    try database.prepare(
      """
      SELECT n, scope, who, what, when_text, when_at, where_text, why, how, tags, lat, lon, source, session,
        created, changed, recalls, recalled FROM memo WHERE n = ?1
      """
    ).bind(1, n).first(Self.readMemo)
  }

  /// Memos of a scope before a number, the newest first.
  package func memos(in scope: Int64, before n: Int64 = .max, limit: Int) throws(StoreError) -> [MemoRow] {
    try database.prepare(
      """
      SELECT n, scope, who, what, when_text, when_at, where_text, why, how, tags, lat, lon, source, session,
        created, changed, recalls, recalled FROM memo WHERE scope = ?1 AND n < ?2 ORDER BY n DESC LIMIT ?3
      """
    ).bind(1, scope).bind(2, n).bind(3, Int64(limit)).rows(Self.readMemo)
  }

  /// Whether a memo was made from a line.
  package func hasMemo(from source: String) throws(StoreError) -> Bool {
    try database.prepare("SELECT 1 FROM memo WHERE source = ?1 LIMIT 1").bind(1, source).first { _ in true }
      ?? false
  }

  /// Removes a memo with everything that was made of it; false where there is none.
  ///
  /// To be called in a transaction.
  package func removeMemo(_ n: Int64) throws(StoreError) -> Bool {
    guard let memo = try memo(n: n) else { return false }
    try forgetOnDelete()
    try database.prepare("DELETE FROM memo WHERE n = ?1").bind(1, n).run()
    try removeTraces(of: .memo(n), in: memo.scope)
    return true
  }

  private static func readMemo(_ row: Statement) -> MemoRow {
    var memo = MemoRow(
      scope: row.int(1), what: row.text(3), at: Timestamp(milliseconds: row.int(14)))
    memo.n = row.int(0)
    memo.who = row.optionalText(2)
    memo.whenText = row.optionalText(4)
    memo.whenAt = row.optionalInt(5).map { Timestamp(milliseconds: $0) }
    memo.whereText = row.optionalText(6)
    memo.why = row.optionalText(7)
    memo.how = row.optionalText(8)
    memo.tags = row.text(9)
    memo.lat = row.optionalDouble(10)
    memo.lon = row.optionalDouble(11)
    memo.source = row.optionalText(12)
    memo.session = row.optionalText(13)
    memo.changed = Timestamp(milliseconds: row.int(15))
    memo.recalls = row.int(16)
    memo.recalled = row.optionalInt(17).map { Timestamp(milliseconds: $0) }
    return memo
  }
}
