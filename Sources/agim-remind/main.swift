import Console
import Stage

let command = Command(
  name: "agim-remind",
  summary: "Keep reminders and schedules, and print what is due as lines.",
  usage: [
    "add [--to ADDRESS] [--prompt] [--agent NAME] [--zone NAME] [--missed WHAT] [--polish] "
      + "[--person PLATFORM:ID] [--group] [-n] [--json] WHEN [TEXT...]",
    "list [--all] [--json]", "show ID [--json]", "cancel [-n] [--json] ID...",
    "snooze [-n] [--json] ID WHEN", "pause [-n] [--json] ID...", "resume [-n] [--json] ID...",
    "next ID [N] [--json]", "due [--only KIND] [--late DURATION] [--model-time DURATION] [-n [--json]]",
    "watch [--only KIND] [--late DURATION] [--model-time DURATION]",
  ],
  options: [
    Option(nil, "to", "ADDRESS", help: "add: where it goes (default: the chat this was started from)"),
    Option(nil, "prompt", help: "add: a prompt for an agent instead of words for people"),
    Option(nil, "agent", "NAME", help: "add: the agent that gets the prompt"),
    Option(nil, "zone", "NAME", help: "add: the time zone of its times, such as Asia/Shanghai"),
    Option(nil, "missed", "WHAT", help: "add: once, all or skip what came while nobody looked"),
    Option(nil, "polish", help: "add: a model may put it into other words"),
    Option(nil, "person", "PLATFORM:ID", help: "add: whose it is (default: the user of this machine)"),
    Option(nil, "group", help: "add: the chat that it goes to is a group"),
    Option(nil, "now", "TIME", help: "take it to be TIME (RFC 3339) instead of now"),
    Option("n", "dry-run", help: "add, due, cancel, …: show what would be done, and do nothing"),
    Option("a", "all", help: "list: also those that are done or cancelled"),
    Option(nil, "only", "KIND", help: "due, watch: only reminders, or only prompts"),
    Option(nil, "late", "DURATION", help: "due, watch: what is later counts as missed (default 15m)"),
    Option(nil, "model-time", "DURATION", help: "due, watch: how long a model may take (default 10s)"),
    Option(nil, "json", help: "one JSON object a line; due: with -n"),
    Option("v", "verbose", help: "log more"),
  ],
  operands: [
    ("add WHEN [TEXT...]", "make one: a time, and what it says (default: standard input)"),
    ("list", "those that wait, in the order in which they were made"),
    ("show ID", "one of them, with its coming times"),
    ("cancel ID...", "call them off"),
    ("snooze ID WHEN", "say it again later, such as 10m"),
    ("pause ID...", "let them wait"),
    ("resume ID...", "let them go on"),
    ("next ID [N]", "the coming N times (default 5)"),
    ("due", "print what is due, once: for cron"),
    ("watch", "stay, and print what is due when it is"),
  ],
  order: .beforeOperands, body: Stage.body(remind))

command.main()
