import Audit
import Console
import Stage
import Store

let command = Command(
  name: "agim-audit",
  summary: "Show who did what: turns, their sums, and the ledger of decisions.",
  usage: [
    "log [OPTION...]", "stats [--by KIND] [OPTION...]", "ledger [--after NUMBER] [--limit NUMBER] [--json]",
    "verify [--known NUMBER:HASH] [--json]",
  ],
  options: [
    Option(nil, "after", "NUMBER", help: "ledger: only entries behind this one"),
    Option(nil, "agent", "NAME", help: "log, stats: only turns of this agent"),
    Option(nil, "by", "KIND", help: "stats: agent, person, day, platform or session (default: agent)"),
    Option(nil, "days", "NUMBER", help: "log, stats: only turns of the last days of 24 hours"),
    Option(nil, "json", help: "one JSON object a line"),
    Option(nil, "known", "NUMBER:HASH", help: "verify: an entry as it was noted elsewhere"),
    Option(nil, "limit", "NUMBER", help: "log, ledger: only the newest (default for log: 100)"),
    Option(nil, "person", "PLATFORM:ID", help: "log, stats: only turns of this person"),
    Option(nil, "platform", "NAME", help: "log, stats: only turns of this platform"),
    Option(nil, "session", "ADDRESS", help: "log, stats: only turns of this session"),
  ],
  operands: [
    ("log", "turns that have ended, the newest last"),
    ("stats", "how many turns, how long, and what they cost"),
    ("ledger", "every decision about what agents may do"),
    ("verify", "look whether the ledger is as it was written"),
  ],
  body: Stage.body(audit))

command.main()
