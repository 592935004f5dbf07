internal import Console
internal import Gate
internal import Glibc
internal import JSON
internal import Journal
internal import Policy
internal import Requests
internal import Settings
internal import Stage
internal import Store
internal import System
internal import Wire

/// The answer to an agent that asked to use a tool.
package enum Permission: Equatable, Sendable {
  /// It may, this once, with exactly what it asked for.
  case allowed
  /// It may not, and why.
  case denied(String)
}

/// Asks the policy, and people where the policy says so, and waits for them.
///
/// An answer counts only as a row of the store: what a line says merely makes this look.
final class Permissions {
  private unowned let stage: Stage
  private let printer: ReplyPrinter
  private let files = SystemFileFacts()
  private var pending: [String: Pending] = [:]
  private var isPolling = false
  /// Whether the input has ended: nobody is left to answer.
  var isAlone = false

  private final class Pending {
    let turn: Turn
    let call: ToolCall
    let shellAgent: Bool
    let row: RequestRow
    let answer: (Permission) -> Void
    /// How long no agim-approve has been there.
    var gate: GateWatch
    init(
      _ turn: Turn, _ call: ToolCall, _ shellAgent: Bool, _ row: RequestRow, seen: Int64,
      _ answer: @escaping (Permission) -> Void
    ) {
      (self.turn, self.call, self.shellAgent, self.row) = (turn, call, shellAgent, row)
      (gate, self.answer) = (GateWatch(from: seen), answer)
    }
  }

  init(_ stage: Stage, _ printer: ReplyPrinter) {
    self.stage = stage
    self.printer = printer
  }

  // MARK: - Asking

  /// Decides about a call; `answer` is called once, now or when a person has answered.
  func decide(
    _ call: ToolCall, _ turn: Turn, _ asking: Asking, words: String?, shellAgent: Bool,
    answer: @escaping (Permission) -> Void
  ) throws {
    stage.refreshSettings(atOnce: true)
    var made: (row: RequestRow, line: Produced)?
    var verdict = Permission.denied("")
    try stage.untilStored { [unowned self] in
      made = nil
      try stage.journal.write { [unowned self] in
        let judged = try judged(call, turn, shellAgent)
        let judgement = try desk.judge(judged)
        switch judgement.verdict {
        case .allow: verdict = .allowed
        case .deny: verdict = .denied(judgement.reason)
        case .ask:
          if let away = try desk.away(turn.subject.agent) {
            verdict = .allowed
            return try desk.record(
              judged, verdict: "allow", rule: "away", reason: "nobody is there until \(away)")
          }
          made = try request(judged, turn, judgement, words)
          return
        }
        try desk.record(
          judged, verdict: judgement.verdict.rawValue, rule: judgement.rule, reason: judgement.reason)
      }
      guard let made else { return answer(verdict) }
      let now = stage.loop.clock.monotonic()
      pending[made.row.id] = Pending(turn, call, shellAgent, made.row, seen: now, answer)
      asking.request = made.row.id
      turn.beginAsking()
      printer.show(made.line)
      try printer.schedule()
      watch(made.row)
    }
  }

  /// What the policy says about a call; where that cannot be found out now, a person is to be asked.
  func verdict(_ call: ToolCall, _ turn: Turn) -> Judgement.Verdict {
    stage.refreshSettings(atOnce: true)
    return (try? desk.judge(judged(call, turn, false)).verdict) ?? .ask
  }

  /// Puts a question to the person; `answer` is called once.
  func put(
    _ question: Question, _ turn: Turn, _ asking: Asking, answer: @escaping (QuestionAnswer) -> Void
  ) throws {
    answer(.none("questions cannot be answered yet"))
  }

  /// What the store has to do with it, under the configuration of this moment.
  private var desk: RequestDesk {
    RequestDesk(
      stage.journal.store, stage.journal.clock, stage.settings, isBroken: stage.isConfigurationBroken,
      home: stage.home, files: files)
  }

  private func judged(_ call: ToolCall, _ turn: Turn, _ shellAgent: Bool) throws -> JudgedCall {
    JudgedCall(
      call, for: turn.subject, mode: try mode(turn), isShell: shellAgent, message: turn.row.id)
  }

  /// The session's mode; a line and the agent's settings can only make it stricter.
  private func mode(_ turn: Turn) throws -> PolicyMode {
    // A person may have changed it since the turn began.
    try turn.refreshSession()
    return turn.isPlan ? .plan : .ask
  }

