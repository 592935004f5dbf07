package import System

/// A reminder, or a prompt that an agent gets by the clock.
package struct ReminderRow: Equatable, Sendable {
  /// What it becomes when its time has come.
  package enum Kind: String, Sendable, CaseIterable {
    /// A reply: words for people.
    case text
    /// A message: somebody's words for an agent.
    case prompt
  }

  /// Where it stands.
  package enum State: String, Sendable, CaseIterable {
    /// It waits for its time.
    case active
    /// It waits for somebody to let it go on.
    case paused
    /// Its last time has come.
    case done
    /// Somebody has called it off.
    case cancelled
  }

  /// What becomes of times that came while nobody looked.
  package enum Missed: String, Sendable, CaseIterable {
    /// All of them together, once.
    case once
    /// Each of them.
    case all
    /// None of them.
    case skip
  }

  /// Its number; 0 before it is stored.
  package var n: Int64 = 0
  /// What it becomes.
  package var kind: Kind
  /// The address that it goes to.
  package var session: String
  /// The address of the chat that it was made in; empty where it was made elsewhere.
  package var made = ""
  /// Whose it is, as `PLATFORM:ID`.
  package var person: String
  /// What its person is called; empty where nobody knows.
  package var name = ""
  /// Whether the chat that it goes to is `direct` or a `group`.
  package var chat = "direct"
  /// For a prompt: the agent that gets it; nil for the one that its session has.
  package var agent: String?
  /// What it says.
  package var text: String
  /// When, as `Schedule` writes it.
  package var schedule: String
  /// The time zone that its times are of.
  package var zone: String
  /// The moment that intervals count from.
  package var start: Timestamp
  /// The coming time of its schedule; nil when there is none any more.
  package var next: Timestamp?
  /// When it is said again because somebody asked for it; nil for never.
  package var again: Timestamp?
  /// What becomes of times that were missed.
  package var missed: Missed = .once
  /// Whether a model may put it into other words.
  package var isPolished = false
  /// Where it stands.
  package var state: State = .active
  /// How often it has run.
  package var runs: Int64 = 0
  /// The time that it ran for last; nil before it ran.
  package var last: Timestamp?
  /// When it was made.
  package var created: Timestamp
  /// When it was changed last.
  package var since: Timestamp

  /// A reminder of its parts, made now.
  package init(
    kind: Kind, session: String, person: String, text: String, schedule: String, zone: String,
    next: Timestamp,
    at now: Timestamp
  ) {
    (self.kind, self.session, self.person, self.text) = (kind, session, person, text)
    (self.schedule, self.zone, self.next) = (schedule, zone, next)
    (start, created, since) = (now, now, now)
  }

  /// When it is due; nil for never.
  package var due: Timestamp? {
    guard state == .active else { return nil }
    guard let next, let again else { return next ?? again }
    return min(next, again)
  }
}

/// The statements about reminders. When one is due is decided in Reminders.
extension Store {
  /// Inserts a reminder; its number.
  package func insert(_ row: ReminderRow) throws(StoreError) -> Int64 {
    try database.prepare(
      """
      INSERT INTO reminder (kind, session, made, person, name, chat, agent, text, schedule, zone, start, next,
        again, missed, polished, state, runs, last, created, since)
      VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20)
      """
    ).bind(1, row.kind.rawValue).bind(2, row.session).bind(3, row.made).bind(4, row.person).bind(5, row.name)
      .bind(6, row.chat).bind(7, row.agent).bind(8, row.text).bind(9, row.schedule).bind(10, row.zone)
      .bind(11, row.start.milliseconds).bind(12, row.next?.milliseconds).bind(13, row.again?.milliseconds)
      .bind(14, row.missed.rawValue).bind(15, row.isPolished ? 1 : 0).bind(16, row.state.rawValue)
      .bind(17, row.runs).bind(18, row.last?.milliseconds).bind(19, row.created.milliseconds)
      .bind(20, row.since.milliseconds).run()
    return lastRow
  }

  /// Stores what may change of a reminder, unless somebody has changed it since; true when it was stored.
  package func update(_ row: ReminderRow, since seen: Timestamp, runs: Int64) throws(StoreError) -> Bool {
    try database.prepare(
      """
      UPDATE reminder SET next = ?2, again = ?3, state = ?4, runs = ?5, last = ?6, since = ?7
      WHERE n = ?1 AND since = ?8 AND runs = ?9
      """
    ).bind(1, row.n).bind(2, row.next?.milliseconds).bind(3, row.again?.milliseconds)
      .bind(4, row.state.rawValue).bind(5, row.runs).bind(6, row.last?.milliseconds)
      .bind(7, row.since.milliseconds).bind(8, seen.milliseconds).bind(9, runs).run() == 1
  }

  /// Gives a reminder another schedule.
  package func setSchedule(of n: Int64, _ schedule: String) throws(StoreError) {
    try database.prepare("UPDATE reminder SET schedule = ?2 WHERE n = ?1").bind(1, n).bind(2, schedule).run()
  }

