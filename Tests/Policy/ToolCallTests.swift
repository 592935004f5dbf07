import JSON
import Testing

@testable import Policy

/// The tools of each agent, and the calls that drivers make of what protocols say.
@Suite struct ToolCallTests {
  private func object(_ text: String) throws -> JSONObject {
    let text = text.replacing("%H", with: home).replacing("%W", with: work)
    return try #require(try JSONReader.parse(text).object)
  }

  private func text(_ call: ToolCall) -> String { String(decoding: call.input ?? [], as: UTF8.self) }

  private func verdict(_ call: ToolCall, mode: PolicyMode = .ask) throws -> Judgement {
    try makePolicy().judge(call, subject: subject, mode: mode)
  }

  @Test("every call of an agent's own tools has its verdict")
  func table() throws {
    let policy = try makePolicy()
    var count = 0
    for line in try beside("agents.txt").split(separator: "\n") where !line.hasPrefix("#") {
      let parts = line.split(separator: "\t", maxSplits: 1).map(String.init)
      let head = parts[0].split(separator: " ").map(String.init)
      let words = parts[1].split(separator: " ", maxSplits: 1).map(String.init)
      let input = words[1].replacing("%H", with: home).replacing("%W", with: work)
      let call = ToolCall(
        tool: words[0], input: Array(input.utf8), workdir: work,
        dialect: .of(driver: head[0], name: head[0]))
      let judgement = policy.judge(call, subject: subject)
      #expect(
        judgement.verdict.rawValue == head[1], "\(line): \(judgement.verdict) by \(judgement.rule)")
      if head[1] == "deny" { #expect(judgement.rule.hasPrefix("hard-deny."), "\(line)") }
      count += 1
    }
    #expect(count > 250)
  }