  private func request(_ judged: JudgedCall, _ turn: Turn, _ judgement: Judgement, _ words: String?) throws -> (
    RequestRow, Produced
  ) {
    let (row, line) = try desk.ask(
      judged, judgement, words: words, cause: turn.cause, maker: &stage.maker,
      waiter: (stage.journal.pipe, try stage.journal.holder()),
      time: stage.settings.limits.request.milliseconds)
    let produced = Produced(
      id: row.id, parent: turn.row.id, type: "request", final: false, session: row.session, line: line)
    if turn.row.adopted { printer.expectAdopted(row.id) }
    try stage.journal.produce([produced], stage: stage.name)
    return (row, produced)
  }

  // MARK: - Waiting

  /// Looks what has become of the requests that wait.
  func look() throws {
    for id in pending.keys.sorted() { try look(at: id) }
  }

  /// Nobody is left to answer: what waits is denied.
  func inputEnded() throws {
    isAlone = true
    try look()
  }

  /// Gives up what a turn asked for, because it has ended.
  func withdraw(_ turn: Turn) throws {
    for (id, one) in pending where one.turn === turn {
      pending[id] = nil
      try void(id, because: "the turn has ended")
    }
  }

  /// Gives up one request, because its agent does not wait for it any more.
  func withdraw(_ asking: Asking) throws {
    guard let id = asking.request, let one = pending.removeValue(forKey: id) else { return }
    one.turn.endAsking()
    try void(id, because: "the agent does not wait for it any more")
  }

  private func void(_ id: String, because why: String) throws {
    try stage.untilStored { [unowned self] in
      try stage.journal.write {
        guard let row = try stage.journal.store.request(id) else { return }
        try desk.void(row, because: why)
      }
    }
  }

  /// Requests of engines that are dead: their turns are over.
  func voidOrphans() throws {
    let dead = try stage.journal.store.openRequests().filter { stage.journal.isDead($0.holder) }
    guard !dead.isEmpty else { return }
    try stage.journal.write { for row in dead { try desk.void(row, because: "agim-run has ended") } }
  }

  private func watch(_ row: RequestRow) {
    let id = row.id
    // In the same step, so that a card is seen even where nobody can answer it.
    stage.loop.after(isAlone ? 1 : GateWatch.patience.first) { [weak self] in try self?.look(at: id) }
    stage.loop.after(max(row.expires - row.created, 1)) { [weak self] in try self?.look(at: id) }
    guard !isPolling else { return }
    isPolling = true
    poll()
  }

  /// Whether an agim-approve lives is looked at every few seconds; where nothing tells about commits, the
  /// store is looked at too.
  private func poll() {
    guard !pending.isEmpty else {
      isPolling = false
      return
    }
    stage.loop.after(stage.hearsOthers ? 5000 : 50) { [weak self] in
      try self?.look()
      self?.poll()
    }
  }

  private func look(at id: String) throws {
    guard let one = pending[id] else { return }
    // A yes counts by the rules of this moment, not by those of the card's.
    stage.refreshSettings(atOnce: true)
    var ended: Permission?
    let stored = try stage.attempt { [unowned self] in ended = try stage.journal.write { try settle(one) } }
    guard stored, let ended, pending.removeValue(forKey: id) != nil else { return }
    one.turn.endAsking()
    one.answer(ended)
  }

  /// What has become of a request; nil while it waits.
  private func settle(_ one: Pending) throws -> Permission? {
    guard let row = try stage.journal.store.request(one.row.id) else { return .denied("the request is gone") }
    switch row.state {
    case .allowed:
      let refusal = try desk.use(row, try judged(one.call, one.turn, one.shellAgent))
      return refusal.map { .denied($0) } ?? .allowed
    case .denied: return .denied("denied by \(row.by ?? "somebody")")
    case .expired, .used, .void: return .denied(row.via ?? "it does not wait any more")
    case .pending: break
    }
    guard let why = expiry(of: one, row) else { return nil }
    guard try desk.expire(row, because: why) else { return nil }
    stage.output.appendLine(
      stage.maker.decision(
        to: one.turn.cause, request: row.id, verdict: "deny", by: "agim-run", via: why, scope: "once"))
    return .denied(why)
  }

  /// Why a request that waits is denied without an answer; nil while there is hope.
  private func expiry(of one: Pending, _ row: RequestRow) -> String? {
    if row.expires <= stage.journal.clock.now() {
      return "nobody answered in time"
    }
    if isAlone { return "nobody is left to answer: the input has ended" }
    let isThere = GatePresence.isThere(stage.home, pipe: stage.journal.pipe)
    return one.gate.isGone(isThere: isThere, at: stage.loop.clock.monotonic())
      ? "no agim-approve serves this pipeline, so nobody can allow it" : nil
  }
}
