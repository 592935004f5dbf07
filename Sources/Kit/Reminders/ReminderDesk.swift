package import Console
package import Journal
package import Schedule
package import Store
package import System

/// What somebody wants to be reminded of.
package struct NewReminder: Sendable {
  /// What it becomes.
  package var kind: ReminderRow.Kind
  /// The address that it goes to.
  package var session: String
  /// Whose it is, as `PLATFORM:ID`.
  package var person: String
  /// What it says.
  package var text: String
  /// When.
  package var schedule: Schedule
  /// The time zone of its times.
  package var zone: Zone
  /// The address of the chat that it is made in; empty where it is made elsewhere.
  package var made = ""
  /// What its person is called.
  package var name = ""
  /// Whether the chat that it goes to is `direct` or a `group`.
  package var chat = "direct"
  /// For a prompt: the agent that gets it.
  package var agent: String?
  /// What becomes of times that are missed.
  package var missed: ReminderRow.Missed = .once
  /// Whether a model may put it into other words.
  package var isPolished = false

  /// A reminder of its parts.
  package init(
    kind: ReminderRow.Kind, session: String, person: String, text: String, schedule: Schedule, zone: Zone
  ) {
    (self.kind, self.session, self.person, self.text) = (kind, session, person, text)
    (self.schedule, self.zone) = (schedule, zone)
  }
}

/// Whose reminders may be seen and changed.
package enum ReminderScope: Sendable {
  /// All of them: the operator's.
  case everything
  /// Those of a person, who asks in a chat.
  ///
  /// In a direct chat all of the person's are seen, in a group those that belong to it; only one's own are
  /// changed.
  case person(String, chat: String, isDirect: Bool)
}

/// What became of a change.
package enum ReminderChange: Equatable, Sendable {
  /// It was made.
  case done(ReminderRow)
  /// There is no reminder of this number, for who asks.
  case unknown
  /// It is another person's.
  case notYours
  /// Where it stands nothing of this kind can be done.
  case impossible(ReminderRow.State)
}

