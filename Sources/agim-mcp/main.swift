import Console
import Stage

let command = Command(
  name: "agim-mcp",
  summary: "Give agents agim's own tools: an MCP server on standard input and output.",
  usage: [
    "[--scope FILE] [--agent NAME] [--to ADDRESS]", "[OPTION...] call TOOL [JSON]",
    "[OPTION...] list [--json]",
  ],
  options: [
    Option(nil, "agent", "NAME", help: "without a scope: the program that is served (default: mcp)"),
    Option(nil, "json", help: "list: each tool as clients are told of it, a JSON object a line"),
    Option(nil, "scope", "FILE", help: "for whom the tools work: what agim-run made (default: AGIM_SCOPE)"),
    Option(nil, "to", "ADDRESS", help: "without a scope: the chat (default: \"hook\" of config.json)"),
    Option("v", "verbose", help: "say more on standard error"),
  ],
  operands: [
    ("call TOOL [JSON]", "call one tool with this input, or with that of standard input (-)"),
    ("list", "print the tools"),
  ],
  order: .anywhere, body: Stage.body(mcp))

command.main()
