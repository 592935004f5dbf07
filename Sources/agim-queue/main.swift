import Console
import Stage

let command = Command(
  name: "agim-queue",
  summary: "Look after the journal: what was accepted, and what is to be delivered.",
  usage: [
    "list [--inbox] [--outbox] [--all] [--json]", "show ID [--json]", "retry ID...", "drop ID...", "flush",
    "backup FILE", "check [--json]",
  ],
  options: [
    Option("a", "all", help: "list: finished rows too"),
    Option("n", "dry-run", help: "retry, drop: change nothing, say what would be"),
    Option(nil, "inbox", help: "list: only what was accepted"),
    Option(nil, "json", help: "one JSON object a line"),
    Option(nil, "outbox", help: "list: only what is to be delivered"),
  ],
  operands: [
    ("list", "rows that are not finished"),
    ("show ID", "all that is known of a message or reply"),
    ("retry ID...", "run or send them after all"),
    ("drop ID...", "neither run nor send them"),
    ("flush", "deliver what waits, as agim-send --flush does"),
    ("backup FILE", "copy the store while it is in use"),
    ("check", "look for damage and for rows that nobody will take"),
  ],
  body: Stage.body(queue))

command.main()