/// Makes, shows and changes reminders.
///
/// What it does is one transaction, or a part of the caller's.
package struct ReminderDesk {
  private let journal: Journal
  private let zones: Zones
  /// Whether changes are only said, and not made.
  package var isDry = false

  /// Bytes that a reminder may say.
  package static let textLimit = 16_384
  /// What is said of one that says more.
  package static var tooLong: Failure { Failure(.dataError, "a reminder of more than \(textLimit) bytes") }
  /// How many of one person's may wait.
  package static let personLimit = 10_000

  /// A desk on a journal.
  package init(_ journal: Journal, _ zones: Zones) { (self.journal, self.zones) = (journal, zones) }

  /// The row that a reminder would have.
  ///
  /// - Throws: `Failure` where its text is empty or too long, or its time never comes.
  package func row(_ new: NewReminder) throws -> ReminderRow {
    let now = journal.clock.now()
    guard !new.text.isEmpty else {
      throw Failure(.dataError, "a reminder without words", hint: "say what, behind the time")
    }
    guard new.text.utf8.count <= Self.textLimit else {
      throw Self.tooLong
    }
    guard let next = new.schedule.next(after: now, in: new.zone) else {
      throw Failure(.dataError, "\(new.schedule.text) never comes")
    }
    var row = ReminderRow(
      kind: new.kind, session: new.session, person: new.person, text: new.text, schedule: new.schedule.text,
      zone: new.zone.name, next: next, at: now)
    if case .every(_, let from) = new.schedule { row.start = from }
    (row.made, row.name, row.chat, row.agent) = (new.made, new.name, new.chat, new.agent)
    (row.missed, row.isPolished) = (new.missed, new.isPolished)
    return row
  }

  /// Stores a reminder.
  ///
  /// - Throws: `Failure`, `StoreError`.
  package func add(_ new: NewReminder) throws -> ReminderRow {
    var row = try row(new)
    row.n = try journal.write {
      guard try journal.store.waitingReminders(of: row.person) < Self.personLimit else {
        throw Failure(.unavailable, "\(Self.personLimit) reminders of \(row.person) wait already")
      }
      return try journal.store.insert(row)
    }
    journal.wakeOthers()
    return row
  }

  /// Reminders that may be seen, in the order in which they were made.
  ///
  /// `after`: A number that all of them are past; only of everybody's.
  package func list(
    _ scope: ReminderScope, all: Bool = false, after n: Int64 = 0, limit: Int = 10_000
  ) throws -> [ReminderRow] {
    switch scope {
    case .everything: return try journal.store.reminders(all: all, after: n, limit: limit)
    case .person(let person, let chat, _):
      return try journal.store.reminders(of: person, inChat: chat, all: all, limit: limit).filter {
        sees($0, scope)
      }
    }
  }

  /// The reminder of a number, where it may be seen.
  package func find(_ n: Int64, _ scope: ReminderScope) throws -> ReminderRow? {
    try journal.store.reminder(n).flatMap { sees($0, scope) ? $0 : nil }
  }

  private func sees(_ row: ReminderRow, _ scope: ReminderScope) -> Bool {
    guard case .person(let person, let chat, let isDirect) = scope else { return true }
    return row.session == chat || row.made == chat || isDirect && row.person == person
  }

  /// The times that a reminder comes at, the one that it was put off to among them; none where it waits for
  /// somebody, or has ended.
  package func times(_ row: ReminderRow, count: Int) throws -> [Timestamp] {
    guard row.state == .active else { return [] }
    var times: [Timestamp] = []
    if let schedule = Schedule(stored: row.schedule, start: row.start), var at = row.next {
      let zone = try zones.zone(row.zone)
      times.append(at)
      while times.count < count, let next = schedule.next(after: at, in: zone) {
        times.append(next)
        at = next
      }
    }
    if let again = row.again { times.insert(again, at: times.firstIndex { $0 > again } ?? times.count) }
    return Array(times.prefix(count))
  }

  // MARK: - Changes

  /// Calls a reminder off.
  package func cancel(_ n: Int64, _ scope: ReminderScope) throws -> ReminderChange {
    try change(n, scope) { row, _ in
      guard row.state == .active || row.state == .paused else { return false }
      row.state = .cancelled
      return true
    }
  }

  /// Lets a reminder wait until somebody resumes it.
  package func pause(_ n: Int64, _ scope: ReminderScope) throws -> ReminderChange {
    try change(n, scope) { row, _ in
      guard row.state == .active else { return false }
      row.state = .paused
      return true
    }
  }

  /// Lets a paused reminder go on; what came meanwhile does not count as missed.
  package func resume(_ n: Int64, _ scope: ReminderScope) throws -> ReminderChange {
    try change(n, scope) { row, now in
      guard row.state == .paused else { return false }
      row.state = .active
      if let next = row.next, next <= now {
        let zone = try zones.zone(row.zone)
        row.next = Schedule(stored: row.schedule, start: row.start)?.next(after: now, in: zone)
        // One that is late is better than none.
        if row.next == nil, row.again == nil { row.next = now }
      }
      return true
    }
  }

  /// Says a reminder again later: one that has run, once more; one that has not, then instead of now.
  package func snooze(_ n: Int64, until time: Timestamp, _ scope: ReminderScope) throws -> ReminderChange {
    try change(n, scope) { row, _ in
      guard row.state == .active || row.state == .done else { return false }
      let schedule = Schedule(stored: row.schedule, start: row.start)
      if row.runs == 0, schedule?.isRepeated == false {
        row.next = time
        row.schedule = Schedule.once(time).text
      } else {
        row.again = time
      }
      row.state = .active
      return true
    }
  }

  private func change(
    _ n: Int64, _ scope: ReminderScope, _ body: (inout ReminderRow, Timestamp) throws -> Bool
  ) throws -> ReminderChange {
    let now = journal.clock.now()
    let change: ReminderChange = try journal.write {
      guard var row = try journal.store.reminder(n), sees(row, scope) else { return .unknown }
      if case .person(let person, _, _) = scope, row.person != person { return .notYours }
      let seen = (row.since, row.runs)
      guard try body(&row, now) else { return .impossible(row.state) }
      row.since = now
      if isDry { return .done(row) }
      guard try journal.store.update(row, since: seen.0, runs: seen.1) else { return .unknown }
      if row.schedule != (try journal.store.reminder(n))?.schedule {
        try journal.store.setSchedule(of: n, row.schedule)
      }
      return .done(row)
    }
    if case .done = change, !isDry { journal.wakeOthers() }
    return change
  }
}
