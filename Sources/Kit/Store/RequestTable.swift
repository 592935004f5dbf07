package import System

/// The statements about requests. What a state may become is decided in Gate.
extension Store {
  /// Inserts a request; false when its id is known.
  package func insert(_ row: RequestRow) throws(StoreError) -> Bool {
    try database.prepare(
      """
      INSERT INTO request (id, kind, parent, session, person, chat, agent, tool, input, complete, workdir, rule,
        reason, digest, proposal, words, code, state, pipe, holder, created, expires, since)
      VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21,
        ?22, ?23)
      ON CONFLICT DO NOTHING
      """
    ).bind(1, row.id).bind(2, row.kind).bind(3, row.parent).bind(4, row.session).bind(5, row.person)
      .bind(6, row.chat).bind(7, row.agent).bind(8, row.tool).bind(9, text: row.input)
      .bind(10, row.isComplete ? 1 : 0).bind(11, row.workdir).bind(12, row.rule).bind(13, row.reason)
      .bind(14, row.digest).bind(15, row.proposal).bind(16, row.words).bind(17, row.code)
      .bind(18, row.state.rawValue).bind(19, row.pipe).bind(20, row.holder).bind(21, row.created.milliseconds)
      .bind(22, row.expires.milliseconds).bind(23, row.since.milliseconds).run() == 1
  }

  /// The request of an id.
  package func request(_ id: String) throws(StoreError) -> RequestRow? {
    try database.prepare(
      """
      SELECT n, id, kind, parent, session, person, chat, agent, tool, input, complete, workdir, rule, reason,
        digest, proposal, words, code, state, by, via, scope, pipe, holder, created, expires, since, answer
      FROM request
      WHERE id = ?1
      """
    ).bind(1, id).first(Self.readRequest)
  }

  /// Requests that are not settled, oldest first.
  package func openRequests() throws(StoreError) -> [RequestRow] {
    try database.prepare(
      """
      SELECT n, id, kind, parent, session, person, chat, agent, tool, input, complete, workdir, rule, reason,
        digest, proposal, words, code, state, by, via, scope, pipe, holder, created, expires, since, answer
      FROM request
      WHERE open = 1 ORDER BY n
      """
    ).rows(Self.readRequest)
  }

  /// The request that had a code last, whatever became of it.
  package func request(code: String) throws(StoreError) -> RequestRow? {
    try database.prepare(
      """
      SELECT n, id, kind, parent, session, person, chat, agent, tool, input, complete, workdir, rule, reason,
        digest, proposal, words, code, state, by, via, scope, pipe, holder, created, expires, since, answer
      FROM request
      WHERE code = ?1 ORDER BY open IS NULL, n DESC LIMIT 1
      """
    ).bind(1, code).first(Self.readRequest)
  }

  /// The request of a session that was settled last.
  package func lastSettledRequest(in session: String) throws(StoreError) -> RequestRow? {
    try database.prepare(
      """
      SELECT n, id, kind, parent, session, person, chat, agent, tool, input, complete, workdir, rule, reason,
        digest, proposal, words, code, state, by, via, scope, pipe, holder, created, expires, since, answer
      FROM request
      WHERE session = ?1 AND open IS NULL ORDER BY since DESC, n DESC LIMIT 1
      """
    ).bind(1, session).first(Self.readRequest)
  }

  /// The request whose card stands in a chat as the platform's message of an id, whatever became of it.
  ///
  /// Of that chat alone: on some platforms messages are numbered in each chat anew. Words may stand behind the
  /// id in the proof.
  package func request(proof: String, in session: String) throws(StoreError) -> RequestRow? {
    try database.prepare(
      """
      SELECT n, id, kind, parent, session, person, chat, agent, tool, input, complete, workdir, rule, reason,
        digest, proposal, words, code, state, by, via, scope, pipe, holder, created, expires, since, answer
      FROM request
      WHERE EXISTS (SELECT 1 FROM outbox WHERE outbox.id = request.id
        AND (proof = ?1 OR substr(proof, 1, length(?1) + 1) = ?1 || ' ')
        AND (outbox.session = ?2 OR target = ?2))
      ORDER BY n DESC LIMIT 1
      """
    ).bind(1, proof).bind(2, session).first(Self.readRequest)
  }

  /// The latest requests, newest first.
  package func requests(limit: Int) throws(StoreError) -> [RequestRow] {
    try database.prepare(
      """
      SELECT n, id, kind, parent, session, person, chat, agent, tool, input, complete, workdir, rule, reason,
        digest, proposal, words, code, state, by, via, scope, pipe, holder, created, expires, since, answer
      FROM request
      ORDER BY n DESC LIMIT ?1
      """
    ).bind(1, Int64(limit)).rows(Self.readRequest)
  }

