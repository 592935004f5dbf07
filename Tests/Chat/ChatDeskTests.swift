import Routing
import Settings
import Store
import Testing

@testable import Chat

@Suite struct ChatDeskTests {
  private static let config = #"""
    { "agents": { "claude": {}, "night": { "driver": "codex" } },
      "projects": { "api": { "workdir": "/srv/api", "agent": "night" }, "law": { "mode": "plan" } } }
    """#

  private func desk(_ config: String = config, only: [String]? = nil) throws -> ChatDesk {
    let settings = try Settings.parse(
      config: Array(config.utf8), env: nil, home: Home(path: "/h"), environment: ["HOME": "/home/me"])
    return ChatDesk(AgentNames(settings, only: only), settings)
  }

  private func context(
    _ rank: People.Rank = .allowed, _ language: Language = .en, agent: String? = nil, isWorking: Bool = false
  ) -> ChatDesk.Context {
    var choice = SessionChoice()
    choice.agent = agent
    return ChatDesk.Context(
      rank: rank, language: language, choice: choice, messages: 3, isWorking: { isWorking },
      sessions: { ["a line"] }, ownCommands: { ["deploy"] })
  }

  private func ask(_ text: String, _ context: ChatDesk.Context) throws -> ChatOutcome {
    guard case .command(let name, let argument) = ChatText(text) else {
      Issue.record("\(text) is no command")
      return .answer("")
    }
    return try desk().answer(name: name, argument: argument, context)
  }

  private func text(_ outcome: ChatOutcome) -> String {
    guard case .answer(let text, _, _) = outcome else { return "\(outcome)" }
    return text
  }

  private func choice(_ outcome: ChatOutcome) -> SessionChoice? {
    guard case .answer(_, let change, _) = outcome else { return nil }
    return change?.choice
  }

  @Test("every command of everybody gives an answer in both languages", arguments: ChatVerb.allCases)
  func everyCommand(verb: ChatVerb) throws {
    for language in Language.allCases {
      for rank in [People.Rank.allowed, .approver, .admin] {
        switch try desk().answer(name: verb.rawValue, argument: "", context(rank, language)) {
        case .answer(let text, _, _): #expect(!text.isEmpty)
        case .ask(let asked, _): #expect(asked == verb && verb.isService && rank >= verb.rank)
        case .agentCommand(let command): #expect(command == verb.rawValue)
        case .retry: #expect(verb == .retry)
        case .remind(let kind, let argument):
          #expect(argument.isEmpty && verb == (kind == .text ? .remind : .cron) && rank >= verb.rank)
        case .heartbeat(let command):
          #expect(verb == .heartbeat && command == .list && rank >= .approver)
        case .job(let command): #expect(verb == .job && command == .list)
        case .goal(let command):
          #expect(verb == .completeGoal ? command == .complete("") : command == .show)
        case .attach(let id): #expect(verb == .attach && id == nil && rank >= .approver)
        case .forward, .aside, .unknown, .keep, .link: Issue.record("/\(verb) is not answered")
        }
      }
    }
  }

  @Test("who has no rank for a command is told which it needs", arguments: ChatVerb.allCases)
  func ranks(verb: ChatVerb) throws {
    for rank in [People.Rank.allowed, .approver, .admin] {
      let text = text(try desk().answer(name: verb.rawValue, argument: "", context(rank)))
      let refused = text.hasPrefix("Only an")
      #expect(refused == (verb.isBuilt && rank < verb.rank), "/\(verb) \(rank): \(text)")
    }
  }

  @Test("help is made from the table and shows what one may use")
  func help() throws {
    let mine = text(try ask("/help", context()))
    for verb in ChatVerb.allCases {
      #expect(mine.contains("/\(verb.syntax)") == (!verb.isBuilt || verb.rank <= .allowed), "\(verb)")
    }
    #expect(!mine.contains("deploy"))
    #expect(text(try ask("/help", context(.admin))).contains("/deploy"))
    #expect(text(try ask("/help /web", context())).contains("not built yet"))
    #expect(text(try ask("/help nix", context())).contains("no command /nix"))
    #expect(text(try ask("/help", context(.allowed, .zh))).contains("命令"))
  }

  @Test("a switch moves the conversation and drops what belonged to the agent before")
  func switches() throws {
    var before = context(agent: "claude")
    before.choice.model = "m"
    before.choice.think = "high"
    before.choice.mode = "plan"
    guard case .answer(_, let change, let control) = try ask("/cx", before) else {
      Issue.record("no answer")
      return
    }
    #expect(control == ControlAction("switch", agent: "codex"))
    #expect(change?.choice.agent == "codex" && change?.choice.model == nil && change?.choice.think == nil)
    #expect(change?.choice.mode == "plan" && change?.beginsAnew == false)
    #expect(choice(try ask("/cc", before))?.model == "m")
    guard case .forward(let agent, let words, let moved) = try ask("/oc fix /this", before) else {
      Issue.record("not forwarded")
      return
    }
    #expect(agent == "opencode" && words == "fix /this" && moved.choice.agent == "opencode")
    guard case .forward("night", "do it", _) = try ask("/agent night do it", before) else {
      Issue.record("not forwarded")
      return
    }
    #expect(text(try ask("/agent nobody", before)).contains("There is no agent nobody"))
    #expect(text(try ask("/agent", before)).contains("claude"))
    #expect(choice(try ask("/agent nobody x", before)) == nil)
  }

  @Test("only agents of the pipe can be had")
  func only() throws {
    let desk = try desk(only: ["shell"])
    #expect(text(try desk.answer(name: "cc", argument: "", context())).contains("There are: shell"))
    guard case .answer(_, let change, _) = try desk.answer(name: "sh", argument: "", context())
    else { return }
    #expect(change?.choice.agent == "shell")
  }

  @Test("a new conversation keeps the project and the strict mode, and forgets the rest")
  func new() throws {
    var before = context(agent: "claude")
    before.choice.model = "m"
    before.choice.mode = "plan"
    before.choice.project = "api"
    guard case .answer(let said, let change, let control) = try ask("/new", before) else { return }
    #expect(change?.beginsAnew == true && control == ControlAction("new"))
    #expect(change?.choice.agent == nil && change?.choice.model == nil)
    #expect(change?.choice.mode == "plan" && change?.choice.project == "api")
    #expect(said.contains("api") && said.contains("plan"))
  }

  @Test("settings of the conversation")
  func settings() throws {
    #expect(choice(try ask("/plan on", context()))?.mode == "plan")
    #expect(choice(try ask("/model gpt-5", context()))?.model == "gpt-5")
    #expect(choice(try ask("/model default", context())) == SessionChoice())
    #expect(choice(try ask("/think HIGH", context()))?.think == "high")
    #expect(choice(try ask("/verbose full", context()))?.verbose == "full")
    for text in ["/plan maybe", "/think a lot", "/verbose loud", "/model -rf", "/model a b"] {
      let outcome = try ask(text, context())
      #expect(self.text(outcome).hasPrefix("This is written"), "\(text)")
      #expect(choice(outcome) == nil)
    }
    #expect(text(try ask("/plan", context())).contains("off"))
  }

  @Test("projects")
  func projects() throws {
    let moved = choice(try ask("/project api", context(agent: "claude")))
    #expect(moved?.project == "api" && moved?.agent == "night")
    #expect(text(try ask("/project", context())).contains("/srv/api"))
    #expect(text(try ask("/project apy", context())).contains("api, law"))
    var inside = context()
    inside.choice.project = "law"
    #expect(choice(try ask("/project none", inside)) == SessionChoice())
    #expect(text(try ask("/plan off", inside)).contains("configuration"))
    #expect(text(try ask("/status", inside)).contains("plan"))
  }

  @Test("the work is stopped, or there is none; both are passed on")
  func abort() throws {
    for word in ["/abort", "stop", "停止", "中止"] {
      guard case .answer(let text, nil, let control) = try ask(word, context(isWorking: true)) else {
        Issue.record("\(word)")
        continue
      }
      #expect(text == "Stopping." && control == ControlAction("abort"))
    }
    guard case .answer("Nothing runs here now.", nil, ControlAction("abort")) = try ask("stop", context())
    else {
      Issue.record("no word about it")
      return
    }
  }

  @Test("an unknown command names the nearest one")
  func unknown() throws {
    let desk = try desk()
    #expect(desk.unknown("staus", context()).contains("/status"))
    #expect(desk.unknown("deplou", context(.admin)).contains("/deploy"))
    #expect(!desk.unknown("deplou", context()).contains("/deploy"))
    #expect(!desk.unknown("xyzzy", context()).contains("Did you mean"))
    guard case .unknown("xyzzy", "a b") = try ask("/xyzzy a b", context()) else {
      Issue.record("known")
      return
    }
  }
}
