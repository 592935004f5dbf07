internal import Console
internal import Glibc
internal import JSON
internal import Journal
internal import Limits
internal import Reminders
internal import Routing
internal import Schedule
internal import Settings
internal import Stage
internal import Store
internal import System
internal import Text
internal import Wire

/// Heartbeats: checks by the clock, after which an agent is asked only where there is something.
///
/// A heartbeat comes as a scheduled prompt of agim-remind. It is decided here, before anybody's model is called:
/// what finds nothing is dropped, the rest goes on as a side question, which has a fresh context. What is run
/// stands in the configuration, never in a chat.
extension RouteEngine {
  private static let checkTime: Int64 = 30_000
  private static let checkOutput = 16 << 10

  /// The heartbeat that a message is; nil for another message.
  func heartbeat(_ message: RouteLine, _ scanner: LineScanner, _ line: Span<UInt8>) throws -> HeartbeatRow? {
    guard message.origin?.platform == ReminderEngine.platform,
      let member = scanner.find("reminder", in: line),
      member.kind == .object
    else { return nil }
    let bytes = (member.valueStart..<member.valueEnd).map { line[$0] }
    guard let n = (try? JSONReader.parse(bytes))?["n"]?.int else { return nil }
    return try stage.journal.store.heartbeat(reminder: Int64(n))
  }

  /// Decides about one that has come; false when the store cannot be written now.
  func beat(
    _ row: HeartbeatRow, _ message: RouteLine, _ scanner: LineScanner, _ line: Span<UInt8>
  ) throws -> Bool {
    guard message.origin?.state == .new else { return emit([], scanner, line) }
    guard let settings = settings.heartbeats.first(where: { $0.name == row.name }) else {
      Log.warning("a heartbeat that config.json does not have any more", [("heartbeat", row.name)])
      return try drop(row, .incomplete, message)
    }
    let facts = try facts(message.session.name)
    let now = stage.journal.clock.now()
    // One that comes again has asked already, and nobody has taken it.
    if row.message != message.id, let quiet = HeartbeatDecision.gate(settings, row, facts, at: now) {
      var after = row
      after.looked = now
      return try drop(after, quiet, message)
    }
    return try look(settings, row, message, line) { [unowned self] finding, line in
      let judged = HeartbeatDecision.judge(
        finding, row, message: message.id, facts, at: stage.journal.clock.now())
      if let quiet = judged.quiet { return try drop(judged.row, quiet, message) }
      guard try stage.attempt({ try stage.journal.write { try stage.journal.store.save(judged.row) } }) else {
        return false
      }
      return try ask(settings, finding, message, line)
    }
  }

  // MARK: - Commands

  func heartbeat(
    _ command: HeartbeatCommand, _ message: RouteLine, _ language: Language, _ scanner: LineScanner,
    _ line: Span<UInt8>
  ) throws -> Bool {
    let words = language.catalogue
    let store = stage.journal.store
    func say(_ phrase: HeartbeatPhrase, change: () throws -> Void = {}) throws -> Bool {
      try answer(words.say(phrase), nil, nil, message, line, more: change)
    }
    let here = settings.heartbeats.filter { message.rank >= .admin || place(of: $0) == message.session.name }
    let name: String
    switch command {
    case .list:
      guard !here.isEmpty else { return try say(.noHeartbeats) }
      let lines = try here.map { settings in
        let row = try store.heartbeat(settings.name)
        return words.say(
          HeartbeatPhrase.line(
            settings.name, isOn: row != nil, schedule: displayEscaped(settings.schedule),
            looked: row?.looked.map { String($0.description.prefix(16)) },
            found: row?.found.map { String($0.description.prefix(16)) }))
      }
      return try answer(lines.joined(separator: "\n"), nil, nil, message, line)
    case .on(let word), .off(let word), .now(let word): name = word
    }
    guard let settings = here.first(where: { $0.name == name }) else {
      return try say(.unknown(Self.short(name)))
    }
    let row = try store.heartbeat(name)
    switch command {
    case .off:
      guard let row else { return try say(.isOff(name)) }
      return try say(.turnedOff(name)) {
        _ = try ReminderDesk(stage.journal, Zones(self.settings)).cancel(row.reminder, .everything)
        _ = try store.removeHeartbeat(name)
      }
    case .now:
      // By whom it is asked for says that somebody is here.
      let facts = HeartbeatDecision.Facts()
      if let quiet = HeartbeatDecision.gate(settings, nil, facts, at: stage.journal.clock.now()) {
        return try say(.quiet(name, quiet))
      }
      return try look(settings, row, message, line) { [unowned self] finding, line in
        guard finding.text != nil else {
          let quiet = HeartbeatPhrase.quiet(name, finding.failure.map { .failed($0) } ?? .nothing)
          return try answer(words.say(quiet), nil, nil, message, line)
        }
        return try ask(settings, finding, message, line)
      }
    default: return try turnOn(settings, row, message, words, line)
    }
  }

