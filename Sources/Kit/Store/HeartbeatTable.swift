package import System

/// A heartbeat that somebody has turned on.
package struct HeartbeatRow: Sendable, Equatable {
  /// Its name in the configuration.
  package var name: String
  /// The number of the reminder by which it comes.
  package var reminder: Int64
  /// Who turned it on: `PLATFORM:ID`.
  package var person: String
  /// When.
  package var since: Timestamp
  /// When it looked last.
  package var looked: Timestamp?
  /// When it found something last.
  package var found: Timestamp?
  /// What it found then, or how what it looks at was then: a digest.
  package var seen: String?
  /// How often it has asked an agent since a person said something last.
  package var asked: Int64 = 0
  /// The id of the message with which it asked last.
  package var message: String?

  /// One that was just turned on.
  package init(name: String, reminder: Int64, person: String, at now: Timestamp) {
    (self.name, self.reminder, self.person, since) = (name, reminder, person, now)
  }
}

/// Heartbeats: their statements.
extension Store {
  /// A heartbeat that is on.
  package func heartbeat(_ name: String) throws(StoreError) -> HeartbeatRow? {
    try database.prepare(
      "SELECT name, reminder, person, since, looked, found, seen, asked, message FROM heartbeat WHERE name = ?1"
    ).bind(1, name).first(Self.readHeartbeat)
  }

  /// The heartbeat that comes by a reminder.
  package func heartbeat(reminder n: Int64) throws(StoreError) -> HeartbeatRow? {
    try database.prepare(
      "SELECT name, reminder, person, since, looked, found, seen, asked, message FROM heartbeat WHERE reminder = ?1"
    ).bind(1, n).first(Self.readHeartbeat)
  }

  /// Turns a heartbeat on, or stores what became of it.
  package func save(_ row: HeartbeatRow) throws(StoreError) {
    try database.prepare(
      """
      INSERT INTO heartbeat (name, reminder, person, since, looked, found, seen, asked, message)
      VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
      ON CONFLICT (name) DO UPDATE SET reminder = ?2, person = ?3, since = ?4, looked = ?5, found = ?6,
        seen = ?7, asked = ?8, message = ?9
      """
    ).bind(1, row.name).bind(2, row.reminder).bind(3, row.person).bind(4, row.since.milliseconds)
      .bind(5, row.looked?.milliseconds).bind(6, row.found?.milliseconds).bind(7, row.seen)
      .bind(8, row.asked).bind(9, row.message).run()
  }

  /// Turns a heartbeat off; true when it was on.
  package func removeHeartbeat(_ name: String) throws(StoreError) -> Bool {
    try database.prepare("DELETE FROM heartbeat WHERE name = ?1").bind(1, name).run() == 1
  }

  /// When somebody said something last in a conversation; what comes by the clock does not count.
  package func lastSaid(in session: String, exceptBy platform: String) throws(StoreError) -> Timestamp? {
    try database.prepare(
      """
      SELECT max(accepted) FROM inbox WHERE session = ?1 AND type = 'message' AND platform <> ?2
      """
    ).bind(1, session).bind(2, platform).first { $0.optionalInt(0) }.flatMap { $0 }
      .map { Timestamp(milliseconds: $0) }
  }

  private static func readHeartbeat(_ statement: Statement) -> HeartbeatRow {
    var row = HeartbeatRow(
      name: statement.text(0), reminder: statement.int(1), person: statement.text(2),
      at: Timestamp(milliseconds: statement.int(3)))
    row.looked = statement.optionalInt(4).map { Timestamp(milliseconds: $0) }
    row.found = statement.optionalInt(5).map { Timestamp(milliseconds: $0) }
    row.seen = statement.optionalText(6)
    row.asked = statement.int(7)
    row.message = statement.optionalText(8)
    return row
  }
}
