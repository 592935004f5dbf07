internal import Gate
internal import JSON
internal import Journal
internal import MCP
internal import Policy
internal import Requests
internal import Settings
internal import Stage
internal import Store
internal import System
internal import Wire

/// The gate: what a tool is called for is judged here like any other call, and a person is asked where the
/// policy says so.
extension ToolDesk {
  func requests(_ stage: Stage) -> RequestDesk {
    RequestDesk(
      stage.journal.store, stage.journal.clock, stage.settings, isBroken: stage.isConfigurationBroken,
      home: stage.home, files: files)
  }

  private func judged(_ job: ToolJob) throws -> JudgedCall {
    guard let scope = job.scope else { throw ToolRefusal("The call has no scope.") }
    return JudgedCall(
      .own(job.name, input: job.input, workdir: scope.workdir), for: scope.subject,
      mode: scope.isPlan ? .plan : .ask, message: scope.turn?.message)
  }

  /// Judges a call, then does what it is for.
  func judge(_ job: ToolJob) throws {
    let stage = try stage()
    let judged = try judged(job)
    var verdict = Judgement.Verdict.allow
    var reason = ""
    var asked: RequestRow?
    try stage.journal.write {
      let judgement = try requests(stage).judge(judged)
      (verdict, reason) = (judgement.verdict, judgement.reason)
      guard verdict == .ask else {
        return try requests(stage).record(
          judged, verdict: verdict.rawValue, rule: judgement.rule, reason: reason)
      }
      if let away = try requests(stage).away(judged.subject.agent) {
        verdict = .allow
        return try requests(stage).record(
          judged, verdict: "allow", rule: "away", reason: "nobody is there until \(away)")
      }
      guard let cause = job.scope?.cause else { return }
      let made = try requests(stage).ask(
        judged, judgement, words: nil, cause: cause, maker: &stage.maker,
        waiter: (pipe(job, stage), try stage.journal.holder()),
        time: stage.settings.limits.request.milliseconds)
      try show(made.row, made.line, stage)
      asked = made.row
    }
    switch verdict {
    case .allow: return try perform(job)
    case .deny: throw ToolRefusal("Not allowed: \(reason) Do not try it another way.")
    case .ask: break
    }
    guard let asked else {
      throw ToolRefusal("\(reason) A person would have to allow it, and no chat is named to ask in.")
    }
    stage.journal.wakeOthers()
    try wait(job, for: asked) { [unowned self] row in
      switch row.state {
      case .allowed:
        if let refusal = try requests(stage).use(row, try self.judged(job)) {
          return { throw ToolRefusal(refusal) }
        }
        return { [unowned self] in try perform(job) }
      case .denied:
        return { throw ToolRefusal("\(row.by ?? "Somebody") said no. Do not try it another way.") }
      default: return { throw ToolRefusal("Nobody allowed it: \(row.via ?? "it does not wait any more").") }
      }
    }
  }

  func pipe(_ job: ToolJob, _ stage: Stage) -> String { job.scope?.turn?.pipe ?? stage.journal.pipe }

  /// The card of a request, for any agim-send; in the transaction of the request.
  func show(_ row: RequestRow, _ line: [UInt8], _ stage: Stage) throws {
    let produced = Produced(
      id: row.id, parent: row.parent, type: "request", final: false, session: row.session, line: line)
    try stage.journal.queueWithoutPipe([Arrival(line: produced, target: nil)], stage: stage.name)
  }

  /// Waits until a request is answered or nobody will answer it.
  ///
  /// `settle` is called with the row, in its transaction, and says what is to be done behind that.
  func wait(
    _ job: ToolJob, for asked: RequestRow, settle: @escaping (RequestRow) throws -> (() throws -> Void)
  ) throws {
    let stage = try stage()
    var watch = GateWatch(from: stage.loop.clock.monotonic())
    job.withdraw = { [unowned self] why in
      try stage.journal.write {
        if let row = try stage.journal.store.request(asked.id) { try requests(stage).void(row, because: why) }
        try stage.journal.withdraw(queued: asked.id, because: why)
      }
      stage.journal.wakeOthers()
    }
    wait(job) { [unowned self] in
      stage.refreshSettings(atOnce: true)
      let next: (() throws -> Void)? = try stage.journal.write {
        guard var row = try stage.journal.store.request(asked.id) else {
          throw ToolRefusal("The request is not in the store any more.")
        }
        if row.state == .pending {
          guard let why = try hopeless(row, &watch, stage), try requests(stage).expire(row, because: why)
          else { return nil }
          try stage.journal.withdraw(queued: row.id, because: why)
          row.state = .expired
          row.via = why
        }
        return try settle(row)
      }
      guard let next else { return }
      job.look = nil
      job.withdraw = nil
      try next()
    }
  }

  /// Why nobody will answer; nil while there is hope.
  private func hopeless(_ row: RequestRow, _ watch: inout GateWatch, _ stage: Stage) throws -> String? {
    if row.expires <= stage.journal.clock.now() { return "nobody answered in time" }
    let missing =
      !GatePresence.isAnywhere(stage.home, .gate)
      ? "no agim-approve runs that could hear an answer"
      : !GatePresence.isAnywhere(stage.home, .send) ? "no agim-send runs that could show the question" : nil
    if watch.isGone(isThere: missing == nil, at: stage.loop.clock.monotonic()) {
      return missing ?? "nobody could answer"
    }
    let cards = try stage.journal.store.outbox(id: row.id)
    if let card = cards.first(where: { $0.state == .refused }) {
      return "the question could not be shown: \(card.reason ?? "it was refused")"
    }
    return nil
  }
}
