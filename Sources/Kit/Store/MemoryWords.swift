internal import CSQLite

/// The words and vectors by which memos and facts are found, and forgetting them.
extension Store {
  // MARK: - Words

  func addWords(_ words: String, of doc: MemoryDoc, in scope: Int64) throws(StoreError) {
    try database.prepare("INSERT INTO memory_words (rowid, words) VALUES (?1, ?2)").bind(1, doc.id)
      .bind(2, words).run()
    try database.prepare("UPDATE scope SET entries = entries + 1 WHERE n = ?1").bind(1, scope).run()
  }

  func replaceWords(_ words: String, of doc: MemoryDoc) throws(StoreError) {
    try database.prepare("UPDATE memory_words SET words = ?2 WHERE rowid = ?1").bind(1, doc.id)
      .bind(2, words).run()
    try removeVector(of: doc)
  }

  /// The memos and facts whose words match, the newest first.
  ///
  /// `match`: an expression of FTS5, made by `MatchText` and nobody else.
  package func matches(_ match: String, limit: Int) throws(StoreError) -> [Int64] {
    try database.prepare(
      "SELECT rowid FROM memory_words WHERE memory_words MATCH ?1 ORDER BY rowid DESC LIMIT ?2"
    ).bind(1, match).bind(2, Int64(limit)).rows { $0.int(0) }
  }

  func removeTraces(of doc: MemoryDoc, in scope: Int64) throws(StoreError) {
    try database.prepare("DELETE FROM memory_words WHERE rowid = ?1").bind(1, doc.id).run()
    try removeVector(of: doc)
    try database.prepare("DELETE FROM recall WHERE doc = ?1").bind(1, doc.id).run()
    try database.prepare("UPDATE scope SET entries = max(entries - 1, 0) WHERE n = ?1").bind(1, scope).run()
  }

  // MARK: - Vectors

  /// Stores the vector of a memo or a fact, and its code; an older one is replaced.
  package func setVector(
    of doc: MemoryDoc, in scope: Int64, model: String, dimension: Int, data: [UInt8], code: [UInt8]
  ) throws(StoreError) {
    try removeVector(of: doc)
    try database.prepare(
      "INSERT INTO vector (doc, scope, model, dimension, data) VALUES (?1, ?2, ?3, ?4, ?5)"
    ).bind(1, doc.id).bind(2, scope).bind(3, model).bind(4, Int64(dimension)).bind(5, blob: data).run()
    try database.prepare("INSERT INTO vector_code (scope, model, doc, code) VALUES (?1, ?2, ?3, ?4)")
      .bind(1, scope).bind(2, model).bind(3, doc.id).bind(4, blob: code).run()
  }

  private func removeVector(of doc: MemoryDoc) throws(StoreError) {
    let known = try database.prepare("SELECT scope, model FROM vector WHERE doc = ?1").bind(1, doc.id).first {
      (scope: $0.int(0), model: $0.text(1))
    }
    guard let known else { return }
    try forgetOnDelete()
    try database.prepare("DELETE FROM vector WHERE doc = ?1").bind(1, doc.id).run()
    try database.prepare("DELETE FROM vector_code WHERE scope = ?1 AND model = ?2 AND doc = ?3")
      .bind(1, known.scope).bind(2, known.model).bind(3, doc.id).run()
  }

  /// The codes of a scope's vectors of a model, one after the other.
  package func vectorCodes(
    in scope: Int64, model: String, _ body: (MemoryDoc, UnsafeRawBufferPointer) -> Void
  ) throws(StoreError) {
    let statement = try database.prepare(
      "SELECT doc, code FROM vector_code WHERE scope = ?1 AND model = ?2 ORDER BY doc"
    ).bind(1, scope).bind(2, model)
    while try statement.step() {
      let doc = MemoryDoc(id: statement.int(0))
      statement.withBytes(1) { body(doc, $0) }
    }
  }

  /// The bytes of a vector; nil where there is none.
  package func vector(of doc: MemoryDoc) throws(StoreError) -> [UInt8]? {
    try database.prepare("SELECT data FROM vector WHERE doc = ?1").bind(1, doc.id).first { $0.bytes(0) }
  }

  /// Whether anything has a vector.
  package func hasVectors() throws(StoreError) -> Bool {
    try database.prepare("SELECT 1 FROM vector LIMIT 1").first { _ in true } ?? false
  }

