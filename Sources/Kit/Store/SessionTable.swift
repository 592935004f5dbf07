package import System

/// The states of a session, see agim-store(5).
package enum SessionState: String, Sendable, CaseIterable {
  /// In use.
  case active
  /// Not used for a while; it comes back with its agent and its data when somebody writes.
  case archived
  /// Ended by a person: the next message under its address begins another.
  case closed
}

/// A conversation under one address, from one `/new` to the next.
package struct SessionRow: Sendable, Equatable {
  /// Its number, which names it on the command line.
  package var n: Int64
  /// The address.
  package var address: String
  /// How many times the conversation was begun anew, from 1.
  package var generation: Int64
  /// Where it stands.
  package var state: SessionState
  /// The agent that it belongs to.
  package var agent: String?
  /// A person's name for it.
  package var label: String?
  /// A person's words about it.
  package var description: String?
  /// Further values as a JSON object: native ids of agents and whatever an operator set.
  package var data: String
  /// How many messages it has had.
  package var messages: Int64
  /// When it was begun.
  package var created: Timestamp
  /// When something was last said in it.
  package var used: Timestamp
}

/// Sessions: their statements.
extension Store {
  /// Notes that a turn begins in the current session of an address, making the session when there is none.
  ///
  /// A session that has an agent keeps it: who answers a single message out of turn does not own the
  /// conversation.
  package func touchSession(_ address: String, agent: String, messages: Int64, at now: Timestamp)
    throws(StoreError)
  {
    let changed = try database.prepare(
      """
      UPDATE session SET used = ?2, messages = messages + ?4, agent = coalesce(agent, ?3), state = 'active'
      WHERE address = ?1 AND state <> 'closed'
      """
    ).bind(1, address).bind(2, now.milliseconds).bind(3, agent).bind(4, messages).run()
    if changed == 0 { try beginSession(address, agent: agent, messages: messages, at: now) }
  }

  /// The session of an address that the next message belongs to; nil when that one begins it.
  package func currentSession(_ address: String) throws(StoreError) -> SessionRow? {
    try database.prepare(
      """
      SELECT n, address, generation, state, agent, label, description, data, messages, created, used FROM session
      WHERE address = ?1 AND state <> 'closed'
      """
    ).bind(1, address).first(Self.readSession)
  }

  /// Sets whom the current session of an address belongs to and its further values, making the session
  /// when there is none.
  package func choose(
    _ address: String, agent: String?, data: String, at now: Timestamp
  ) throws(StoreError) {
    if try setChoice(address, agent, data) { return }
    try beginSession(address, agent: agent, at: now)
    _ = try setChoice(address, agent, data)
  }

  private func setChoice(_ address: String, _ agent: String?, _ data: String) throws(StoreError) -> Bool {
    try database.prepare("UPDATE session SET agent = ?2, data = ?3 WHERE address = ?1 AND state <> 'closed'")
      .bind(1, address).bind(2, agent).bind(3, data).run() > 0
  }

  /// Gives the current session of an address an agent if it has none, making it when there is none.
  package func chooseFirst(_ address: String, agent: String, at now: Timestamp) throws(StoreError) {
    let changed = try database.prepare(
      "UPDATE session SET agent = ?2 WHERE address = ?1 AND state <> 'closed' AND agent IS NULL"
    ).bind(1, address).bind(2, agent).run()
    if changed == 0, try currentSession(address) == nil { try beginSession(address, agent: agent, at: now) }
  }

  /// Begins the next generation of an address; the one before it is closed.
  package func beginSession(
    _ address: String, agent: String?, messages: Int64 = 0, at now: Timestamp
  ) throws(StoreError) {
    try database.prepare("UPDATE session SET state = 'closed' WHERE address = ?1 AND state <> 'closed'")
      .bind(1, address).run()
    try database.prepare(
      """
      INSERT INTO session (address, generation, state, agent, messages, created, used)
      SELECT ?1, 1 + coalesce(max(generation), 0), 'active', ?2, ?4, ?3, ?3 FROM session WHERE address = ?1
      """
    ).bind(1, address).bind(2, agent).bind(3, now.milliseconds).bind(4, messages).run()
  }

