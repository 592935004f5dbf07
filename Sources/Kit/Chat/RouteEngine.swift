internal import Console
internal import Glibc
internal import JSON
internal import Journal
internal import Routing
internal import Settings
package import Stage
internal import Store
internal import System
internal import Text
internal import Wire

/// Reads messages, answers chat commands, and says of every other message whose it is.
///
/// A message that changes nothing costs no transaction. What a command does is one, committed before
/// anything is printed; where the store cannot be written, the command and what came behind it wait.
package final class RouteEngine {
  /// The stage it works for.
  package let stage: Stage
  /// Who answers commands that look outside the conversation.
  package var services: any ChatServices
  /// What a person who may not talk to agents is told; nil: silence.
  ///
  /// Called within the transaction that stores the answer, so that what it stores is stored with it. A
  /// message that comes again after its answer was stored is not asked about again.
  package var onStranger: (Stranger) throws -> String? = { _ in nil }

  let input: StageInput
  let options: RouteOptions
  let printer: ReplyPrinter
  let ownCommands: OwnCommands
  var router: Router
  var desk: ChatDesk
  var settings: Settings
  /// Ids of messages that something outside answers just now.
  var working: Set<String> = []
  var runs: [String: (run: ProgramRun, session: String)] = [:]
  private var sessions: [String: RouteSession] = [:]
  private var firsts: [(session: String, agent: String)] = []
  private var drops: [(id: String, reason: String)] = []
  private var waiting: [[UInt8]] = []
  private var lastCommit: Int64 = 0
  private var isFresh = false
  /// Who may do what, as it was when others committed something last.
  private var people: People
  private var senders = SenderReader()
  private var toldStrangers: Set<String> = []

  private static let sessionLimit = 20_000
  private static let pendingLimit = 1 << 20

  /// An engine on a stage's input.
  ///
  /// - Throws: `Failure` when the configuration's rules cannot be used.
  package init(_ stage: Stage, _ options: RouteOptions, input: StageInput) throws {
    self.stage = stage
    self.options = options
    self.input = input
    settings = stage.settings
    people = try stage.people()
    router = try Router(stage.settings, only: options.only, standard: options.standard)
    desk = ChatDesk(router.agents, stage.settings)
    printer = ReplyPrinter(stage)
    services = LocalServices(stage)
    ownCommands = OwnCommands(directory: stage.home.commands)
  }

  /// Serves until the input has ended and all is done.
  package func run() throws {
    input.onLine = { [unowned self] scanner, line in try take(scanner, line) }
    input.onBatch = { [unowned self] in try endBatch() }
    input.isPaused = { [unowned self] in
      stage.isTroubled || !waiting.isEmpty || working.count >= 100 || stage.output.pending > Self.pendingLimit
    }
    stage.onStop = { [unowned self] in
      try input.stop()
      for running in runs.values { running.run.end() }
    }
    try recover()
    stage.loop.beforeWait { [unowned self] in try step() }
    // A router that was still leaving when we started is dead by then.
    stage.every(30_000) { [unowned self] in try recover() }
    input.start()
    defer {
      services.cancel()
      for running in runs.values { running.run.kill() }
    }
    try stage.run()
  }

  // MARK: - Reading

  private func take(_ scanner: LineScanner, _ line: Span<UInt8>) throws {
    guard let type = scanner.find("type", in: line), scanner.equals(type, "message", in: line) else {
      // In its place in the order, too.
      guard waiting.isEmpty else { return waiting.append(line.withUnsafeBufferPointer { Array($0) }) }
      return stage.output.appendLine(line)
    }
    guard waiting.isEmpty, try handle(scanner, line) else {
      return waiting.append(line.withUnsafeBufferPointer { Array($0) })
    }
  }

  /// Handles a message; false when the store cannot be written now.
  private func handle(_ scanner: LineScanner, _ line: Span<UInt8>) throws -> Bool {
    try beginBatch()
    let message: RouteLine
    do {
      guard let made = try read(scanner, line) else { return pass(line) }
      message = made
    } catch let error as WireError {
      try input.report("line \(input.lineNumber): \(error); passed on")
      return pass(line)
    }
    guard message.rank >= .allowed else { return try refuse(message, scanner, line) }
    try keepPlaces(message, scanner, line)
    if let row = try heartbeat(message, scanner, line) { return try beat(row, message, scanner, line) }
    if let agent = scanner.find("agent", in: line), agent.kind != .null { return pass(line) }
    // What somebody has already stays with him, however the configuration has changed since.
    let owner = message.origin.flatMap { $0.state == .new ? nil : $0.agent }.flatMap {
      $0.hasPrefix("/") ? nil : $0
    }
    let raw = scanner.find("text", in: line)
    if let raw, raw.kind == .string,
      ChatText.mayBeCommand(line.extracting(raw.valueStart + 1..<raw.valueEnd - 1)),
      case .command(let name, let argument) = ChatText(try scanner.string(raw, in: line))
    {
      return try command(name, argument, message, owner: owner, scanner, line)
    }
    if owner == nil, !router.hasRules, let members = sticky(message.session) {
      return emit(members, scanner, line)
    }
    return try route(message, explicit: owner, scanner, line)
  }

  private func pass(_ line: Span<UInt8>) -> Bool {
    stage.output.appendLine(line)
    return true
  }

  /// The parts of a message that are decided by; nil for one that no stage can act on.
  private func read(_ scanner: LineScanner, _ line: Span<UInt8>) throws -> RouteLine? {
    guard let idMember = scanner.find("id", in: line), idMember.kind == .string,
      let sessionMember = scanner.find("session", in: line), sessionMember.kind == .string
    else { throw WireError("a message without \"id\" or \"session\"") }
    let id = try scanner.string(idMember, in: line)
    guard (1...128).contains(id.utf8.count), id.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
      throw WireError("member \"id\" is not 1 to 128 printable ASCII characters")
    }
    let spelled = try scanner.string(sessionMember, in: line)
    guard let session = try session(spelled) else {
      throw WireError("message \(id): \"session\" is not an address")
    }
    if let text = scanner.find("text", in: line), text.kind != .string, text.kind != .null {
      throw WireError("member \"text\" is not a text")
    }
    let again = scanner.find("again", in: line)
    let origin = try stage.journal.store.origin(inbox: id)
    let person = Person(
      row: origin?.platform, session: session.address.platform,
      id: senders.id(scanner, line),
      isTyped: origin?.platform != "tty" || Speaker(line.withUnsafeBufferPointer { Array($0) }).isTyped)
    return RouteLine(
      id: id, session: session, spelled: spelled, trace: try Envelope.text("trace", scanner, line),
      isAgain: again.map { $0.kind == .bool && line[$0.valueStart] == UInt8(ascii: "t") } ?? false,
      origin: origin, person: person, rank: people.rank(of: person))
  }

  // MARK: - Sessions

  /// The conversation of an address, from memory where nobody has changed it since.
  private func session(_ spelled: String) throws -> RouteSession? {
    if let known = sessions[spelled] { return known }
    guard let address = Address(spelled) else { return nil }
    let name = address.description
    // One conversation, however its address is spelled.
    if name != spelled, let known = sessions[name] { return known }
    if sessions.count >= Self.sessionLimit, firsts.isEmpty { sessions.removeAll(keepingCapacity: true) }
    let made = RouteSession(address, try stage.journal.store.currentSession(name))
    sessions[name] = made
    return made
  }

  /// The members for a conversation that has its agent, where its words cannot change anything.
  private func sticky(_ session: RouteSession) -> [(name: String, rawValue: [UInt8]?)]? {
    if let members = session.members { return members }
    guard let agent = session.choice.agent, router.agents.all.contains(agent) else { return nil }
    let decision = router.decide(MessageFacts(session: session.address, text: ""), in: session.choice)
    session.members = RouteMembers.of(decision, session.choice)
    return session.members
  }

  private func beginBatch() throws {
    guard !isFresh else { return }
    isFresh = true
    refresh()
    let database = stage.journal.store.database
    try database.beginReading()
    let commit = try database.otherCommits()
    if commit != lastCommit, firsts.isEmpty {
      lastCommit = commit
      people = settings.people
      people.paired = try stage.people().paired
      sessions.removeAll(keepingCapacity: true)
    }
  }

  /// Makes durable what the lines since the last wait have changed.
  private func endBatch() throws {
    isFresh = false
    stage.journal.store.database.endReading()
    if !firsts.isEmpty, try stage.attempt({ try stage.journal.chooseFirst(firsts) }) {
      firsts.removeAll(keepingCapacity: true)
    }
    if !drops.isEmpty, try stage.attempt({ try stage.journal.drop(drops) }) {
      drops.removeAll(keepingCapacity: true)
    }
  }

  // MARK: - Deciding

  func route(
    _ message: RouteLine, explicit: String?, text: String? = nil,
    more: [(name: String, rawValue: [UInt8]?)] = [], _ scanner: LineScanner, _ line: Span<UInt8>
  ) throws -> Bool {
    let facts = try facts(message, text: text, scanner, line)
    let session = message.session
    let decision = router.decide(facts, in: session.choice, explicit: explicit)
    if let rule = decision.droppedBy {
      Log.info("dropped", [("message", message.id), ("rule", rule)])
      drops.append((message.id, "dropped by rule \(rule)"))
      return true
    }
    if decision.isSticky, session.choice.agent == nil, explicit == nil, let agent = decision.agent {
      session.choice.agent = agent
      session.members = nil
      firsts.append((session.name, agent))
    }
    var members = RouteMembers.of(decision, session.choice)
    if let words = decision.prompt.map({ "\($0)\n\n\(facts.text)" }) ?? text {
      members.append(("text", RouteMembers.text(words)))
    }
    members += more
    return emit(members, scanner, line)
  }

  private func facts(
    _ message: RouteLine, text: String?, _ scanner: LineScanner, _ line: Span<UInt8>
  ) throws -> MessageFacts {
    var words = text
    if words == nil, let member = scanner.find("text", in: line), member.kind == .string {
      words = try scanner.string(member, in: line)
    }
    let chat = scanner.find("chat", in: line).flatMap { try? scanner.string($0, in: line) }
    let mentioned = scanner.find("mentioned", in: line)
    return MessageFacts(
      session: message.session.address, sender: message.person.id, chat: chat ?? "",
      mentioned: mentioned.map { $0.kind == .bool && line[$0.valueStart] == UInt8(ascii: "t") } ?? false,
      text: words ?? "")
  }

  func emit(
    _ members: [(name: String, rawValue: [UInt8]?)], _ scanner: LineScanner, _ line: Span<UInt8>
  ) -> Bool {
    guard !members.isEmpty else { return pass(line) }
    let routed = LineEditor.set(members, in: line, scanner: scanner)
    guard routed.count <= JSONLimits.line.maxBytes else {
      Log.warning("a message is too long for what is to be added to it; passed on as it came")
      return pass(line)
    }
    stage.output.appendLine(routed)
    return true
  }

  // MARK: - Strangers

  private func refuse(_ message: RouteLine, _ scanner: LineScanner, _ line: Span<UInt8>) throws -> Bool {
    // Said once for each of them: a stranger must not fill the log.
    if toldStrangers.count < 1000, toldStrangers.insert(message.person.name).inserted {
      Log.notice(
        "a stranger's message is left out; see \"allow\" in agim-config(5)", [("from", message.person.name)])
    }
    let facts = try facts(message, text: nil, scanner, line)
    let stranger = Stranger(
      person: message.person, message: message.id, session: message.session.name, chat: facts.chat,
      text: facts.text, name: Speaker(line.withUnsafeBufferPointer { Array($0) }).name)
    var answered: Answered?
    var reply: Produced?
    let wanted = wanted(message, line)
    let stored = try stage.attempt {
      try stage.journal.write {
        guard message.origin.map({ $0.state == .new }) ?? true, let words = try onStranger(stranger) else {
          return
        }
        let made = produced(words, message)
        reply = made
        answered = try stage.journal.answer(wanted, replies: [made], reason: Self.strangerReason)
      }
    }
    guard stored else { return false }
    if let reply, let answered {
      try show(answered, reply, control: nil)
    } else {
      drops.append((message.id, Self.strangerReason))
    }
    return true
  }

  /// The reason in the row of a message whose sender may not talk to agents.
  package static let strangerReason = "the sender is not allowed"

  // MARK: - A step

  private func step() throws {
    refresh()
    while let line = waiting.first {
      var scanner = LineScanner()
      try scanner.scan(line.span)
      let type = scanner.find("type", in: line.span)
      if let type, scanner.equals(type, "message", in: line.span) {
        guard try handle(scanner, line.span) else { break }
      } else {
        stage.output.appendLine(line)
      }
      waiting.removeFirst()
    }
    try endBatch()
    try printer.confirmPassed()
    guard input.hasEnded, waiting.isEmpty, working.isEmpty, firsts.isEmpty, drops.isEmpty else { return }
    try stage.output.pump()
    try printer.confirmPassed()
    if stage.output.pending == 0 { stage.loop.stop() }
  }

  /// Takes over a configuration that has changed; one whose rules cannot be used is told about, and the old
  /// one stays in force.
  private func refresh() {
    stage.refreshSettings()
    guard stage.settingsNumber != settingsNumber else { return }
    settingsNumber = stage.settingsNumber
    do {
      let fresh = try Router(stage.settings, only: options.only, standard: options.standard)
      router = fresh
      settings = stage.settings
      desk = ChatDesk(fresh.agents, settings)
      // Who may do what is to be asked again.
      lastCommit = 0
      for session in sessions.values { session.members = nil }
    } catch {
      Log.warning("the configuration is invalid, the old one stays in force: \(error)")
    }
  }
  private var settingsNumber = 0

  /// Forgets what is remembered about a conversation that was changed.
  func forget(_ session: RouteSession) { sessions[session.name] = nil }

  func wanted(_ message: RouteLine, _ line: Span<UInt8>) -> Wanted {
    Wanted(
      id: message.id, type: "message", session: message.session.name, agent: "",
      line: line.withUnsafeBufferPointer { Array($0) })
  }

  func produced(_ text: String, _ message: RouteLine, file given: Attachment? = nil) -> Produced {
    let (text, whole) = LongText.fit(text, stage)
    var line = stage.maker.reply(to: message.cause, text: text)
    if let file = given ?? whole { line.line = file.added(to: line.line) }
    return Produced(
      id: line.id, parent: message.id, type: "reply", final: true, session: message.session.name,
      line: line.line)
  }

  /// Prints what answers a message.
  func show(_ answered: Answered, _ reply: Produced, control: [UInt8]?) throws {
    switch answered {
    case .now(let isAdopted):
      if let control { stage.output.appendLine(control) }
      if isAdopted { printer.expectAdopted(reply.id) }
      printer.show(reply)
      try printer.schedule()
    case .before(let rows, let isOpen):
      // What the control asked for may not have been done yet; whoever acts on it knows that it is old.
      if isOpen, let control { stage.output.appendLine(LineMaker.again(control)) }
      for row in rows { printer.showAgain(row) }
    case .notOurs: Log.info("somebody else has a message", [("message", reply.parent ?? "")])
    }
  }

  // MARK: - Recovery

  private func recover() throws {
    for dead in try stage.journal.store.inboxHolders(.running) where stage.journal.isDead(dead) {
      ProcessTree.end(where: "AGIM_HOLDER", is: dead)
    }
    try stage.untilStored { [unowned self] in
      let left = try stage.journal.recover(
        stage: stage.name, agents: { $0.hasPrefix("/") },
        record: { TurnRecord($0, code: "interrupted") },
        notice: { [unowned self] row in interrupted(row) })
      for row in left.reprints { printer.showAgain(row) }
      for (notice, isAdopted) in left.notices {
        if isAdopted { printer.expectAdopted(notice.id) }
        printer.show(notice)
      }
      try printer.reschedule()
    }
  }

  private func interrupted(_ row: InboxRow) -> Produced {
    var scanner = LineScanner()
    let isLine = (try? scanner.scan(row.line.span)) != nil
    let envelope = isLine ? try? Envelope(scanner, row.line.span) : nil
    let text = isLine ? (try? Envelope.text("text", scanner, row.line.span)) ?? nil : nil
    let language = Language.of(text: text ?? "", standard: settings.language)
    let line = stage.maker.error(
      to: Cause(id: row.id, trace: envelope?.trace ?? row.id, session: envelope?.session ?? row.session),
      stage: stage.name, code: "interrupted",
      text: language.catalogue.say(.interrupted(String((row.agent ?? "/").dropFirst()))))
    return Produced(
      id: line.id, parent: row.id, type: "error", final: true, session: row.session, line: line.line)
  }
}
