internal import JSON
internal import Journal
internal import MCP
internal import Policy
internal import Settings
internal import Stage
internal import Store
internal import System
internal import Wire

/// Questions of one agent to others: each is a message in the journal, and its answer is waited for.
extension ToolDesk {
  /// How many agents may stand in a row, the first one included.
  private static let depth = 3
  /// Questions of one session in a minute.
  private static let rate: Int64 = 10
  private static let standardMinutes = 10
  /// Bytes of all answers: clients cut or refuse longer results.
  private static let answerLimit = 60_000

  /// One agent that was asked.
  private struct Asked {
    let agent: String
    let id: String
    var answer: String?
  }

  func askAgents(_ job: ToolJob) throws {
    guard let scope = job.scope, let text = job.input["text"]?.string else { return }
    guard text.contains(where: { !$0.isWhitespace }) else { throw ToolRefusal("The text is empty.") }
    guard let turn = scope.turn else {
      throw ToolRefusal(
        "Other agents can be asked only in a conversation that agim runs: here nothing says who is there.")
    }
    let stage = try stage()
    let names = try names(job, scope)
    let cause = try scope.chat()
    let minute = stage.journal.clock.now() + -60_000
    let before = try stage.journal.store.countAsked(account: turn.session, since: minute)
    guard before + Int64(names.count) <= Self.rate else {
      throw ToolRefusal("That is more than \(Self.rate) questions to agents in a minute: wait a minute.")
    }
    let root = cause.replyTo ?? turn.session
    let targets = names.map {
      ($0, Address(platform: Journal.agentPlatform, channel: $0, thread: root).description)
    }
    for (name, target) in targets where try stage.journal.store.hasWaiting(session: target) {
      throw ToolRefusal(
        "\(name) has a question of this chat waiting already: ask it again when that one is answered.")
    }
    let holder = try stage.journal.holder()
    var asked: [Asked] = []
    try stage.journal.write {
      for (name, target) in targets {
        let (id, line) = try message(text, from: scope, turn, cause, root: root, to: target, holder, stage)
        _ = try stage.journal.ask(
          Incoming(
            id: id, type: "message", platform: Journal.agentPlatform, account: turn.session, event: id,
            session: target, line: line), agent: name, pipe: turn.pipe)
        asked.append(Asked(agent: name, id: id))
      }
    }
    stage.journal.wakeOthers()
    collect(asked, job, stage)
  }

  /// The agents that are asked.
  ///
  /// - Throws: `ToolRefusal` with what is possible instead.
  private func names(_ job: ToolJob, _ scope: ToolScope) throws -> [String] {
    var names: [String] = []
    for name in (job.input["agents"]?.array ?? []).compactMap(\.string) where !names.contains(name) {
      names.append(name)
    }
    let possible = scope.agents.filter { !scope.chain.contains($0) }
    let others =
      possible.isEmpty
      ? "There is none that you could ask." : "You can ask: \(possible.joined(separator: ", "))."
    guard !names.isEmpty else { throw ToolRefusal("'agents' names nobody. \(others)") }
    guard scope.chain.count < Self.depth else {
      throw ToolRefusal(
        "You were asked by an agent that was asked itself (\(scope.chain.joined(separator: " > "))): do it "
          + "yourself, or answer that you cannot.")
    }
    for name in names {
      guard !scope.chain.contains(name) else {
        throw ToolRefusal("\(name) waits for your answer itself, or is you. \(others)")
      }
      guard scope.agents.contains(name) else {
        throw ToolRefusal("No agent '\(name.prefix(64))' is known to run here. \(others)")
      }
    }
    return names
  }

