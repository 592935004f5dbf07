/// Whose tools are called: each kind of agent has names of its own for what its tools do.
package enum ToolDialect: String, Sendable, CaseIterable {
  /// Tools that many agents share, where nothing says which agent it is.
  case any
  /// Told by a protocol that says what is done: our own names `Bash`, `Read`, `Write`, `Edit`, `WebFetch`.
  case told
  /// Somebody else's tool, of an MCP server as a rule: no name means anything here.
  case foreign
  /// The kinds of the Agent Client Protocol: `execute`, `read`, `edit` and so on.
  case acp
  case agy
  case claude
  case codex
  case copilot
  case cursor
  case fastAgent = "fast-agent"
  case gemini
  case hermes
  case kimi
  case opencode
  case qwen
  case vibe

  /// The dialect of an agent, by its driver and, for `acp`, by the program that it runs.
  ///
  /// Where no command is configured, the agent's name means a well-known program.
  package static func of(driver: String, command: [String]? = nil, name: String? = nil) -> ToolDialect {
    switch driver {
    case "claude": return .claude
    case "codex": return .codex
    case "opencode": return .opencode
    case "cursor": return .cursor
    case "agy": return .agy
    case "shell": return .told
    case "exec", "remote": return .any
    default: break
    }
    // An ACP agent: known by its program, or by the name that stands for it.
    guard let word = command?.first ?? name ?? (driver == "acp" ? nil : driver) else { return .acp }
    let program = Paths.name(word)
    return programs.first { program.utf8.starts(with: $0.name.utf8) }?.dialect ?? .acp
  }

  /// What the names of the programs begin with.
  private static let programs: [(name: String, dialect: ToolDialect)] = [
    ("claude-code-acp", .claude), ("claude-agent-acp", .claude), ("claude", .claude), ("codex", .codex),
    ("copilot", .copilot), ("cursor", .cursor), ("agy", .agy), ("fast-agent", .fastAgent),
    ("gemini", .gemini), ("hermes", .hermes), ("kimi", .kimi), ("opencode", .opencode), ("qwen", .qwen),
    ("vibe", .vibe),
  ]
}
