package import System

/// What a running turn may reach through agim's own tools: one session, one person.
///
/// Whoever shows the token whose hash this is acts for that turn, and for no other.
package struct TurnScopeRow: Sendable, Equatable {
  /// The id of the turn's message.
  package var message: String
  /// The SHA-256 of the token, in hexadecimal: the token itself is stored nowhere in the store.
  package var hash: String
  /// The process that runs the turn.
  package var holder: String
  /// The pipeline of that process.
  package var pipe: String
  /// The session's address.
  package var session: String
  /// The session's generation; 0 where it has no row.
  package var generation: Int64 = 0
  /// The person who spoke: `PLATFORM:ID`.
  package var person: String
  /// `direct` or `group`.
  package var chat: String
  /// The agent that works.
  package var agent: String
  /// Where it works, absolute.
  package var workdir: String
  /// Whether it may only read and plan.
  package var isPlan: Bool
  /// The agents that its process runs, as a JSON array.
  package var agents: String
  /// When it ends, whatever becomes of the turn.
  package var expires: Timestamp

  /// A scope of its parts.
  package init(
    message: String, hash: String, holder: String, pipe: String, session: String, person: String,
    chat: String, agent: String, workdir: String, isPlan: Bool, agents: String, expires: Timestamp
  ) {
    (self.message, self.hash, self.holder, self.pipe) = (message, hash, holder, pipe)
    (self.session, self.person, self.chat, self.agent) = (session, person, chat, agent)
    (self.workdir, self.isPlan, self.agents, self.expires) = (workdir, isPlan, agents, expires)
  }
}

/// The statements about scopes of turns, and about what agents ask each other.
extension Store {
  /// Stores the scope of a turn that begins, in the place of an earlier one of its message.
  package func grant(_ row: TurnScopeRow) throws(StoreError) {
    try database.prepare(
      """
      INSERT INTO turn_scope (message, hash, holder, pipe, session, generation, person, chat, agent, workdir,
        plan, agents, expires)
      VALUES (?1, ?2, ?3, ?4, ?5,
        coalesce((SELECT generation FROM session WHERE address = ?5 AND state <> 'closed'), 0),
        ?6, ?7, ?8, ?9, ?10, ?11, ?12)
      ON CONFLICT (message) DO UPDATE SET hash = ?2, holder = ?3, pipe = ?4, session = ?5,
        generation = excluded.generation, person = ?6, chat = ?7, agent = ?8, workdir = ?9, plan = ?10,
        agents = ?11, expires = ?12
      """
    ).bind(1, row.message).bind(2, row.hash).bind(3, row.holder).bind(4, row.pipe).bind(5, row.session)
      .bind(6, row.person).bind(7, row.chat).bind(8, row.agent).bind(9, row.workdir)
      .bind(10, row.isPlan ? 1 : 0).bind(11, row.agents).bind(12, row.expires.milliseconds).run()
  }

  /// The scope that a token's hash stands for, while its turn runs.
  package func turnScope(hash: String) throws(StoreError) -> TurnScopeRow? {
    try database.prepare(
      """
      SELECT message, hash, t.holder, t.pipe, t.session, generation, person, chat, t.agent, workdir, plan,
        agents, expires
      FROM turn_scope t JOIN inbox ON inbox.id = t.message
      WHERE hash = ?1 AND inbox.state = 'running' AND inbox.holder = t.holder
      """
    ).bind(1, hash).first { statement in
      var row = TurnScopeRow(
        message: statement.text(0), hash: statement.text(1), holder: statement.text(2),
        pipe: statement.text(3), session: statement.text(4), person: statement.text(6),
        chat: statement.text(7), agent: statement.text(8), workdir: statement.text(9),
        isPlan: statement.int(10) != 0, agents: statement.text(11),
        expires: Timestamp(milliseconds: statement.int(12)))
      row.generation = statement.int(5)
      return row
    }
  }

  /// Ends the scope of a turn.
  package func revokeScope(of message: String) throws(StoreError) {
    try database.prepare("DELETE FROM turn_scope WHERE message = ?1").bind(1, message).run()
  }

  /// How many lines a message has caused since a moment.
  package func countOutbox(parent: String, since moment: Timestamp) throws(StoreError) -> Int64 {
    try database.prepare("SELECT count(*) FROM outbox WHERE parent = ?1 AND created > ?2")
      .bind(1, parent).bind(2, moment.milliseconds).first { $0.int(0) } ?? 0
  }

  /// How many questions of agents to agents began in a session since a moment.
  package func countAsked(account: String, since moment: Timestamp) throws(StoreError) -> Int64 {
    try database.prepare(
      """
      SELECT count(*) FROM inbox
      WHERE platform = 'agent' AND account = ?1 AND event IS NOT NULL AND accepted > ?2
      """
    ).bind(1, account).bind(2, moment.milliseconds).first { $0.int(0) } ?? 0
  }

  /// Whether a session has messages that wait for their turn.
  package func hasWaiting(session: String) throws(StoreError) -> Bool {
    try database.prepare(
      "SELECT 1 FROM inbox WHERE session = ?1 AND state = 'taken' AND working = 1 LIMIT 1"
    ).bind(1, session).first { _ in true } ?? false
  }
}
