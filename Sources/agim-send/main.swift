import Console
import Stage

let command = Command(
  name: "agim-send",
  summary: "Deliver replies from a pipe, or send text to a target.",
  usage: [
    "[--receipts] [-n] [--via TARGET]",
    "[-nqv] [--receipts] [--to CHAT] [-s SUBJECT] [-a FILE] [--as-file NAME | --tail N] TARGET [TEXT...]",
    "[OPTION...] -t TARGET [-t TARGET...] [TEXT...]", "check ACCOUNT", "--flush [--via TARGET]",
  ],
  options: [
    Option(nil, "as-file", "NAME", help: "with TARGET: send standard input as a file of this name"),
    Option("a", "attach", "FILE", help: "with TARGET: send a file as well; may be given several times"),
    Option(nil, "flush", help: "deliver what waits in the outbox, and leave"),
    Option("n", "dry-run", help: "show what would be sent, and send nothing"),
    Option("q", "quiet", help: "say nothing but errors"),
    Option(nil, "receipts", help: "print a line about the fate of each reply"),
    Option(nil, "strict", help: "a line that is not a JSON object ends the command (exit 65)"),
    Option("s", "subject", "SUBJECT", help: "with TARGET: what it is about"),
    Option(nil, "tail", "N", help: "with TARGET: send the last N lines of standard input, as they are"),
    Option("t", "target", "TARGET", help: "send text there; may be given several times"),
    Option(nil, "to", "CHAT", help: "with a platform as TARGET: the chat there; may be given several times"),
    Option("v", "verbose", help: "say more on standard error"),
    Option(nil, "via", "TARGET", help: "send everything there instead of to its session's platform"),
  ],
  operands: [
    ("stdout", "standard output"),
    ("file:PATH", "the end of a file"),
    ("inbox", "the inbox, as a message for agim-recv inbox"),
    ("command:PROGRAM", "a program for each delivery; its exit status decides"),
    ("tty:NAME", "the terminal of an agim-recv tty"),
    ("PLATFORM[@ACCOUNT]", "an account, at the chat of its key \"to\" or of --to"),
    ("PLATFORM:CHAT", "a chat; see agim-address(7)"),
    ("NAME", "an address that the configuration names"),
    ("check ACCOUNT", "find out whether an account works, without sending anything"),
  ],
  order: .beforeOperands, body: Stage.body(send))

command.main()
