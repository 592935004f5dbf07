internal import Console
internal import Gate
internal import Glibc
internal import JSON
internal import Journal
internal import Policy
internal import Requests
internal import Settings
package import Stage
internal import Store
internal import System
package import Wire

/// Answers one hook of a program that a person started in a terminal: by the policy, or by asking in a chat.
///
/// Nothing here is tried again: what cannot be stored or read leaves as an error, and no decision is printed.
package final class HookDesk {
  let stage: Stage
  let event: HookEvent
  let address: Address?
  let within: Int64?
  let files = SystemFileFacts()

  /// The longest input that people are asked about: nobody looks through more.
  private static let askedLimit = 256 << 10
  /// Milliseconds for which Codex's own gate is told the answer that was given a moment ago.
  private static let repeated: Int64 = 120_000

  var stopped: String?
  /// Looks what has become of what waits; nil before the first wait.
  var look: (() throws -> Void)?

  /// A desk for an event.
  ///
  /// - Parameters:
  ///   - stage: The stage.
  ///   - event: What the program told.
  ///   - address: The chat that is asked in; nil where there is none.
  ///   - within: Milliseconds that a person has, where that is less than the configuration allows.
  package init(_ stage: Stage, _ event: HookEvent, to address: Address?, within: Int64?) {
    (self.stage, self.event, self.address, self.within) = (stage, event, address, within)
  }

  /// What the program is told.
  ///
  /// - Throws: `Failure`, `StoreError`, `CryptoError`, `SystemError`, `ReaderGone`: then nothing was decided.
  package func answer() throws -> HookVerdict {
    defer { stage.journal.close() }
    switch event.kind {
    case .call(let call): return try decide(call)
    case .question(let tool, let input): return try put(tool, input)
    case .finished, .waits:
      try HookNotice(stage, event, to: address).tell()
      return .none
    case .nothing: return .none
    }
  }

  // MARK: - Judging

  var desk: RequestDesk {
    RequestDesk(
      stage.journal.store, stage.journal.clock, stage.settings, isBroken: stage.isConfigurationBroken,
      home: stage.home, files: files)
  }

  private func asking(_ call: HookCall) throws -> JudgedCall {
    var input: [UInt8]?
    if let object = call.input {
      var json = JSONWriter()
      json.value(.object(object))
      input = json.bytes
    }
    let isPlan = call.isPlan || stage.settings.agents[event.program.rawValue]?.mode == "plan"
    return JudgedCall(
      ToolCall(tool: call.tool, input: input, workdir: call.workdir, dialect: call.dialect),
      for: try subject(),
      mode: isPlan ? .plan : .ask)
  }

  func subject() throws -> PolicySubject {
    let agent = event.program.rawValue
    return PolicySubject(
      agent: agent, person: "tty:\(LocalUser.name)", chat: try chat(), platform: "tty",
      session: address?.description ?? "tty:\(agent)")
  }

  /// A chat is taken for a group, which is the stricter, unless it is known to be a direct one.
  private func chat() throws -> PolicySubject.Chat {
    guard let address else { return .direct }
    if address.platform == "tty" { return .direct }
    let people = try stage.people()
    let names = people.approvers.union(people.admins).union(people.paired.keys)
    if names.contains("\(address.platform):\(address.channel)") { return .direct }
    return try stage.journal.store.lastInboxLine(of: address.description).map { Speaker($0).isDirect } == true
      ? .direct : .group
  }

  private func decide(_ call: HookCall) throws -> HookVerdict {
    let asking = try asking(call)
    var asked: Judgement?
    var verdict = HookVerdict.deny("")
    try stage.journal.write {
      try voidOrphans()
      let judgement = try desk.judge(asking)
      switch judgement.verdict {
      case .allow: verdict = .allow(judgement.reason)
      case .deny: verdict = .deny(Self.sentence(judgement.reason))
      case .ask:
        if let away = try desk.away(asking.subject.agent) {
          let reason = "nobody is there until \(away)"
          verdict = .allow("agim: \(reason)")
          return try desk.record(asking, verdict: "allow", rule: "away", reason: reason)
        }
        if call.isRepeated, let by = try answeredBefore(asking) {
          verdict = .allow("agim: allowed by \(by)")
          return try desk.record(
            asking, verdict: "allow", rule: "answered", reason: "\(by) has just allowed this call")
        }
        asked = judgement
        return
      }
      try desk.record(
        asking, verdict: judgement.verdict.rawValue, rule: judgement.rule, reason: judgement.reason)
    }
    guard let asked else { return verdict }
    if let why = try nobodyToAsk(asking) {
      try stage.journal.write {
        try desk.record(asking, verdict: "deny", rule: "nobody", reason: why)
      }
      return .deny(Self.sentence("\(asked.reason) Somebody would have to allow it, and \(why)"))
    }
    return try ask(asking, call)
  }

  /// Who allowed the very same call a moment ago, before the program's own gate asked about it once more.
  private func answeredBefore(_ asking: JudgedCall) throws -> String? {
    let now = stage.journal.clock.now()
    let command = asking.call.input.flatMap { try? JSONReader.parse($0) }?["command"]
    return try stage.journal.store.requests(limit: 100).first { row in
      guard row.state == .used, row.parent == nil, now - row.since <= Self.repeated else { return false }
      let same = row.session == asking.subject.session && row.agent == asking.subject.agent
      guard same, row.tool == asking.call.tool, row.workdir == asking.call.workdir else { return false }
      // Its own gate adds why it asks.
      return command == nil
        ? row.input == asking.call.input : (try? JSONReader.parse(row.input))?["command"] == command
    }.map { $0.by ?? "somebody" }
  }

  /// Why nobody can be asked; nil when somebody can.
  ///
  /// Those who have just gone may come back within a moment.
  private func nobodyToAsk(_ asking: JudgedCall) throws -> String? {
    guard address != nil else {
      return
        "no chat is named: say --to ADDRESS in the hook ('agim setup \(event.program.rawValue) --to ADDRESS'), "
        + "or \"hook\": {\"to\": ADDRESS} in config.json."
    }
    if let size = asking.call.input?.count, size > Self.askedLimit {
      return "its input of \(size) bytes is more than anybody looks through: do it in smaller steps."
    }
    let clock = stage.loop.clock
    let deadline = clock.monotonic() + GateWatch.patience.first
    while true {
      guard let missing = missing else { return nil }
      guard clock.monotonic() < deadline, stopped == nil else { return missing }
      usleep(50_000)
    }
  }

  var missing: String? {
    if !GatePresence.isAnywhere(stage.home, .gate) {
      return "no agim-approve runs that could hear an answer: start the pipeline ('agim start NAME')."
    }
    if !GatePresence.isAnywhere(stage.home, .send) {
      return "no agim-send runs that could show the question: start the pipeline ('agim start NAME')."
    }
    return nil
  }

  // MARK: - JudgedCall

  /// Milliseconds that a person has.
  var time: Int64 { min(stage.settings.limits.request.milliseconds, within ?? .max) }

  private func ask(_ asking: JudgedCall, _ call: HookCall) throws -> HookVerdict {
    let time = time
    var row: RequestRow?
    try stage.journal.write {
      // Judged in the same transaction: a grant may have been given since.
      let judgement = try desk.judge(asking)
      guard judgement.verdict == .ask else { return }
      let made = try desk.ask(
        asking, judgement, words: call.words,
        cause: Cause(id: nil, trace: nil, session: asking.subject.session),
        maker: &stage.maker, waiter: (stage.journal.pipe, try stage.journal.holder()), time: time)
      try show(made.row, made.line)
      row = made.row
    }
    guard let row else { return try decide(call) }
    // Once more, now that it is committed.
    stage.journal.wakeOthers()
    return try wait(for: row, time) { [unowned self] in try settle($0, asking, &$1) }
  }

  /// The card of a request, for any agim-send; in the transaction of the request.
  func show(_ row: RequestRow, _ line: [UInt8]) throws {
    let produced = Produced(
      id: row.id, parent: nil, type: "request", final: false, session: row.session, line: line)
    try stage.journal.queueWithoutPipe([Arrival(line: produced, target: nil)], stage: stage.name)
  }

  static func sentence(_ text: String) -> String {
    let ends = text.utf8.last.map { ".!?。".utf8.contains($0) } ?? false
    return "agim: \(text)\(ends ? "" : ".")"
  }
}
