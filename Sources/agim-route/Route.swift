import Chat
import Console
import Glibc
import Journal
import Requests
import Routing
import Settings
import Stage
import System

/// What agim-route does with its arguments.
func route(_ arguments: Arguments) throws -> ExitCode {
  if arguments.has("verbose") { Log.threshold = .info }
  if let stray = arguments.operands.first {
    throw Failure.usage("takes no operand, but got '\(stray)'", hint: "a text to explain: --explain TEXT")
  }
  var options = RouteOptions()
  options.standard = try arguments.value("agent").map(agentName)
  options.only = try arguments.value("agents").map(agentNames)
  if let only = options.only, let standard = options.standard, !only.contains(standard) {
    throw Failure.usage("--agent \(standard) is not among --agents")
  }
  if let text = arguments.value("explain") { return try explain(text, arguments, options) }
  for name in ["from", "session"] where arguments.has(name) {
    throw Failure.usage("--\(name) goes with --explain")
  }
  // Before anything is opened. Only where there is something to guard: a second process is not free.
  if access(try Home.locate().commands, F_OK) == 0 { try ProcessGuard.startGuardian(.programs) }
  let stage = try Stage("route")
  let input = try StageInput(
    stage, strict: arguments.has("strict"), expecting: "messages as lines, see agim-message(5)")
  let engine = try RouteEngine(stage, options, input: input)
  engine.onStranger = { try pairingCode(for: $0, stage) }
  try engine.run()
  return .ok
}

/// What a stranger is told in a direct chat: a code for the operator, or nothing.
private func pairingCode(for stranger: Stranger, _ stage: Stage) throws -> String? {
  // In a group silence is best, and without a name there is nobody to let in.
  guard stranger.chat == "direct", !stranger.person.id.isEmpty, stranger.person.origin == .platform else {
    return nil
  }
  let journal = stage.journal
  let name = stranger.name.isEmpty ? stranger.person.id : stranger.name
  let pairing = Pairing(journal.store, at: journal.clock.now(), random: journal.clock.random)
  guard let code = try pairing.knock(person: stranger.person.name, name: name) else { return nil }
  switch Language.of(text: stranger.text, standard: stage.settings.language) {
  case .en:
    return "You are not known here. Ask the operator to type within an hour: agim-approve pair \(code)"
  case .zh:
    return "这里还不认识你。请管理员在一小时内输入：agim-approve pair \(code)"
  }
}

private func agentName(_ text: String) throws -> String {
  guard Settings.isAgentName(text) else {
    throw Failure.usage(
      "'\(text)' is not the name of an agent",
      hint: "1 to 32 lower-case letters, digits, '.', '_' or '-', the first a letter or a digit")
  }
  return text
}

private func agentNames(_ text: String) throws -> [String] {
  try text.split(separator: ",", omittingEmptySubsequences: false).map { try agentName(String($0)) }
}
