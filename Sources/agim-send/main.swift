import Console
import Stage

let command = Command(
  name: "agim-send",
  summary: "Deliver replies from a pipe, or send text to a target.",
  usage: ["[--receipts] [-n] [--via TARGET]", "[-nqv] TARGET [TEXT...]", "--flush [--via TARGET]"],
  options: [
    Option(nil, "flush", help: "deliver what waits in the outbox, and leave"),
    Option("n", "dry-run", help: "show what would be sent, and send nothing"),
    Option("q", "quiet", help: "say nothing but errors"),
    Option(nil, "receipts", help: "print a line about the fate of each reply"),
    Option(nil, "strict", help: "a line that is not a JSON object ends the command (exit 65)"),
    Option("v", "verbose", help: "say more on standard error"),
    Option(nil, "via", "TARGET", help: "send everything there instead of to its session's platform"),
  ],
  operands: [
    ("stdout", "standard output"),
    ("file:PATH", "the end of a file"),
    ("inbox", "the inbox, as a message for agim-recv inbox"),
    ("command:PROGRAM", "a program for each delivery; its exit status decides"),
    ("tty:NAME", "the terminal of an agim-recv tty"),
    ("NAME", "an address that the configuration names"),
  ],
  order: .beforeOperands, body: Stage.body(send))

command.main()
