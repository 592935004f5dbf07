internal import Console
internal import JSON
internal import Journal
internal import Limits
internal import Routing
internal import Settings
internal import Stage
internal import Store
internal import System
internal import Text
internal import Wire

/// Chat commands: what they come to is made durable, then shown.
extension RouteEngine {
  /// Handles a command; false when the store cannot be written now.
  ///
  /// `owner`: the agent that has the message already, because its words went on to one.
  func command(
    _ name: String, _ argument: String, _ message: RouteLine, owner: String?, _ scanner: LineScanner,
    _ line: Span<UInt8>
  ) throws -> Bool {
    let text = (try? Envelope.text("text", scanner, line)) ?? ""
    let language = Language.of(text: text, standard: settings.language)
    let context = context(message, language)
    let outcome = try desk.answer(name: name, argument: argument, context)
    switch outcome {
    case .answer(let text, let change, let control):
      return try answer(text, change, control, message, line)
    case .forward(let agent, let text, let change):
      if let owner { return try forward(text, to: owner, message, scanner, line) }
      guard try store(change, message) else { return false }
      return try forward(text, to: agent, message, scanner, line)
    case .aside(let text):
      return try route(
        message, explicit: owner, text: text, more: [("aside", Array("true".utf8))], scanner, line)
    case .agentCommand(let command):
      return try route(
        message, explicit: owner, text: "/\(command)", more: [("command", RouteMembers.text(command))],
        scanner,
        line)
    case .retry: return try retry(message, language, line)
    case .attach(let id): return try attach(id, message, language, line)
    case .keep(let text): return try keep(text, message, language, line)
    case .link(let code): return try link(code, message, language, line)
    case .job(let command): return try job(command, message, language, scanner, line)
    case .heartbeat(let command): return try heartbeat(command, message, language, scanner, line)
    case .goal(let command): return try goal(command, message, language, line)
    case .remind(let kind, let argument): return try remind(kind, argument, message, language, line)
    case .ask(let verb, let argument):
      return try ask(verb, argument, message, language, line)
    case .unknown(let name, _):
      if context.rank >= .admin, let path = ownCommands.find(name) {
        return try start(path, name, message, language, line)
      }
      return try answer(desk.unknown(name, context), nil, nil, message, line)
    }
  }

  /// What agim-run makes of an agent's last turns, by the same rule.
  private static func leftAlone(_ agent: String, _ stage: Stage) throws -> Phrase? {
    let now = stage.loop.clock.now()
    var usage = Usage()
    try usage.look(at: stage.journal.store, now)
    let breaker = usage.breaker(of: agent, at: now, stage.settings.limits)
    guard let opening = breaker.opening else { return nil }
    var minutes: Int?
    if case .open = breaker { minutes = max(1, Int((opening.retry - now + 59_999) / 60_000)) }
    return .leftAlone(failures: opening.failures, code: opening.code, minutes: minutes)
  }

  private func context(_ message: RouteLine, _ language: Language) -> ChatDesk.Context {
    let store = stage.journal.store
    return ChatDesk.Context(
      rank: message.rank, language: language, choice: message.session.choice,
      messages: message.session.messages,
      isWorking: { try store.isWorking(message.session.name) },
      leftAlone: { [stage] in try Self.leftAlone($0, stage) },
      goal: { try store.activeGoal(message.session.name).map { Self.short($0.text) } },
      sessions: {
        try store.sessions(in: .active, limit: 50).map {
          displayEscaped("\($0.used)  \($0.address)  \($0.agent ?? "-")  \($0.messages)")
        }
      },
      ownCommands: { [ownCommands] in ownCommands.names() })
  }

  /// Answers with what a change of the store comes to, made in the same transaction.
  func answer(_ message: RouteLine, _ line: Span<UInt8>, _ change: () throws -> String) throws -> Bool {
    let wanted = wanted(message, line)
    var answered = Answered.notOurs
    var reply = produced("", message)
    let stored = try stage.attempt {
      try stage.journal.write {
        // Whether it was answered before is found first: then nothing is changed again.
        answered = try stage.journal.answer(wanted, replies: []) {
          reply = produced(try change(), message)
          try stage.journal.produce([reply], stage: Journal.router)
        }
      }
    }
    guard stored else { return false }
    try show(answered, reply, control: nil)
    return true
  }