  @Test("every entry of every table is understood")
  func entries() {
    for dialect in ToolDialect.allCases {
      for (tool, text) in ToolTables.table(dialect) {
        let entry = ToolEntry(text)
        #expect(
          text.split(separator: " ").first.map(String.init) == entry.kind.rawValue, "\(dialect) \(tool)")
        #expect(Set(entry.known).count == entry.known.count, "\(dialect) \(tool): a member twice")
        switch entry.kind {
        case .read, .write: #expect(!entry.paths.isEmpty, "\(dialect) \(tool)")
        case .shell, .patch, .fetch: #expect(!entry.texts.isEmpty, "\(dialect) \(tool)")
        case .list, .search: #expect(!(entry.paths + entry.patterns).isEmpty, "\(dialect) \(tool)")
        default: break
        }
      }
    }
    #expect(ToolTables.table(.foreign).isEmpty)
  }

  @Test("agents have the dialect of their program")
  func dialects() {
    #expect(ToolDialect.of(driver: "claude") == .claude)
    #expect(ToolDialect.of(driver: "acp", command: ["/opt/bin/gemini", "--acp"]) == .gemini)
    #expect(ToolDialect.of(driver: "acp", command: ["fast-agent-acp"]) == .fastAgent)
    #expect(ToolDialect.of(driver: "acp", command: ["goose", "acp"]) == .acp)
    #expect(ToolDialect.of(driver: "acp", command: ["my-agent"], name: "kimi") == .acp)
    #expect(ToolDialect.of(driver: "acp", name: "kimi") == .kimi)
    #expect(ToolDialect.of(driver: "shell") == .told && ToolDialect.of(driver: "exec") == .any)
  }

  @Test("a name means what it means to its own agent")
  func names() throws {
    let input = Array(#"{"file_path":"README.md"}"#.utf8)
    for (dialect, verdict) in [
      (ToolDialect.claude, Judgement.Verdict.allow), (.told, .allow), (.any, .allow), (.codex, .ask),
      (.opencode, .ask), (.foreign, .ask), (.acp, .ask), (.kimi, .ask),
    ] {
      let call = ToolCall(tool: "Read", input: input, workdir: work, dialect: dialect)
      #expect(try self.verdict(call).verdict == verdict, "\(dialect)")
    }
  }

  // MARK: Protocols that say what is done

  @Test("a line for a shell is shown without the shell around it")
  func commands() throws {
    let plain = ToolCall.command("cat one.txt", workdir: work)
    #expect(plain.tool == "Bash" && text(plain) == #"{"command":"cat one.txt"}"#)
    #expect(try verdict(plain).verdict == .allow)
    let wrapped = ToolCall.command("/bin/bash -lc 'touch c.txt && echo made'", workdir: work, directory: work)
    #expect(text(wrapped) == #"{"command":"touch c.txt && echo made","shell":["/bin/bash","-lc"]}"#)
    #expect(try verdict(wrapped).verdict == .ask)
    for (line, wanted) in [
      ("/bin/bash -lc 'cat one.txt'", Judgement.Verdict.allow), ("bash -c 'cat one.txt'", .allow),
      ("/usr/bin/dash -c 'cat one.txt'", .allow), ("zsh -c 'cat one.txt'", .ask),
      ("fish -c 'cat one.txt'", .ask), ("\(work)/node/bin/bash -lc 'cat one.txt'", .ask),
      ("./bash -lc 'cat one.txt'", .ask), ("/usr/bin/../bin/bash -lc 'cat one.txt'", .ask),
      ("/bin/bash -lc 'cat ~/.ssh/id_rsa'", .deny), ("/bin/bash -lc \"$X\"", .ask),
      ("/bin/bash -lc 'cat one.txt' > x", .ask), ("/bin/bash -lc", .ask),
    ] {
      #expect(try verdict(.command(line, workdir: work)).verdict == wanted, "\(line)")
    }
    let here = ToolCall.command("cat main.c", workdir: work, directory: work + "/src")
    #expect(text(here) == #"{"command":"cat main.c","workdir":"\#(work)/src"}"#)
    #expect(try verdict(here).verdict == .allow && verdict(here).proposal == nil)
    #expect(try verdict(.command("cat hostname", workdir: work, directory: "/etc")).verdict == .ask)
    #expect(try verdict(.command("cat id_rsa", workdir: work, directory: home + "/.ssh")).verdict == .deny)
    let variable = ToolCall.command("cat one.txt", workdir: work, environment: [("LD_PRELOAD", "/x")])
    #expect(try verdict(variable).verdict == .ask)
  }

  @Test("a grant for a command holds however the agent starts its shell, and for nothing else")
  func grants() throws {
    let policy = try makePolicy()
    let first = policy.judge(.command("/bin/bash -lc 'make test'", workdir: work), subject: subject)
    let grant = try #require(first.proposal)
    #expect(grant.matter == .words(["make", "test"]))
    for (call, isCovered) in [
      (ToolCall.command("/bin/bash -lc 'make test'", workdir: work), true),
      (.command("/bin/bash -lc 'make tests'", workdir: work), false),
      (.command("./bash -lc 'make test'", workdir: work), false),
      (.arguments(["/bin/bash", "-lc", "make test"], workdir: work), true),
      (.command("make test", workdir: work, environment: [("A", "b")]), false),
      (.server("x", tool: "Bash", input: try object(#"{"command":"make test"}"#), workdir: work), false),
      (
        ToolCall(
          tool: "execute", input: Array(#"{"command":"make test"}"#.utf8), workdir: work, dialect: .acp),
        false
      ),
    ] {
      let judgement = policy.judge(call, subject: subject, grants: [grant])
      #expect(judgement.verdict == (isCovered ? .allow : .ask), "\(text(call))")
    }
    // The other way round: a grant for a server's tool is for that tool alone.
    let foreign = ToolCall.other(
      "Bash", input: try object(#"{"command":"make test; make all"}"#), workdir: work)
    let other = try #require(policy.judge(foreign, subject: subject).proposal)
    #expect(policy.judge(foreign, subject: subject, grants: [other]).verdict == .allow)
    let own = ToolCall.command("make test; make all", workdir: work)
    #expect(policy.judge(own, subject: subject, grants: [other]).verdict == .ask)
  }

  @Test("words are no line: nothing in them means anything to a shell")
  func arguments() throws {
    let call = ToolCall.arguments(["cat", "$(x); rm", "one.txt"], workdir: work)
    #expect(text(call) == #"{"command":["cat","$(x); rm","one.txt"]}"#)
    #expect(try verdict(call).verdict == .allow)
    #expect(try verdict(.arguments(["cat", home + "/.ssh/id_rsa"], workdir: work)).verdict == .deny)
    #expect(try verdict(.arguments(["rm", "one.txt"], workdir: work)).verdict == .ask)
    #expect(try verdict(.arguments([], workdir: work)).rule == "incomplete")
  }

  @Test(
    "terminals: a whole line, or words, with directory and environment",
    arguments: [
      (#"{"command":"cat one.txt && ls","outputByteLimit":9}"#, "allow"),
      (#"{"command":"/bin/sh","args":["-lc","cat one.txt"]}"#, "allow"),
      (#"{"command":"cat","args":["one.txt"],"cwd":"%W","env":[]}"#, "allow"),
      (#"{"command":"cat","args":["id_rsa"],"cwd":"%H/.ssh"}"#, "deny"),
      (#"{"command":"/bin/sh","args":["-lc","touch f1.txt && echo made"]}"#, "ask"),
      (#"{"command":"cat","args":["one.txt"],"env":[{"name":"X","value":"1"}]}"#, "ask"),
      (#"{"command":"cat one.txt","env":{"X":"1"}}"#, "ask"),
      (#"{"command":"cat","args":["one.txt",7]}"#, "ask"),
      (#"{"command":"cat","args":"one.txt"}"#, "ask"), (#"{"command":["cat"]}"#, "ask"), ("{}", "ask"),
      (#"{"command":"cat ~/.ssh/id_rsa","args":[]}"#, "deny"),
      (#"{"command":"cat one.txt","args":null}"#, "allow"),
    ])
  func terminal(_ request: String, _ wanted: String) throws {
    let judgement = try verdict(.terminal(try object(request), workdir: work))
    #expect(judgement.verdict.rawValue == wanted, "\(judgement)")
  }

  @Test("files are read and changed by the same rules, every path of them")
  func files() throws {
    #expect(try verdict(.read("README.md", line: 1, limit: 5, workdir: work)).verdict == .allow)
    #expect(try verdict(.read("/etc/hostname", workdir: work)).verdict == .ask)
    #expect(try verdict(.read(home + "/.ssh/id_rsa", workdir: work)).verdict == .deny)
    #expect(try verdict(.write("x.txt", content: "x", workdir: work)).verdict == .ask)
    #expect(try verdict(.write(home + "/.bashrc", content: "x", workdir: work)).verdict == .deny)
    let one = FileChange(path: "one.txt", kind: "update", diff: "@@")
    let add = ToolCall.change([FileChange(path: "q.txt", kind: "add", diff: "hello\n")], workdir: work)
    #expect(text(add) == #"{"changes":[{"path":"q.txt","kind":"add","diff":"hello\n"}]}"#)
    #expect(try verdict(add).verdict == .ask)
    for (changes, rule) in [
      ([one], "default"), ([], "incomplete"), ([one, FileChange(path: "", kind: "add")], "incomplete"),
      ([one, FileChange(path: home + "/.ssh/authorized_keys", kind: "add")], "hard-deny.secret"),
      ([FileChange(path: "one.txt", kind: "update", target: home + "/.bashrc")], "hard-deny.persistence"),
      ([FileChange(path: "links/key", kind: "delete"), one], "hard-deny.secret"),
      ([one, FileChange(path: "CLAUDE.md", kind: "update")], "hard-ask.persistence"),
    ] {
      #expect(try verdict(.change(changes, workdir: work)).rule == rule, "\(changes)")
    }
    #expect(try verdict(.fetch("https://example.org", workdir: work)).verdict == .ask)
    #expect(try verdict(.fetch("file:///etc/shadow", workdir: work)).verdict == .deny)
  }

  @Test("a server's tool is asked about whatever it is called, and granted only exactly")
  func servers() throws {
    let input = try object(#"{"file_path":"README.md"}"#)
    for name in ["Read", "Bash", "TodoWrite", "read_file", "AskUserQuestion"] {
      let call = ToolCall.server("evil", tool: name, input: input, workdir: work)
      #expect(call.tool == "mcp__evil__\(name)" && !call.isQuestion)
      let judgement = try verdict(call)
      #expect(judgement.verdict == .ask && judgement.isGrantable, "\(name)")
      #expect(try verdict(call, mode: .plan).verdict == .deny)
      let grant = try #require(judgement.proposal)
      let more = ToolCall.server(
        "evil", tool: name, input: try object(#"{"file_path":"README.md","x":1}"#), workdir: work)
      #expect(try makePolicy().judge(more, subject: subject, grants: [grant]).verdict == .ask)
    }
    #expect(try verdict(.server("x", tool: "y", input: nil, workdir: work)).rule == "incomplete")
    #expect(
      try makePolicy(try rules(#"[{"if":{"tool":"Read"},"then":"allow"}]"#)).judge(
        .other("Read", input: input, workdir: work), subject: subject
      ).verdict == .ask)
  }

  @Test("questions are asked in every mode, whatever the rules say, and never granted")
  func questions() throws {
    let call = ToolCall(tool: "ExitPlanMode", input: Array("{}".utf8), workdir: work, dialect: .claude)
    #expect(call.isQuestion)
    let policy = try makePolicy(try rules(#"[{"then":"allow"}]"#))
    for mode in PolicyMode.allCases {
      let judgement = policy.judge(call, subject: subject, mode: mode)
      #expect(judgement.verdict == .ask && judgement.rule == "hard-ask.question" && !judgement.isGrantable)
    }
    #expect(!ToolCall(tool: "ExitPlanMode", input: nil, workdir: work).isQuestion)
  }

  @Test("what is known of a call counts for what nobody can allow, but is not enough to be granted")
  func partial() throws {
    for (input, rule) in [
      (#"{"file_path":"README.md"}"#, "incomplete"), (#"{"file_path":"%H/.ssh/id_rsa"}"#, "hard-deny.secret"),
    ] {
      let call = ToolCall(
        tool: "Read", input: ToolCall.bytes(try object(input)), workdir: work, dialect: .claude,
        isPartial: true)
      #expect(!call.isComplete)
      let judgement = try makePolicy(try rules(#"[{"then":"allow"}]"#)).judge(call, subject: subject)
      #expect(judgement.rule == rule && !judgement.isGrantable)
    }
  }

  // MARK: The Agent Client Protocol

  @Test(
    "what a permission request of the protocol asks for",
    arguments: [
      // What real agents sent.
      (
        "vibe",
        #"{"toolCallId":"e","title":"bash: ls","kind":"execute","rawInput":{"command":"ls"},"_meta":{"tool_name":"bash","effect_kind":"shell"}}"#,
        "bash", "allow"
      ),
      (
        "vibe",
        #"{"title":"bash: touch one.txt && echo made","kind":"execute","rawInput":{"command":"touch one.txt && echo made"},"_meta":{"tool_name":"bash"}}"#,
        "bash", "default"
      ),
      (
        "vibe",
        #"{"title":"Writing w.txt","kind":"edit","content":[{"path":"%W/w.txt","newText":"hello","type":"diff"}],"locations":[{"path":"%W/w.txt"}],"rawInput":{"filePath":"%W/w.txt","content":"hello"},"_meta":{"tool_name":"write_file"}}"#,
        "write_file", "default"
      ),
      ("vibe", #"{"toolCallId":"only"}"#, "other:", "incomplete"),
      (
        "vibe",
        #"{"title":"x","kind":"read","rawInput":{"path":"README.md"},"_meta":{"tool_name":"read_file"}}"#,
        "read_file", "allow"
      ),
      (
        "kimi",
        #"{"title":"Shell: touch one.txt && echo made","content":[{"type":"content","content":{"type":"text","text":"Requesting approval"}}]}"#,
        "Shell", "incomplete"
      ),
      (
        "kimi",
        #"{"title":"WriteFile: w.txt","content":[{"type":"diff","path":"%W/w.txt","oldText":"","newText":"hello"}]}"#,
        "WriteFile", "incomplete"
      ),
      (
        "kimi",
        #"{"title":"WriteFile: x","content":[{"type":"diff","path":"%H/.bashrc","newText":"hello"}]}"#,
        "WriteFile", "deny"
      ),
      (
        "kimi", #"{"title":"set_reminder: {\"at\": \"08:00\"}"}"#, "other:set_reminder: {\"at\": \"08:00\"}",
        "incomplete"
      ),
      (
        "fast-agent", #"{"title":"execute","kind":"execute","rawInput":{"command":"cat one.txt"}}"#,
        "execute", "allow"
      ),
      (
        "fast-agent",
        #"{"title":"execute","kind":"execute","rawInput":{"command":"cat","args":["one.txt"]}}"#, "execute",
        "allow"
      ),
      (
        "fast-agent",
        #"{"title":"execute","kind":"execute","rawInput":{"command":"cat","args":["%H/.ssh/id_rsa"]}}"#,
        "execute", "deny"
      ),
      (
        "fast-agent", #"{"title":"files/get_secret","kind":"read","rawInput":{"path":"README.md"}}"#, "read",
        "default"
      ),
      (
        "fast-agent", #"{"title":"files/read_text_file","kind":"read","rawInput":{"path":"README.md"}}"#,
        "read", "default"
      ),
      (
        "fast-agent", #"{"title":"srv/run_query","kind":"execute","rawInput":{"command":"ls"}}"#, "execute",
        "default"
      ),
      (
        "hermes",
        #"{"kind":"execute","title":"delete in root path: rm -rf %W/nothing","rawInput":{"command":"rm -rf %W/nothing && echo made","description":"delete in root path"}}"#,
        "execute", "default"
      ),
      (
        "hermes",
        #"{"kind":"edit","title":"Approve edit: %W/h.txt","content":[{"type":"diff","path":"%W/h.txt","newText":"hello"}],"rawInput":{"tool":"write_file","arguments":{"path":"%W/h.txt","content":"hello"}}}"#,
        "write_file", "default"
      ),
      (
        "hermes",
        #"{"kind":"edit","title":"Approve edit","rawInput":{"tool":"write_file","arguments":{"path":"%H/.ssh/config","content":"hello"}}}"#,
        "write_file", "deny"
      ),
      (
        "claude",
        #"{"title":"Read","kind":"read","rawInput":{"file_path":"%W/README.md"},"_meta":{"claudeCode":{"toolName":"Read"}}}"#,
        "Read", "allow"
      ),
      (
        "claude",
        #"{"title":"x","kind":"other","rawInput":{"file_path":"%W/README.md"},"_meta":{"claudeCode":{"toolName":"mcp__x__Read"}}}"#,
        "other:mcp__x__Read", "default"
      ),
      ("gemini", #"{"title":"ls -la","kind":"execute","locations":[]}"#, "execute", "incomplete"),
      ("gemini", #"{"title":"x","kind":"read","locations":[{"path":"%H/.ssh/id_rsa"}]}"#, "read", "deny"),
      // What hostile ones might.
      (
        "vibe",
        #"{"title":"x","kind":"other","rawInput":{"path":"README.md"},"_meta":{"tool_name":"read_file"}}"#,
        "other:read_file", "default"
      ),
      (
        "vibe", #"{"title":"x","kind":"think","rawInput":{"command":"ls"},"_meta":{"tool_name":"bash"}}"#,
        "other:bash", "default"
      ),
      (
        "vibe", #"{"title":"x","kind":"read","rawInput":{"command":"ls"},"_meta":{"tool_name":"bash"}}"#,
        "other:bash", "default"
      ),
      (
        "vibe",
        #"{"title":"x","kind":"read","rawInput":{"path":"README.md","also":"https://example.org"},"_meta":{"tool_name":"read_file"}}"#,
        "read_file", "default"
      ),
      (
        "vibe", #"{"title":"x","kind":"other","rawInput":{"action":"read"},"_meta":{"tool_name":"todo"}}"#,
        "other:todo", "default"
      ),
      (
        "vibe", #"{"title":"x","rawInput":{"command":"ls"},"_meta":{"tool_name":"bash"}}"#, "bash",
        "incomplete"
      ),
      (
        "vibe",
        #"{"title":"bash: ls","kind":"execute","rawInput":{"command":"ls"},"_meta":{"tool_name":"srv_bash"}}"#,
        "other:srv_bash", "default"
      ),
      ("some-agent", #"{"title":"x","kind":"read","rawInput":{"path":"README.md"}}"#, "read", "default"),
      ("some-agent", #"{"title":"Bash","kind":"execute","rawInput":{"command":"ls"}}"#, "execute", "default"),
      (
        "some-agent", #"{"title":"x","kind":"no-such-kind","rawInput":{"path":"README.md"}}"#,
        "other:no-such-kind", "default"
      ),
      ("some-agent", #"{"title":"x","kind":7,"rawInput":"README.md"}"#, "other:x", "incomplete"),
      (
        "some-agent",
        #"{"title":"x","kind":"edit","content":[{"type":"diff","path":"%H/.ssh/x","newText":"x"}],"rawInput":{"path":"one.txt"}}"#,
        "edit", "deny"
      ),
      (
        "some-agent", #"{"title":"x","kind":"delete","rawInput":{"path":"one.txt"},"locations":[]}"#,
        "delete", "default"
      ),
    ])
  func acp(_ agent: String, _ request: String, _ tool: String, _ wanted: String) throws {
    let call = ToolCall.acp(
      try object(request), dialect: .of(driver: "acp", command: [agent]), workdir: work)
    let judgement = try verdict(call)
    #expect(call.tool == tool)
    let got = judgement.verdict == .ask ? judgement.rule : judgement.verdict.rawValue
    #expect(got == wanted, "\(text(call)): \(judgement)")
  }

  // MARK: OpenCode

  @Test(
    "what OpenCode's server asks for",
    arguments: [
      ("bash", ["ls"], "bash", #"{"command":"ls"}"#, "bash", "allow"),
      ("bash", ["npm test"], "bash", #"{"command":"npm test"}"#, "bash", "default"),
      ("edit", ["one.txt"], "write", #"{"filePath":"%W/one.txt","content":"x"}"#, "write", "default"),
      (
        "edit", ["one.txt"], "apply_patch", #"{"patchText":"*** Begin Patch\n*** Update File: one.txt\n"}"#,
        "apply_patch", "default"
      ),
      ("read", ["/etc/hostname"], "read", #"{"filePath":"/etc/hostname"}"#, "read", "default"),
      ("external_directory", ["/etc/*"], "read", #"{"filePath":"/etc/hostname"}"#, "read", "default"),
      ("external_directory", ["/x"], "bash", #"{"command":"cat ~/.ssh/id_rsa"}"#, "bash", "deny"),
      ("doom_loop", ["bash"], "bash", #"{"command":"ls"}"#, "other:bash", "default"),
      // Tools of servers whose names come out as those of built-in ones.
      (
        "apply_patch", ["*"], "apply_patch", #"{"patchText":"*** Begin Patch\n*** Update File: one.txt\n"}"#,
        "other:apply_patch", "default"
      ),
      ("todo_read", ["*"], "todo_read", "{}", "other:todo_read", "default"),
      (
        "agim_set_reminder", ["*"], "agim_set_reminder", #"{"text":"tea"}"#, "other:agim_set_reminder",
        "default"
      ),
      ("bash", ["ls"], nil, nil, "other:bash", "incomplete"),
      ("edit", ["%H/.bashrc"], nil, nil, "other:edit", "incomplete"),
      ("read", ["%H/.ssh/id_rsa"], nil, nil, "other:read", "deny"),
    ] as [(String, [String], String?, String?, String, String)])
  func opencode(
    _ permission: String, _ patterns: [String], _ tool: String?, _ input: String?, _ name: String,
    _ wanted: String
  ) throws {
    let call = ToolCall.opencode(
      permission: permission, patterns: patterns.map { $0.replacing("%H", with: home) }, tool: tool,
      input: try input.map { try object($0) }, workdir: work)
    let judgement = try verdict(call)
    #expect(call.tool == name)
    let got = judgement.verdict == .ask ? judgement.rule : judgement.verdict.rawValue
    #expect(got == wanted, "\(text(call)): \(judgement)")
  }
}