  /// Memos and facts of a scope without a vector of a model, the newest first.
  package func withoutVector(in scope: Int64, model: String, limit: Int) throws(StoreError) -> [MemoryDoc] {
    try database.prepare(
      """
      SELECT doc FROM (
        SELECT n * 2 AS doc FROM memo WHERE scope = ?1
        UNION ALL SELECT n * 2 + 1 FROM fact WHERE scope = ?1 AND state = 'active')
      WHERE NOT EXISTS (SELECT 1 FROM vector WHERE vector.doc = doc AND vector.model = ?2)
      ORDER BY doc DESC LIMIT ?3
      """
    ).bind(1, scope).bind(2, model).bind(3, Int64(limit)).rows { MemoryDoc(id: $0.int(0)) }
  }

  // MARK: - Forgetting

  /// From here on what this connection removes is overwritten with zeros, in pages that are freed too.
  ///
  /// It makes what one removes hard to find; `sweep` makes it impossible.
  func forgetOnDelete() throws(StoreError) { try database.execute("PRAGMA secure_delete=ON") }

  /// Removes everything of a scope; how many memos and facts that were.
  ///
  /// To be called in a transaction, and `sweep` after it.
  package func forget(scope n: Int64) throws(StoreError) -> Int {
    try forgetOnDelete()
    var count = 0
    for sql in [
      "SELECT n * 2 FROM memo WHERE scope = ?1", "SELECT n * 2 + 1 FROM fact WHERE scope = ?1",
    ] as [StaticString] {
      for doc in try database.prepare(sql).bind(1, n).rows({ $0.int(0) }) {
        try database.prepare("DELETE FROM memory_words WHERE rowid = ?1").bind(1, doc).run()
        count += 1
      }
    }
    for sql in [
      "DELETE FROM vector WHERE scope = ?1", "DELETE FROM vector_code WHERE scope = ?1",
      "DELETE FROM recall WHERE scope = ?1", "DELETE FROM persona WHERE scope = ?1",
      "DELETE FROM memo WHERE scope = ?1", "DELETE FROM fact WHERE scope = ?1",
      "DELETE FROM scope WHERE n = ?1",
    ] as [StaticString] {
      try database.prepare(sql).bind(1, n).run()
    }
    // What was removed stays in the index behind a mark until its parts are merged.
    try database.execute("INSERT INTO memory_words (memory_words) VALUES ('optimize')")
    return count
  }

  /// Empties what a person said in the journal, as far as it is finished, and takes their name from the audit.
  ///
  /// The rows stay: they keep a message that is delivered again from being run again. To be called in a
  /// transaction.
  ///
  /// - Returns: how many messages that were.
  package func forgetMessages(platform: String, id: String) throws(StoreError) -> Int {
    try database.prepare(
      """
      UPDATE outbox_line SET line = json_remove(json_set(line, '$.text', ''), '$.attachments')
      WHERE n IN (SELECT outbox.n FROM outbox JOIN inbox ON outbox.parent = inbox.id
        WHERE outbox.finished IS NOT NULL AND inbox.finished IS NOT NULL AND inbox.platform = ?1
          AND inbox.line ->> '$.from.id' = ?2)
      """
    ).bind(1, platform).bind(2, id).run()
    try database.prepare("UPDATE audit SET person = 'forgotten' WHERE person = ?1")
      .bind(1, "\(platform):\(id)").run()
    return try database.prepare(
      """
      UPDATE inbox SET line = json_remove(json_set(line, '$.text', '', '$.from.id', 'forgotten'),
        '$.attachments', '$.quote', '$.from.name')
      WHERE finished IS NOT NULL AND platform = ?1 AND line ->> '$.from.id' = ?2
      """
    ).bind(1, platform).bind(2, id).run()
  }

  /// Writes the whole file anew, so that nothing of what was removed is left in it or in the log.
  ///
  /// Overwriting what is deleted is not enough: when SQLite moves rows between pages, copies of them stay in
  /// the gaps.
  ///
  /// - Returns: false when others are reading or writing: some of it may still be there.
  package func sweep() throws -> Bool {
    do {
      // Not in memory: the store may be larger than that. Nothing that was removed comes into the temporary
      // file.
      try database.execute("PRAGMA temp_store=FILE; VACUUM; PRAGMA temp_store=MEMORY")
    } catch let error where error.kind == .locked {
      return false
    }
    guard sqlite3_wal_checkpoint_v2(database.handle, nil, SQLITE_CHECKPOINT_TRUNCATE, nil, nil) == SQLITE_OK
    else { return false }
    database.forgetLogSize()
    return true
  }
}
