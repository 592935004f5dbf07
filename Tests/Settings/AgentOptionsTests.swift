import Testing

@testable import Settings

/// Settings of agents' programs that keep people from being asked.
@Suite struct AgentOptionsTests {
  private func objections(
    _ driver: String, _ command: String? = nil, env: [String: String] = [:], mode: String? = nil,
    name: String? = nil
  ) -> [AgentObjection] {
    AgentOptions.objections(
      driver: driver, name: name, command: command?.split(separator: " ").map(String.init), env: env,
      mode: mode)
  }

  static let refused: [(String, String)] = [
    ("claude", "claude --dangerously-skip-permissions"),
    ("claude", "claude --allow-dangerously-skip-permissions"),
    ("claude", "claude --dangerously-skip-permissions=true"),
    ("claude", "claude --dangerously-load-development-channels x"),
    ("claude", "claude --permission-mode bypassPermissions"),
    ("claude", "claude --permission-mode=bypassPermissions"),
    ("claude", "claude --permission-mode acceptEdits"), ("claude", "claude --permission-mode auto"),
    ("claude", "claude --permission-mode dontAsk"), ("claude", "claude --permission-mode BYPASSPERMISSIONS"),
    ("claude", "claude --permission-mode"),
    ("claude", "claude --allowedTools Bash"), ("claude", "claude --allowed-tools=Bash(git:*)"),
    ("claude", "claude --permission-prompt-tool mcp__x__y"),
    ("claude", "claude --permission-prompts none"), ("claude", "claude --settings /x.json"),
    ("claude", "claude --setting-sources user,project"), ("claude", "claude --setting-sources=local"),
    ("claude", "claude --plugin-dir ./p"), ("claude", "claude --agents agents.json"),
    ("claude", "claude --agents {\"a\":{\"permissionMode\":\"auto\"}}"), ("claude", "claude --bg"),
    ("claude", "/opt/wrap/claude --model x --dangerously-skip-permissions"),
    ("claude", "env FOO=1 claude --dangerously-skip-permissions"),
    ("claude", "npx -y @anthropic-ai/claude-code --dangerously-skip-permissions"),
    ("acp", "claude-code-acp --permission-mode auto"),
    ("exec", "claude -p --dangerously-skip-permissions"),
    ("codex", "codex --dangerously-bypass-approvals-and-sandbox app-server"), ("codex", "codex --yolo"),
    ("codex", "codex --full-auto"), ("codex", "codex -a never"), ("codex", "codex -anever"),
    ("codex", "codex -a=never"), ("codex", "codex --ask-for-approval=never"),
    ("codex", "codex --ask-for-approval on-failure"), ("codex", "codex --approve-for-me"),
    ("codex", "codex --dangerously-bypass-hook-trust"), ("codex", "codex -s danger-full-access"),
    ("codex", "codex -sdanger-full-access"), ("codex", "codex --sandbox=danger-full-access"),
    ("codex", "codex -c approval_policy=never"), ("codex", "codex -c approval_policy=\"never\""),
    ("codex", "codex -capproval_policy=never"), ("codex", "codex --config=approval_policy='never'"),
    ("codex", "codex --config sandbox_mode=danger-full-access"),
    ("codex", "codex -c approvals_reviewer=auto_review"),
    ("codex", "codex -c mcp_servers.x.default_tools_approval_mode=approve"),
    ("codex", "codex -c profiles.x.approval_policy=never"),
    ("codex", "codex -c projects./w.trust_level=trusted"), ("codex", "codex --enable guardian_approval"),
    ("codex", "codex -c features.guardian_approval=true"),
    ("cursor", "cursor-agent --force"), ("cursor", "cursor-agent -f"), ("cursor", "cursor-agent -pf"),
    ("cursor", "cursor-agent --yolo"), ("cursor", "cursor-agent --approve-mcps"),
    ("cursor", "cursor-agent --sandbox disabled"), ("cursor", "cursor-agent --auto-review"),
    ("cursor", "cursor-agent --trust"),
    ("acp", "gemini --acp --yolo"), ("acp", "gemini --acp -y"), ("acp", "gemini --acp -dy"),
    ("acp", "gemini --acp --approval-mode yolo"), ("acp", "gemini --acp --approvalMode=auto_edit"),
    ("acp", "gemini --acp --approval-mode=autoEdit"), ("acp", "gemini --acp --allowed-tools run_shell"),
    ("acp", "gemini --acp --allowedTools x"), ("acp", "gemini --skip-trust"),
    ("acp", "npx @google/gemini-cli --yolo"), ("acp", "qwen --acp --yolo=true"),
    ("acp", "qwen --acp --approval-mode auto-edit"), ("acp", "qwen --approval_mode yolo"),
    ("acp", "copilot --acp --allow-all-tools"), ("acp", "copilot --acp --allow-all-paths"),
    ("acp", "copilot --acp --allow-tool shell(git)"), ("acp", "copilot --acp --allow-all"),
    ("acp", "copilot --acp --no-ask-user"), ("agy", "agy --dangerously-skip-permissions"),
    ("opencode", "opencode --auto"), ("acp", "opencode acp --auto"),
    ("opencode", "opencode --dangerously-skip-permissions"),
    ("acp", "kimi --yolo acp"), ("acp", "kimi -y acp"), ("acp", "kimi --yes acp"),
    ("acp", "kimi --auto-approve acp"), ("acp", "kimi --print"), ("acp", "kimi --quiet"),
    ("acp", "python3 -m kimi_cli --yolo acp"),
    ("acp", "vibe-acp --agent auto-approve"), ("acp", "vibe-acp --agent=accept-edits"),
    ("acp", "vibe-acp --auto-approve"), ("acp", "vibe-acp --smart-approve"), ("acp", "vibe-acp --agent mine"),
    ("acp", "fast-agent-acp --no-permissions"), ("acp", "hermes-acp --yolo"), ("acp", "hermes --yol acp"),
    ("acp", "hermes-acp --accept-hooks"), ("acp", "goose acp --yolo"),
    ("acp", "env GOOSE_MODE=auto goose acp"),
    ("acp", "openhands acp --always-approve"), ("acp", "openhands acp --llm-approve"),
    ("acp", "something-new --yolo"), ("acp", "something-new --auto-approve"),
  ]