  private func turnOn(
    _ settings: HeartbeatSettings, _ row: HeartbeatRow?, _ message: RouteLine, _ words: any Catalogue,
    _ line: Span<UInt8>
  ) throws -> Bool {
    func say(_ phrase: HeartbeatPhrase, change: () throws -> Void = {}) throws -> Bool {
      try answer(words.say(phrase), nil, nil, message, line, more: change)
    }
    let name = settings.name
    guard let place = place(of: settings), settings.check != nil else {
      return try say(.quiet(name, .incomplete))
    }
    let zones = Zones(self.settings)
    let desk = ReminderDesk(stage.journal, zones)
    var new: NewReminder
    do {
      let zone = try zones.zone(of: message.person.name)
      let schedule = try TimeText.schedule(
        settings.schedule, now: stage.journal.clock.now(), zone: zone)
      new = NewReminder(
        kind: .prompt, session: place, person: message.person.name, text: "heartbeat \(name)",
        schedule: schedule, zone: zone)
      new.chat = Speaker(line.withUnsafeBufferPointer { Array($0) }).isDirect ? "direct" : "group"
      new.missed = .skip
      new.made = message.session.name
      _ = try desk.row(new)
    } catch {
      let reason = (error as? Failure)?.message ?? "\(settings.schedule): \(error)"
      return try say(.cannotBegin(name, reason: displayEscaped(reason)))
    }
    return try say(.turnedOn(name, schedule: displayEscaped(settings.schedule))) {
      if let row { _ = try desk.cancel(row.reminder, .everything) }
      let made = try desk.add(new)
      try stage.journal.store.save(
        HeartbeatRow(
          name: name, reminder: made.n, person: message.person.name, at: stage.journal.clock.now()))
    }
  }

  /// The chat that a heartbeat is about; nil where the configuration names none.
  private func place(of heartbeat: HeartbeatSettings) -> String? {
    heartbeat.to.flatMap { Address(settings.addresses[$0] ?? $0) }?.description
  }

  // MARK: - Looking

  private func facts(_ session: String) throws -> HeartbeatDecision.Facts {
    let store = stage.journal.store
    var facts = HeartbeatDecision.Facts()
    facts.isWorking = try store.isWorking(session)
    facts.used = try store.currentSession(session)?.used
    facts.said = try store.lastSaid(in: session, exceptBy: ReminderEngine.platform)
    var usage = Usage()
    let now = stage.journal.clock.now()
    try usage.look(at: store, now)
    facts.isOverspent =
      try Budget.reached(
        in: store, session: session, today: usage.allSpentToday, at: now, stage.settings.limits) != nil
    return facts
  }

  /// Looks at what the configuration names, now or as soon as its program has ended, and calls `then`.
  private func look(
    _ settings: HeartbeatSettings, _ row: HeartbeatRow?, _ message: RouteLine, _ line: Span<UInt8>,
    then: @escaping (HeartbeatDecision.Finding, Span<UInt8>) throws -> Bool
  ) throws -> Bool {
    switch settings.check {
    case .goal:
      let goal = try stage.journal.store.activeGoal(place(of: settings) ?? message.session.name)
      return try then(HeartbeatDecision.Finding(goal.map { words.say(.goalWaits($0.text)) }), line)
    case .changed(let path):
      let mark = Self.mark(of: path)
      // What it is compared with is how it was when it was looked at first.
      guard let row, let seen = row.seen, seen != mark || row.message == message.id else {
        return try then(HeartbeatDecision.Finding(nil, mark: mark), line)
      }
      return try then(HeartbeatDecision.Finding(words.say(.hasChanged(path)), mark: mark), line)
    case .command(let command):
      let bytes = line.withUnsafeBufferPointer { Array($0) }
      return try run(command, settings.name, message) { finding in try then(finding, bytes.span) }
    case nil: return try then(HeartbeatDecision.Finding(nil), line)
    }
  }

