internal import Console
internal import Gate
internal import JSON
internal import Journal
internal import Requests
internal import Settings
package import Stage
internal import Store
internal import System
internal import Wire

/// The human gate in a pipe: takes answers to requests out of what people say; the rest passes.
///
/// What an answer does is one transaction: the request's new state, the ledger, the grant, the reply, and the
/// end of the message. The `decision` line that follows only wakes up who waits.
package final class ApproveFilter {
  private let stage: Stage
  private let input: StageInput
  private let printer: ReplyPrinter
  private let presence: GatePresence
  /// Lines that wait until the store can be written, in their order.
  private var waiting: [[UInt8]] = []
  private var scanner = LineScanner()

  private static let pendingLimit = 1 << 20
  /// Texts longer than this are no answers; the escapes of a short one fit.
  private static let rawLimit = 400
  /// The same for answers to a question of an agent.
  private static let answerLimit = 64 << 10

  /// A filter on a stage's input; from now on the pipeline has a gate.
  ///
  /// - Throws: `SystemError`.
  package init(_ stage: Stage, input: StageInput) throws {
    self.stage = stage
    self.input = input
    printer = ReplyPrinter(stage)
    presence = try GatePresence(stage.home, pipe: stage.journal.pipe)
  }

  /// Serves until the input has ended.
  package func run() throws {
    input.onLine = { [unowned self] scanner, line in try take(scanner, line) }
    input.isPaused = { [unowned self] in
      stage.isTroubled || !waiting.isEmpty || stage.output.pending > Self.pendingLimit
    }
    stage.onStop = { [unowned self] in try input.stop() }
    try recover()
    stage.loop.beforeWait { [unowned self] in try step() }
    stage.every(30_000) { [unowned self] in try recover() }
    input.start()
    try stage.run()
  }

  private func recover() throws {
    try stage.untilStored { [unowned self] in
      let left = try stage.journal.recover(stage: stage.name, agents: { _ in false }) { row in
        // It never has rows of its own at work.
        Produced(id: row.id, parent: row.id, type: "error", final: true, session: row.session, line: row.line)
      }
      for row in left.reprints { printer.showAgain(row) }
      try printer.reschedule()
      try voidOrphans()
    }
  }

  /// Takes back the cards of hooks that were killed, and could not do it themselves.
  private func voidOrphans() throws {
    let desk = RequestDesk(
      stage.journal.store, stage.journal.clock, stage.settings, isBroken: false, home: stage.home,
      files: SystemFileFacts())
    guard try !desk.orphans(isDead: stage.journal.isDead).isEmpty else { return }
    try stage.journal.write {
      for row in try desk.orphans(isDead: stage.journal.isDead) {
        try desk.void(row, because: "\(row.agent) does not wait for it any more")
        try stage.journal.withdraw(queued: row.id, because: "nobody waits for it any more")
      }
    }
  }

  private func step() throws {
    while let line = waiting.first {
      try scanner.scan(line.span)
      guard try handle(scanner, line.span) else { return }
      waiting.removeFirst()
    }
    try printer.confirmPassed()
    guard input.hasEnded else { return }
    try stage.output.pump()
    try printer.confirmPassed()
    if stage.output.pending == 0 { stage.loop.stop() }
  }

  private func take(_ scanner: LineScanner, _ line: Span<UInt8>) throws {
    guard waiting.isEmpty, try handle(scanner, line) else {
      return waiting.append(line.withUnsafeBufferPointer { Array($0) })
    }
  }

  /// Handles a line; false when the store cannot be written now.
  private func handle(_ scanner: LineScanner, _ line: Span<UInt8>) throws -> Bool {
    guard let type = scanner.find("type", in: line) else { return pass(line) }
    let isMessage = scanner.equals(type, "message", in: line)
    if isMessage {
      guard let text = scanner.find("text", in: line), text.kind == .string else { return pass(line) }
      let length = text.valueEnd - text.valueStart
      let isWord =
        try length <= Self.rawLimit && AnswerWords.read(scanner.string(text, in: line)) != nil
      // Words of one's own count only while an agent asks for them.
      guard isWord || length <= Self.answerLimit && isQuestionOpen() else { return pass(line) }
    } else if !scanner.equals(type, "answer", in: line) {
      return pass(line)
    }
    do {
      let envelope = try Envelope(scanner, line)
      guard let id = envelope.id, let session = envelope.session else {
        throw WireError("an answer without \"id\" or \"session\"")
      }
      return try answer(envelope, id, session, scanner, line)
    } catch let error as WireError {
      try input.report("line \(input.lineNumber): \(error); passed on")
      return pass(line)
    }
  }

  /// Whether an agent waits for an answer; where the store cannot be read it is looked at once more with the
  /// answer.
  private func isQuestionOpen() -> Bool { (try? stage.journal.store.hasOpenQuestion()) ?? true }

  private func pass(_ line: Span<UInt8>) -> Bool {
    stage.output.appendLine(line)
    return true
  }

  // MARK: - Answers

  private func answer(
    _ envelope: Envelope, _ id: String, _ session: String, _ scanner: LineScanner, _ line: Span<UInt8>
  ) throws -> Bool {
    stage.refreshSettings(atOnce: true)
    let bytes = line.withUnsafeBufferPointer { Array($0) }
    let isMessage = envelope.type == "message"
    let text = try Envelope.text("text", scanner, line) ?? ""
    let request = isMessage ? nil : try Envelope.text("request", scanner, line)
    let choice = isMessage ? nil : try Envelope.text("choice", scanner, line)
    let speaker = Speaker(bytes)
    var heard = Heard.ordinary
    var result: Answered = .notOurs
    var replies: [Produced] = []
    let stored = try stage.attempt {
      (heard, result, replies) = (.ordinary, .notOurs, [])
      try stage.journal.write {
        let row = try stage.journal.store.inbox(id: id)
        // What it was answered with is printed once more.
        let isOver = row.map { $0.state == .done || $0.state == .dead } ?? false
        let address = Address(session)
        let isTyped = row.map { Speaker($0.line).isTyped } ?? false
        let person = Person(
          row: row?.platform, session: address?.platform ?? "", id: speaker.id, isTyped: isTyped)
        let rank = try stage.people().rank(of: person)
        let said = Said(
          session: address?.description ?? session, person: person.name, isApprover: rank >= .approver,
          isAllowed: rank >= .allowed, isDirect: speaker.isDirect, isAgain: envelope.again,
          accepted: row?.accepted, quoted: speaker.quoted, id: id)
        let desk = ApprovalDesk(stage.journal.store, at: stage.journal.clock.now())
        if !isOver {
          heard =
            isMessage
            ? try desk.hear(text, said) : try desk.hear(choice: choice ?? "", request: request ?? "", said)
          if heard == .ordinary, isMessage { return }
        }
        let language = Language.of(text: text, standard: stage.settings.language)
        let cause = Cause(envelope)
        if rank >= .allowed, let words = ApproveWords.reply(to: heard, language) {
          let reply = stage.maker.reply(to: cause, text: words)
          replies = [
            Produced(
              id: reply.id, parent: id, type: "reply", final: true, session: said.session, line: reply.line)
          ]
        }
        let wanted = Wanted(
          id: id, type: envelope.type, session: said.session, agent: "", line: bytes)
        result = try stage.journal.answer(
          wanted, replies: replies, by: stage.name, reason: "an answer to a request")
        if case .now(let isAdopted) = result, isAdopted {
          for reply in replies { printer.expectAdopted(reply.id) }
        }
      }
    }
    guard stored else { return false }
    if case .ordinary = heard, case .notOurs = result, replies.isEmpty {
      // No answer after all, or somebody else has it.
      if isMessage { return pass(line) }
    }
    switch result {
    case .now:
      if case .settled(let row, _, _) = heard {
        stage.journal.wakeOthers()
        stage.output.appendLine(
          stage.maker.decision(
            to: Cause(envelope), request: row.id, verdict: row.state == .denied ? "deny" : "allow",
            by: row.by ?? "", via: id, scope: row.scope ?? "once"))
      }
      for reply in replies { printer.show(reply) }
      try printer.schedule()
    case .before(let rows, _): for row in rows { printer.showAgain(row) }
    case .notOurs: break
    }
    return true
  }
}