  @Test("what keeps people from being asked is found", arguments: refused)
  func refuses(_ driver: String, _ command: String) {
    let found = objections(driver, command)
    #expect(found.count == 1, "\(command): \(found.map(\.text))")
    #expect(found.first?.place == "command" && found.first?.reason.isEmpty == false)
  }

  static let harmless: [(String, String)] = [
    ("claude", "claude"), ("claude", "claude --model opus --effort high"),
    ("claude", "claude --permission-mode plan"), ("claude", "claude --permission-mode=default"),
    ("claude", "claude --permission-prompt-tool stdio"), ("claude", "claude --setting-sources=user"),
    ("claude", "claude --setting-sources user"), ("claude", "claude --mcp-config servers.json"),
    ("claude", "claude --add-dir /srv/docs"), ("claude", "claude --disallowedTools Bash"),
    ("claude", "claude --append-system-prompt be_careful"), ("claude", "claude --restricted --safe-mode"),
    ("claude", "claude --dangerously-skip-permissions=false"),
    ("codex", "codex app-server"), ("codex", "codex -a on-request -s workspace-write -m x"),
    ("codex", "codex -c model=\"o3\" -c approval_policy=untrusted"), ("codex", "codex -Cdata exec"),
    ("codex", "codex -c sandbox_mode=read-only"), ("codex", "codex --add-dir /x"),
    ("cursor", "cursor-agent --mode plan --sandbox enabled"),
    ("acp", "gemini --acp --approval-mode default -m x"), ("acp", "gemini --acp --yolo=false"),
    ("acp", "copilot --acp --deny-tool shell"), ("acp", "kimi acp"), ("acp", "kimi --model x acp"),
    ("acp", "vibe-acp"), ("acp", "vibe-acp --agent ask"), ("acp", "fast-agent-acp --model x -x"),
    ("acp", "hermes-acp"), ("opencode", "opencode serve --port 0"), ("acp", "goose acp"),
    ("acp", "env GOOSE_MODE=approve goose acp"), ("exec", "mytool --yolo"), ("exec", "sh run.sh"),
    ("shell", "x --yolo"),
  ]

  @Test("what does not is let through", arguments: harmless)
  func allows(_ driver: String, _ command: String) {
    #expect(objections(driver, command).map(\.text) == [])
  }

