import Console
import Stage

let command = Command(
  name: "agim-session",
  summary: "Look after sessions, put messages into the inbox, and link a person's accounts.",
  usage: [
    "list [--all] [--json]", "show ID [--json]", "set ID KEY=VALUE...", "search [--json] TEXT", "new ADDRESS",
    "archive ID", "post ADDRESS [TEXT...]", "link [--json] ADDRESS ADDRESS", "unlink PLATFORM:ID",
    "links [--json]", "goal list [--all] [--json]", "goal show [--json] ADDRESS",
    "goal set|progress ADDRESS TEXT...", "goal complete ADDRESS [TEXT...]", "goal drop ADDRESS",
  ],
  options: [
    Option("a", "all", help: "list: archived and closed sessions, or goals that have ended, too"),
    Option(nil, "from", "NAME", help: "post, goal: who says it (default: the user's name)"),
    Option(nil, "json", help: "one JSON object a line"),
  ],
  operands: [
    ("list", "sessions in use, the last used first"),
    ("show ID", "a session, by number, address or label"),
    ("set ID KEY=VALUE...", "label, description, or any other key; an empty value removes it"),
    ("search TEXT", "what was said that holds a text"),
    ("new ADDRESS", "begin anew under an address"),
    ("archive ID", "end a session"),
    ("link ADDRESS ADDRESS", "a code that a person types in both chats, to be one person there"),
    ("unlink PLATFORM:ID", "an account is a person of its own again"),
    ("links", "accounts that are one person"),
    ("post ADDRESS [TEXT...]", "a message for agim-recv inbox; the reply goes to the address"),
    ("goal WORD ADDRESS", "what a conversation works towards: show, set, note about or end it"),
  ],
  order: .beforeOperands, body: Stage.body(session))

command.main()
