import Console
import JSON
import Testing

@testable import Policy

@Suite struct GrantTests {
  private func proposal(_ command: String) throws -> Grant? {
    try makePolicy().judge(bash(command), subject: subject).proposal
  }

  @Test("a grant is exact: agent, work directory, session and every word")
  func exact() throws {
    let policy = try makePolicy()
    let grant = try #require(try proposal("npm test"))
    #expect(policy.judge(bash("npm test"), subject: subject, grants: [grant]).rule == "grant")
    #expect(policy.judge(bash(#"npm "te"st # again"#), subject: subject, grants: [grant]).rule == "grant")
    for other in [
      "npm test x", "npm", "npm run test", "npm test; rm x", "npm test > x", "A=1 npm test", "npm $X",
      "npm te*",
    ] {
      #expect(policy.judge(bash(other), subject: subject, grants: [grant]).verdict != .allow, "\(other)")
    }
    var agent = subject
    agent.agent = "codex"
    var session = subject
    session.session = "tty:other"
    #expect(policy.judge(bash("npm test"), subject: agent, grants: [grant]).verdict == .ask)
    #expect(policy.judge(bash("npm test"), subject: session, grants: [grant]).verdict == .ask)
    #expect(policy.judge(bash("npm test"), subject: session, grants: [grant.everywhere]).rule == "grant")
    #expect(
      policy.judge(bash("npm test", workdir: work + "/src"), subject: subject, grants: [grant]).verdict
        == .ask)
  }

  @Test("shells, scripts and what only running would tell are never granted")
  func never() throws {
    for command in [
      "sh run.sh", "./run.sh", "bash -c ls", "sh", "env sh", "python3", "eval ls", "rm $X", "rm *.txt",
      "source run.sh",
      "echo x > CLAUDE.md", "while true; do rm x; done", "echo ls | sh", "sudo bash",
    ] {
      #expect(try proposal(command) == nil, "\(command)")
    }
  }

  @Test("several commands, or another tool, are granted with their complete input")
  func input() throws {
    let policy = try makePolicy()
    let grant = try #require(try proposal("npm ci && npm test"))
    #expect(policy.judge(bash("npm ci && npm test"), subject: subject, grants: [grant]).rule == "grant")
    #expect(policy.judge(bash("npm ci; npm test"), subject: subject, grants: [grant]).verdict == .ask)
    let call = ToolCall(tool: "mcp__x", input: Array(#"{"a":1,"b":[true]}"#.utf8), workdir: work)
    let same = ToolCall(tool: "mcp__x", input: Array(#"{"b":[true],"a":1}"#.utf8), workdir: work)
    let other = ToolCall(tool: "mcp__x", input: Array(#"{"b":[true],"a":2}"#.utf8), workdir: work)
    let exact = try #require(policy.judge(call, subject: subject).proposal)
    #expect(policy.judge(same, subject: subject, grants: [exact]).rule == "grant")
    #expect(policy.judge(other, subject: subject, grants: [exact]).verdict == .ask)
  }

  @Test("a prefix is only for programs that can but report")
  func prefix() throws {
    let policy = try makePolicy()
    let df = try #require(try proposal("df -h")?.wider)
    #expect(policy.judge(bash("df -a /"), subject: subject, grants: [df]).rule == "grant")
    #expect(policy.judge(bash("df --unknown"), subject: subject, grants: [df]).verdict == .ask)
    #expect(policy.judge(bash("df; rm x"), subject: subject, grants: [df]).verdict == .ask)
    #expect(policy.judge(bash("df > x"), subject: subject, grants: [df]).verdict == .ask)
    #expect(try proposal("npm test")?.wider == nil)
    var forged = try #require(try proposal("npm test"))
    forged.matter = .prefix(["npm"])
    #expect(policy.judge(bash("npm install"), subject: subject, grants: [forged]).verdict == .ask)
  }

  @Test("what is stored is what is read")
  func stored() throws {
    for command in ["npm test", "npm ci && npm test", "df -h"] {
      let grant = try #require(try proposal(command))
      #expect(Grant(grant.json) == grant)
      #expect(Grant(grant.everywhere.json) == grant.everywhere)
      if let wider = grant.wider { #expect(Grant(wider.json) == wider) }
    }
    for text in [
      #"{}"#, #"[]"#, #"{"agent":"a","workdir":"/","programs":[],"words":[]}"#,
      #"{"agent":"a","workdir":"/","programs":[],"words":["x"],"more":1}"#,
    ] {
      #expect(Grant(try JSONReader.parse(text)) == nil, "\(text)")
    }
  }
}

@Suite struct RuleTests {
  @Test(
    "a mistake is named with its place",
    arguments: [
      (#"[1]"#, "policy[0]: expected an object"),
      (#"[{"then":"maybe"}]"#, #"policy[0].then: expected "allow""#),
      (#"[{"if":{}}]"#, #"policy[0]: "then" is missing"#),
      (#"[{"then":"ask"},{"if":{"chatt":"group"},"then":"ask"}]"#, #"did you mean "chat"?"#),
      (#"[{"iff":{},"then":"ask"}]"#, #"did you mean "if"?"#),
      (#"[{"if":{"chat":"room"},"then":"ask"}]"#, "policy[0].if.chat"),
      (#"[{"if":{"person":"bob"},"then":"ask"}]"#, "PLATFORM:ID"),
      (#"[{"if":{"workdir":"src"},"then":"ask"}]"#, "begins with / or ~/"),
      (#"[{"if":{"tool":[]},"then":"ask"}]"#, "empty array"),
      (#"[{"if":{"tool":7},"then":"ask"}]"#, "string"),
      (#"[{"if":[],"then":"ask"}]"#, "policy[0].if: expected an object"),
    ])
  func mistakes(_ text: String, _ words: String) throws {
    let failure = try #require(throws: Failure.self) { _ = try rules(text) }
    #expect(failure.code == .configuration)
    #expect("\(failure)".contains(words), "\(failure)")
  }
}
