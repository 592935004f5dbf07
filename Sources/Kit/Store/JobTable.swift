package import System

/// Work in the background: a message in a session of its own.
package struct JobRow: Sendable, Equatable {
  /// Its number.
  package var n: Int64
  /// The id of its message.
  package var message: String
  /// The address of the conversation in which it was begun.
  package var session: String
  /// Who began it: `PLATFORM:ID`.
  package var person: String
  /// The agent.
  package var agent: String
  /// The beginning of its text.
  package var title: String
  /// When it was begun.
  package var created: Timestamp
  /// When somebody cancelled it.
  package var cancelled: Timestamp?
  /// How it ended, as in the table audit; nil where that was not noted.
  package var code: String?
  /// When it ended.
  package var ended: Timestamp?
  /// The state of its message; nil where that is not kept any more.
  package var state: InboxState?
  /// Why its message is dead.
  package var reason: String?
  /// The process that has its message.
  package var holder: String
  /// Since when its message is in its state.
  package var since: Timestamp

  /// The address of a job's own session.
  package static func session(_ n: Int64) -> String { "\(platform):\(n)" }
  /// What stands before the number in the address of its session.
  package static let platform = "job"
  /// The account of the rows of jobs: that of no source.
  package static let account = "/job"

  /// The number in the address of a job's session; nil for another address.
  package static func number(_ session: String) -> Int64? {
    guard session.hasPrefix("\(platform):") else { return nil }
    return Int64(session.dropFirst(platform.utf8.count + 1))
  }

  /// Whether it has come to an end.
  package var isOver: Bool { ended != nil || state.map(\.isFinished) ?? true }
}

/// Jobs: their statements.
extension Store {
  /// A job.
  package func job(_ n: Int64) throws(StoreError) -> JobRow? {
    try database.prepare(
      """
      SELECT job.n, message, job.session, person, job.agent, title, created, cancelled, code, ended,
        inbox.state, inbox.reason, inbox.holder, inbox.since
      FROM job LEFT JOIN inbox ON inbox.id = message WHERE job.n = ?1
      """
    ).bind(1, n).first(Self.readJob)
  }

  /// The jobs that nobody has noted the end of, in their order.
  package func openJobs() throws(StoreError) -> [JobRow] {
    try database.prepare(
      """
      SELECT job.n, message, job.session, person, job.agent, title, created, cancelled, code, ended,
        inbox.state, inbox.reason, inbox.holder, inbox.since
      FROM job LEFT JOIN inbox ON inbox.id = message WHERE ended IS NULL ORDER BY job.n
      """
    ).rows(Self.readJob)
  }

  /// The last jobs of a conversation, those of a person, or all of them; the newest first.
  package func jobs(of session: String?, person: String?, limit: Int) throws(StoreError) -> [JobRow] {
    try database.prepare(
      """
      SELECT job.n, message, job.session, person, job.agent, title, created, cancelled, code, ended,
        inbox.state, inbox.reason, inbox.holder, inbox.since
      FROM job LEFT JOIN inbox ON inbox.id = message
      WHERE ?1 IS NULL AND ?2 IS NULL OR job.session = ?1 OR person = ?2 ORDER BY job.n DESC LIMIT ?3
      """
    ).bind(1, session).bind(2, person).bind(3, Int64(limit)).rows(Self.readJob)
  }

  /// Begins a job; its number.
  package func insertJob(
    message: String, session: String, person: String, agent: String, title: String, at now: Timestamp
  ) throws(StoreError) -> Int64 {
    try database.prepare(
      """
      INSERT INTO job (message, session, generation, person, agent, title, created)
      SELECT ?1, ?2, coalesce(max(generation), 1), ?3, ?4, ?5, ?6 FROM session WHERE address = ?2
      """
    ).bind(1, message).bind(2, session).bind(3, person).bind(4, agent).bind(5, title)
      .bind(6, now.milliseconds).run()
    return lastRow
  }

  /// Notes how a job ended; the first end counts.
  package func endJob(_ n: Int64, message: String, code: String, at now: Timestamp) throws(StoreError) {
    try database.prepare(
      "UPDATE job SET code = ?3, ended = ?4 WHERE n = ?1 AND message = ?2 AND ended IS NULL"
    ).bind(1, n).bind(2, message).bind(3, code).bind(4, now.milliseconds).run()
  }

  /// Notes that somebody wants a job to end.
  package func cancelJob(_ n: Int64, at now: Timestamp) throws(StoreError) {
    try database.prepare("UPDATE job SET cancelled = ?2 WHERE n = ?1 AND ended IS NULL")
      .bind(1, n).bind(2, now.milliseconds).run()
  }

  /// A job that had ended is to go on.
  package func reopenJob(_ n: Int64) throws(StoreError) {
    try database.prepare("UPDATE job SET cancelled = NULL, code = NULL, ended = NULL WHERE n = ?1")
      .bind(1, n).run()
  }

  /// What the jobs of a conversation that began at or after a moment have cost, where that is known.
  package func jobCost(of session: String, since moment: Timestamp) throws(StoreError) -> Int64 {
    try database.prepare(
      """
      SELECT CAST(min(total(cost), 9e18) AS INTEGER) FROM job
      JOIN audit ON audit.session = 'job:' || job.n AND began >= ?2 AND cost IS NOT NULL
      WHERE job.session = ?1
      """
    ).bind(1, session).bind(2, moment.milliseconds).first { $0.int(0) } ?? 0
  }

  /// Removes some jobs that ended before a moment.
  package func expireJobs(before moment: Timestamp, limit: Int) throws(StoreError) -> Int {
    try database.prepare(
      "DELETE FROM job WHERE n IN (SELECT n FROM job WHERE coalesce(ended, created) < ?1 ORDER BY n LIMIT ?2)"
    ).bind(1, moment.milliseconds).bind(2, Int64(limit)).run()
  }

  private static func readJob(_ statement: Statement) -> JobRow {
    func time(_ column: Int32) -> Timestamp? {
      statement.optionalInt(column).map { Timestamp(milliseconds: $0) }
    }
    return JobRow(
      n: statement.int(0), message: statement.text(1), session: statement.text(2),
      person: statement.text(3), agent: statement.text(4), title: statement.text(5),
      created: Timestamp(milliseconds: statement.int(6)), cancelled: time(7),
      code: statement.optionalText(8), ended: time(9),
      state: statement.optionalText(10).flatMap { InboxState(rawValue: $0) },
      reason: statement.optionalText(11), holder: statement.optionalText(12) ?? "",
      since: time(13) ?? Timestamp(milliseconds: statement.int(6)))
  }
}