  /// Sessions, the most recently used first.
  package func sessions(in state: SessionState?, limit: Int) throws(StoreError) -> [SessionRow] {
    try database.prepare(
      """
      SELECT n, address, generation, state, agent, label, description, data, messages, created, used FROM session
      WHERE ?1 = '' OR state = ?1 ORDER BY used DESC, n DESC LIMIT ?2
      """
    ).bind(1, state?.rawValue ?? "").bind(2, Int64(limit)).rows(Self.readSession)
  }

  /// The session of a number, or the current (else the last) one of an address.
  package func session(_ name: String) throws(StoreError) -> SessionRow? {
    try database.prepare(
      """
      SELECT n, address, generation, state, agent, label, description, data, messages, created, used FROM session
      WHERE address = ?1 OR n = ?2 OR label = ?1 ORDER BY generation DESC, n DESC LIMIT 1
      """
    ).bind(1, name).bind(2, Int64(name) ?? -1).first(Self.readSession)
  }

  /// The session of a number.
  package func session(n: Int64) throws(StoreError) -> SessionRow? {
    try database.prepare(
      """
      SELECT n, address, generation, state, agent, label, description, data, messages, created, used FROM session
      WHERE n = ?1
      """
    ).bind(1, n).first(Self.readSession)
  }

  /// Changes what a person says about a session.
  package func setSession(_ n: Int64, label: String?, description: String?, data: String) throws(StoreError) {
    try database.prepare("UPDATE session SET label = ?2, description = ?3, data = ?4 WHERE n = ?1")
      .bind(1, n).bind(2, label).bind(3, description).bind(4, data).run()
  }

  /// Closes a session; false when it was.
  package func closeSession(_ n: Int64) throws(StoreError) -> Bool {
    try database.prepare("UPDATE session SET state = 'closed' WHERE n = ?1 AND state <> 'closed'")
      .bind(1, n).run() == 1
  }

  /// Archives some sessions that nobody has used since a moment.
  package func archiveSessions(unusedSince moment: Timestamp, limit: Int) throws(StoreError) -> Int {
    try database.prepare(
      """
      UPDATE session SET state = 'archived' WHERE n IN
        (SELECT n FROM session WHERE state = 'active' AND used < ?1 ORDER BY used LIMIT ?2)
      """
    ).bind(1, moment.milliseconds).bind(2, Int64(limit)).run()
  }

  /// Removes some archived or closed sessions that nobody has used since a moment.
  package func expireSessions(before moment: Timestamp, limit: Int) throws(StoreError) -> Int {
    try database.prepare(
      """
      DELETE FROM session WHERE n IN
        (SELECT n FROM session WHERE state <> 'active' AND used < ?1 ORDER BY used LIMIT ?2)
      """
    ).bind(1, moment.milliseconds).bind(2, Int64(limit)).run()
  }

  /// What was said in an address's session, by people and agents, that holds a text; newest first.
  package func search(_ text: String, limit: Int) throws(StoreError) -> [(session: String, line: [UInt8])] {
    try database.prepare(
      """
      SELECT session, line FROM (
        SELECT session, line, accepted AS at FROM inbox WHERE type = 'message' AND instr(lower(line ->> 'text'), lower(?1))
        UNION ALL
        SELECT session, line, created AS at FROM outbox JOIN outbox_line USING (n) WHERE type = 'reply' AND instr(lower(line ->> 'text'), lower(?1))
      ) ORDER BY at DESC LIMIT ?2
      """
    ).bind(1, text).bind(2, Int64(limit)).rows { (session: $0.text(0), line: $0.bytes(1)) }
  }

  private static func readSession(_ statement: Statement) -> SessionRow {
    SessionRow(
      n: statement.int(0), address: statement.text(1), generation: statement.int(2),
      state: SessionState(rawValue: statement.text(3)) ?? .closed, agent: statement.optionalText(4),
      label: statement.optionalText(5), description: statement.optionalText(6), data: statement.text(7),
      messages: statement.int(8), created: Timestamp(milliseconds: statement.int(9)),
      used: Timestamp(milliseconds: statement.int(10)))
  }
}
