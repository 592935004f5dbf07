/// A program that can be given agim's own tools, and the file where it looks for servers.
package enum ServedProgram: String, Sendable, CaseIterable {
  case claude
  case codex
  case cursor
  case gemini
  case opencode

  /// Its hooks, where it has some that are known.
  package var hooks: HookedProgram? { HookedProgram(rawValue: rawValue) }

  /// The file, as the environment has it; nil without a home.
  package func path(_ environment: [String: String]) -> String? {
    func named(_ variable: String) -> String? { environment[variable].flatMap { $0.isEmpty ? nil : $0 } }
    let home = named("HOME")
    return switch self {
    case .claude: (named("CLAUDE_CONFIG_DIR") ?? home).map { "\($0)/.claude.json" }
    case .codex: (named("CODEX_HOME") ?? home.map { "\($0)/.codex" }).map { "\($0)/config.toml" }
    case .cursor: home.map { "\($0)/.cursor/mcp.json" }
    case .gemini: home.map { "\($0)/.gemini/settings.json" }
    case .opencode:
      (named("XDG_CONFIG_HOME") ?? home.map { "\($0)/.config" }).map { "\($0)/opencode/opencode.json" }
    }
  }

  /// The name of the member that holds the servers; nil where the file is not JSON.
  var member: String? {
    switch self {
    case .claude, .cursor, .gemini: "mcpServers"
    case .opencode: "mcp"
    case .codex: nil
    }
  }
}