  static let environment: [(String, String, String, Bool)] = [
    ("opencode", "OPENCODE_PERMISSION", #"{"bash":"allow"}"#, true),
    ("opencode", "OPENCODE_PERMISSION", #"{"bash":"ask"}"#, false),
    ("opencode", "OPENCODE_CONFIG_CONTENT", #"{"permission":{"*":"allow"}}"#, true),
    ("opencode", "OPENCODE_CONFIG_CONTENT", #"{"model":"x"}"#, false),
    ("claude", "CLAUDE_CODE_EVEN_MORE_DANGEROUSLY_SKIP_PERMISSIONS", "1", true),
    ("claude", "CLAUDE_CODE_EVEN_MORE_DANGEROUSLY_SKIP_PERMISSIONS", "0", false),
    ("claude", "CLAUDE_CODE_MANAGED_SETTINGS_PATH", "/x", true), ("claude", "ANTHROPIC_BASE_URL", "x", false),
    ("claude", "CLAUDE_CONFIG_DIR", "/x", false), ("copilot", "COPILOT_ALLOW_ALL", "true", true),
    ("acp", "HERMES_YOLO_MODE", "1", true), ("acp", "HERMES_YOLO_MODE", "", false),
    ("goose", "GOOSE_MODE", "auto", true), ("goose", "GOOSE_MODE", "approve", false),
    ("vibe", "VIBE_BYPASS_TOOL_PERMISSIONS", "true", true), ("vibe", "VIBE_DEFAULT_AGENT", "ask", false),
    ("vibe", "VIBE_DEFAULT_AGENT", "auto-approve", true),
    ("gemini", "GEMINI_CLI_TRUST_WORKSPACE", "true", true),
    ("exec", "HERMES_YOLO_MODE", "1", false),
  ]

  @Test("variables count as well", arguments: environment)
  func variables(_ driver: String, _ name: String, _ value: String, _ isRefused: Bool) {
    let found = objections(driver, env: [name: value])
    #expect(found.isEmpty == !isRefused, "\(name)=\(value): \(found.map(\.text))")
    #expect(found.allSatisfy { $0.place == "env" && $0.word == name })
  }

  @Test("modes of all programs are known")
  func modes() {
    for mode in [
      "acceptEdits", "accept-edits", "auto_edit", "autoEdit", "yolo", "bypassPermissions", "dontAsk", "auto",
      "auto-approve", "smart-approve", "full-auto", "never", "danger-full-access", "autopilot",
    ] {
      #expect(objections("claude", mode: mode).count == 1, "\(mode)")
    }
    for mode in ["plan", "default", "ask", "manual", "agent", "build"] {
      #expect(objections("claude", mode: mode).isEmpty, "\(mode)")
    }
  }

  @Test("a text for a shell is looked into, and every objection is told")
  func texts() {
    let found = AgentOptions.objections(
      driver: "acp", name: nil,
      command: ["bash", "-c", "exec gemini --acp --yolo; true"], env: ["GEMINI_YOLO": "1"], mode: "yolo")
    #expect(found.map(\.place) == ["command", "env", "mode"])
    #expect(found[0].text == "command: '--yolo' lets it use its tools without asking")
  }

  @Test("an agent that is trusted may have them all")
  func trusted() throws {
    for (flag, count) in [("false", 1), ("true", 0)] {
      let json = #"""
        {"agents": {"c": {"driver": "claude", "command": ["claude", "--dangerously-skip-permissions"],
                          "trusted": \#(flag)}}}
        """#
      #expect(try settings(json).agent("c").objections.count == count)
    }
  }

  @Test("a message must not tell a program to stop asking")
  func prompts() {
    for text in [
      "/yolo", " /YOLO on", "/yolo\non", "\n/yolo", "\u{A0}/yolo", "\u{FEFF}/yolo", "\u{3000}/yolo\u{3000}on",
      "\u{200B}/yolo", "/yolo:on",
    ] {
      #expect(AgentOptions.silencing(text) == "/yolo", "\(text)")
    }
    for text in ["/permissions", "/auto\n", "/allow-all"] {
      #expect(AgentOptions.silencing(text) != nil, "\(text)")
    }
    for text in ["yolo", "what does /yolo do?", "/compact", "/", "", "/yolox", "/sandbox/a.c", "//yolo"] {
      #expect(AgentOptions.silencing(text) == nil, "\(text)")
    }
  }

  @Test("programs are known behind what starts them")
  func programs() {
    let cases: [(String, String, AgentProgram?)] = [
      ("acp", "/usr/bin/gemini --acp", .gemini), ("acp", "npx -y @google/gemini-cli@1.2 --acp", .gemini),
      ("acp", "uvx kimi-cli==1.3 acp", .kimi), ("acp", "vibe-acp", .vibe), ("acp", "hermes-acp", .hermes),
      ("acp", "fast-agent-acp -x", .fastAgent), ("acp", "claudette", nil), ("acp", "my-agent", nil),
      ("codex", "anything", .codex), ("exec", "cat", nil), ("shell", "claude", nil),
    ]
    for (driver, command, program) in cases {
      let words = command.split(separator: " ").map(String.init)
      #expect(AgentProgram.of(driver: driver, command: words, name: nil) == program, "\(command)")
    }
    #expect(AgentProgram.of(driver: "acp", command: nil, name: "kimi") == .kimi)
    #expect(AgentProgram.of(driver: "kimi", command: nil, name: "kimi") == .kimi)
  }
}
