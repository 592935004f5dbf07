internal import Console
internal import JSON
internal import Settings
internal import Stage
internal import System
internal import Turns

/// How Claude Code is started for a conversation: what it takes another program to change.
struct ClaudeLaunch: Equatable {
  /// What the configuration says about the agent.
  let settings: AgentSettings
  /// Where it works.
  let workdir: String
  /// How hard it is to think; nil for its own way.
  let effort: String?

  init(_ turn: Turn) {
    settings = turn.settings
    workdir = turn.workdir
    effort = Self.effort(turn.effort)
  }

  /// The program that is run where the configuration names none.
  static let program = "claude"

  /// Options that are ours to set, and those that switch hooks off, our own with them.
  ///
  /// What else would keep people from being asked is refused by `AgentOptions`, when agim-run starts.
  private static let refused: Set<String> = [
    "--bare", "--continue", "-c", "--fork-session", "--input-format", "--output-format", "--permission-mode",
    "--print", "-p", "--resume", "-r", "--session-id",
  ]
  /// Variables that switch hooks off.
  private static let refusedVariables = ["CLAUDE_CODE_SIMPLE"]

  /// The command line.
  ///
  /// - Throws: `Failure` where the configuration takes the program from under the gate.
  func words(
    resuming native: NativeSession?, model: String?, mode: String, servers: ClaudeServers
  ) throws(Failure) -> [String] {
    let command = settings.command ?? [Self.program]
    for word in command.dropFirst() {
      let name = word.split(separator: "=", maxSplits: 1).first.map(String.init) ?? word
      guard !Self.refused.contains(name) else {
        throw Failure(
          .configuration,
          "agent \(settings.name): \(name) is not for \"command\": it is agim's to set, or takes "
            + "the program's tools from under the gate", hint: "leave it out")
      }
    }
    for name in Self.refusedVariables where settings.env[name] != nil {
      throw Failure(
        .configuration, "agent \(settings.name): \(name) takes its tools from under the gate",
        hint: "leave it out of \"env\"")
    }
    var words = command
    words += [
      "-p", "--input-format", "stream-json", "--output-format", "stream-json", "--verbose",
      "--include-partial-messages", "--replay-user-messages", "--permission-prompt-tool", "stdio",
      "--setting-sources=user", "--strict-mcp-config",
    ]
    // Hooks of the user's settings could answer in a person's place, or change what was allowed.
    if !settings.isTrusted { words.append("--settings={\"disableAllHooks\":true}") }
    words.append("--permission-mode=\(mode)")
    // In one word, because the option takes every word behind it.
    if let servers = servers.word { words.append("--mcp-config=\(servers)") }
    if let model { words.append("--model=\(model)") }
    if let effort { words.append("--effort=\(effort)") }
    if let native {
      words.append("--resume=\(native.id)")
      if native.isForeign { words.append("--fork-session") }
    }
    return words
  }

  /// Variables that it gets besides those that every agent has.
  var variables: [String: String] {
    var more = ["PWD": workdir]
    if settings.env["DISABLE_AUTOUPDATER"] == nil { more["DISABLE_AUTOUPDATER"] = "1" }
    // In a sandbox only this directory can be written, so all of its state must be there.
    if settings.sandbox != "none" { more["CLAUDE_CONFIG_DIR"] = configDirectory }
    return more
  }

  /// Where it keeps its login and its sessions.
  var configDirectory: String {
    settings.env["CLAUDE_CONFIG_DIR"]
      ?? "\(settings.env["HOME"] ?? ProcessGuard.variable("HOME") ?? "")/.claude"
  }

  /// Its word for how hard it thinks.
  private static func effort(_ think: String?) -> String? {
    switch think {
    case "off", "low": "low"
    case "on": "medium"
    case "high", "max": think
    default: nil
    }
  }
}
