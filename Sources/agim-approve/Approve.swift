import Approvals
import Console
import Gate
import Journal
import Policy
import Requests
import Settings
import Stage
import Store
import System

/// What agim-approve does with its arguments.
func approve(_ arguments: Arguments) throws -> ExitCode {
  let counts = [
    "list": 0, "show": 1, "allow": 1, "deny": 1, "answer": 2, "grants": 0, "revoke": 1, "people": 0,
    "pair": 1, "unpair": 1, "away": 1, "check": 0, "hook": 0,
  ]
  guard let verb = arguments.operands.first else { return try filter(arguments) }
  guard let count = counts[verb] else {
    throw Failure.usage(
      "unknown word '\(verb)'",
      hint: Nearest.match(verb, among: counts.keys.sorted()).map { "did you mean \($0)?" })
  }
  let operands = Array(arguments.operands.dropFirst())
  guard operands.count == count else {
    throw Failure.usage(
      operands.count < count
        ? "\(verb): an operand is missing" : "\(verb): too many operands: '\(operands[count])'")
  }
  try refuseStrayOptions(verb, arguments)
  if verb == "check" { return try check(arguments) }
  if verb == "hook" { return try hook(arguments) }
  let stage = try Stage("approve")
  defer { stage.journal.close() }
  let admin = Administration(stage, json: arguments.has("json"))
  do {
    switch verb {
    case "list": try admin.list(all: arguments.has("all"))
    case "show": try admin.show(operands[0])
    case "allow", "deny":
      try forbidAgents(verb)
      try admin.settle(operands[0], try spoken(verb, arguments))
    case "answer":
      try forbidAgents(verb)
      try admin.answer(operands[0], operands[1])
    case "grants": try admin.grants()
    case "revoke": try admin.revoke(operands[0])
    case "people": try admin.people()
    case "pair":
      try forbidAgents(verb)
      try admin.pair(operands[0], rank: arguments.value("as") ?? "allowed")
    case "unpair": try admin.unpair(operands[0])
    default:
      try forbidAgents(verb)
      guard let agent = arguments.value("agent") else {
        throw Failure.usage("away: option --agent is missing")
      }
      try admin.away(operands[0], agent: agent)
    }
    guard try stage.output.drain(limit: .max / 2) else { return .ioError }
  } catch {
    throw Stage.failure(error)
  }
  return .ok
}

/// What an agent could call to allow itself what it asks for.
private func forbidAgents(_ verb: String) throws {
  guard ProcessTree.isBelowGuardian() else { return }
  throw Failure(
    .notPermitted, "\(verb): an agent may not do this: agim-approve \(verb) does not run below agim-run")
}

private func refuseStrayOptions(_ verb: String, _ arguments: Arguments) throws {
  let wanted: [String: Set<String>] = [
    "": ["strict"], "list": ["all", "json"], "show": ["json"], "allow": ["for"], "grants": ["json"],
    "people": ["json"], "pair": ["as"], "away": ["agent"],
    "check": ["agent", "batch", "chat", "input", "mode", "person", "session", "tool", "workdir"],
    "hook": ["program", "to", "within"],
  ]
  let every = [
    "all", "agent", "as", "batch", "chat", "for", "input", "json", "mode", "person", "program", "session",
    "strict", "to", "tool", "within", "workdir",
  ]
  for name in every where arguments.has(name) && !(wanted[verb]?.contains(name) ?? false) {
    throw Failure.usage("option --\(name) is not for \(verb.isEmpty ? "the filter" : verb)")
  }
}

private func spoken(_ verb: String, _ arguments: Arguments) throws -> SpokenAnswer {
  guard verb == "allow" else { return SpokenAnswer(isYes: false, scope: .once) }
  let word = arguments.value("for") ?? "once"
  guard let scope = SpokenAnswer.Scope(rawValue: word) else {
    throw Failure.usage("option --for: '\(word)' is not a scope", hint: "once, session or always")
  }
  return SpokenAnswer(isYes: true, scope: scope)
}

private func filter(_ arguments: Arguments) throws -> ExitCode {
  if arguments.has("verbose") { Log.threshold = .info }
  try refuseStrayOptions("", arguments)
  let stage = try Stage("approve")
  let input = try StageInput(
    stage, strict: arguments.has("strict"), expecting: "messages and answers as lines, see agim-message(5)")
  _ = try PolicyRules(stage.settings.policy, home: ProcessGuard.variable("HOME") ?? "/")
  let people = stage.settings.people
  let isAnybody = try stage.journal.store.paired().contains { ["approver", "admin"].contains($0.rank) }
  if people.approvers.isEmpty, people.admins.isEmpty, !isAnybody {
    Log.notice(
      "only the person at agim-recv tty and 'agim-approve allow' can say yes: \"approvers\" is empty")
  }
  try ApproveFilter(stage, input: input).run()
  return .ok
}
