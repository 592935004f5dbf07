internal import Console
package import Routing
package import Settings
internal import Store
internal import Text

/// Answers chat commands: what somebody typed, and what holds in the conversation, become an outcome.
///
/// It changes nothing itself and asks the store only through the closures that it is given.
package struct ChatDesk {
  /// Where and by whom a command is given.
  package struct Context {
    /// What this person may do.
    package var rank: People.Rank
    /// The language of the answer.
    package var language: Language
    /// What the conversation has chosen.
    package var choice: SessionChoice
    /// How many messages the conversation has had.
    package var messages: Int
    /// Whether a turn runs in it.
    package var isWorking: () throws -> Bool
    /// What there is to say of an agent that is left alone because it failed; nil of one that works.
    package var leftAlone: (String) throws -> Phrase?
    /// What the conversation works towards; nil where there is nothing.
    package var goal: () throws -> String?
    /// Every conversation in use as a line, the last used first.
    package var sessions: () throws -> [String]
    /// The commands of this installation.
    package var ownCommands: () -> [String]

    /// A context of its parts.
    package init(
      rank: People.Rank, language: Language, choice: SessionChoice, messages: Int = 0,
      isWorking: @escaping () throws -> Bool = { false },
      leftAlone: @escaping (String) throws -> Phrase? = { _ in nil },
      goal: @escaping () throws -> String? = { nil },
      sessions: @escaping () throws -> [String] = { [] }, ownCommands: @escaping () -> [String] = { [] }
    ) {
      self.rank = rank
      self.language = language
      self.choice = choice
      self.messages = messages
      self.isWorking = isWorking
      self.leftAlone = leftAlone
      self.goal = goal
      self.sessions = sessions
      self.ownCommands = ownCommands
    }
  }

  private let agents: AgentNames
  private let settings: Settings

  /// A desk for a configuration.
  package init(_ agents: AgentNames, _ settings: Settings) {
    self.agents = agents
    self.settings = settings
  }

  /// What a command comes to.
  package func answer(name: String, argument: String, _ context: Context) throws -> ChatOutcome {
    let words = context.language.catalogue
    guard let verb = ChatVerb(word: name) else { return .unknown(name: name, argument: argument) }
    guard verb.isBuilt else { return .answer(words.say(.notBuilt(meanwhile: words.meanwhile(verb)))) }
    guard context.rank >= verb.rank else { return .answer(words.say(.needs(verb.rank))) }
    if verb == .memo {
      let (word, rest) = ChatText.split(argument)
      if word.lowercased() == "add" {
        return rest.isEmpty ? .answer(words.say(.badArgument(syntax: verb.syntax))) : .keep(rest)
      }
    }
    if verb.isService { return .ask(verb, argument: argument) }
    switch verb {
    case .help: return .answer(help(argument, context))
    case .agents: return .answer(list(context))
    case .status: return .answer(try status(context))
    case .sessions: return .answer(try sessions(context))
    case .new: return try begin(context)
    case .abort:
      guard try context.isWorking() else {
        // Whoever runs it may only be about to say so.
        return .answer(words.say(.nothingRuns), nil, ControlAction("abort"))
      }
      return .answer(words.say(.stopping), nil, ControlAction("abort"))
    case .agent: return named(argument, context)
    case .cc, .oc, .cx, .agy, .cs, .na, .sh:
      let kind = AgentKind.allCases.first { $0.shortcut == verb.rawValue }
      let agent = kind.flatMap(agents.of)
      return change(to: agent, called: kind?.rawValue ?? verb.rawValue, text: argument, context)
    case .project: return project(argument, context)
    case .model: return model(argument, context)
    case .think: return think(argument, context)
    case .plan: return plan(argument, context)
    case .verbose: return verbose(argument, context)
    case .btw:
      return argument.isEmpty ? .answer(words.say(.badArgument(syntax: verb.syntax))) : .aside(argument)
    case .compact, .undo: return .agentCommand(verb.rawValue)
    case .job:
      return JobCommand(name, argument).map { .job($0) }
        ?? .answer(words.say(.badArgument(syntax: verb.syntax)))
    case .heartbeat:
      return HeartbeatCommand(argument).map { .heartbeat($0) }
        ?? .answer(words.say(.badArgument(syntax: verb.syntax)))
    case .goal, .longTask, .completeGoal:
      return GoalCommand(verb, argument).map { .goal($0) }
        ?? .answer(words.say(.badArgument(syntax: verb.syntax)))
    case .retry: return .retry
    case .link:
      let isCode = (1...32).contains(argument.utf8.count) && argument.utf8.allSatisfy(Self.isIDByte)
      return isCode ? .link(argument.uppercased()) : .answer(words.say(.badArgument(syntax: verb.syntax)))
    case .remind: return .remind(.text, argument: argument)
    case .cron: return .remind(.prompt, argument: argument)
    case .attach:
      guard argument.utf8.count <= 128, argument.utf8.allSatisfy(Self.isIDByte),
        argument.utf8.first != UInt8(ascii: "-")
      else { return .answer(words.say(.badArgument(syntax: verb.syntax))) }
      return .attach(argument.isEmpty ? nil : argument)
    default: return .unknown(name: name, argument: argument)
    }
  }

  /// What is said about a command that nobody knows.
  package func unknown(_ name: String, _ context: Context) -> String {
    let known = ChatVerb.allCases.map(\.rawValue) + ChatVerb.aliases.keys.sorted()
    let own = context.rank >= .admin ? context.ownCommands() : []
    return context.language.catalogue.say(
      .unknownCommand(name, nearest: Nearest.match(name, among: known + own)))
  }

  // MARK: - Looking

  private func help(_ name: String, _ context: Context) -> String {
    let words = context.language.catalogue
    if !name.isEmpty {
      let name = name.first == "/" ? String(name.dropFirst()) : name
      guard let verb = ChatVerb(word: name.lowercased()) else { return unknown(name, context) }
      let more = verb.isBuilt ? "" : "\n" + words.say(.notBuilt(meanwhile: words.meanwhile(verb)))
      return "/\(verb.syntax) – \(words.help(verb))\(more)"
    }
    var lines = [words.say(.commands)]
    for verb in ChatVerb.allCases where verb.isBuilt && context.rank >= verb.rank {
      lines.append("/\(verb.syntax) – \(words.help(verb))")
    }
    let own = context.rank >= .admin ? context.ownCommands() : []
    if !own.isEmpty {
      lines += ["", words.say(.yourCommands), own.map { "/\($0)" }.joined(separator: " ")]
    }
    lines += ["", words.say(.notBuiltYet)]
    lines.append(
      ChatVerb.allCases.filter { !$0.isBuilt }.map { "/\($0.syntax)" }.joined(separator: " "))
    return lines.joined(separator: "\n")
  }

  private func list(_ context: Context) -> String {
    let words = context.language.catalogue
    guard !agents.all.isEmpty else { return words.say(.noAgents) }
    let lines = agents.all.map { name in
      let kind = agents.kinds[name] ?? AgentKind(word: name)
      let shortcut = kind.flatMap { agents.of($0) == name ? $0.shortcut : nil }
      let title = kind.map { $0.title == name ? "" : " – \($0.title)" } ?? ""
      let mark = name == context.choice.agent ? " ← \(words.say(.current))" : ""
      let gating = words.say(.gating(settings.agent(name).gating.level))
      return name + (shortcut.map { " (/\($0))" } ?? "") + title + " – \(gating)" + mark
    }
    return ([words.say(.agents)] + lines).joined(separator: "\n")
  }

  private func status(_ context: Context) throws -> String {
    let words = context.language.catalogue
    let choice = context.choice
    let project = choice.project.flatMap(settings.project)
    let known = choice.agent.flatMap { agents.all.contains($0) ? $0 : nil }
    let trouble = try known.flatMap(context.leftAlone).map { " – \(words.say($0))" } ?? ""
    var rows: [(Phrase.Label, String)] = [
      (.agent, (known ?? words.say(.anyAgent)) + trouble),
      (.work, words.say(try context.isWorking() ? .working : .idle)),
      (.messages, "\(context.messages)"),
    ]
    if let project { rows.append((.project, project.name)) }
    if let workdir = project?.workdir { rows.append((.workdir, workdir)) }
    if let model = choice.model ?? project?.model { rows.append((.model, model)) }
    if let mode = choice.mode ?? project?.mode { rows.append((.mode, mode)) }
    if let think = choice.think { rows.append((.think, think)) }
    if let goal = try context.goal() { rows.append((.goal, goal)) }
    if let verbose = choice.verbose { rows.append((.verbose, verbose)) }
    return rows.map { "\(words.say(.label($0))): \($1)" }.joined(separator: "\n")
  }

  private func sessions(_ context: Context) throws -> String {
    let rows = try context.sessions()
    guard !rows.isEmpty else { return context.language.catalogue.say(.noSessions) }
    return rows.joined(separator: "\n")
  }

  // MARK: - Changing

  private func begin(_ context: Context) throws -> ChatOutcome {
    var choice = SessionChoice()
    // Who works where, and how strictly, is no part of what was talked about.
    choice.project = context.choice.project
    choice.mode = context.choice.mode
    choice.verbose = context.choice.verbose
    let kept = [choice.project, choice.mode, try context.goal()].compactMap(\.self)
    return .answer(
      context.language.catalogue.say(.begunAnew(kept: kept)), SessionChange(beginsAnew: true, choice),
      ControlAction("new"))
  }

  private func named(_ argument: String, _ context: Context) -> ChatOutcome {
    guard !argument.isEmpty else { return .answer(list(context)) }
    let (name, text) = ChatText.split(argument)
    return change(to: agents.find(name), called: name, text: text, context)
  }

  private func change(
    to agent: String?, called name: String, text: String, _ context: Context
  ) -> ChatOutcome {
    let words = context.language.catalogue
    guard let agent else {
      return .answer(words.say(.unknownAgent(displayEscaped(String(name.prefix(64))), known: agents.all)))
    }
    let change = SessionChange(Self.moved(context.choice, to: agent))
    if !text.isEmpty { return .forward(agent: agent, text: text, change) }
    return .answer(words.say(.switched(agent)), change, ControlAction("switch", agent: agent))
  }

  /// A choice after a change of hands: model and thinking belonged to the agent before.
  private static func moved(_ choice: SessionChoice, to agent: String) -> SessionChoice {
    guard choice.agent != agent else { return choice }
    var choice = choice
    choice.agent = agent
    choice.model = nil
    choice.think = nil
    return choice
  }

  private func project(_ name: String, _ context: Context) -> ChatOutcome {
    let words = context.language.catalogue
    guard !name.isEmpty else {
      guard !settings.projects.isEmpty else { return .answer(words.say(.noProjects)) }
      let lines = settings.projects.map { project in
        let mark = project.name == context.choice.project ? " ← \(words.say(.current))" : ""
        let parts = [project.name, project.agent, project.workdir].compactMap(\.self)
        return parts.joined(separator: "  ") + mark
      }
      return .answer(lines.joined(separator: "\n"))
    }
    var choice = context.choice
    if let project = settings.project(name) {
      choice.project = name
      if let agent = project.agent { choice = Self.moved(choice, to: agent) }
      return .answer(words.say(.projectSet(name, workdir: project.workdir)), SessionChange(choice))
    }
    if name == "none" {
      choice.project = nil
      return .answer(words.say(.projectLeft), SessionChange(choice))
    }
    let known = settings.projects.map(\.name)
    return .answer(words.say(.unknownProject(displayEscaped(String(name.prefix(64))), known: known)))
  }

  private func model(_ name: String, _ context: Context) -> ChatOutcome {
    let words = context.language.catalogue
    var choice = context.choice
    guard !name.isEmpty else { return .answer(words.say(.modelIs(choice.model))) }
    guard name.utf8.count <= 128, name.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F }),
      name.utf8.first != UInt8(ascii: "-")
    else { return .answer(words.say(.badArgument(syntax: ChatVerb.model.syntax))) }
    choice.model = name == "default" ? nil : name
    return .answer(words.say(.modelSet(choice.model)), SessionChange(choice))
  }

  private func think(_ level: String, _ context: Context) -> ChatOutcome {
    let words = context.language.catalogue
    var choice = context.choice
    guard !level.isEmpty else { return .answer(words.say(.thinkIs(choice.think))) }
    let level = level.lowercased()
    guard ["on", "off", "minimal", "low", "medium", "high", "max", "auto"].contains(level) else {
      return .answer(words.say(.badArgument(syntax: ChatVerb.think.syntax)))
    }
    choice.think = level == "auto" ? nil : level
    return .answer(words.say(.thinkSet(level)), SessionChange(choice))
  }

  private func plan(_ word: String, _ context: Context) -> ChatOutcome {
    let words = context.language.catalogue
    var choice = context.choice
    let isFixed = choice.project.flatMap(settings.project)?.mode != nil
    switch word.lowercased() {
    case "": return .answer(words.say(.planIs(choice.mode != nil || isFixed)))
    case "on": choice.mode = "plan"
    case "off":
      choice.mode = nil
      if isFixed { return .answer(words.say(.planFixed), SessionChange(choice)) }
    default: return .answer(words.say(.badArgument(syntax: ChatVerb.plan.syntax)))
    }
    return .answer(words.say(.planIs(choice.mode != nil)), SessionChange(choice))
  }

  private func verbose(_ level: String, _ context: Context) -> ChatOutcome {
    let words = context.language.catalogue
    var choice = context.choice
    guard !level.isEmpty else { return .answer(words.say(.verboseIs(choice.verbose))) }
    let level = level.lowercased()
    guard ["off", "brief", "full"].contains(level) else {
      return .answer(words.say(.badArgument(syntax: ChatVerb.verbose.syntax)))
    }
    choice.verbose = level
    return .answer(words.say(.verboseSet(level)), SessionChange(choice))
  }

  /// What ids of agents' own sessions are made of.
  private static func isIDByte(_ byte: UInt8) -> Bool {
    byte >= 0x30 && byte <= 0x39 || byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A || "-_.:".utf8.contains(byte)
  }

}