  /// Changes the state of a request that still has the state that was seen.
  ///
  /// - Returns: false when somebody else was first.
  package func move(
    request id: String, from: RequestState, to state: RequestState, by: String?, via: String?, scope: String?,
    at now: Timestamp
  ) throws(StoreError) -> Bool {
    try database.prepare(
      """
      UPDATE request SET state = ?3, by = coalesce(?4, by), via = coalesce(?5, via),
        scope = coalesce(?6, scope), since = ?7
      WHERE id = ?1 AND state = ?2
      """
    ).bind(1, id).bind(2, from.rawValue).bind(3, state.rawValue).bind(4, by).bind(5, via).bind(6, scope)
      .bind(7, now.milliseconds).run() == 1
  }

  /// Takes back a request whose line nobody has seen.
  package func remove(request id: String) throws(StoreError) {
    try database.prepare("DELETE FROM request WHERE id = ?1").bind(1, id).run()
  }

  /// Notes what a person answered to a question.
  package func setAnswer(_ answer: String, of id: String) throws(StoreError) {
    try database.prepare("UPDATE request SET answer = ?2 WHERE id = ?1").bind(1, id).bind(2, answer).run()
  }

  /// Gives a request that waits to another process.
  package func adopt(request id: String, holder: String) throws(StoreError) {
    try database.prepare("UPDATE request SET holder = ?2 WHERE id = ?1 AND open = 1")
      .bind(1, id).bind(2, holder).run()
  }

  /// Whether any request is not settled: nearly always none is, and this costs little.
  package func hasOpenRequest() throws(StoreError) -> Bool {
    try database.prepare("SELECT 1 FROM request WHERE open = 1 LIMIT 1").first { _ in true } ?? false
  }

  /// Whether an agent waits for the answer to a question.
  package func hasOpenQuestion() throws(StoreError) -> Bool {
    try database.prepare("SELECT 1 FROM request WHERE open = 1 AND kind = 'question' LIMIT 1")
      .first { _ in true } ?? false
  }

  /// When the line of an id was delivered to a chat; nil when it has not been.
  package func delivered(_ id: String) throws(StoreError) -> Timestamp? {
    try database.prepare("SELECT max(since) FROM outbox WHERE id = ?1 AND state = 'delivered'")
      .bind(1, id).first { $0.optionalInt(0) }?.map { Timestamp(milliseconds: $0) }
  }

  /// The line that was delivered to a session last, since a moment; also one of another session that went there.
  package func lastDelivered(in session: String, since moment: Timestamp) throws(StoreError) -> String? {
    try database.prepare(
      """
      SELECT id FROM outbox WHERE finished >= ?2 AND (session = ?1 OR target = ?1) AND state = 'delivered'
      ORDER BY finished DESC, n DESC LIMIT 1
      """
    ).bind(1, session).bind(2, moment.milliseconds).first { $0.text(0) }
  }

  /// Removes some requests that were settled before a moment; the number that was removed.
  package func expireRequests(before moment: Timestamp, limit: Int) throws(StoreError) -> Int {
    try database.prepare(
      """
      DELETE FROM request WHERE n IN (SELECT n FROM request WHERE open IS NULL AND since < ?1 LIMIT ?2)
      """
    ).bind(1, moment.milliseconds).bind(2, Int64(limit)).run()
  }

  private static func readRequest(_ statement: Statement) -> RequestRow {
    var row = RequestRow(
      id: statement.text(1), kind: statement.text(2), parent: statement.optionalText(3),
      session: statement.text(4), person: statement.text(5), chat: statement.text(6),
      agent: statement.text(7), tool: statement.text(8), input: statement.bytes(9),
      isComplete: statement.int(10) != 0, workdir: statement.text(11), rule: statement.text(12),
      reason: statement.text(13), digest: statement.text(14), proposal: statement.optionalText(15),
      words: statement.optionalText(16), code: statement.text(17), pipe: statement.text(22),
      holder: statement.text(23), at: Timestamp(milliseconds: statement.int(24)),
      expires: Timestamp(milliseconds: statement.int(25)))
    row.n = statement.int(0)
    row.state = RequestState(rawValue: statement.text(18)) ?? .void
    row.by = statement.optionalText(19)
    row.via = statement.optionalText(20)
    row.scope = statement.optionalText(21)
    row.since = Timestamp(milliseconds: statement.int(26))
    row.answer = statement.optionalText(27)
    return row
  }
}
