internal import Policy

/// The programs that are known by their names.
extension ACPPreset {
  /// In the order of their names.
  package static let table: [ACPPreset] = [
    ACPPreset(
      name: "copilot", command: ["copilot", "--acp"],
      login: "run `copilot` in a terminal and enter /login", dialect: .copilot, plan: "plan",
      own: [".copilot"], resume: nil),
    ACPPreset(
      name: "cursor", command: ["cursor-agent", "acp"],
      login: "run `cursor-agent login` in a terminal, or set CURSOR_API_KEY in agents.NAME.env",
      dialect: .cursor, asking: ["agent"], plan: "plan", own: [".cursor"], authenticate: "cursor_login"),
    // Its modes are the agents that its user has defined.
    ACPPreset(
      name: "fast-agent", command: ["fast-agent-acp"],
      login: "put the provider's key into agents.NAME.env or fast-agent.secrets.yaml", dialect: .fastAgent,
      asking: []),
    ACPPreset(
      name: "gemini", command: ["gemini", "--acp"],
      login: "run `gemini` in a terminal and log in, or set GEMINI_API_KEY in agents.NAME.env",
      dialect: .gemini, fallback: ["gemini", "--experimental-acp"], plan: "plan", own: [".gemini"]),
    ACPPreset(
      name: "goose", command: ["goose", "acp"],
      login: "run `goose configure` in a terminal", dialect: .acp, asking: ["approve", "default"],
      plan: "chat", own: [".config/goose", ".local/share/goose", ".local/state/goose"],
      environment: ["GOOSE_MODE": "approve"]),
    ACPPreset(
      name: "hermes", command: ["hermes-acp"],
      login: "run `hermes setup` in a terminal", dialect: .hermes, own: [".hermes"],
      stopsLate: true, failing: ["HTTP 4", "HTTP 5", "API call failed after "]),
    ACPPreset(
      name: "kimi", command: ["kimi", "acp"],
      login: "run `kimi login` in a terminal", dialect: .kimi, own: [".kimi"],
      kinds: [
        "Shell": "execute", "Bash": "execute", "WriteFile": "edit", "StrReplaceFile": "edit",
        "ReadFile": "read", "ReadMediaFile": "read", "Glob": "search", "Grep": "search",
        "SearchWeb": "fetch", "FetchURL": "fetch",
      ], resume: ["kimi", "--session"]),
    // A bridge to a gateway, which may run elsewhere and has an approval of its own.
    ACPPreset(
      name: "openclaw", command: ["openclaw", "acp"],
      login: "run `openclaw configure` in a terminal",
      dialect: .acp, own: [".openclaw"]),
    ACPPreset(
      name: "qwen", command: ["qwen", "--acp"],
      login: "run `qwen` in a terminal and log in", dialect: .qwen,
      fallback: ["qwen", "--experimental-acp"], plan: "plan", own: [".qwen"]),
    ACPPreset(
      name: "vibe", command: ["vibe-acp"],
      login: "run `vibe --setup` in a terminal, or set MISTRAL_API_KEY in agents.NAME.env", dialect: .vibe,
      asking: ["ask", "default"], plan: "plan", own: [".vibe"], resume: ["vibe", "--resume"],
      countsSession: true),
  ]

  /// Whether a mode, by its id, is one that asks for less.
  static func isSilent(_ mode: String) -> Bool {
    let mode = Array(mode.lowercased().utf8)
    return ["yolo", "auto", "bypass", "accept", "dont", "full", "never", "unrestricted", "skip", "turbo"]
      .contains { ACPWords.contains(mode, Array($0.utf8)) }
  }
}