  func answer(
    _ text: String, _ change: SessionChange?, _ action: ControlAction?, _ message: RouteLine,
    _ line: Span<UInt8>, more: () throws -> Void = {}
  ) throws -> Bool {
    let reply = produced(text, message)
    let wanted = wanted(message, line)
    var answered = Answered.notOurs
    let stored = try stage.attempt {
      answered = try stage.journal.answer(wanted, replies: [reply], staysOpen: action != nil) {
        if let change { try apply(change, message) }
        try more()
      }
    }
    guard stored else { return false }
    if change != nil { forget(message.session) }
    if action?.action == "abort", !message.isAgain, case .now = answered {
      // The work of agents is for agim-run to stop; this is ours.
      for running in runs.values where running.session == message.session.name { running.run.end() }
    }
    let control = action.map { action in
      let made = stage.maker.control(
        to: message.cause, action: action.action, more: action.agent.map { [("agent", $0)] } ?? [])
      // An old one must not end what was begun after it.
      return message.isAgain ? LineMaker.again(made) : made
    }
    try show(answered, reply, control: control)
    return true
  }

  /// Makes a change durable on its own, for a message that goes on.
  private func store(_ change: SessionChange, _ message: RouteLine) throws -> Bool {
    guard message.origin.map({ $0.state == .new }) ?? true, change.choice != message.session.choice else {
      return true
    }
    // One that comes again must not undo what was said after it.
    let isLate = try message.isAgain && (message.origin.map { try lastChange(message) >= $0.n } ?? true)
    if isLate { return true }
    guard try stage.attempt({ try stage.journal.write { try apply(change, message) } }) else { return false }
    message.session.choice = change.choice
    message.session.members = nil
    return true
  }

  /// The number of the message that changed a conversation last.
  private func lastChange(_ message: RouteLine) throws -> Int64 {
    let data = try stage.journal.store.currentSession(message.session.name)?.data ?? "{}"
    return Int64(SessionChoice.lastChange(in: data))
  }

  private func apply(_ change: SessionChange, _ message: RouteLine) throws {
    let store = stage.journal.store
    let address = message.session.name
    let now = stage.journal.clock.now()
    if change.beginsAnew { try store.beginSession(address, agent: nil, at: now) }
    let data = try store.currentSession(address)?.data ?? "{}"
    let n = try store.origin(inbox: message.id)?.n ?? 0
    try store.choose(
      address, agent: change.choice.agent, data: change.choice.data(in: data, changedBy: Int(n)), at: now)
  }

  // MARK: - Interrupted work, and sessions of the agents' own

  private func retry(_ message: RouteLine, _ language: Language, _ line: Span<UInt8>) throws -> Bool {
    let words = language.catalogue
    let found = try stage.journal.store.lastInterrupted(message.session.name)
    guard let found else { return try answer(words.say(.nothingToRetry), nil, nil, message, line) }
    let platform = message.session.address.platform
    let speaker = Speaker(found.line)
    let person = Person(row: found.platform, session: platform, id: speaker.id, isTyped: speaker.isTyped)
    guard person.name == message.person.name || message.rank >= .approver else {
      return try answer(words.say(.needs(.approver)), nil, nil, message, line)
    }
    let done = try answer(words.say(.runsAgain), nil, nil, message, line) {
      _ = try stage.journal.retry(found.id)
    }
    // Its source prints it again; what it was told within the transaction came too early.
    stage.journal.wakeOthers()
    return done
  }

  private func attach(_ id: String?, _ message: RouteLine, _ language: Language, _ line: Span<UInt8>) throws
    -> Bool
  {
    let words = language.catalogue
    guard let agent = agent(message.session) else {
      return try answer(words.say(.noAgents), nil, nil, message, line)
    }
    guard let id else {
      let kept = NativeSession.kept(
        in: try stage.journal.store.currentSession(message.session.name), agent: agent)
      return try answer(words.say(.nativeSession(agent, id: kept?.id)), nil, nil, message, line)
    }
    let place = workdir(message.session, agent) ?? "\(stage.home.work)/\(agent)"
    let native = NativeSession(id: id, workdir: place, isForeign: true)
    return try answer(words.say(.attached(agent, id: id)), nil, nil, message, line) {
      let store = stage.journal.store
      let address = message.session.name
      var choice = message.session.choice
      if choice.agent == nil { choice.agent = agent }
      let data = NativeSession.put(native, of: agent, in: try store.currentSession(address)?.data ?? "{}")
      try store.choose(address, agent: choice.agent, data: data, at: stage.journal.clock.now())
      forget(message.session)
    }
  }

  // MARK: - What others answer

  private func ask(
    _ verb: ChatVerb, _ argument: String, _ message: RouteLine, _ language: Language, _ line: Span<UInt8>
  ) throws -> Bool {
    guard working.insert(message.id).inserted else { return true }
    let wanted = wanted(message, line)
    let agent = agent(message.session)
    let request = ChatRequest(
      verb: verb, argument: argument, session: message.session.name, person: message.person.name,
      rank: message.rank, isDirect: Speaker(wanted.line).isDirect, agent: agent ?? "",
      workdir: workdir(message.session, agent), language: language)
    try services.answer(request) { [unowned self] answer in
      let reply = produced(answer.text, message, file: answer.file)
      try stage.untilStored { [unowned self] in
        let answered = try stage.journal.answer(wanted, replies: [reply])
        working.remove(message.id)
        try show(answered, reply, control: nil)
      }
    }
    return true
  }

