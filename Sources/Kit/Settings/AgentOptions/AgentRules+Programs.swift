/// The options of each program.
extension AgentRules {
  static func of(_ program: AgentProgram?) -> AgentRules {
    switch program {
    case .claude: claude
    case .codex: codex
    case .cursor: cursor
    case .gemini, .qwen: gemini
    case .copilot: copilot
    case .opencode: opencode
    case .kimi: kimi
    case .vibe: vibe
    case .fastAgent: fastAgent
    case .hermes: hermes
    case .goose: goose
    case .agy, .openhands, nil: AgentRules(takesAbbreviations: program != .agy)
    }
  }

  private static let theirs = "lets the settings of a repository hold, and they may allow anything"
  private static let elsewhere = "makes it work where agim does not see it"

  /// The same words in many programs.
  static let everywhere: [Option] = [
    Option("--yolo", because: unasked), Option("--dangerously-skip-permissions", because: unasked),
    Option("--allow-dangerously-skip-permissions", because: "lets it stop asking later"),
    Option("--dangerously-bypass-approvals-and-sandbox", because: unasked),
    Option("--skip-permissions", because: unasked),
    Option("--auto-approve", because: unasked), Option("--always-approve", because: unasked),
    Option("--llm-approve", because: "lets a model decide instead of people"),
    Option("--no-permissions", because: unasked),
    Option("--full-auto", because: unasked), Option("--allow-all", because: unasked),
    Option("--allow-all-tools", because: unasked),
    Option("--bypass-permissions", because: unasked), Option("--auto-confirm", because: unasked),
  ]

  private static let claude = AgentRules(
    options: [
      Option(
        "--permission-mode", if: .anythingBut(["default", "manual", "plan"]),
        because: "decides some calls without asking anybody"),
      Option("--allowed-tools", because: "allows tools without asking; allow them in agim's policy"),
      Option("--permission-prompt-tool", if: .anythingBut(["stdio"]), because: "lets somebody else answer"),
      Option(
        "--permission-prompts", if: .anythingBut(["host"]), because: "makes it answer its own questions"),
      Option("--settings", because: "may hold permissions and hooks that answer for people"),
      Option("--setting-sources", if: .holds(["project", "local"]), because: theirs),
      Option("--plugin-dir", "--plugin-url", because: "may bring hooks that answer for people"),
      Option(
        "--agents",
        if: .test { value in
          value.utf8.first != UInt8(ascii: "{") || holds(value, "permissionMode") || holds(value, "hooks")
        }, because: "may hold agents that do not ask"),
      Option(
        "--bg", "--background", "--cloud", "--teleport", "--desktop", "--remote-control", because: elsewhere),
    ],
    variables: [
      Variable("CLAUDE_CODE_MANAGED_SETTINGS_PATH", "may name settings that answer for people"),
      Variable("CLAUDE_CODE_REMOTE_SETTINGS_PATH", "may name settings that answer for people"),
    ])

  private static let codex = AgentRules(
    options: [
      Option("--dangerously-bypass-hook-trust", because: "runs hooks that nobody has looked at"),
      Option("--approve-for-me", because: "lets a model decide instead of people"),
      Option(
        "--ask-for-approval", "-a", if: .anythingBut(["on-request", "untrusted"]),
        because: "keeps it from asking"),
      Option(
        "--sandbox", "-s", if: .values(["danger-full-access"]),
        because: "takes away the sandbox, which is what makes it ask"),
      Option("--config", "-c", if: .setting(isLooseForCodex), because: "keeps it from asking"),
      Option(
        "--enable", if: .test { holds($0.lowercased(), "guardian") || holds($0.lowercased(), "approv") },
        because: "lets a model decide instead of people"),
      Option("--remote", "--code-mode-host", because: elsewhere),
    ],
    variables: [Variable("CODEX_EXEC_SERVER_URL", elsewhere)])

