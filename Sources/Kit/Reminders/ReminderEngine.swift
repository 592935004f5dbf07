internal import Console
internal import JSON
internal import Journal
internal import Schedule
internal import Settings
package import Stage
package import Store
internal import System
internal import Wire

/// Prints what is due: once, or again and again.
///
/// That an occurrence has come, its coming time and the row of its line are one transaction, before the line
/// is printed: a crash neither loses nor repeats it. Lines that nobody took over are printed again as any
/// stage's are.
package final class ReminderEngine {
  /// What to look for, and how.
  package struct Options: Sendable {
    /// Of which kind; nil for both.
    package var kind: ReminderRow.Kind?
    /// How late, in milliseconds, something may be and not count as missed.
    package var grace: Int64 = 900_000
    /// Whether to end when nothing is due any more.
    package var isOnce = false
    /// The program that makes model calls; nil for none.
    package var model: String?
    /// How long, in milliseconds, it may take.
    package var modelTime: Int64 = 10_000
    /// The usual ones.
    package init() {}
  }

  private let stage: Stage
  private let options: Options
  private let printer: ReplyPrinter
  private var zones: Zones
  private var settingsNumber = 0
  private var timer: EventLoop.Timer?
  /// Reminders that a model words just now, and words that it has found, by number and time.
  private var runs: [Key: ProgramRun] = [:]
  private var words: [Key: String?] = [:]
  private var isSettled = false

  private struct Key: Hashable {
    let n: Int64
    let due: Timestamp
  }

  private static let batch = 200
  /// However far the next one is: a clock that is set must not keep it waiting.
  private static let longestSleep: Int64 = 30_000
  /// Where rows of ours come from, in the inbox.
  package static let platform = Journal.remindPlatform

  /// An engine of a stage.
  package init(_ stage: Stage, _ options: Options) {
    (self.stage, self.options) = (stage, options)
    printer = ReplyPrinter(stage)
    zones = Zones(stage.settings)
  }

  /// Serves until nothing is due any more, or until it is stopped.
  package func run() throws {
    try recover()
    let watch = ReminderWatch.begin(options.kind.map { [$0] } ?? ReminderRow.Kind.allCases, stage.home)
    defer { for lock in watch { lock.release() } }
    stage.onStop = { [unowned self] in
      for run in runs.values { run.kill() }
      runs.removeAll()
      stage.loop.stop()
    }
    defer { for run in runs.values { run.kill() } }
    if options.isOnce {
      stage.loop.beforeWait { [unowned self] in
        if !isSettled { try step() }
        if isSettled, try stage.output.pump() { stage.loop.stop() }
      }
    } else {
      stage.whenOthersCommit { [unowned self] in try step() }
      // A process that was still leaving when we started is dead by then.
      stage.every(30_000) { [unowned self] in try recover() }
      try step()
    }
    try stage.run()
  }

  // MARK: - What is due

  private func step() throws {
    stage.refreshSettings()
    if stage.settingsNumber != settingsNumber {
      settingsNumber = stage.settingsNumber
      zones = Zones(stage.settings)
    }
    guard !stage.isStopping else { return }
    var isMore = true
    while isMore {
      let due = try stage.journal.store.dueReminders(
        kind: options.kind, at: stage.journal.clock.now(), limit: Self.batch)
      let ready = try due.filter { try isWorded($0) }
      // What came several times is due again.
      isMore = !ready.isEmpty
      guard !ready.isEmpty else { break }
      var lines: [Line] = []
      let stored = try stage.attempt {
        lines = try stage.journal.write { try ready.compactMap { try claim($0) } }
      }
      // The loop comes by again.
      guard stored else {
        isSettled = false
        return
      }
      for line in lines { try show(line) }
      for row in ready { words = words.filter { $0.key.n != row.n } }
      // Others may be waiting for what was changed.
      if !lines.isEmpty { stage.journal.wakeOthers() }
    }
    isSettled = runs.isEmpty
    for row in try stage.journal.dueReprints() { stage.output.appendLine(LineMaker.again(row.line)) }
    try printer.schedule()
    try schedule()
  }

  private func schedule() throws {
    timer?.cancel()
    guard !options.isOnce else { return }
    var wait = Self.longestSleep
    let now = stage.journal.clock.now()
    // What a model words is waited for by itself.
    if runs.isEmpty, let next = try stage.journal.store.nextReminder(kind: options.kind) {
      wait = min(wait, max(1, next - now))
    }
    timer = stage.loop.after(wait) { [unowned self] in try step() }
  }

  /// A line that is stored and to be printed.
  private enum Line {
    case reply(Produced)
    case message([UInt8])
  }

  /// Claims what is due of a reminder; nil when that is nothing, or somebody else was first.
  private func claim(_ seen: ReminderRow) throws -> Line? {
    let now = stage.journal.clock.now()
    let store = stage.journal.store
    guard let row = try store.reminder(seen.n), row.since == seen.since, row.runs == seen.runs else {
      return nil
    }
    guard let schedule = Schedule(stored: row.schedule, start: row.start),
      let zone = try? zones.zone(row.zone)
    else { return try hold(row, because: "its schedule or its time zone cannot be read", now) }
    guard
      let occurrence = Occurrence(
        row, schedule, zone, at: now, grace: options.grace, backlog: stage.journal.backlog)
    else { return nil }
    if row.kind == .prompt, try !mayStillAsk(row) {
      return try hold(row, because: "\(row.person) may not talk to agents", now)
    }
    guard try store.update(occurrence.after, since: row.since, runs: row.runs) else { return nil }
    guard let due = occurrence.due else {
      Log.notice("a reminder was missed and is left out", [("reminder", "\(row.n)")])
      return nil
    }
    let language = Language.of(text: row.text, standard: stage.settings.language)
    let text = ReminderWords.text(
      (words[key(row)] ?? nil) ?? row.text, late: now - due, since: zone.shown(due),
      others: occurrence.others,
      language)
    return try row.kind == .text ? reply(row, text, due, zone) : message(row, text, due, zone)
  }

  private func key(_ row: ReminderRow) -> Key { Key(n: row.n, due: row.due ?? row.since) }

  /// What can never be printed as it stands waits for somebody to look at it.
  private func hold(_ row: ReminderRow, because reason: String, _ now: Timestamp) throws -> Line? {
    var held = row
    held.state = .paused
    held.since = now
    _ = try stage.journal.store.update(held, since: row.since, runs: row.runs)
    Log.warning("a reminder is paused: \(reason)", [("reminder", "\(row.n)")])
    return nil
  }

  /// The check that a person's own message would meet: who has been shut out since asks nothing any more.
  private func mayStillAsk(_ row: ReminderRow) throws -> Bool {
    let person = Person(row: Self.platform, session: "", id: row.person)
    return try stage.people().rank(of: person) >= .allowed
  }

  private func reply(_ row: ReminderRow, _ text: String, _ due: Timestamp, _ zone: Zone) throws -> Line {
    let made = stage.maker.reply(to: Cause(id: nil, trace: nil, session: row.session), text: text)
    let line = Self.marked(made.line, row, due, zone)
    let produced = Produced(
      id: made.id, parent: nil, type: "reply", final: true, session: row.session, line: line)
    try stage.journal.produce([produced], stage: Self.platform)
    return .reply(produced)
  }

  private func message(_ row: ReminderRow, _ text: String, _ due: Timestamp, _ zone: Zone) throws -> Line? {
    let made = stage.maker.message(
      session: row.session, from: row.person, name: row.name.isEmpty ? nil : row.name, text: text,
      chat: row.chat)
    let line = Self.marked(made.line, row, due, zone)
    let isNew = try stage.journal.accept([
      Incoming(
        id: made.id, type: "message", platform: Self.platform, account: "", session: row.session, line: line)
    ])
    return isNew == [true] ? .message(line) : nil
  }

  /// A line with the number of its reminder and the time that it is for; a prompt's agent, too.
  private static func marked(_ line: [UInt8], _ row: ReminderRow, _ due: Timestamp, _ zone: Zone) -> [UInt8] {
    var scanner = LineScanner()
    guard (try? scanner.scan(line.span)) != nil else { return line }
    var json = JSONWriter()
    json.beginObject()
    json.member("n", Int(row.n))
    json.member("due", zone.text(due))
    json.endObject()
    var members: [(name: String, rawValue: [UInt8]?)] = [(name: "reminder", rawValue: json.bytes)]
    if let agent = row.agent {
      var name = JSONWriter()
      name.value(agent)
      members.append((name: "agent", rawValue: name.bytes))
    }
    return LineEditor.set(members, in: line.span, scanner: scanner)
  }

  private func show(_ line: Line) throws {
    switch line {
    case .reply(let produced): printer.show(produced)
    case .message(let bytes): stage.output.appendLine(bytes)
    }
  }

  // MARK: - Other words

  /// Whether a reminder has the words that it will be said with; asks a model for them where it has not.
  private func isWorded(_ row: ReminderRow) throws -> Bool {
    let key = key(row)
    guard row.isPolished, row.kind == .text, let model = options.model,
      stage.settings.model("polish") != nil,
      words[key] == nil
    else { return true }
    guard runs[key] == nil, runs.count < 4 else { return false }
    let language = Language.of(text: row.text, standard: stage.settings.language)
    do {
      runs[key] = try ModelProgram.run(
        ["polish"], program: model, input: Array(ReminderWords.polish(row.text, language).utf8),
        milliseconds: options.modelTime, limit: 4 * ReminderDesk.textLimit, stage: stage
      ) { [unowned self] result in
        runs[key] = nil
        words[key] = .some(Self.accepted(result, row.text))
        if !stage.isStopping { try step() }
      }
      return false
    } catch {
      Log.warning("a reminder goes out in its own words: \(error)", [("reminder", "\(row.n)")])
      words[key] = .some(nil)
      return true
    }
  }

  /// What a model said, where it can be used.
  private static func accepted(_ result: ProgramRun.Result, _ text: String) -> String? {
    let said = String(validating: result.output, as: UTF8.self).map(trimmed) ?? ""
    guard result.status == .exited(0), !result.isLate, result.dropped == 0, !said.isEmpty,
      said.utf8.count <= 4 * text.utf8.count + 400
    else {
      Log.notice(
        "a reminder goes out in its own words", [("model", result.isLate ? "too slow" : "\(result.status)")])
      return nil
    }
    return said
  }

  private static func trimmed(_ text: String) -> String {
    var view = text.unicodeScalars[...]
    while let last = view.last, last.properties.isWhitespace { view.removeLast() }
    while let first = view.first, first.properties.isWhitespace { view.removeFirst() }
    return String(view)
  }

  // MARK: - What dead ones left

  private func recover() throws {
    try stage.untilStored { [unowned self] in
      let left = try stage.journal.recover(
        stage: Self.platform, agents: { _ in false },
        notice: { row in
          // No row is of an agent that nobody is.
          Produced(
            id: row.id, parent: row.id, type: "error", final: true, session: row.session, line: row.line)
        })
      for row in left.reprints { printer.showAgain(row) }
      if options.kind != .text {
        _ = try stage.journal.adoptNew(platform: Self.platform, account: "") { row in
          stage.output.appendLine(LineMaker.again(row.line))
        }
      }
      try printer.reschedule()
    }
  }
}
