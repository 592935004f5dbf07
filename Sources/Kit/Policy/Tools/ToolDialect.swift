internal import Settings

/// Whose tools are called: each kind of agent has names of its own for what its tools do.
package enum ToolDialect: String, Sendable, CaseIterable {
  /// Tools that many agents share, where nothing says which agent it is.
  case any
  /// Told by a protocol that says what is done: our own names `Bash`, `Read`, `Write`, `Edit`, `WebFetch`.
  case told
  /// Somebody else's tool, of an MCP server as a rule: no name means anything here.
  case foreign
  /// Our own tools, called by whom agim-run itself gave our server: see `ToolCall.own`.
  case agim
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

  /// The dialect of an agent, by its driver and by the program that it runs.
  package static func of(driver: String, command: [String]? = nil, name: String? = nil) -> ToolDialect {
    if driver == "shell" { return .told }
    if driver == "exec" || driver == "remote" { return .any }
    let program = AgentProgram.of(driver: driver, command: command, name: name)
    return program.flatMap { ToolDialect(rawValue: $0.rawValue) } ?? .acp
  }
}
