internal import Settings

/// What a person types that is a command of the program's own.
extension Turn {
  /// Ends the turn when its text would tell the program itself to stop asking, unless it is trusted.
  ///
  /// For drivers whose programs take commands as texts. Those of Claude Code pass the policy each, and the
  /// servers of Codex and OpenCode take a text for nothing but a text.
  ///
  /// - Returns: Whether the turn has ended so.
  package func endsUntold() -> Bool {
    guard !settings.isTrusted, let command = AgentOptions.silencing(text) else { return false }
    fail(code: "not_trusted", "\(settings.name) is not told \(command): that could keep it from asking.")
    return true
  }
}
