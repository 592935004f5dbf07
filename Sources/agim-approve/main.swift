import Console
import Stage

let command = Command(
  name: "agim-approve",
  summary: "The gate: what an agent may do.",
  usage: ["check --tool TOOL --input JSON [OPTION ...]", "check --batch [OPTION ...]"],
  options: [
    Option(nil, "agent", "NAME", help: "check: the agent that makes the call (default: claude)"),
    Option(nil, "batch", help: "check: calls from standard input, a JSON object a line"),
    Option(nil, "chat", "KIND", help: "check: direct or group (default: direct)"),
    Option(nil, "input", "JSON", help: "check: the complete input of the tool"),
    Option(nil, "mode", "MODE", help: "check: ask or plan (default: ask)"),
    Option(nil, "person", "PLATFORM:ID", help: "check: who speaks to the agent (default: tty:local)"),
    Option(nil, "session", "ADDRESS", help: "check: the session (default: tty:main)"),
    Option(nil, "tool", "TOOL", help: "check: the tool's name, as Claude Code names its own"),
    Option(nil, "workdir", "DIR", help: "check: where the agent works (default: here)"),
  ],
  operands: [("check", "say what the policy says about a call, and why")],
  body: Stage.body(approve))

/// What agim-approve does with its arguments.
@Sendable func approve(_ arguments: Arguments) throws -> ExitCode {
  let verbs = ["check"]
  guard let verb = arguments.operands.first else { throw Failure.usage("what to do is missing") }
  guard verbs.contains(verb) else {
    throw Failure.usage(
      "unknown word '\(verb)'", hint: Nearest.match(verb, among: verbs).map { "did you mean \($0)?" })
  }
  if arguments.operands.count > 1 {
    throw Failure.usage("\(verb) takes no operand, but got '\(arguments.operands[1])'")
  }
  return try check(arguments)
}

command.main()
