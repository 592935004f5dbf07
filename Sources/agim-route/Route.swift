import Chat
import Console
import Glibc
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
  try RouteEngine(stage, options, input: input).run()
  return .ok
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
