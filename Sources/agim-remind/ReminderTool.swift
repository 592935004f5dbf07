import Admin
import Console
import Glibc
import Journal
import Reminders
import Schedule
import Settings
import Stage
import Store
import System
import Text
import Wire

/// What a person at the machine does with reminders.
final class ReminderTool {
  private let stage: Stage
  private let arguments: Arguments
  private let programs: Commands?
  private let zones: Zones
  private var desk: ReminderDesk
  /// The status that the command ends with.
  private(set) var code = ExitCode.ok

  init(_ stage: Stage, _ arguments: Arguments, _ programs: Commands?) {
    self.stage = stage
    self.arguments = arguments
    self.programs = programs
    zones = Zones(stage.settings)
    desk = ReminderDesk(stage.journal, zones)
    desk.isDry = arguments.has("dry-run")
  }

  private var now: Timestamp { stage.journal.clock.now() }

  // MARK: - Making one

  func add() throws {
    let person = try owner()
    let zone = try arguments.value("zone").map { try zones.zone($0) } ?? zones.zone(of: person)
    let words = arguments.operands.joined(separator: " ")
    // Nobody looks for a time in what is too long to be said.
    guard words.utf8.count <= TimeText.limit else { throw ReminderDesk.tooLong }
    let parsed = try when(words, zone)
    var text = parsed.rest
    if text.isEmpty || text == "-" { text = try readText() }
    let session = try destination()
    var new = NewReminder(
      kind: arguments.has("prompt") ? .prompt : .text, session: session, person: person, text: text,
      schedule: parsed.schedule, zone: zone)
    new.missed = try missed()
    new.isPolished = arguments.has("polish")
    new.chat = arguments.has("group") ? "group" : "direct"
    if let agent = arguments.value("agent") {
      guard new.kind == .prompt else { throw Failure.usage("--agent goes with --prompt") }
      guard Settings.isAgentName(agent) else { throw Failure.usage("'\(agent)' is not the name of an agent") }
      new.agent = agent
    }
    if new.kind == .prompt, ProcessTree.isBelowGuardian() {
      throw Failure(.notPermitted, "add --prompt: an agent may not speak as a person")
    }
    print(arguments.has("dry-run") ? try desk.row(new) : try desk.add(new))
  }

  private func owner() throws -> String {
    guard let given = arguments.value("person") else {
      let user = ProcessGuard.variable("LOGNAME") ?? ProcessGuard.variable("USER") ?? "local"
      return "inbox:\(user)"
    }
    let parts = given.unicodeScalars.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, Address.isPlatform(String(parts[0])), !parts[1].isEmpty, given.utf8.count <= 512
    else {
      throw Failure.usage("--person: '\(given)' is not PLATFORM:ID")
    }
    return given
  }

  private func missed() throws -> ReminderRow.Missed {
    guard let word = arguments.value("missed") else { return .once }
    guard let missed = ReminderRow.Missed(rawValue: word) else {
      throw Failure.usage("--missed: expected once, all or skip, found '\(word)'")
    }
    return missed
  }

  /// Where it goes; what cannot be sent to is refused now, and not when its time has come.
  private func destination() throws -> String {
    guard let given = arguments.value("to") ?? ProcessGuard.variable("AGIM_SESSION") else {
      throw Failure.usage("nothing says where it goes", hint: "say --to ADDRESS, see agim-address(7)")
    }
    let full = stage.settings.addresses[given] ?? given
    guard let address = Address(full) else {
      throw Failure.usage(
        "--to: '\(given)' is not an address",
        hint: Nearest.match(given, among: Array(stage.settings.addresses.keys)).map { "did you mean \($0)?" }
          ?? "see agim-address(7)")
    }
    let session = address.description
    // These are for whoever reads the end of the pipe.
    if ["stdin", "inbox", "command", "tty"].contains(address.platform) { return session }
    guard let program = programs?.find("send") else { return session }
    try checkTarget(session, program)
    return session
  }

  /// Asks agim-send, which knows the platforms, without sending anything.
  private func checkTarget(_ session: String, _ program: String) throws {
    var environment = ProcessGuard.smallEnvironment
    for (name, value) in stage.settings.environment { environment[name] = value }
    environment["AGIM_HOME"] = stage.home.path
    var answer: ProgramRun.Result?
    let run = try ProgramRun(
      [program, "--dry-run", "--target", session, "x"], environment: environment, mark: stage.maker.id(),
      milliseconds: 10_000, limit: 4096, loop: stage.loop
    ) { [stage] result in
      answer = result
      stage.loop.stop()
    }
    try stage.loop.run()
    run.kill()
    guard let answer, answer.status != .exited(0) else { return }
    var words = String(decoding: answer.errors, as: UTF8.self)
    if words.hasPrefix("agim-send: ") { words.removeFirst("agim-send: ".count) }
    let first = words.split(separator: "\n").first.map { displayEscaped(String($0)) } ?? "\(answer.status)"
    throw Failure(.configuration, "nothing can be sent to \(session): \(first)")
  }

