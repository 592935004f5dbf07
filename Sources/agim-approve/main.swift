import Console
import Stage

let command = Command(
  name: "agim-approve",
  summary: "The human gate: match answers to what agents ask, and say what they may do.",
  usage: [
    "[--strict] [--verbose]", "list [--all] [--json]", "show ID [--json]",
    "allow ID [--for SCOPE]", "deny ID", "answer ID TEXT", "grants [--json]",
    "revoke NUMBER", "people [--json]", "pair CODE [--as RANK]", "unpair PERSON",
    "away DURATION --agent NAME",
    "check --tool TOOL --input JSON [OPTION...]", "check --batch [OPTION...]",
    "hook [--program NAME] [--to ADDRESS] [--within DURATION]",
  ],
  options: [
    Option("a", "all", help: "list: settled requests too"),
    Option(nil, "agent", "NAME", help: "away: the agent; check: who makes the call (default: claude)"),
    Option(nil, "as", "RANK", help: "pair: allowed, approver or admin (default: allowed)"),
    Option(nil, "batch", help: "check: calls from standard input, a JSON object a line"),
    Option(nil, "chat", "KIND", help: "check: direct or group (default: direct)"),
    Option(nil, "for", "SCOPE", help: "allow: session or always, for the very same again (default: once)"),
    Option(nil, "input", "JSON", help: "check: the complete input of the tool"),
    Option(nil, "json", help: "one JSON object a line"),
    Option(nil, "mode", "MODE", help: "check: ask or plan (default: ask)"),
    Option(nil, "person", "PLATFORM:ID", help: "check: who speaks to the agent (default: tty:local)"),
    Option(nil, "program", "NAME", help: "hook: claude, codex or cursor (default: as its input looks)"),
    Option(nil, "session", "ADDRESS", help: "check: the session (default: tty:main)"),
    Option(nil, "strict", help: "a line that is not a JSON object ends the command (exit 65)"),
    Option(nil, "to", "ADDRESS", help: "hook: the chat to ask in (default: \"hook\" of config.json)"),
    Option(nil, "tool", "TOOL", help: "check: the tool's name, as Claude Code names its own"),
    Option("v", "verbose", help: "say more on standard error"),
    Option(nil, "within", "DURATION", help: "hook: how long a person has (at most limits.request)"),
    Option(nil, "workdir", "DIR", help: "check: where the agent works (default: here)"),
  ],
  operands: [
    ("list", "requests that wait for an answer"),
    ("show ID", "all that is known of a request; an id or a code"),
    ("allow ID", "say yes to a request"),
    ("deny ID", "say no to a request"),
    ("answer ID TEXT", "answer a question of an agent: the number of an option, or words"),
    ("grants", "what was allowed for good"),
    ("revoke NUMBER", "take a grant back"),
    ("people", "who was let in by a code"),
    ("pair CODE", "let the person in who was given this code"),
    ("unpair PERSON", "take that back"),
    ("away DURATION", "allow what an agent asks for so long, 0 to end it; never over a hard denial"),
    ("hook", "answer the hook of a program in a terminal, by asking in a chat"),
    ("check", "say what the policy says about a call, and why"),
  ],
  order: .anywhere, body: Stage.body(approve))

if isHook { prepareHook() }
command.main(status: { isHook && $0 != .ok ? .blocked : $0 })