  private static func isLooseForCodex(_ key: String, _ value: String) -> Bool {
    switch key {
    case "approval_policy": value != "on-request" && value != "untrusted"
    case "sandbox_mode": value == "danger-full-access"
    case "approvals_reviewer": value != "user"
    case "default_permissions", "permissions", "mcp_servers", "projects", "hooks", "features": true
    default:
      // Whole tables, and keys of tables.
      ["permissions.", "projects.", "hooks."].contains { key.utf8.starts(with: $0.utf8) }
        || holds(key, "approval") || holds(key, "guardian")
        || key.utf8.starts(with: "profiles.".utf8) && (holds(key, "sandbox") || holds(key, "approval"))
        || key.utf8.starts(with: "mcp_servers.".utf8) && holds(value, "approval")
    }
  }

  private static let cursor = AgentRules(options: [
    Option("--force", "-f", because: unasked),
    Option("--approve-mcps", because: "starts servers without asking"),
    Option("--sandbox", if: .values(["disabled"]), because: "takes away the sandbox"),
    Option("--auto-review", because: "lets a model decide instead of people"),
    Option("--trust", because: theirs),
    Option("--cloud", "-c", because: elsewhere),
  ])

  private static let gemini = AgentRules(
    options: [
      Option("-y", because: unasked),
      Option(
        "--approval-mode", if: .anythingBut(["default", "plan"]), because: "decides some calls without asking"
      ),
      Option("--allowed-tools", because: "allows tools without asking; allow them in agim's policy"),
      Option("--policy", "--admin-policy", because: "may hold rules that allow tools"),
      Option("--skip-trust", because: theirs),
    ],
    variables: [
      Variable("GEMINI_CLI_TRUST_WORKSPACE", theirs),
      Variable("GEMINI_CLI_SYSTEM_SETTINGS_PATH", "may name settings that answer for people"),
      Variable("QWEN_CODE_SYSTEM_SETTINGS_PATH", "may name settings that answer for people"),
    ])

  private static let copilot = AgentRules(options: [
    Option("--allow-tool", because: "allows tools without asking; allow them in agim's policy"),
    Option("--allow-all-paths", because: "lets it leave its directory without asking"),
    Option("--allow-all-urls", "--allow-url", because: "lets it use the network without asking"),
    Option("--autopilot", because: unasked),
    Option("--no-ask-user", because: "makes it answer its own questions"),
    Option("--mode", if: .test { objection(mode: $0) != nil }, because: "decides some calls without asking"),
  ])

  private static let opencode = AgentRules(
    options: [Option("--auto", because: unasked)],
    variables: [
      Variable("OPENCODE_PERMISSION", if: { holds($0.lowercased(), "allow") }, "allows tools without asking"),
      Variable(
        "OPENCODE_CONFIG_CONTENT",
        if: { holds($0, "permission") && holds($0.lowercased(), "allow") || holds($0, "plugin") },
        "allows tools without asking"),
    ])

  private static let kimi = AgentRules(options: [
    Option("--yes", "-y", "--auto", "--afk", because: unasked),
    Option(
      "--print", "--quiet", because: "lets it use its tools without asking, as it does without a terminal"),
    Option("--config", if: .test { holds($0.lowercased(), "yolo") }, because: unasked),
  ])

  private static let vibe = AgentRules(
    options: [
      Option(
        "--agent", if: .anythingBut(["ask", "default", "plan", "chat"]),
        because: "may decide calls without asking"),
      Option("--smart-approve", because: "lets a model decide instead of people"),
      Option("--trust", because: theirs),
    ],
    variables: [
      Variable(
        "VIBE_DEFAULT_AGENT", if: { !["ask", "default", "plan", "chat"].contains($0) },
        "may decide calls without asking")
    ])

  private static let fastAgent = AgentRules(options: [])

  private static let hermes = AgentRules(
    options: [Option("--accept-hooks", because: "runs hooks that nobody has looked at")],
    takesAbbreviations: true)

  private static let goose = AgentRules(variables: [
    Variable(
      "GOOSE_MODE", if: { !["approve", "chat"].contains($0.lowercased()) }, "decides calls without asking")
  ])
}