  private func readText() throws -> String {
    var bytes: [UInt8] = []
    let input = Descriptor(dup(0))
    if isatty(0) == 1 { Log.notice("reading the text from the terminal; end it with Ctrl-D") }
    while let piece = try input.read(upTo: 65_536, subject: "standard input"), !piece.isEmpty {
      bytes += piece
      guard bytes.count <= ReminderDesk.textLimit else {
        throw Failure(.dataError, "standard input: longer than \(ReminderDesk.textLimit) bytes")
      }
    }
    guard var text = String(validating: bytes, as: UTF8.self), !bytes.contains(0) else {
      throw Failure(.dataError, "standard input: not text")
    }
    while text.last?.isNewline == true { text.removeLast() }
    return text
  }

  // MARK: - Looking

  func list() throws {
    var last: Int64 = 0
    while true {
      let rows = try desk.list(.everything, all: arguments.has("all"), after: last, limit: 1000)
      guard let end = rows.last else { return }
      for row in rows { print(row) }
      last = end.n
    }
  }

  func show() throws {
    let row = try find(arguments.operands[0])
    if arguments.has("json") { return print(row) }
    // Also where its time zone has gone, which is what somebody may be looking for.
    let times = (try? desk.times(row, count: 3)) ?? []
    stage.output.append(ReminderText.details(row, times, zone(of: row)))
  }

  func next() throws {
    let row = try find(arguments.operands[0])
    var count = 5
    if arguments.operands.count == 2 {
      guard let number = Int(arguments.operands[1]), (1...100_000).contains(number) else {
        throw Failure.usage("next: '\(arguments.operands[1])' is not a whole number from 1 to 100000")
      }
      count = number
    }
    for time in try desk.times(row, count: count) {
      stage.output.append(ReminderText.time(time, zone(of: row), json: arguments.has("json")))
    }
  }

  func print(_ row: ReminderRow) {
    stage.output.append(
      arguments.has("json") ? ReminderText.json(row, zone(of: row)) : ReminderText.line(row, zone(of: row)))
  }

  private func zone(of row: ReminderRow) -> Zone { (try? zones.zone(row.zone)) ?? .utc }

  private func number(_ text: String) throws -> Int64 {
    guard let n = Int64(text), n > 0 else { throw Failure.usage("'\(text)' is not the number of a reminder") }
    return n
  }

  private func find(_ text: String) throws -> ReminderRow {
    guard let row = try desk.find(try number(text), .everything) else { throw unknown(text) }
    return row
  }

  private func unknown(_ text: String) -> Failure {
    Failure(.noInput, "no reminder has the number \(text)", hint: "see 'agim-remind list --all'")
  }

  // MARK: - Changing

  func change(_ verb: String) throws {
    for text in arguments.operands {
      let n = try number(text)
      let change =
        switch verb {
        case "cancel": try desk.cancel(n, .everything)
        case "pause": try desk.pause(n, .everything)
        default: try desk.resume(n, .everything)
        }
      try tell(change, text, verb)
    }
  }

  func snooze() throws {
    let row = try find(arguments.operands[0])
    let words = arguments.operands.dropFirst().joined(separator: " ")
    let parsed = try when(words, zone(of: row))
    guard case .once(let time) = parsed.schedule, parsed.rest.isEmpty else {
      throw Failure.usage(
        "snooze: '\(displayEscaped(String(words.prefix(80))))' is not a time such as 10m or tomorrow 9:00")
    }
    try tell(try desk.snooze(row.n, until: time, .everything), arguments.operands[0], "snooze")
  }

  private func tell(_ change: ReminderChange, _ text: String, _ verb: String) throws {
    switch change {
    case .done(let row): print(row)
    case .unknown, .notYours:
      Log.failure(unknown(text))
      code = .noInput
    case .impossible(let state):
      Log.failure(
        Failure(.dataError, "reminder \(text) is \(state.rawValue): it cannot be \(Self.past(verb))"))
      if code == .ok { code = .dataError }
    }
  }

  private static func past(_ verb: String) -> String {
    ["cancel": "cancelled", "pause": "paused", "resume": "resumed", "snooze": "snoozed"][verb] ?? verb
  }

  private func when(_ text: String, _ zone: Zone) throws -> TimeText {
    do {
      return try TimeText.parse(text, now: now, zone: zone)
    } catch {
      let forms = error.forms.map { "'\($0)'" }.joined(separator: ", ")
      throw Failure.usage(
        "\(error): '\(displayEscaped(String(text.prefix(80))))'",
        hint: forms.isEmpty ? nil : "such as \(forms)")
    }
  }
}