  private func message(
    _ text: String, from scope: ToolScope, _ turn: TurnScopeRow, _ cause: Cause, root: String,
    to target: String, _ holder: String, _ stage: Stage
  ) throws -> (id: String, line: [UInt8]) {
    let platform = scope.subject.platform
    let person = String(decoding: turn.person.utf8.dropFirst(platform.utf8.count + 1), as: UTF8.self)
    let words =
      "[agim] The agent \(turn.agent) asks you this for the person whom it works for. Your answer goes to "
      + "\(turn.agent), not to the person: make it complete in itself.\n\n\(text)"
    let made = stage.maker.message(
      session: target, from: person, name: nil, text: words, parent: turn.message, trace: cause.trace)
    var by = JSONWriter()
    by.value([
      "agent": .string(turn.agent), "session": .string(turn.session), "message": .string(turn.message),
      "platform": .string(platform), "holder": .string(holder),
      "chain": .array(scope.chain.map { .string($0) }),
    ])
    var home = JSONWriter()
    home.value(root)
    var place = JSONWriter()
    place.value(turn.workdir)
    var more: [(name: String, rawValue: [UInt8]?)] = [
      ("asked_by", by.bytes), ("reply_to", home.bytes), ("workdir", place.bytes),
      // In the chat nobody sees the buttons of a session of its own by a bare word.
      ("chat", Array("\"group\"".utf8)), ("verbose", Array("\"off\"".utf8)),
    ]
    if turn.isPlan { more.append(("mode", Array("\"plan\"".utf8))) }
    var scanner = LineScanner()
    try scanner.scan(made.line.span)
    let line = LineEditor.set(more, in: made.line.span, scanner: scanner)
    guard line.count <= JSONLimits.line.maxBytes else {
      throw ToolRefusal("The text is too long: put it into a file in \(turn.workdir), and name that.")
    }
    return (made.id, line)
  }

  // MARK: - The answers

  private func collect(_ started: [Asked], _ job: ToolJob, _ stage: Stage) {
    let minutes = job.input["minutes"]?.int ?? Self.standardMinutes
    let deadline = loopNow(stage) + Int64(minutes) * 60_000
    var asked = started
    job.withdraw = { why in
      for one in asked where one.answer == nil { _ = try stage.journal.takeBack(one.id, because: why) }
    }
    wait(job) { [unowned self] in
      for index in asked.indices where asked[index].answer == nil {
        asked[index].answer = try answer(to: asked[index].id, stage)
      }
      let isLate = loopNow(stage) >= deadline
      guard isLate || asked.allSatisfy({ $0.answer != nil }) else { return }
      if isLate { try job.withdraw?("there was no time left to wait for it") }
      job.withdraw = nil
      let share = Self.answerLimit / asked.count
      let texts = asked.map { one in
        let text = one.answer ?? "(no answer within \(minutes) min: do not wait for it)"
        let isWhole = text.utf8.count <= share
        let shown = isWhole ? text : String(decoding: text.utf8.prefix(share), as: UTF8.self) + "\n[... cut]"
        return asked.count == 1 && one.answer != nil ? shown : "## \(one.agent)\n\n\(shown)"
      }
      finish(job, .init(texts.joined(separator: "\n\n"), isError: asked.allSatisfy { $0.answer == nil }))
    }
    stage.loop.after(Int64(minutes) * 60_000) { [weak self] in self?.look() }
  }

  /// What an agent answered; nil while it works.
  private func answer(to id: String, _ stage: Stage) throws -> String? {
    guard let row = try stage.journal.store.inbox(id: id) else { return "(the question is gone)" }
    switch row.state {
    case .new, .taken: return nil
    case .running:
      // Its process may be gone: then nobody will answer.
      return stage.journal.isDead(row.holder) ? "(its work was interrupted)" : nil
    case .held: return "(the question was held back)"
    case .dead: return "(not answered: \(row.reason ?? "it ended"))"
    case .done:
      guard let reply = try stage.journal.store.outbox(answering: id).last(where: \.final),
        let text = (try? JSONReader.parse(reply.line, limits: .line))?["text"]?.string
      else { return "(no text)" }
      return text
    }
  }
}
