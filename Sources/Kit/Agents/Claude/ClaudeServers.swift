internal import JSON
internal import Turns

/// The servers that Claude Code is given: all that it has, because it is told to look at no others.
struct ClaudeServers {
  /// What `--mcp-config` says: the path of a private file, because there may be secrets in it; nil for nothing.
  let word: String?
  /// What a sandbox has to show.
  let files: [String]

  /// The servers of a scope.
  init(_ scope: AgentScope?) {
    guard let scope, !scope.servers.isEmpty else {
      (word, files) = (nil, [])
      return
    }
    var json = JSONWriter()
    json.value(["mcpServers": .object(JSONObject(scope.servers.map { ($0.name, Self.json($0)) }))])
    word = scope.keep(json.bytes)
    files = scope.shown
  }

  private static func json(_ server: ToolServer) -> JSONValue {
    guard let url = server.url else {
      return [
        "type": "stdio", "command": .string(server.command.first ?? ""),
        "args": .array(server.command.dropFirst().map { .string($0) }), "env": ToolServer.json(server.env),
      ]
    }
    return ["type": "http", "url": .string(url), "headers": ToolServer.json(server.headers)]
  }
}
