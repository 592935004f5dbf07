import Admin
import Console
import Journal
import Reminders
import Settings
import Stage
import Store
import System

/// What agim-remind does with its arguments.
func remind(_ given: Arguments) throws -> ExitCode {
  let verbs = ["add", "list", "show", "cancel", "snooze", "pause", "resume", "next", "due", "watch"]
  guard let verb = given.operands.first else { throw Failure.usage("what to do is missing") }
  guard verbs.contains(verb) else {
    throw Failure.usage(
      "unknown word '\(verb)'", hint: Nearest.match(verb, among: verbs).map { "did you mean \($0)?" })
  }
  // Options may not stand among words that are said.
  let isText = verb == "add" || verb == "snooze"
  let arguments = try command.reparse(given, after: 1, order: isText ? .beforeOperands : .anywhere)
  if arguments.has("verbose") { Log.threshold = .info }
  try check(verb, arguments)
  var clock = Clock.system
  if let text = arguments.value("now") {
    guard let now = Timestamp(rfc3339: text) else {
      throw Failure.usage("--now: '\(text)' is not a time such as 2026-11-22T09:00:00+08:00")
    }
    clock = .fixed(start: now, seed: nil)
  }
  // Before the stage, which closes what the system says about this process.
  let programs = try? Commands()
  if verb == "due" || verb == "watch" { return try serve(verb, arguments, clock, programs) }
  let stage = try Stage("remind", clock: clock)
  defer { stage.journal.close() }
  let tool = ReminderTool(stage, arguments, programs)
  switch verb {
  case "add": try tool.add()
  case "list": try tool.list()
  case "show": try tool.show()
  case "next": try tool.next()
  case "snooze": try tool.snooze()
  default: try tool.change(verb)
  }
  guard try stage.output.drain(limit: .max / 2) else { return .ioError }
  return tool.code
}

/// Refuses options and operands that another word takes.
private func check(_ verb: String, _ arguments: Arguments) throws {
  let own: [String: [String]] = [
    "add": [
      "to", "prompt", "agent", "zone", "missed", "polish", "person", "group", "dry-run", "json",
    ], "list": ["all", "json"], "show": ["json"], "next": ["json"],
    "cancel": ["json", "dry-run"], "pause": ["json", "dry-run"], "resume": ["json", "dry-run"],
    "snooze": ["json", "dry-run"], "due": ["only", "late", "model-time", "dry-run", "json"],
    "watch": ["only", "late", "model-time"],
  ]
  try arguments.refuseOthers(than: verb, own: own)
  if verb == "due", arguments.has("json"), !arguments.has("dry-run") {
    throw Failure.usage("due: --json goes with --dry-run; what is due is printed as lines in any case")
  }
  let count = arguments.operands.count
  let limits: [String: ClosedRange<Int>] = [
    "add": 1...10_000, "list": 0...0, "show": 1...1, "cancel": 1...1000, "pause": 1...1000,
    "resume": 1...1000,
    "snooze": 2...100, "next": 1...2, "due": 0...0, "watch": 0...0,
  ]
  guard let limit = limits[verb], !limit.contains(count) else { return }
  if count < limit.lowerBound { throw Failure.usage("\(verb): an operand is missing") }
  throw Failure.usage("\(verb): one operand too many: '\(arguments.operands[limit.upperBound])'")
}

/// Prints what is due.
private func serve(_ verb: String, _ arguments: Arguments, _ clock: Clock, _ programs: Commands?) throws
  -> ExitCode
{
  var options = ReminderEngine.Options()
  options.isOnce = verb == "due"
  switch arguments.value("only") {
  case nil: break
  case "reminders": options.kind = .text
  case "prompts": options.kind = .prompt
  case .some(let word): throw Failure.usage("--only: expected reminders or prompts, found '\(word)'")
  }
  options.grace = try milliseconds("late", arguments) ?? options.grace
  options.modelTime = try milliseconds("model-time", arguments) ?? options.modelTime
  options.model = programs?.find("model")
  let stage = try Stage("remind", clock: clock)
  if arguments.has("dry-run") {
    defer { stage.journal.close() }
    let tool = ReminderTool(stage, arguments, programs)
    for row in try stage.journal.store.dueReminders(kind: options.kind, at: clock.now(), limit: .max) {
      tool.print(row)
    }
    return try stage.output.drain(limit: .max / 2) ? .ok : .ioError
  }
  try ReminderEngine(stage, options).run()
  return .ok
}

private func milliseconds(_ name: String, _ arguments: Arguments) throws -> Int64? {
  guard let text = arguments.value(name) else { return nil }
  guard let time = DurationText.parse(text) else {
    throw Failure.usage("--\(name): '\(text)' is not a duration such as 30s, 15m or 2h")
  }
  return time.milliseconds
}