  private var words: any Catalogue { settings.language.catalogue }

  /// By what a file is recognised.
  private static func mark(of path: String) -> String {
    var status = stat()
    guard stat(path, &status) == 0 else { return "none" }
    return "\(status.st_ino) \(status.st_size) \(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec)"
  }

  private func run(
    _ command: [String], _ name: String, _ message: RouteLine,
    then: @escaping (HeartbeatDecision.Finding) throws -> Bool
  ) throws -> Bool {
    guard working.insert(message.id).inserted else { return true }
    var environment = ProcessGuard.smallEnvironment
    environment["AGIM_HOME"] = stage.home.path
    environment["AGIM_SESSION"] = message.session.name
    environment["AGIM_HOLDER"] = try stage.journal.holder()
    func end(_ finding: HeartbeatDecision.Finding) throws {
      try stage.untilStored { [unowned self] in
        // Where the store cannot be written, the message comes again.
        _ = try then(finding)
        working.remove(message.id)
      }
    }
    do throws(SystemError) {
      let run = try ProgramRun(
        command, environment: environment, mark: stage.maker.id(), directory: stage.home.path,
        milliseconds: Self.checkTime, limit: Self.checkOutput, loop: stage.loop
      ) { [unowned self] result in
        runs[message.id] = nil
        guard !stage.isStopping else { return }
        try end(Self.finding(result, name))
      }
      runs[message.id] = (run, message.session.name)
    } catch {
      try end(.failed("\(error)", name))
    }
    return true
  }

  /// What a program has found: what it printed, where it left with 0; with 1 it found nothing.
  private static func finding(_ result: ProgramRun.Result, _ name: String) -> HeartbeatDecision.Finding {
    if result.isLate { return .failed("it took longer than 30 seconds", name) }
    let text = displayLines(String(decoding: result.output, as: UTF8.self))
    switch result.status {
    case .exited(0): return HeartbeatDecision.Finding(text.isEmpty ? nil : text, mark: text)
    case .exited(1): return HeartbeatDecision.Finding(nil)
    default:
      let said =
        displayLines(String(decoding: result.errors, as: UTF8.self)).split(separator: "\n").last ?? ""
      return .failed("\(result.status)" + (said.isEmpty ? "" : ": \(said)"), name)
    }
  }

  private static func displayLines(_ text: String) -> String {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    let kept = lines.reversed().drop { $0.isEmpty }.reversed()
    return kept.map { displayEscaped(String($0)) }.joined(separator: "\n")
  }

  // MARK: - Ending

  /// Closes one that asks nobody, and notes that it looked.
  private func drop(
    _ row: HeartbeatRow, _ quiet: HeartbeatDecision.Quiet, _ message: RouteLine
  ) throws -> Bool {
    let reason = English().say(HeartbeatPhrase.quiet("heartbeat \(row.name)", quiet))
    Log.info("a heartbeat asks nobody", [("heartbeat", row.name), ("reason", reason)])
    return try stage.attempt {
      try stage.journal.write {
        // It may have been turned off meanwhile.
        if try stage.journal.store.heartbeat(row.name)?.reminder == row.reminder {
          try stage.journal.store.save(row)
        }
        try stage.journal.drop([(message.id, reason)])
      }
    }
  }

  /// Gives what was found to the agent, beside what the conversation is at.
  private func ask(
    _ settings: HeartbeatSettings, _ finding: HeartbeatDecision.Finding, _ message: RouteLine,
    _ line: Span<UInt8>
  ) throws -> Bool {
    var scanner = LineScanner()
    try scanner.scan(line)
    let text = words.say(
      HeartbeatPhrase.found(settings.name, findings: finding.text ?? "", prompt: settings.prompt))
    return try route(
      message, explicit: settings.agent, text: text,
      more: [("aside", Array("true".utf8)), ("heartbeat", RouteMembers.text(settings.name))], scanner, line)
  }
}

extension HeartbeatDecision.Finding {
  /// Nothing, because it could not be looked.
  static func failed(_ reason: String, _ name: String) -> Self {
    Log.warning("a heartbeat's check failed: \(reason)", [("heartbeat", name)])
    var finding = Self(nil)
    finding.failure = reason
    return finding
  }
}
