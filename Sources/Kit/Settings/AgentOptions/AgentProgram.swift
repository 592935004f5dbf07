/// The agents whose programs are known by name, whichever driver runs them.
package enum AgentProgram: String, CaseIterable, Sendable {
  case agy
  case claude
  case codex
  case copilot
  case cursor
  case fastAgent = "fast-agent"
  case gemini
  case goose
  case hermes
  case kimi
  case opencode
  case openhands
  case qwen
  case vibe

  /// The program of an agent; nil where it is not known.
  ///
  /// Its driver says it, else the program that is configured, else the agent's own name.
  package static func of(driver: String, command: [String]?, name: String?) -> AgentProgram? {
    if let program = AgentProgram(rawValue: driver) { return program }
    guard driver == "acp" || driver == "exec" else { return nil }
    guard let command else { return name.flatMap(named) }
    // Behind what starts it, too: env, npx, uvx, sudo, a shell with a text.
    for word in command.prefix(16) {
      for part in AgentOptions.parts(of: word) {
        if let program = named(part) { return program }
      }
    }
    return nil
  }

  /// The program that a word names: a path, a package or a name.
  static func named(_ word: String) -> AgentProgram? {
    var name = word.utf8[...]
    if let slash = name.lastIndex(of: UInt8(ascii: "/")) { name = name[slash...].dropFirst() }
    if let version = name.firstIndex(of: UInt8(ascii: "@")) { name = name[..<version] }
    // `kimi_cli` of Python, `gemini-cli` of a package, `claude-code-acp`, `agent` of Cursor.
    for program in allCases {
      let wanted = program.rawValue.utf8
      guard name.starts(with: wanted) else { continue }
      let rest = name.dropFirst(wanted.count)
      if rest.isEmpty || rest.first == UInt8(ascii: "-") || rest.first == UInt8(ascii: "_")
        || rest.first == UInt8(ascii: ".")
      {
        return program
      }
    }
    return nil
  }
}
