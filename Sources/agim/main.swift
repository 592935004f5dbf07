import Admin
import Console
import Stage

let own = ["setup", "doctor", "status", "reset", "start", "stop", "restart", "help", "completions"]

let command = Command(
  name: "agim",
  summary: "Set up, look after and start pipelines; 'agim CMD' runs agim-CMD.",
  usage: [
    "", "CMD [ARG...]", "setup [--import FILE] [--dry-run]",
    "setup PROGRAM [--to ADDRESS | --remove] [--dry-run | --yes]",
    "setup PLATFORM[@ACCOUNT] [--set KEY=VALUE...] [--to CHAT | --remove] [--dry-run | --yes]",
    "doctor [--json]",
    "status [--json | --prometheus]", "reset AGENT", "start NAME [--bg]", "stop NAME", "restart NAME [--bg]",
    "help [CMD]",
    "completions SHELL",
  ],
  options: [
    Option(nil, "bg", help: "start, restart: in the background, with a log in run/"),
    Option("n", "dry-run", help: "setup: ask and show, but write nothing"),
    Option(nil, "import", "FILE", help: "setup: read a config.json of agim-cli"),
    Option(nil, "json", help: "doctor, status: one JSON object a line"),
    Option("y", "yes", help: "setup PROGRAM or PLATFORM: write without asking"),
    Option(nil, "prometheus", help: "status: the text format of Prometheus"),
    Option(nil, "remove", help: "setup PROGRAM or PLATFORM: take out again what it put in"),
    Option(nil, "set", "KEY=VALUE", help: "setup PLATFORM: an answer; may be given several times"),
    Option(
      nil, "to", "ADDRESS",
      help: "setup: the chat that PROGRAM asks (default: hook.to of config.json), or PLATFORM sends to"),
  ],
  operands: [
    ("setup", "ask a few questions and write config.json"),
    ("setup PLATFORM", "connect an account on a chat platform, test it, and send a first message"),
    ("setup PROGRAM", "let claude, codex, cursor, gemini or opencode in a terminal reach a chat"),
    ("doctor", "find what is wrong and say how to mend it"),
    ("status", "what runs, what waits, and when each account was heard last"),
    ("reset AGENT", "give an agent that failed too often its next message at once"),
    ("start NAME", "run the pipeline pipes/NAME, again and again"),
    ("stop NAME", "end it"),
    ("restart NAME", "end it and start it again"),
    ("help [CMD]", "open a manual page"),
    ("completions SHELL", "print completions for bash, zsh or fish"),
  ],
  epilogue: { (try? Commands()).map { "\nCommands:\n\n" + Front.list($0) } ?? "" },
  body: Stage.body(front))

command.main {
  // Before anything else: the words behind a command's name are that command's, options included.
  if let word = CommandLine.arguments.dropFirst().first { try Front.run(word, own: own, Commands()) }
}
