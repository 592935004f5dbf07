internal import Console
internal import Gate
internal import Glibc
internal import JSON
internal import Journal
internal import Policy
internal import Settings
package import Stage
internal import Store
internal import System
internal import Wire

/// Runs turns: claims messages, keeps a session's order, runs sessions in parallel, and commits every
/// step before it shows.
///
/// A step of the loop collects what happened (turns that ended, lines for the chat, turns that may
/// begin) and makes it durable in one transaction, then prints and starts. So nothing is printed that
/// a crash could take back, and no prompt reaches an agent before its row says `running`.
package final class Engine {
  /// The stage it works for.
  package let stage: Stage

  private let drivers: [String: any Driver]
  private let defaultAgent: String?
  private let jobs: Int
  private let input: StageInput

  private var wanted: [Wanted] = []
  private var foreign: [UInt8] = []
  private var sessions: [String: SessionQueue] = [:]
  private var ready: [SessionQueue] = []
  private var blocked: [SessionQueue] = []
  private var waiting = 0
  private var running: [String: Turn] = [:]
  private var ends: [TurnEnd] = []
  /// Turns that have ended and may still wait for an answer.
  private var ended: [Turn] = []
  private var lines: [Produced] = []
  private var controls: [String] = []
  private var wasDecided = false
  private let printer: ReplyPrinter
  let permissions: Permissions

  private static let mayPass: Set<Int32> = [ENOSPC, EDQUOT, EAGAIN, ENOMEM, EMFILE, ENFILE, ETXTBSY]
  private static let waitingLimit = 50_000
  private static let pendingLimit = 1 << 20

  /// The messages of one session that wait for their turn, by row number.
  private final class SessionQueue {
    let address: String
    var rows: [Int64] = []
    var isReady = false
    var isRunning = false
    init(_ address: String) { self.address = address }
  }

  /// An engine for some drivers, which runs at most `jobs` turns at once.
  ///
  /// `defaultAgent` takes the messages that are routed to nobody; nil: they pass through.
  package init(
    _ stage: Stage, drivers: [any Driver], defaultAgent: String?, jobs: Int, input: StageInput
  ) {
    self.stage = stage
    printer = ReplyPrinter(stage)
    permissions = Permissions(stage, printer)
    self.drivers = Dictionary(drivers.map { ($0.agent, $0) }) { first, _ in first }
    self.defaultAgent = defaultAgent
    self.jobs = jobs
    self.input = input
  }

  /// Recovers what dead engines left, then serves until the input has ended and all is done.
  package func run() throws {
    input.onLine = { [unowned self] scanner, line in try take(scanner, line) }
    input.isPaused = { [unowned self] in
      stage.isTroubled || waiting > Self.waitingLimit || stage.output.pending > Self.pendingLimit
    }
    stage.onStop = { [unowned self] in try input.stop() }
    try recover()
    stage.loop.beforeWait { [unowned self] in try step() }
    stage.whenOthersCommit { [unowned self] in
      releaseBlocked()
      try permissions.look()
      try stage.untilStored { [unowned self] in
        for row in try stage.journal.adoptReleased(agents: runs) {
          enqueue(row.n, row.session)
        }
      }
    }
    // An engine that was still leaving when we started is dead by then.
    stage.every(30_000) { [unowned self] in try recover() }
    input.start()
    try stage.run()
  }

  // MARK: - Reading

  private func take(_ scanner: LineScanner, _ line: Span<UInt8>) throws {
    guard let type = scanner.find("type", in: line) else { return pass(line) }
    if scanner.equals(type, "message", in: line) {
      if let agent = scanner.find("agent", in: line), agent.kind == .string {
        // The hot path of a filter: most lines are for somebody else, and for the same one.
        if isForeign(agent, line) { return pass(line) }
        let name = try scanner.string(agent, in: line)
        guard drivers[name] != nil else {
          foreign = (agent.valueStart..<agent.valueEnd).map { line[$0] }
          return pass(line)
        }
      } else if defaultAgent == nil {
        return pass(line)
      }
      return try want(scanner, line)
    }
    if scanner.equals(type, "control", in: line) { try control(scanner, line) }
    // What it says does not count; it makes us look into the store.
    if scanner.equals(type, "decision", in: line) { wasDecided = true }
    pass(line)
  }

  /// Whether an agent is spelled as the last one that is not ours.
  private func isForeign(_ agent: Member, _ line: Span<UInt8>) -> Bool {
    guard agent.valueEnd - agent.valueStart == foreign.count else { return false }
    for index in foreign.indices where line[agent.valueStart + index] != foreign[index] { return false }
    return true
  }

  private func want(_ scanner: LineScanner, _ line: Span<UInt8>) throws {
    do {
      let envelope = try Envelope(scanner, line)
      guard let id = envelope.id else { throw WireError("a message has no \"id\"") }
      guard let session = envelope.session.flatMap(Address.init)?.description else {
        throw WireError("message \(id): \"session\" is not an address")
      }
      _ = try Envelope.text("text", scanner, line)
      guard let agent = envelope.agent ?? defaultAgent else { return pass(line) }
      var bytes = line.withUnsafeBufferPointer { Array($0) }
      if envelope.again {
        // How a line came is no part of what is kept.
        bytes = LineEditor.set([(name: "again", rawValue: nil)], in: line, scanner: scanner)
      }
      wanted.append(Wanted(id: id, type: "message", session: session, agent: agent, line: bytes))
    } catch let error as WireError {
      try input.report("line \(input.lineNumber): \(error); passed on")
      pass(line)
    }
  }

  private func control(_ scanner: LineScanner, _ line: Span<UInt8>) throws {
    do {
      let envelope = try Envelope(scanner, line)
      // One that comes again is about a turn that is over, and would end a later one.
      if envelope.action == "abort", !envelope.again, let session = envelope.session {
        for turn in running.values where turn.row.session == session { turn.abort(.aborted) }
      }
      if let parent = envelope.parent { controls.append(parent) }
    } catch {
      try input.report("line \(input.lineNumber): \(error); passed on")
    }
  }

  private func pass(_ line: Span<UInt8>) { stage.output.appendLine(line) }

  // MARK: - A step

  private func step() throws {
    if wasDecided {
      wasDecided = false
      try permissions.look()
    }
    if input.hasEnded, !permissions.isAlone { try permissions.inputEnded() }
    try claimWanted()
    for turn in ended {
      try permissions.withdraw(turn)
      try permissions.settleOrphans(of: turn)
    }
    ended.removeAll(keepingCapacity: true)
    while true {
      let starts = try nextStarts()
      guard !ends.isEmpty || !lines.isEmpty || !starts.isEmpty || !controls.isEmpty else { break }
      guard try commit(starts) else { return }
    }
    try printer.confirmPassed()
    if isIdle, input.hasEnded { try finishIfWritten() }
  }

  private var isIdle: Bool { running.isEmpty && (waiting == 0 || stage.isStopping) && wanted.isEmpty }

  private func finishIfWritten() throws {
    try stage.output.pump()
    try printer.confirmPassed()
    if stage.output.pending == 0 { stage.loop.stop() }
  }

  private func claimWanted() throws {
    guard !wanted.isEmpty else { return }
    var claims: [Claim] = []
    guard try stage.attempt({ claims = try stage.journal.claim(wanted) }) else { return }
    let messages = wanted
    wanted.removeAll(keepingCapacity: true)
    for (message, claim) in zip(messages, claims) {
      switch claim {
      case .taken(let n): enqueue(n, message.session)
      case .answered(let replies):
        for reply in replies { stage.output.appendLine(LineMaker.again(reply.line)) }
      case .ignored: Log.info("not ours to run", [("id", message.id)])
      }
    }
  }

  private func enqueue(_ n: Int64, _ session: String) {
    let queue: SessionQueue
    if let known = sessions[session] {
      queue = known
    } else {
      queue = SessionQueue(session)
      sessions[session] = queue
    }
    queue.rows.append(n)
    waiting += 1
    makeReady(queue)
  }

  private func makeReady(_ queue: SessionQueue) {
    guard !queue.isReady, !queue.isRunning, !queue.rows.isEmpty else { return }
    queue.isReady = true
    ready.append(queue)
  }

  private func nextStarts() throws -> [InboxRow] {
    // A reader that is slow holds up the turns, not the memory.
    guard !stage.isStopping, stage.output.pending < Self.pendingLimit else { return [] }
    var starts: [InboxRow] = []
    while running.count + starts.count < jobs, !ready.isEmpty {
      let queue = ready.removeFirst()
      queue.isReady = false
      guard let n = queue.rows.first else { continue }
      // An operator may have dropped it meanwhile, and what a stranger says is not run.
      guard let row = try stage.journal.store.inbox(n: n), row.state == .taken, try isAllowed(row) else {
        dequeue(queue)
        makeReady(queue)
        continue
      }
      starts.append(row)
    }
    return starts
  }

  /// The sender check, made once more by who acts: a pipe may have no agim-route.
  private func isAllowed(_ row: InboxRow) throws -> Bool {
    stage.refreshSettings(atOnce: true)
    let person = Person(
      row: row.platform, session: Address(row.session)?.platform ?? "", id: Speaker(row.line).id)
    guard try stage.people().rank(of: person) < .allowed else { return true }
    try stage.untilStored { [stage] in
      try stage.journal.refuse(row.id, reason: "\(person.name) is not allowed")
    }
    Log.notice("a stranger's message is not run", [("message", row.id), ("person", person.name)])
    return false
  }

  private func dequeue(_ queue: SessionQueue) {
    guard !queue.rows.isEmpty else { return }
    queue.rows.removeFirst()
    waiting -= 1
    if queue.rows.isEmpty, !queue.isRunning { sessions[queue.address] = nil }
  }

  /// Makes a step durable, then shows it.
  private func commit(_ starts: [InboxRow]) throws -> Bool {
    var begun: Set<String> = []
    let stored = try stage.attempt {
      begun = try stage.journal.commit(
        ends: ends, lines: lines, starts: starts.map(TurnStart.init), actedOn: controls)
    }
    guard stored else {
      for row in starts { if let queue = sessions[row.session] { makeReady(queue) } }
      return false
    }
    for end in ends { printer.show(end.reply) }
    for line in lines { printer.show(line) }
    ends.removeAll(keepingCapacity: true)
    lines.removeAll(keepingCapacity: true)
    controls.removeAll(keepingCapacity: true)
    for row in starts {
      guard let queue = sessions[row.session] else { continue }
      if begun.contains(row.id) {
        queue.isRunning = true
        dequeue(queue)
        begin(row)
      } else {
        // Another process is at work in this session.
        blocked.append(queue)
        stage.loop.after(1000) { [unowned self] in releaseBlocked() }
      }
    }
    try printer.schedule()
    return true
  }

  /// Sessions in which another process was at work may be free now.
  private func releaseBlocked() {
    for queue in blocked { makeReady(queue) }
    blocked.removeAll()
  }

  // MARK: - Turns

  private func begin(_ row: InboxRow) {
    var scanner = LineScanner()
    // The line was scanned when it came; if it cannot be now, the text is empty and the turn says so.
    try? scanner.scan(row.line.span)
    let envelope = try? Envelope(scanner, row.line.span)
    let text = (try? Envelope.text("text", scanner, row.line.span)) ?? ""
    let name = row.agent ?? defaultAgent ?? ""
    stage.refreshSettings()
    let settings = stage.settings.agent(name)
    let isInterrupted = Interruptions.count(row.reason) > 0
    let turn = Turn(
      self, row: row, text: isInterrupted ? Self.goOn(with: text) : text,
      cause: cause(of: row, envelope), settings: settings,
      workdir: workdir(of: row) ?? settings.workdir ?? "\(stage.home.work)/\(name)",
      subject: subject(of: row, agent: name), replyID: stage.maker.id())
    turn.isResumption = isInterrupted
    running[row.id] = turn
    Log.info("turn begins", [("message", row.id), ("agent", name), ("session", row.session)])
    guard let driver = drivers[name] else {
      return turn.fail(code: "no_driver", "no agent named \(name) runs here")
    }
    launch(turn, driver)
  }

  /// What an agent is told that was interrupted: it may have done some of it, or not even have heard of it.
  private static func goOn(with text: String) -> String {
    "[agim] Your work on the message below was interrupted before it was finished. What you did until then is "
      + "in this session and may have taken effect: look at what is there, do nothing a second time, and go "
      + "on.\n\n\(text)"
  }

  private func subject(of row: InboxRow, agent: String) -> PolicySubject {
    let speaker = Speaker(row.line)
    let platform = Address(row.session)?.platform ?? ""
    let person = Person(row: row.platform, session: platform, id: speaker.id, isTyped: speaker.isTyped)
    return PolicySubject(
      agent: agent, person: person.name, chat: speaker.isDirect ? .direct : .group, platform: person.platform,
      session: row.session)
  }

  /// The work directory that a line names, where it lies below one that the configuration names.
  private func workdir(of row: InboxRow) -> String? {
    var scanner = LineScanner()
    guard (try? scanner.scan(row.line.span)) != nil,
      let path = (try? Envelope.text("workdir", scanner, row.line.span)) ?? nil
    else { return nil }
    let files = SystemFileFacts()
    if stage.settings.isWorkdir(path, real: { files.resolve($0, from: "/").path }) { return path }
    Log.warning("a work directory that config.json does not name; left out", [("message", row.id)])
    return nil
  }

  /// What a reply to a row is caused by, its session spelled as its sender spells it.
  private func cause(of row: InboxRow, _ envelope: Envelope?) -> Cause {
    Cause(
      id: row.id, trace: envelope?.trace ?? row.id, session: envelope?.session ?? row.session,
      replyTo: envelope?.replyTo)
  }

  private func envelope(of row: InboxRow) -> Envelope? {
    var scanner = LineScanner()
    guard (try? scanner.scan(row.line.span)) != nil else { return nil }
    return try? Envelope(scanner, row.line.span)
  }

  /// Gives the turn to its driver; what the system cannot do now is tried again every second.
  private func launch(_ turn: Turn, _ driver: any Driver) {
    guard !turn.isEnded else { return }
    do {
      try Files.makeDirectory(turn.workdir)
      try driver.begin(turn)
      turn.isBegun = true
    } catch let error as SystemError where Self.mayPass.contains(error.errno) {
      Log.warning("a turn cannot begin yet: \(error)")
      stage.loop.after(1000) { [unowned self] in launch(turn, driver) }
    } catch {
      turn.fail(code: "cannot_start", "\(turn.settings.name) cannot be started: \(error)")
    }
  }

  func end(_ turn: Turn, text: String, code: String?) {
    running[turn.row.id] = nil
    ended.append(turn)
    var line: (id: String, line: [UInt8])
    let record = TurnRecord(
      person: turn.subject.person, platform: turn.subject.platform, code: code ?? TurnRecord.ok,
      prompt: turn.text.utf8.count, reply: text.utf8.count, tokens: turn.tokens, cost: turn.cost)
    var text = LongText.fit(text, stage)
    if let command = turn.resumeCommand, turn.settings.showsResume { text.text += "\n\n$ \(command)" }
    if let code {
      line = stage.maker.error(
        to: turn.cause, stage: stage.name, code: code, text: text.text, agent: turn.settings.name)
    } else {
      line = stage.maker.reply(id: turn.replyID, to: turn.cause, text: text.text, agent: turn.settings.name)
    }
    if let attachment = text.attachment { line.line = attachment.added(to: line.line) }
    if turn.row.adopted { printer.expectAdopted(line.id) }
    ends.append(
      TurnEnd(
        id: turn.row.id,
        reply: Produced(
          id: line.id, parent: turn.row.id, type: code == nil ? "reply" : "error", final: true,
          session: turn.row.session, line: line.line),
        record: record))
    Log.info("turn ends", [("message", turn.row.id), ("code", code ?? "ok")])
    guard let queue = sessions[turn.row.session] else { return }
    queue.isRunning = false
    if queue.rows.isEmpty { sessions[queue.address] = nil } else { makeReady(queue) }
  }

  /// Says something in the chat that leaves the turn open.
  func notice(_ turn: Turn, _ text: String) {
    let text = LongText.fit(text, stage)
    var line = stage.maker.reply(
      to: turn.cause, text: text.text, notice: true, agent: turn.settings.name)
    if let attachment = text.attachment { line.line = attachment.added(to: line.line) }
    if turn.row.adopted { printer.expectAdopted(line.id) }
    lines.append(
      Produced(
        id: line.id, parent: turn.row.id, type: "reply", final: false, session: turn.row.session,
        line: line.line))
  }

  func driverAbort(_ turn: Turn) { drivers[turn.row.agent ?? ""]?.abort(turn) }

  func printPartial(_ turn: Turn, _ text: String) {
    // A slow reader gets fewer parts: the final reply has the whole text.
    guard stage.output.pending == 0, text.utf8.count < LongText.limit, turn.shown != .nothing else { return }
    stage.output.appendLine(
      stage.maker.reply(
        id: turn.replyID, to: turn.cause, text: text, final: false, agent: turn.settings.name
      ).line)
  }

  func printAction(_ turn: Turn, key: String, phase: String, title: String, detail: String?) {
    guard stage.output.pending < Self.pendingLimit, turn.shown != .nothing else { return }
    stage.output.appendLine(
      stage.maker.action(
        to: turn.cause, key: key, phase: phase, title: title, detail: turn.shown == .titles ? nil : detail))
  }

  // MARK: - Recovery

  /// Whether messages for an agent, or for nobody, are run here.
  private func runs(_ agent: String) -> Bool {
    agent.isEmpty ? defaultAgent != nil : drivers[agent] != nil
  }

  /// Whether the agent has a session of its own in which it can go on with an interrupted turn.
  private func canGoOn(_ row: InboxRow) -> Bool {
    guard let name = row.agent ?? defaultAgent, drivers[name]?.resumes == true else { return false }
    return NativeSession.kept(in: try? stage.journal.store.currentSession(row.session), agent: name) != nil
  }

  private func recover() throws {
    // Where the guardian was killed too, agents may still be at work for a dead engine.
    for dead in try stage.journal.store.inboxHolders(.running) where stage.journal.isDead(dead) {
      ProcessTree.end(where: "AGIM_HOLDER", is: dead)
    }
    Holder.sweep(stage.home.run)
    try permissions.voidOrphans { [unowned self] in
      Interruptions.count($0.reason) < Interruptions.limit && canGoOn($0)
    }
    let left = try stage.journal.recover(
      agents: runs, record: { TurnRecord($0, code: "interrupted") }, resumes: canGoOn,
      notice: { [unowned self] row in
        let line = stage.maker.error(
          to: cause(of: row, envelope(of: row)), stage: stage.name, code: "interrupted",
          text: "The work on this message was interrupted, and it is not known how far it came. "
            + "Nothing is run again unasked: send the message again if it should be.",
          agent: row.agent)
        return Produced(
          id: line.id, parent: row.id, type: "error", final: true, session: row.session, line: line.line)
      })
    for row in left.reprints { printer.showAgain(row) }
    for (notice, isAdopted) in left.notices {
      if isAdopted { printer.expectAdopted(notice.id) }
      printer.show(notice)
    }
    for row in left.taken { enqueue(row.n, row.session) }
    if !left.taken.isEmpty || !left.notices.isEmpty {
      Log.notice(
        "recovered", [("to_run", "\(left.taken.count)"), ("interrupted", "\(left.notices.count)")])
    }
    try printer.reschedule()
  }
}
