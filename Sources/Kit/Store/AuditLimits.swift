package import System

/// What limits ask about the turns that have ended, and about those that run.
///
/// `through`: the number of the last turn that counts; others may end while one asks.
extension Store {
  /// A turn that runs.
  package struct RunningTurn: Sendable, Equatable {
    /// The agent.
    package let agent: String
    /// The platform of its row.
    package let platform: String
    /// The address of the session.
    package let session: String
    /// The process that runs it.
    package let holder: String
    /// When it began.
    package let began: Timestamp
    /// The line of its message.
    package let line: [UInt8]
  }

  /// The number of the turn that ended last; 0 for none.
  package func lastTurn() throws(StoreError) -> Int64 {
    try database.prepare("SELECT coalesce(max(n), 0) FROM audit").first { $0.int(0) } ?? 0
  }

  /// The agents that have ended a turn, commands of the installation among them.
  ///
  /// A step of the index for each of them, however many turns there are.
  package func agentsWithTurns() throws(StoreError) -> [String] {
    try database.prepare(
      """
      WITH RECURSIVE known (agent) AS (
        SELECT min(agent) FROM audit
        UNION ALL
        SELECT (SELECT min(agent) FROM audit WHERE agent > known.agent) FROM known
        WHERE known.agent IS NOT NULL)
      SELECT agent FROM known WHERE agent IS NOT NULL
      """
    ).rows { $0.text(0) }
  }

  /// The number of an agent's last turn that ended with a code; 0 for none.
  package func lastTurn(of agent: String, code: String, through last: Int64) throws(StoreError) -> Int64 {
    try database.prepare(
      "SELECT coalesce(max(n), 0) FROM audit WHERE agent = ?1 AND code = ?2 AND n <= ?3"
    ).bind(1, agent).bind(2, code).bind(3, last).first { $0.int(0) } ?? 0
  }

  /// An agent's newest turns that ended with a code, the newest first.
  package func turns(
    of agent: String, code: String, after n: Int64, through last: Int64, limit: Int
  ) throws(StoreError) -> [AuditRow] {
    try database.prepare(
      """
      SELECT n, id, agent, session, began, ended, person, platform, code, prompt, reply, tokens, cost
      FROM audit WHERE agent = ?1 AND code = ?2 AND n > ?3 AND n <= ?4 ORDER BY n DESC LIMIT ?5
      """
    ).bind(1, agent).bind(2, code).bind(3, n).bind(4, last).bind(5, Int64(limit)).rows(Self.readTurn)
  }

  /// The turns that began after a moment, in the order of their ends.
  package func turns(began moment: Timestamp, through last: Int64) throws(StoreError) -> [AuditRow] {
    try database.prepare(
      """
      SELECT n, id, agent, session, began, ended, person, platform, code, prompt, reply, tokens, cost
      FROM audit INDEXED BY audit_began WHERE began > ?1 AND n <= ?2 ORDER BY n
      """
    ).bind(1, moment.milliseconds).bind(2, last).rows(Self.readTurn)
  }

  /// What the turns of each agent that began in a time have cost, where that is known.
  package func costs(
    from: Timestamp, to: Timestamp, through last: Int64
  ) throws(StoreError) -> [(agent: String, cost: Int64)] {
    try database.prepare(
      """
      SELECT agent, CAST(min(total(cost), 9e18) AS INTEGER) FROM audit INDEXED BY audit_began
      WHERE began >= ?1 AND began < ?2 AND n <= ?3 AND cost IS NOT NULL GROUP BY agent ORDER BY agent
      """
    ).bind(1, from.milliseconds).bind(2, to.milliseconds).bind(3, last).rows {
      (agent: $0.text(0), cost: $0.int(1))
    }
  }

  /// What each agent's turns of the day of UTC of a moment have cost, where that is known.
  package func spentToday(at moment: Timestamp) throws(StoreError) -> [String: Int64] {
    let day: Int64 = 86_400_000
    let start = Timestamp(milliseconds: moment.milliseconds - (moment.milliseconds % day + day) % day)
    let costs = try costs(from: start, to: start + day, through: .max)
    return Dictionary(costs.map { ($0.agent, $0.cost) }) { first, _ in first }
  }

  /// What the turns of a session that began at or after a moment have cost, where that is known.
  package func cost(of session: String, since moment: Timestamp) throws(StoreError) -> Int64 {
    try database.prepare(
      """
      SELECT CAST(min(total(cost), 9e18) AS INTEGER) FROM audit
      WHERE session = ?1 AND began >= ?2 AND cost IS NOT NULL
      """
    ).bind(1, session).bind(2, moment.milliseconds).first { $0.int(0) } ?? 0
  }

  /// The turns that run and began after a moment.
  package func runningTurns(began moment: Timestamp) throws(StoreError) -> [RunningTurn] {
    try database.prepare(
      """
      SELECT coalesce(agent, ''), platform, session, holder, since, line FROM inbox INDEXED BY inbox_running
      WHERE state = 'running' AND since > ?1
      """
    ).bind(1, moment.milliseconds).rows {
      RunningTurn(
        agent: $0.text(0), platform: $0.text(1), session: $0.text(2), holder: $0.text(3),
        began: Timestamp(milliseconds: $0.int(4)), line: $0.bytes(5))
    }
  }

  /// Notes that somebody lets an agent be tried at once; `code`: what says so, which is the code of no turn.
  package func recordReset(of agent: String, code: String, at moment: Timestamp) throws(StoreError) {
    try database.prepare(
      """
      INSERT INTO audit (id, agent, person, platform, session, began, ended, code, prompt, reply)
      VALUES ('', ?1, '', '', '', ?2, ?2, ?3, 0, 0)
      """
    ).bind(1, agent).bind(2, moment.milliseconds).bind(3, code).run()
  }

  /// The processes that run turns of an agent which began at or after a moment.
  package func runHolders(of agent: String, since moment: Timestamp) throws(StoreError) -> [String] {
    try database.prepare(
      """
      SELECT DISTINCT holder FROM inbox INDEXED BY inbox_running
      WHERE state = 'running' AND since >= ?2 AND agent = ?1
      """
    ).bind(1, agent).bind(2, moment.milliseconds).rows { $0.text(0) }
  }
}
