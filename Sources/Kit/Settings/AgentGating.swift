/// How far the gate decides about what an agent does.
package struct AgentGating: Equatable, Sendable {
  /// Who decides about what the tools of an agent do.
  package enum Level: String, Sendable, CaseIterable {
    /// Every call of a tool goes through the policy, but for what is told as `unasked`.
    case gated
    /// It reads, or does more, without asking: what nobody may read is hidden from it, or it only reads.
    case partly = "partly gated"
    /// What it does is not asked about: it is confined, elsewhere, or a program like any other.
    case open = "not gated"
  }

  /// How far.
  package let level: Level
  /// What it does without asking; nil for nothing that is known.
  package let unasked: String?

  private init(_ level: Level, unasked: String? = nil) { (self.level, self.unasked) = (level, unasked) }

  /// What is known of an agent of a kind.
  ///
  /// `name`: of the agent, where its driver is for programs of any name.
  package static func of(driver: String, name: String) -> AgentGating {
    known[driver] ?? (driver == "acp" ? known[name] : nil) ?? other
  }

  private static let other = AgentGating(.partly, unasked: "what it asks about is its own affair")

  private static let known: [String: AgentGating] = [
    "shell": AgentGating(.gated),
    "claude": AgentGating(.gated),
    "codex": AgentGating(.gated, unasked: "looking at pictures, which is confined, and servers' resources"),
    "opencode": AgentGating(.partly, unasked: "in some versions, what its sub-agents do"),
    "agy": AgentGating(.partly, unasked: "reading; it cannot write, in a sandbox"),
    "cursor-print": AgentGating(.partly, unasked: "reading; it cannot write, in a sandbox"),
    "exec": AgentGating(.open, unasked: "all that the program does"),
    "remote": AgentGating(.open, unasked: "all that it does on another machine"),
    "copilot": AgentGating(.partly, unasked: "reading"),
    "cursor": AgentGating(
      .partly,
      unasked:
        "reading and editing; with \"approvalMode\": \"unrestricted\" in its cli-config.json everything"),
    "fast-agent": AgentGating(.partly, unasked: "what a person once allowed for ever in its own files"),
    "gemini": AgentGating(.partly, unasked: "reading in its workspace"),
    "goose": AgentGating(.partly, unasked: "reading"),
    "hermes": AgentGating(.open, unasked: "every command that it does not take for dangerous, and reading"),
    "kimi": AgentGating(.partly, unasked: "searching and listing files"),
    "openclaw": AgentGating(.open, unasked: "everything that its gateway allows by itself"),
    "qwen": AgentGating(.partly, unasked: "reading in its workspace"),
    "vibe": AgentGating(.partly, unasked: "reading and searching"),
  ]
}

extension AgentSettings {
  /// How far the gate decides about what this agent does.
  package var gating: AgentGating { .of(driver: driver, name: name) }
}
