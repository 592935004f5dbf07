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
  private let stage: Stage
  private let event: HookEvent
  private let address: Address?
  private let within: Int64?
  private let files = SystemFileFacts()

  /// The longest input that people are asked about: nobody looks through more.
  private static let askedLimit = 256 << 10
  /// Milliseconds for which Codex's own gate is told the answer that was given a moment ago.
  private static let repeated: Int64 = 120_000

  private var verdict: HookVerdict?
  private var stopped: String?

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
    case .question(let tool):
      // Only the terminal can show it; the chat is told that it waits there.
      try HookNotice(stage, event, to: address).tell()
      return event.name == "PermissionRequest"
        ? .none : .ask("\(tool) is a question to the person at the terminal.")
    case .finished, .waits:
      try HookNotice(stage, event, to: address).tell()
      return .none
    case .nothing: return .none
    }
  }

  // MARK: - Judging

  private var desk: RequestDesk {
    RequestDesk(
      stage.journal.store, stage.journal.clock, stage.settings, isBroken: stage.isConfigurationBroken,
      home: stage.home, files: files)
  }

  private func asking(_ call: HookCall) throws -> JudgedCall {
    let agent = event.program.rawValue
    var input: [UInt8]?
    if let object = call.input {
      var json = JSONWriter()
      json.value(.object(object))
      input = json.bytes
    }
    let isPlan = call.isPlan || stage.settings.agents[agent]?.mode == "plan"
    let subject = PolicySubject(
      agent: agent, person: "tty:\(LocalUser.name)", chat: try chat(), platform: "tty",
      session: address?.description ?? "tty:\(agent)")
    return JudgedCall(
      ToolCall(tool: call.tool, input: input, workdir: call.workdir), for: subject,
      mode: isPlan ? .plan : .ask)
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

  private var missing: String? {
    if !GatePresence.isAnywhere(stage.home, .gate) {
      return "no agim-approve runs that could hear an answer: start the pipeline ('agim start NAME')."
    }
    if !GatePresence.isAnywhere(stage.home, .send) {
      return "no agim-send runs that could show the question: start the pipeline ('agim start NAME')."
    }
    return nil
  }

  // MARK: - JudgedCall

  private func ask(_ asking: JudgedCall, _ call: HookCall) throws -> HookVerdict {
    let time = min(stage.settings.limits.request.milliseconds, within ?? .max)
    var row: RequestRow?
    try stage.journal.write {
      // Judged in the same transaction: a grant may have been given since.
      let judgement = try desk.judge(asking)
      guard judgement.verdict == .ask else { return }
      let made = try desk.ask(
        asking, judgement, words: call.words,
        cause: Cause(id: nil, trace: nil, session: asking.subject.session),
        maker: &stage.maker, waiter: (stage.journal.pipe, try stage.journal.holder()), time: time)
      try stage.journal.queueWithoutPipe(
        [
          Arrival(
            line: Produced(
              id: made.row.id, parent: nil, type: "request", final: false, session: made.row.session,
              line: made.line), target: nil)
        ], stage: stage.name)
      row = made.row
    }
    guard let row else { return try decide(call) }
    // Once more, now that it is committed.
    stage.journal.wakeOthers()
    return try wait(for: row, asking, time)
  }

  private func wait(for row: RequestRow, _ asking: JudgedCall, _ time: Int64) throws -> HookVerdict {
    var watch = GateWatch(from: stage.loop.clock.monotonic())
    let look = { [unowned self] in
      guard verdict == nil else { return }
      stage.refreshSettings(atOnce: true)
      let found = try stage.journal.write { try self.settle(row, asking, &watch) }
      guard let found else { return }
      verdict = found
      stage.loop.stop()
    }
    try stage.loop.onSignals([SIGTERM, SIGINT, SIGHUP]) { [unowned self] number in
      stopped = "signal \(number)"
      stage.loop.stop()
    }
    stage.whenOthersCommit(look)
    stage.loop.after(time, look)
    poll(look)
    defer { if verdict == nil { try? withdraw(row) } }
    try stage.loop.run()
    if let verdict { return verdict }
    throw Failure(.temporary, "ended by \(stopped ?? "somebody") before anybody answered request \(row.code)")
  }

  /// Whether those who answer live is looked at every few seconds; where nothing tells about commits, the
  /// store is looked at too.
  private func poll(_ look: @escaping () throws -> Void) {
    stage.loop.after(stage.hearsOthers ? 5000 : 100) { [weak self] in
      try look()
      self?.poll(look)
    }
  }

  /// What has become of the request; nil while it waits.
  private func settle(_ asked: RequestRow, _ asking: JudgedCall, _ watch: inout GateWatch) throws
    -> HookVerdict?
  {
    guard let row = try stage.journal.store.request(asked.id) else {
      return .deny("agim: the request is gone.")
    }
    let who = row.by ?? "somebody"
    switch row.state {
    case .allowed:
      let refusal = try desk.use(row, asking)
      return refusal.map { .deny(Self.sentence($0)) } ?? .allow("agim: allowed by \(who)")
    case .denied: return .deny("agim: \(who) said no in \(row.session). Do not try it another way.")
    case .expired, .used, .void: return .deny(Self.sentence(row.via ?? "it does not wait any more"))
    case .pending: break
    }
    guard let why = try hopeless(row, &watch), try desk.expire(row, because: why) else { return nil }
    try stage.journal.withdraw(queued: row.id, because: why)
    return .deny(
      Self.sentence("\(why) (\(row.session), request \(row.code))")
        + " An approver answers there, or with 'agim-approve allow CODE' at the machine, while it waits.")
  }

  /// Why nobody will answer; nil while there is hope.
  private func hopeless(_ row: RequestRow, _ watch: inout GateWatch) throws -> String? {
    if row.expires <= stage.journal.clock.now() { return "nobody answered in time" }
    if watch.isGone(isThere: missing == nil, at: stage.loop.clock.monotonic()) {
      return missing ?? "nobody could answer"
    }
    let cards = try stage.journal.store.outbox(id: row.id)
    if let card = cards.first(where: { $0.state == .refused }) {
      return "the question could not be shown: \(card.reason ?? "it was refused")"
    }
    return nil
  }

  /// Nobody waits any more: an answer would lead to nothing.
  private func withdraw(_ row: RequestRow) throws {
    try stage.journal.write {
      let why = "\(event.program.rawValue) does not wait for it any more"
      if let row = try stage.journal.store.request(row.id) { try desk.void(row, because: why) }
      try stage.journal.withdraw(queued: row.id, because: why)
    }
    stage.journal.wakeOthers()
  }

  /// What hooks that were killed left behind.
  private func voidOrphans() throws {
    for row in try stage.journal.store.openRequests()
    where row.parent == nil && stage.journal.isDead(row.holder) {
      try desk.void(row, because: "\(row.agent) does not wait for it any more")
      try stage.journal.withdraw(queued: row.id, because: "nobody waits for it any more")
    }
  }

  private static func sentence(_ text: String) -> String {
    let ends = text.utf8.last.map { ".!?。".utf8.contains($0) } ?? false
    return "agim: \(text)\(ends ? "" : ".")"
  }
}
