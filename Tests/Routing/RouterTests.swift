import Console
import Testing

@testable import Routing
@testable import Settings

@Suite struct RouterTests {
  private static let config = #"""
    { "default_agent": "claude",
      "agents": { "claude": {}, "codex": {}, "opencode": {}, "faq": {}, "gone": { "enabled": false } },
      "addresses": { "ops": "telegram:-100" },
      "projects": { "api": { "workdir": "/srv/api", "agent": "codex", "model": "m1" },
                    "law": { "workdir": "/srv/law", "mode": "plan" } },
      "rules": [
        { "if": { "text": { "glob": "late*" } }, "set": { "agent": "faq" } },
        { "name": "help", "if": { "platform": "slack", "channel": "#help" }, "set": { "agent": "faq" }, "priority": 10 },
        { "if": { "text": { "regex": "(?i)^urgent\\b" } }, "priority": 20,
          "set": { "prompt": "Be quick.", "reply_to": "ops", "model": "fast" } },
        { "if": { "sender": ["spam1", "spam2"] }, "set": { "drop": true }, "priority": 30 },
        { "if": { "account": "work", "thread": "7", "chat": "direct" }, "set": { "project": "api" }, "priority": 5 },
        { "if": { "text": { "glob": "late*" } }, "set": { "agent": "codex" } },
        { "if": { "mentioned": true, "platform": "qq" }, "set": { "mode": "plan" } },
        { "if": { "platform": "line" }, "set": { "project": "law" } }
      ] }
    """#

  static let table:
    [(
      text: String, session: String, sender: String, chat: String, mentioned: Bool, sticky: String?,
      agent: String?, rule: String
    )] = [
      ("hello", "slack:%23help", "U", "group", false, nil, "faq", "help"),
      ("hello", "slack:%23help", "U", "group", false, "codex", "faq", "help"),
      ("hello", "slack:%23helpme", "U", "group", false, nil, "claude", "default"),
      ("hello", "telegram:1", "U", "direct", false, "codex", "codex", "sticky"),
      ("review it", "telegram:1", "U", "direct", false, "codex", "codex", "sticky"),
      ("git push", "telegram:1", "U", "direct", false, nil, "opencode", "keywords"),
      ("latest", "telegram:1", "U", "direct", false, nil, "faq", "rules[0]"),
      ("urgent: git push", "telegram:1", "U", "direct", false, nil, "opencode", "keywords"),
      ("URGENT hello", "slack:%23help", "U", "group", false, nil, "claude", "default"),
      ("urgently", "telegram:1", "U", "direct", false, nil, "claude", "default"),
      ("hello", "telegram:1", "spam2", "direct", false, "codex", nil, "rules[3]"),
      ("hello", "feishu@work:x:7", "U", "direct", false, nil, "codex", "rules[4]"),
      ("hello", "feishu@work:x:8", "U", "direct", false, nil, "claude", "default"),
      ("hello", "feishu@work:x:7", "U", "group", false, nil, "claude", "default"),
      ("hello", "telegram:1", "U", "direct", false, "gone", "claude", "default"),
      ("hello", "telegram:1", "U", "direct", false, "unheard-of", "claude", "default"),
      ("hello", "telegram:1", "U", "direct", false, "cursor", "cursor", "sticky"),
    ]

  @Test("who gets what", arguments: table.indices) func decides(row: Int) throws {
    let row = Self.table[row]
    let router = try Router(try settings(Self.config))
    var choice = SessionChoice()
    choice.agent = row.sticky
    let facts = try message(
      row.text, in: row.session, from: row.sender, chat: row.chat, mentioned: row.mentioned)
    let decision = router.decide(facts, in: choice)
    #expect(decision.agent == row.agent && decision.reason.text == row.rule, "\(decision)")
    #expect((decision.droppedBy != nil) == (row.agent == nil))
  }

  @Test("what a rule sets besides the agent")
  func sets() throws {
    let router = try Router(try settings(Self.config))
    let urgent = router.decide(try message("urgent x", in: "telegram:1"), in: SessionChoice())
    #expect(urgent.prompt == "Be quick." && urgent.replyTo == "telegram:-100" && urgent.model == "fast")
    #expect(urgent.rule == "rules[2]")
    let project = router.decide(
      try message("x", in: "feishu@work:x:7", chat: "direct"), in: SessionChoice())
    #expect(project.workdir == "/srv/api" && project.project == "api" && project.model == "m1")
    #expect(router.decide(try message("x", in: "line:1"), in: SessionChoice()).mode == "plan")
    let plan = router.decide(try message("x", in: "qq:1", mentioned: true), in: SessionChoice())
    #expect(plan.mode == "plan" && plan.agent == "claude")
    #expect(router.decide(try message("x", in: "qq:1"), in: SessionChoice()).mode == nil)
  }

  @Test("a conversation's choices: the strict mode wins, a model belongs to its agent")
  func choices() throws {
    let router = try Router(try settings(Self.config))
    var choice = SessionChoice()
    choice.agent = "claude"
    choice.model = "opus"
    choice.mode = "plan"
    choice.project = "api"
    let own = router.decide(try message("x", in: "telegram:1"), in: choice)
    #expect(own.agent == "claude" && own.model == "opus" && own.mode == "plan" && own.workdir == "/srv/api")
    let other = router.decide(try message("x", in: "slack:%23help"), in: choice)
    #expect(other.agent == "faq" && other.model == "m1" && other.mode == "plan")
    let explicit = router.decide(try message("x", in: "telegram:1"), in: choice, explicit: "codex")
    #expect(explicit.agent == "codex" && explicit.reason == .explicit && explicit.model == "m1")
    choice.agent = nil
    let project = router.decide(try message("x", in: "telegram:1"), in: choice)
    #expect(project.agent == "codex" && project.reason == .project && project.isSticky)
  }

  @Test("only what is not for one message is kept")
  func sticky() throws {
    let router = try Router(try settings(Self.config))
    #expect(router.decide(try message("git", in: "telegram:1"), in: SessionChoice()).isSticky)
    #expect(router.decide(try message("x", in: "telegram:1"), in: SessionChoice()).isSticky)
    #expect(!router.decide(try message("x", in: "slack:%23help"), in: SessionChoice()).isSticky)
  }

  @Test("agents of the command line are the only ones, and the default of the pipe comes first")
  func commandLine() throws {
    let settings = try settings(Self.config)
    let only = try Router(settings, only: ["shell"], standard: "shell")
    var choice = SessionChoice()
    choice.agent = "claude"
    #expect(only.decide(try message("review", in: "telegram:1"), in: choice).agent == "shell")
    let standard = try Router(settings, standard: "codex")
    #expect(standard.decide(try message("hello", in: "telegram:1"), in: SessionChoice()).agent == "codex")
    #expect(standard.agents.candidates.first == "codex")
    #expect(!standard.agents.all.contains("gone") && standard.agents.all.contains("cursor"))
    let nobody = try Router(try routingSettings("{}"))
    #expect(nobody.decide(try message("git", in: "telegram:1"), in: SessionChoice()).agent == nil)
    let single = try Router(try routingSettings(#"{ "agents": { "x": {} } }"#))
    #expect(single.decide(try message("git", in: "telegram:1"), in: SessionChoice()).reason == .only)
  }

  @Test("a rule that cannot be used is named")
  func mistakes() throws {
    for (rule, words) in [
      (#"{ "if": { "text": { "regex": "(" } }, "set": { "agent": "a" } }"#, "rules[0]"),
      (#"{ "name": "odd", "if": { "sender": { "regex": "[" } }, "set": { "agent": "a" } }"#, "rule odd"),
      (#"{ "name": "there", "set": { "reply_to": "nowhere" } }"#, "reply_to 'nowhere'"),
    ] {
      do {
        _ = try Router(try settings("{ \"rules\": [\(rule)] }"))
        Issue.record("\(rule) is accepted")
      } catch let failure as Failure {
        #expect(failure.code == .configuration && failure.message.contains(words), "\(failure)")
      }
    }
  }

  @Test("names of agents, as people say them")
  func names() throws {
    let agents = AgentNames(try settings(#"{ "agents": { "night": { "driver": "codex" } } }"#))
    #expect(agents.find("Claude-Code") == "claude" && agents.find("antigravity") == "agy")
    #expect(agents.find("night") == "night" && agents.find("CODEX") == "codex" && agents.find("x") == nil)
    #expect(agents.of(.codex) == "codex")
  }
}
