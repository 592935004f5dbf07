internal import JSON
internal import Network
internal import Peers
internal import Turns

/// Whether a tool is one of agim's own: OpenCode writes a server's name before those of its tools, so that two
/// servers can have tools of one name.
extension OpenCodeServer {
  /// The whole name of one of our tools, from its name here; another text for another tool.
  static func ownName(_ name: String) -> String {
    let prefix = "\(AgentScope.name)_"
    guard name.utf8.starts(with: prefix.utf8) else { return "" }
    return "mcp__\(AgentScope.name)__" + name.dropFirst(prefix.utf8.count)
  }

  /// Calls back with whether no server but ours can have a tool that looks like ours.
  func whetherOursAlone(_ then: @escaping (Bool) throws -> Void) {
    guard process.scope?.path != nil else { return (try? then(false)) ?? () }
    call("GET", "/mcp", total: 10_000) { result in
      guard case .success(let response) = result, response.head.isSuccess,
        let servers = Self.json(response)?.object
      else { return try then(false) }
      let like = servers.members.map(\.name).filter { $0.utf8.starts(with: AgentScope.name.utf8) }
      try then(like == [AgentScope.name])
    }
  }
}