  /// The reminder of a number.
  package func reminder(_ n: Int64) throws(StoreError) -> ReminderRow? {
    try database.prepare(
      """
      SELECT n, kind, session, made, person, name, chat, agent, text, schedule, zone, start, next, again,
        missed, polished, state, runs, last, created, since FROM reminder WHERE n = ?1
      """
    ).bind(1, n).first(Self.readReminder)
  }

  /// Reminders after a number, in their order: those that wait or are paused, or all.
  package func reminders(all: Bool, after n: Int64 = 0, limit: Int) throws(StoreError) -> [ReminderRow] {
    try database.prepare(
      """
      SELECT n, kind, session, made, person, name, chat, agent, text, schedule, zone, start, next, again,
        missed, polished, state, runs, last, created, since FROM reminder
      WHERE n > ?1 AND (?2 OR state = 'active' OR state = 'paused') ORDER BY n LIMIT ?3
      """
    ).bind(1, n).bind(2, all ? 1 : 0).bind(3, Int64(limit)).rows(Self.readReminder)
  }

  /// Reminders of a person, or that go to a chat or were made in it, in their order: those that wait or are
  /// paused, or all.
  package func reminders(
    of person: String, inChat session: String, all: Bool, limit: Int
  ) throws(StoreError) -> [ReminderRow] {
    try database.prepare(
      """
      SELECT n, kind, session, made, person, name, chat, agent, text, schedule, zone, start, next, again,
        missed, polished, state, runs, last, created, since FROM reminder
      WHERE n IN (SELECT n FROM reminder WHERE person = ?1 UNION SELECT n FROM reminder WHERE session = ?2
          UNION SELECT n FROM reminder WHERE made = ?2)
        AND (?3 OR state = 'active' OR state = 'paused')
      ORDER BY n LIMIT ?4
      """
    ).bind(1, person).bind(2, session).bind(3, all ? 1 : 0).bind(4, Int64(limit)).rows(Self.readReminder)
  }

  /// How many reminders of a person wait.
  package func waitingReminders(of person: String) throws(StoreError) -> Int {
    try database.prepare(
      "SELECT count(*) FROM reminder WHERE person = ?1 AND (state = 'active' OR state = 'paused')"
    )
    .bind(1, person).first { Int($0.int(0)) } ?? 0
  }

  /// Reminders that are due, of one kind or of both, the earliest first.
  package func dueReminders(kind: ReminderRow.Kind?, at now: Timestamp, limit: Int) throws(StoreError)
    -> [ReminderRow]
  {
    try database.prepare(
      """
      SELECT n, kind, session, made, person, name, chat, agent, text, schedule, zone, start, next, again,
        missed, polished, state, runs, last, created, since FROM reminder
      WHERE due IS NOT NULL AND due <= ?1 AND (?2 IS NULL OR kind = ?2) ORDER BY due, n LIMIT ?3
      """
    ).bind(1, now.milliseconds).bind(2, kind?.rawValue).bind(3, Int64(limit)).rows(Self.readReminder)
  }

  /// When the next reminder of one kind or of both is due.
  package func nextReminder(kind: ReminderRow.Kind?) throws(StoreError) -> Timestamp? {
    try database.prepare(
      "SELECT due FROM reminder WHERE due IS NOT NULL AND (?1 IS NULL OR kind = ?1) ORDER BY due LIMIT 1"
    ).bind(1, kind?.rawValue).first { Timestamp(milliseconds: $0.int(0)) }
  }

  /// Removes some reminders that ended before a moment; the number that was removed.
  package func expireReminders(before moment: Timestamp, limit: Int) throws(StoreError) -> Int {
    try database.prepare(
      """
      DELETE FROM reminder WHERE n IN
        (SELECT n FROM reminder WHERE finished < ?1 ORDER BY finished LIMIT ?2)
      """
    ).bind(1, moment.milliseconds).bind(2, Int64(limit)).run()
  }

  private static func readReminder(_ statement: Statement) -> ReminderRow {
    func time(_ column: Int32) -> Timestamp? {
      statement.optionalInt(column).map { Timestamp(milliseconds: $0) }
    }
    var row = ReminderRow(
      kind: ReminderRow.Kind(rawValue: statement.text(1)) ?? .text, session: statement.text(2),
      person: statement.text(4), text: statement.text(8), schedule: statement.text(9),
      zone: statement.text(10),
      next: Timestamp(milliseconds: 0), at: Timestamp(milliseconds: statement.int(19)))
    row.n = statement.int(0)
    row.made = statement.text(3)
    row.name = statement.text(5)
    row.chat = statement.text(6)
    row.agent = statement.optionalText(7)
    row.start = Timestamp(milliseconds: statement.int(11))
    row.next = time(12)
    row.again = time(13)
    row.missed = ReminderRow.Missed(rawValue: statement.text(14)) ?? .once
    row.isPolished = statement.int(15) != 0
    row.state = ReminderRow.State(rawValue: statement.text(16)) ?? .cancelled
    row.runs = statement.int(17)
    row.last = time(18)
    row.since = Timestamp(milliseconds: statement.int(20))
    return row
  }
}
