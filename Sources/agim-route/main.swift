import Console
import Stage

let command = Command(
  name: "agim-route",
  summary: "Decide who handles a message: chat commands, rules, the conversation's agent, its words.",
  usage: ["[OPTION...]", "[OPTION...] --explain TEXT"],
  options: [
    Option("a", "agent", "NAME", help: "the default agent of this pipe (default: default_agent)"),
    Option(nil, "agents", "NAMES", help: "the agents of this pipe, with commas between"),
    Option(nil, "explain", "TEXT", help: "print what would be decided about a text, as JSON, and leave"),
    Option(nil, "from", "ID", help: "--explain: who says it (default: the user's name)"),
    Option(nil, "session", "ADDRESS", help: "--explain: where it is said (default: stdin:main)"),
    Option(nil, "strict", help: "a line that is not a JSON object ends the command (exit 65)"),
    Option("v", "verbose", help: "say more on standard error"),
  ],
  order: .anywhere, body: Stage.body(route))

command.main()
