package import JSON

/// An MCP server that an agent is given: our own, or one that the configuration names.
package struct ToolServer: Equatable, Sendable {
  /// What it is called.
  package var name: String
  /// The program and its arguments; empty where it is on the network.
  package var command: [String]
  /// Variables that it gets; they may be secrets.
  package var env: [String: String]
  /// Where it is; nil for a program.
  package var url: String?
  /// Headers of requests to it; they may be secrets.
  package var headers: [String: String]

  /// A server of its parts.
  package init(
    name: String, command: [String] = [], env: [String: String] = [:], url: String? = nil,
    headers: [String: String] = [:]
  ) {
    (self.name, self.command, self.env, self.url, self.headers) = (name, command, env, url, headers)
  }

  /// Variables or headers as an object.
  package static func json(_ pairs: [String: String]) -> JSONValue {
    .object(JSONObject(pairs.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) }))
  }

  /// Variables or headers as a list of objects.
  package static func list(_ pairs: [String: String]) -> JSONValue {
    .array(
      pairs.sorted { $0.key < $1.key }.map { ["name": .string($0.key), "value": .string($0.value)] })
  }
}
