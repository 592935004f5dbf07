internal import Journal
internal import Reminders
internal import Routing
internal import Schedule
internal import Settings
internal import Store
internal import System
internal import Text

/// `/remind` and `/cron`: what a person in a chat does with reminders and with prompts by the clock.
///
/// Everything is done within the transaction that stores the answer.
struct ReminderChat {
  let kind: ReminderRow.Kind
  let session: String
  let person: String
  let name: String
  let isDirect: Bool
  let isAdmin: Bool
  let journal: Journal
  let settings: Settings
  let agents: AgentNames

  private var command: String { kind == .text ? "remind" : "cron" }
  private var scope: ReminderScope { .person(person, chat: session, isDirect: isDirect) }
  /// An admin may call off what anybody made.
  private var changing: ReminderScope { isAdmin ? .everything : scope }

  private enum Action {
    case list, add, cancel, snooze, pause, resume, show
  }

  private static let actions: [String: Action] = [
    "list": .list, "ls": .list, "列表": .list, "add": .add, "create": .add, "new": .add, "新建": .add,
    "cancel": .cancel, "delete": .cancel, "rm": .cancel, "取消": .cancel, "删除": .cancel, "snooze": .snooze,
    "稍后": .snooze, "pause": .pause, "disable": .pause, "暂停": .pause, "resume": .resume, "enable": .resume,
    "恢复": .resume, "show": .show, "check": .show, "next": .show, "查看": .show,
  ]

  /// Does what is asked for, and says what is said about it.
  func answer(_ argument: String) throws -> ReminderPhrase {
    let (first, rest) = Self.split(argument)
    let zones = Zones(settings)
    let desk = ReminderDesk(journal, zones)
    guard !first.isEmpty else { return try list(desk, zones) }
    guard let action = Self.actions[first.lowercased()] else { return try add(argument, desk, zones) }
    if action == .list { return try list(desk, zones) }
    if action == .add { return try add(created(rest), desk, zones) }
    let (word, more) = Self.split(rest)
    guard let n = Int64(word), n > 0, let row = try desk.find(n, changing) else {
      return .unknown(displayEscaped(String(word.prefix(40))))
    }
    let zone = try zones.zone(row.zone)
    switch action {
    case .cancel: return said(try desk.cancel(n, changing), n) { _ in .cancelled(n) }
    case .pause: return said(try desk.pause(n, changing), n) { _ in .paused(n) }
    case .resume:
      return said(try desk.resume(n, changing), n) { .resumed(n, next: $0.due.map(zone.shown) ?? "-") }
    case .show: return .times(n, try desk.times(row, count: 5).map(zone.shown))
    default:
      let schedule: Schedule
      do throws(ScheduleProblem) {
        schedule = try TimeText.schedule(more.isEmpty ? "10m" : more, now: journal.clock.now(), zone: zone)
      } catch {
        return problem(error)
      }
      guard case .once(let time) = schedule else { return .unclear(["snooze \(n) 10m"], command: command) }
      return said(try desk.snooze(n, until: time, changing), n) { _ in .snoozed(n, next: zone.shown(time)) }
    }
  }

  private func said(_ change: ReminderChange, _ n: Int64, _ done: (ReminderRow) -> ReminderPhrase)
    -> ReminderPhrase
  {
    switch change {
    case .done(let row): done(row)
    case .unknown: .unknown("\(n)")
    case .notYours: .notYours(n)
    case .impossible(let state): .impossible(n, state)
    }
  }

  private func problem(_ problem: ScheduleProblem) -> ReminderPhrase {
    switch problem.kind {
    case .unclear: .unclear(problem.forms, command: command)
    case .past(let time): .past(time)
    case .never(let text): .never(text)
    case .wrong(let reason): .wrong(displayEscaped(reason), problem.forms)
    case .contradicted(let date, let weekday):
      .otherDay(date: date, weekday: weekday, problem.forms, command: command)
    }
  }

  private func list(_ desk: ReminderDesk, _ zones: Zones) throws -> ReminderPhrase {
    let rows = try desk.list(scope).filter { $0.kind == kind }
    guard !rows.isEmpty else { return .none(kind) }
    let lines = rows.prefix(50).map { row in
      let zone = (try? zones.zone(row.zone)) ?? .utc
      let when = row.state == .paused ? "⏸" : row.due.map(zone.shown) ?? "-"
      let again = Timestamp(rfc3339: row.schedule) == nil ? " [\(row.schedule)]" : ""
      let flat = row.text.map { $0.isNewline ? " " : String($0) }.joined()
      return displayEscaped("\(row.n). \(when)\(again) \(flat.prefix(60))\(flat.count > 60 ? "…" : "")")
    }
    return .list(lines + (rows.count > 50 ? ["… +\(rows.count - 50)"] : []))
  }

  private func add(_ argument: String, _ desk: ReminderDesk, _ zones: Zones) throws -> ReminderPhrase {
    let zone = try zones.zone(of: person)
    var text = argument
    var agent: String?
    if kind == .prompt {
      let (first, rest) = Self.split(argument)
      if !rest.isEmpty, let found = agents.find(first) { (agent, text) = (found, rest) }
      text = Self.unquoted(text)
    }
    let parsed: TimeText
    do throws(ScheduleProblem) {
      parsed = try TimeText.parse(text, now: journal.clock.now(), zone: zone)
    } catch {
      return problem(error)
    }
    guard !parsed.rest.isEmpty else { return .noText(command) }
    var new = NewReminder(
      kind: kind, session: session, person: person, text: parsed.rest, schedule: parsed.schedule, zone: zone)
    (new.made, new.name, new.agent) = (session, name, agent)
    new.chat = isDirect ? "direct" : "group"
    new.isPolished = kind == .text
    let row = try desk.add(new)
    return .made(
      row.n, kind, next: row.due.map(zone.shown) ?? "-", zone: zone.name,
      schedule: parsed.schedule.isRepeated ? row.schedule : nil, text: displayEscaped(row.text),
      isServed: ReminderWatch.isThere(kind, settings.home, at: journal.clock.now()))
  }

  /// `NAME AGENT "CRON" PROMPT`, as others write it, without the name; else the words as they are.
  private func created(_ text: String) -> String {
    let (_, rest) = Self.split(text)
    let (agent, _) = Self.split(rest)
    return kind == .prompt && agents.find(agent) != nil ? rest : text
  }

  /// A text whose time stands between quotation marks, without these.
  private static func unquoted(_ text: String) -> String {
    let pairs: [(Unicode.Scalar, Unicode.Scalar)] = [("\"", "\""), ("'", "'"), ("“", "”"), ("「", "」")]
    let scalars = Array(text.unicodeScalars)
    guard let (_, close) = pairs.first(where: { $0.0 == scalars.first }),
      let end = scalars.dropFirst().firstIndex(of: close)
    else { return text }
    var view = String.UnicodeScalarView()
    view.append(contentsOf: scalars[1..<end])
    view.append(" ")
    view.append(contentsOf: scalars[(end + 1)...])
    return String(view)
  }

  private static func split(_ text: String) -> (first: String, rest: String) {
    let first = text.unicodeScalars.prefix { !$0.properties.isWhitespace }
    let rest = text.unicodeScalars.dropFirst(first.count).drop { $0.properties.isWhitespace }
    return (String(first), String(rest))
  }
}
