internal import CSQLite
package import System

/// How much there is of what, for `agim status` and `agim doctor`.
extension Store {
  /// How many unfinished rows of a pipeline are in a state, and since when.
  package struct Depth: Sendable, Equatable {
    /// The pipeline; nil for what any may take.
    package let pipe: String?
    /// The name of the state.
    package let state: String
    /// The number of rows.
    package let count: Int64
    /// When the oldest of them was accepted or produced, or released last.
    package let oldest: Timestamp
  }

  /// The last message that came in by an account.
  package struct LastInbound: Sendable, Equatable {
    /// The platform.
    package let platform: String
    /// The account on it, empty for the only one.
    package let account: String
    /// When it was accepted.
    package let accepted: Timestamp
  }

  /// The unfinished messages, by pipeline and state.
  package func inboxDepths() throws(StoreError) -> [Depth] {
    try database.prepare(
      """
      SELECT pipe, state, count(*), min(released) FROM inbox WHERE open = 1 GROUP BY pipe, state
      ORDER BY pipe, state
      """
    ).rows(Self.readDepth)
  }

  /// The unfinished replies, by pipeline and state.
  package func outboxDepths() throws(StoreError) -> [Depth] {
    try database.prepare(
      """
      SELECT pipe, state, count(*), min(released) FROM outbox WHERE open = 1 GROUP BY pipe, state
      ORDER BY pipe, state
      """
    ).rows(Self.readDepth)
  }

  /// When each account has brought something last, by name.
  package func lastInbound() throws(StoreError) -> [LastInbound] {
    try database.prepare(
      """
      SELECT platform, account, max(accepted) FROM inbox GROUP BY platform, account ORDER BY platform, account
      """
    ).rows {
      LastInbound(
        platform: $0.text(0), account: $0.text(1), accepted: Timestamp(milliseconds: $0.int(2)))
    }
  }

  /// How many messages ended without an answer, and replies were refused, since a moment.
  package func failures(since moment: Timestamp) throws(StoreError) -> (dead: Int64, refused: Int64) {
    let dead = try database.prepare("SELECT count(*) FROM inbox WHERE finished >= ?1 AND state = 'dead'")
      .bind(1, moment.milliseconds).first { $0.int(0) }
    let refused = try database.prepare(
      "SELECT count(*) FROM outbox WHERE finished >= ?1 AND state = 'refused'"
    ).bind(1, moment.milliseconds).first { $0.int(0) }
    return (dead ?? 0, refused ?? 0)
  }

  /// The messages that ended without an answer last, newest first.
  package func latestDead(limit: Int) throws(StoreError) -> [InboxRow] {
    try database.prepare(
      """
      SELECT n, id, platform, account, event, type, session, agent, pipe, state, holder, reason, line,
        accepted, since, released, reprint, prints, adopted FROM inbox
      WHERE state = 'dead' AND finished IS NOT NULL ORDER BY finished DESC LIMIT ?1
      """
    ).bind(1, Int64(limit)).rows(Self.readInbox)
  }

  /// The replies that were refused last, newest first.
  package func latestRefused(limit: Int) throws(StoreError) -> [OutboxRow] {
    try database.prepare(
      """
      SELECT n, id, part, parent, type, final, session, target, pipe, state, holder, reason, proof, mark, line,
        attempts, next, created, since, released, reprint, prints, adopted, stage
      FROM outbox JOIN outbox_line USING (n)
      WHERE state = 'refused' AND finished IS NOT NULL ORDER BY finished DESC LIMIT ?1
      """
    ).bind(1, Int64(limit)).rows(Self.readOutbox)
  }

  /// The version of SQLite, as `3.40.1`.
  package static var libraryVersion: String { String(cString: sqlite3_libversion()) }

  /// Whether SQLite has the fault that a log may be reset under a writer's feet (before 3.51.3).
  package static var libraryHasResetFault: Bool { sqlite3_libversion_number() < 3_051_003 }

  private static func readDepth(_ statement: Statement) -> Depth {
    Depth(
      pipe: statement.optionalText(0), state: statement.text(1), count: statement.int(2),
      oldest: Timestamp(milliseconds: statement.int(3)))
  }
}
