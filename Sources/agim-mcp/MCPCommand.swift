import AgentTools
import Console
import Glibc
import JSON
import MCP
import Settings
import Stage
import System
import Text

/// What agim-mcp does with its arguments.
func mcp(_ arguments: Arguments) throws -> ExitCode {
  if arguments.has("verbose") { Log.threshold = .info }
  guard let verb = arguments.operands.first else {
    try noJSON(arguments)
    return try serve(try source(arguments))
  }
  switch verb {
  case "call":
    try noJSON(arguments)
    guard (2...3).contains(arguments.operands.count) else {
      throw Failure.usage("call takes a tool and its input", hint: "see 'agim-mcp list'")
    }
    return try call(arguments.operands[1], arguments.operands.dropFirst(2).first, try source(arguments))
  case "list":
    guard arguments.operands.count == 1 else {
      throw Failure.usage("list takes no operand, but got '\(arguments.operands[1])'")
    }
    return try list(isJSON: arguments.has("json"))
  default:
    throw Failure.usage(
      "unknown word '\(verb)'",
      hint: Nearest.match(verb, among: ["call", "list"]).map { "did you mean \($0)?" })
  }
}

private func noJSON(_ arguments: Arguments) throws {
  if arguments.has("json") { throw Failure.usage("option --json goes with 'list' alone") }
}

/// For whom the tools work.
private func source(_ arguments: Arguments) throws -> ScopeSource {
  if let path = arguments.value("scope") ?? ProcessGuard.variable("AGIM_SCOPE") {
    // An agent may have it in its own settings, for when its person starts it in a terminal.
    for name in ["agent", "to"] where arguments.has(name) && arguments.has("scope") {
      throw Failure.usage("option --\(name) does not go with a scope, which says that already")
    }
    guard path.utf8.first == UInt8(ascii: "/") else {
      throw Failure.usage("option --scope: '\(path)' is not an absolute path")
    }
    return .file(path)
  }
  return .terminal(program: arguments.value("agent") ?? "mcp", to: arguments.value("to"))
}

/// Prints the tools.
private func list(isJSON: Bool) throws -> ExitCode {
  var bytes: [UInt8] = []
  for tool in Catalog.tools {
    if isJSON {
      var json = JSONWriter()
      json.value(tool.json)
      bytes += json.bytes
    } else {
      bytes += Array("\(tool.name)  \(tool.title)".utf8)
    }
    bytes.append(0x0A)
  }
  try Files.writeAll(bytes, to: 1, subject: "standard output")
  return .ok
}

/// Calls one tool, and prints what it says.
private func call(_ name: String, _ text: String?, _ source: ScopeSource) throws -> ExitCode {
  guard let tool = Catalog.tool(name) else {
    throw Failure.usage(
      "there is no tool '\(name)'",
      hint: Nearest.match(name, among: Catalog.tools.map(\.name)).map { "did you mean \($0)?" }
        ?? "see 'agim-mcp list'")
  }
  let input = try input(text)
  if let objection = tool.objection(to: input) { throw Failure(.dataError, objection) }
  if case .file(let path) = source, Relay.isSocket(path) {
    return try Relay.call(path, name, input)
  }
  let loop = EventLoop(clock: .system)
  let desk = ToolDesk(source, loop: loop)
  var outcome: MCPServer.Outcome?
  _ = desk.call(name, input) { given in
    outcome = given
    loop.stop()
  }
  try loop.onSignals([SIGTERM, SIGINT, SIGHUP]) { _ in loop.stop() }
  if outcome == nil { try loop.run() }
  desk.close()
  guard let outcome else { throw Failure(.temporary, "ended before \(name) had") }
  return try say(outcome)
}

/// Prints an outcome: on standard output what a tool says, on standard error why it could not.
func say(_ outcome: MCPServer.Outcome) throws -> ExitCode {
  let place: Int32 = outcome.isError ? 2 : 1
  // It may be what others have said, and a terminal acts on what it is shown.
  let text = Terminal.isTerminal(place) ? displayEscaped(outcome.text) : outcome.text
  try Files.writeAll(
    Array((text + (text.utf8.last == 0x0A ? "" : "\n")).utf8), to: place,
    subject: outcome.isError ? "standard error" : "standard output")
  return outcome.isError ? .unavailable : .ok
}

private func input(_ text: String?) throws -> JSONObject {
  var bytes = Array((text ?? "{}").utf8)
  if text == "-" {
    bytes = []
    let input = Descriptor(dup(0))
    while let piece = try input.read(upTo: 65_536, subject: "standard input"), !piece.isEmpty {
      bytes += piece
      guard bytes.count <= MCPServer.lineLimit else {
        throw Failure(.dataError, "standard input: longer than \(MCPServer.lineLimit) bytes")
      }
    }
  }
  do {
    let value = try JSONReader.parse(bytes, limits: JSONLimits(maxBytes: MCPServer.lineLimit))
    guard let object = value.object else { throw Failure(.dataError, "the input is not a JSON object") }
    return object
  } catch let error as JSONError {
    throw Failure(.dataError, "the input is not JSON: \(error)")
  }
}
