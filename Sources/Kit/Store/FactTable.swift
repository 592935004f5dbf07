package import System

/// Facts, what is known of a person in a few sentences, and what was recalled: their statements.
extension Store {
  // MARK: - Facts

  /// Stores a fact with its words; the number it got.
  ///
  /// To be called in a transaction.
  package func insert(_ fact: FactRow, words: String) throws(StoreError) -> Int64 {
    try database.prepare(
      """
      INSERT INTO fact (scope, class, state, text, project, source, session, confidence, successor, created,
        changed, recalls, recalled)
      VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
      """
    ).bind(1, fact.scope).bind(2, fact.kind).bind(3, fact.state).bind(4, fact.text).bind(5, fact.project)
      .bind(6, fact.source).bind(7, fact.session).bind(8, real: fact.confidence).bind(9, fact.successor)
      .bind(10, fact.created.milliseconds).bind(11, fact.changed.milliseconds).bind(12, fact.recalls)
      .bind(13, fact.recalled?.milliseconds).run()
    let n = lastRow
    try addWords(words, of: .fact(n), in: fact.scope)
    return n
  }

  /// Moves a fact from one state to another; false where it was not in the first.
  package func move(
    fact n: Int64, from: String, to: String, successor: Int64? = nil, at now: Timestamp
  ) throws(StoreError) -> Bool {
    try database.prepare(
      "UPDATE fact SET state = ?3, successor = ?4, changed = ?5 WHERE n = ?1 AND state = ?2"
    ).bind(1, n).bind(2, from).bind(3, to).bind(4, successor).bind(5, now.milliseconds).run() == 1
  }

  /// The fact of a number.
  package func fact(n: Int64) throws(StoreError) -> FactRow? {
    try database.prepare(
      """
      SELECT n, scope, class, state, text, project, source, session, confidence, successor, created, changed,
        recalls, recalled FROM fact WHERE n = ?1
      """
    ).bind(1, n).first(Self.readFact)
  }

  /// Facts of a scope in a state, nil for any, before a number, the newest first.
  package func facts(
    in scope: Int64, state: String?, before n: Int64 = .max, limit: Int
  ) throws(StoreError) -> [FactRow] {
    try database.prepare(
      """
      SELECT n, scope, class, state, text, project, source, session, confidence, successor, created, changed,
        recalls, recalled FROM fact WHERE scope = ?1 AND n < ?2 AND (?3 IS NULL OR state = ?3)
      ORDER BY n DESC LIMIT ?4
      """
    ).bind(1, scope).bind(2, n).bind(3, state).bind(4, Int64(limit)).rows(Self.readFact)
  }

  /// Removes a fact with everything that was made of it; false where there is none.
  ///
  /// To be called in a transaction.
  package func removeFact(_ n: Int64) throws(StoreError) -> Bool {
    guard let fact = try fact(n: n) else { return false }
    try forgetOnDelete()
    try database.prepare("DELETE FROM fact WHERE n = ?1").bind(1, n).run()
    try removeTraces(of: .fact(n), in: fact.scope)
    return true
  }

  private static func readFact(_ row: Statement) -> FactRow {
    var fact = FactRow(
      scope: row.int(1), kind: row.text(2), state: row.text(3), text: row.text(4), confidence: row.double(8),
      at: Timestamp(milliseconds: row.int(10)))
    fact.n = row.int(0)
    fact.project = row.optionalText(5)
    fact.source = row.optionalText(6)
    fact.session = row.optionalText(7)
    fact.successor = row.optionalInt(9)
    fact.changed = Timestamp(milliseconds: row.int(11))
    fact.recalls = row.int(12)
    fact.recalled = row.optionalInt(13).map { Timestamp(milliseconds: $0) }
    return fact
  }

  // MARK: - Personas

  /// What is known of a scope in a few sentences.
  package func persona(of scope: Int64) throws(StoreError) -> PersonaRow? {
    try database.prepare("SELECT text, made, changed FROM persona WHERE scope = ?1").bind(1, scope).first {
      PersonaRow(text: $0.text(0), made: $0.text(1), changed: Timestamp(milliseconds: $0.int(2)))
    }
  }

  /// Stores what is known of a scope in a few sentences.
  package func setPersona(
    of scope: Int64, _ text: String, made: String, at now: Timestamp
  ) throws(StoreError) {
    try forgetOnDelete()
    try database.prepare(
      """
      INSERT INTO persona (scope, text, made, changed) VALUES (?1, ?2, ?3, ?4)
      ON CONFLICT (scope) DO UPDATE SET text = ?2, made = ?3, changed = ?4
      """
    ).bind(1, scope).bind(2, text).bind(3, made).bind(4, now.milliseconds).run()
  }

  /// Removes what is known of a scope in a few sentences; false where nothing was.
  package func removePersona(of scope: Int64) throws(StoreError) -> Bool {
    try forgetOnDelete()
    return try database.prepare("DELETE FROM persona WHERE scope = ?1").bind(1, scope).run() == 1
  }

  // MARK: - What was recalled

  /// Notes that something was recalled, and counts it.
  ///
  /// To be called in a transaction.
  package func noteRecall(_ row: RecallRow) throws(StoreError) {
    try database.prepare(
      "INSERT INTO recall (time, message, session, scope, doc, score) VALUES (?1, ?2, ?3, ?4, ?5, ?6)"
    ).bind(1, row.time.milliseconds).bind(2, row.message).bind(3, row.session).bind(4, row.scope)
      .bind(5, row.doc.id).bind(6, real: row.score).run()
    if row.doc.isFact {
      try database.prepare("UPDATE fact SET recalls = recalls + 1, recalled = ?2 WHERE n = ?1")
        .bind(1, row.doc.n).bind(2, row.time.milliseconds).run()
    } else {
      try database.prepare("UPDATE memo SET recalls = recalls + 1, recalled = ?2 WHERE n = ?1")
        .bind(1, row.doc.n).bind(2, row.time.milliseconds).run()
    }
  }

  /// What was recalled for a message, in the order in which it stood before the prompt.
  package func recalls(for message: String) throws(StoreError) -> [RecallRow] {
    try database.prepare(
      "SELECT time, message, session, scope, doc, score FROM recall WHERE message = ?1 ORDER BY n"
    ).bind(1, message).rows(Self.readRecall)
  }

  /// What was recalled of a scope, the newest first.
  package func recalls(in scope: Int64, limit: Int) throws(StoreError) -> [RecallRow] {
    try database.prepare(
      """
      SELECT time, message, session, scope, doc, score FROM recall WHERE scope = ?1 ORDER BY n DESC LIMIT ?2
      """
    ).bind(1, scope).bind(2, Int64(limit)).rows(Self.readRecall)
  }

  /// Removes some notes of what was recalled before a moment; the number that was removed.
  package func expireRecalls(before moment: Timestamp, limit: Int) throws(StoreError) -> Int {
    try database.prepare(
      "DELETE FROM recall WHERE n IN (SELECT n FROM recall WHERE time < ?1 ORDER BY n LIMIT ?2)"
    ).bind(1, moment.milliseconds).bind(2, Int64(limit)).run()
  }

  private static func readRecall(_ row: Statement) -> RecallRow {
    RecallRow(
      time: Timestamp(milliseconds: row.int(0)), message: row.optionalText(1), session: row.optionalText(2),
      scope: row.int(3), doc: MemoryDoc(id: row.int(4)), score: row.double(5))
  }
}
