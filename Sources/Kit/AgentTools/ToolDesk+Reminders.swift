internal import Console
internal import JSON
internal import Journal
internal import MCP
internal import Policy
internal import Reminders
internal import Schedule
internal import Settings
internal import Stage
internal import Store
internal import System
internal import Wire

/// Reminders of the person, to the chat: words only, never a prompt, because no agent speaks as a person.
extension ToolDesk {
  private func desk(_ stage: Stage) -> (desk: ReminderDesk, zones: Zones) {
    let zones = Zones(stage.settings)
    return (ReminderDesk(stage.journal, zones), zones)
  }

  private func scope(_ scope: ToolScope, _ chat: String) -> ReminderScope {
    .person(scope.subject.person, chat: chat, isDirect: scope.subject.chat == .direct)
  }

  /// The chat that reminders go to: also where an agent was asked in a session of its own.
  private func address(_ scope: ToolScope) throws -> String {
    let cause = try scope.chat()
    return cause.replyTo ?? cause.session ?? ""
  }

  func createReminder(_ job: ToolJob) throws {
    guard let scope = job.scope else { return }
    let stage = try stage()
    let (desk, zones) = desk(stage)
    let chat = try address(scope)
    let row: ReminderRow
    do {
      let zone =
        try job.input["zone"]?.string.map { try zones.zone($0) }
        ?? zones.zone(of: scope.subject.person)
      let time = try time(job.input["when"]?.string ?? "", zone, stage)
      var new = NewReminder(
        kind: .text, session: chat, person: scope.subject.person, text: job.input["text"]?.string ?? "",
        schedule: time, zone: zone)
      (new.made, new.chat) = (chat, scope.subject.chat.rawValue)
      row = try desk.add(new)
    } catch let failure as Failure {
      throw ToolRefusal("No reminder was made: \(failure.message)")
    }
    finish(job, .init("Reminder \(row.n) is set: \(line(row, zones))"))
  }

  func listReminders(_ job: ToolJob) throws {
    guard let scope = job.scope else { return }
    let stage = try stage()
    let (desk, zones) = desk(stage)
    let rows = try desk.list(self.scope(scope, address(scope)), limit: 200)
    finish(job, Self.lines(rows.map { line($0, zones) }, none: "There are no reminders."))
  }

  func cancelReminder(_ job: ToolJob) throws {
    try change(job, "cancelled") { desk, n, scope, _, _ in try desk.cancel(n, scope) }
  }

  func snoozeReminder(_ job: ToolJob) throws {
    try change(job, "put off") { [unowned self] desk, n, scope, zones, stage in
      let zone = try desk.find(n, scope).map { try zones.zone($0.zone) } ?? .utc
      guard case .once(let time) = try time(job.input["until"]?.string ?? "", zone, stage) else {
        throw ToolRefusal("'until' must be one time, such as 10m or tomorrow 9:00.")
      }
      return try desk.snooze(n, until: time, scope)
    }
  }

  private func change(
    _ job: ToolJob, _ done: String,
    _ body: (ReminderDesk, Int64, ReminderScope, Zones, Stage) throws -> ReminderChange
  ) throws {
    guard let scope = job.scope, let number = job.input["reminder"]?.int else { return }
    let stage = try stage()
    let (desk, zones) = desk(stage)
    switch try body(desk, Int64(number), self.scope(scope, address(scope)), zones, stage) {
    case .done(let row): finish(job, .init("Reminder \(row.n) is \(done): \(line(row, zones))"))
    case .unknown: throw ToolRefusal("There is no reminder \(number) here: see 'list_reminders'.")
    case .notYours: throw ToolRefusal("Reminder \(number) is another person's, and theirs to change.")
    case .impossible(let state):
      throw ToolRefusal("Reminder \(number) is \(state.rawValue): it cannot be \(done).")
    }
  }

  private func time(_ text: String, _ zone: Zone, _ stage: Stage) throws -> Schedule {
    do {
      return try TimeText.schedule(text, now: stage.journal.clock.now(), zone: zone)
    } catch {
      let forms = error.forms.map { "'\($0)'" }.joined(separator: ", ")
      throw ToolRefusal("\(error): '\(text.prefix(80))'" + (forms.isEmpty ? "." : "; say it as \(forms)."))
    }
  }

  private func line(_ row: ReminderRow, _ zones: Zones) -> String {
    let zone = (try? zones.zone(row.zone)) ?? .utc
    let due = row.due.map { "\(zone.shown($0)) \(zone.name)" } ?? "-"
    let schedule = Timestamp(rfc3339: row.schedule) == nil ? row.schedule : "once"
    return "\(row.n)  \(row.state.rawValue)  \(due)  \(schedule)  \(row.text.prefix(200))"
  }
}
