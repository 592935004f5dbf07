import Admin
import Console
import Stage

let own = ["setup", "doctor", "status", "start", "stop", "restart", "help", "completions"]

let command = Command(
  name: "agim",
  summary: "Set up, look after and start pipelines; 'agim CMD' runs agim-CMD.",
  usage: [
    "", "CMD [ARG...]", "setup [--import FILE] [--dry-run]", "doctor [--json]",
    "status [--json | --prometheus]", "start NAME [--bg]", "stop NAME", "restart NAME [--bg]", "help [CMD]",
    "completions SHELL",
  ],
  options: [
    Option(nil, "bg", help: "start, restart: in the background, with a log in run/"),
    Option("n", "dry-run", help: "setup: ask and show, but write nothing"),
    Option(nil, "import", "FILE", help: "setup: read a config.json of agim-cli"),
    Option(nil, "json", help: "doctor, status: one JSON object a line"),
    Option(nil, "prometheus", help: "status: the text format of Prometheus"),
  ],
  operands: [
    ("setup", "ask a few questions and write config.json"),
    ("doctor", "find what is wrong and say how to mend it"),
    ("status", "what runs, what waits, and when each account was heard last"),
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
