import Console
import Stage

let command = Command(
  name: "agim-model",
  summary: "Ask a language model: the prompt on standard input, its text on standard output.",
  usage: [
    "[-nv] [--json] [--messages] [--system TEXT] [--session ADDRESS] [--person PLATFORM:ID] ROLE",
    "embed [-0nv] [--lines] [--role ROLE] [--session ADDRESS] [--person PLATFORM:ID]",
    "transcribe [-nv] [--json] [--language LANGUAGE] [--mime TYPE] [--role ROLE] [--session ADDRESS] "
      + "[--person PLATFORM:ID] FILE", "list [--json]",
  ],
  options: [
    Option("0", "null", help: "embed: texts end with NUL"),
    Option("n", "dry-run", help: "show what would be asked, without secrets, and ask nothing"),
    Option(nil, "json", help: "one JSON object a line: the text, what was used, and what it cost"),
    Option(nil, "language", "LANGUAGE", help: "transcribe: the language that is spoken, as en or zh"),
    Option(nil, "lines", help: "embed: each line is a text"),
    Option(nil, "messages", help: "standard input is a conversation: a JSON array of messages"),
    Option(nil, "mime", "TYPE", help: "transcribe: the type of the recording"),
    Option(nil, "person", "PLATFORM:ID", help: "for whom, as the audit has it"),
    Option(nil, "role", "ROLE", help: "embed, transcribe: another role than that of the same name"),
    Option(nil, "session", "ADDRESS", help: "in which session, whose limit of money then counts"),
    Option(nil, "system", "TEXT", help: "what the model is told before the prompt"),
    Option("v", "verbose", help: "say more on standard error"),
  ],
  operands: [
    ("ROLE", "a key of \"models\" in config.json"),
    ("embed", "vectors: the input is one text"),
    ("transcribe FILE", "the text of a recording"),
    ("list", "the roles, and whether they are complete"),
  ],
  body: Stage.body(model))

command.main()