  /// The agent of a conversation.
  private func agent(_ session: RouteSession) -> String? {
    session.choice.agent
      ?? router.decide(MessageFacts(session: session.address, text: ""), in: session.choice).agent
  }

  /// Where the agent of a conversation works.
  private func workdir(_ session: RouteSession, _ agent: String?) -> String? {
    if let path = session.choice.project.flatMap(settings.project)?.workdir { return path }
    guard let agent else { return nil }
    return settings.agent(agent).workdir ?? "\(stage.home.work)/\(agent)"
  }

  // MARK: - Commands of this installation

  private static let programTime: Int64 = 30_000
  private static let programOutput = 64 << 10

  private func start(
    _ path: String, _ name: String, _ message: RouteLine, _ language: Language, _ line: Span<UInt8>
  ) throws -> Bool {
    guard !working.contains(message.id) else { return true }
    let wanted = wanted(message, line)
    var answered = Answered.notOurs
    guard try stage.attempt({ answered = try stage.journal.beginAnswer(wanted, name: "/\(name)") }) else {
      return false
    }
    guard case .now(let isAdopted) = answered else {
      // Only what was answered before is printed; there is nothing new.
      try show(answered, produced("", message), control: nil)
      return true
    }
    working.insert(message.id)
    var record = TurnRecord(message.person, line: wanted.line, code: "cannot_start")
    var environment = ProcessGuard.smallEnvironment
    environment["AGIM_HOME"] = stage.home.path
    environment["AGIM_SESSION"] = message.session.name
    environment["AGIM_HOLDER"] = try stage.journal.holder()
    do throws(SystemError) {
      let run = try ProgramRun(
        [path], environment: environment, mark: stage.maker.id(), directory: stage.home.path,
        input: wanted.line + [0x0A], milliseconds: Self.programTime, limit: Self.programOutput,
        loop: stage.loop
      ) { [unowned self] result in
        runs[message.id] = nil
        // One that was ended because we leave is dealt with at the next start.
        guard !stage.isStopping || result.status == .exited(0) else {
          working.remove(message.id)
          return
        }
        record.code = Self.code(result)
        try finish(message, Self.text(result, name, language.catalogue), record, isAdopted)
      }
      runs[message.id] = (run, message.session.name)
    } catch {
      let words = language.catalogue
      try finish(message, words.say(.commandCannotStart(name, reason: "\(error)")), record, isAdopted)
    }
    return true
  }

  private func finish(_ message: RouteLine, _ text: String, _ record: TurnRecord, _ isAdopted: Bool) throws {
    let reply = produced(text, message)
    var record = record
    record.reply = text.utf8.count
    try stage.untilStored { [unowned self] in
      try stage.journal.endAnswer(message.id, reply: reply, record: record)
      working.remove(message.id)
      try show(.now(isAdopted: isAdopted), reply, control: nil)
    }
  }

  /// How a command ended, in the words of agim-run.
  private static func code(_ result: ProgramRun.Result) -> String {
    if result.isLate { return "turn_limit" }
    return result.status == .exited(0) ? TurnRecord.ok : "exit"
  }

  /// What a command printed, and how it ended where that was not well.
  private static func text(_ result: ProgramRun.Result, _ name: String, _ words: any Catalogue) -> String {
    var lines: [String] = []
    let said = trimmed(result.output)
    if !said.isEmpty { lines.append(said) }
    if result.dropped > 0 { lines.append(words.say(.outputCut(result.dropped))) }
    if result.isLate {
      lines.append(words.say(.commandLate(name)))
    } else if result.status != .exited(0) {
      lines.append(words.say(.commandEnded(name, status: "\(result.status)")))
      let errors = trimmed(result.errors).split(separator: "\n").suffix(5).joined(separator: "\n")
      if !errors.isEmpty { lines.append(errors) }
    }
    return lines.isEmpty ? words.say(.noOutput) : lines.joined(separator: "\n")
  }

  /// Bytes as text without line feeds at the end; what is not UTF-8 is replaced, and what acts instead of
  /// appearing is made visible.
  private static func trimmed(_ bytes: [UInt8]) -> String {
    var end = bytes.count
    while end > 0, bytes[end - 1] == 0x0A || bytes[end - 1] == 0x0D { end -= 1 }
    return displayEscaped(String(decoding: bytes[..<end], as: UTF8.self))
  }

  private func forward(
    _ text: String, to agent: String, _ message: RouteLine, _ scanner: LineScanner, _ line: Span<UInt8>
  ) throws -> Bool {
    try route(message, explicit: agent, text: text, scanner, line)
  }
}
