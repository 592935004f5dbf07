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
  /// Called when a person is about to be asked.
  var onAsked: (Turn, String) -> Void = { _, _ in }
  /// Whether the input has ended: nobody is left to answer.
  var isAlone = false

  /// What a request is about, and who is told how it ended.
  private enum Matter {
    case call(ToolCall, isShell: Bool, (Permission) -> Void)
    case question((QuestionAnswer) -> Void)
  }

  private final class Pending {
    let turn: Turn
    let matter: Matter
    let row: RequestRow
    /// How long no agim-approve has been there.
    var gate: GateWatch
    init(_ turn: Turn, _ matter: Matter, _ row: RequestRow, seen: Int64) {
      (self.turn, self.matter, self.row) = (turn, matter, row)
      gate = GateWatch(from: seen)
    }
  }

  /// How a request ended.
  private enum Ending {
    case answered(QuestionAnswer)
    case permission(Permission)

    static func refused(_ why: String, _ matter: Matter) -> Ending {
      switch matter {
      case .call: .permission(.denied(why))
      case .question: .answered(.none(why))
      }
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
    isCovered: Bool = false, answer: @escaping (Permission) -> Void
  ) throws {
    // agim-mcp asks the policy itself, and people where that says so: nobody is asked twice.
    if call.isOwn { return answer(.allowed) }
    stage.refreshSettings(atOnce: true)
    var made: Made?
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
          if isCovered {
            verdict = .allowed
            return try desk.record(
              judged, verdict: "allow", rule: "covered",
              reason: "it was allowed just before, as the same call")
          }
          made = try request(judged, turn, judgement, words)
          return
        }
        try desk.record(
          judged, verdict: judgement.verdict.rawValue, rule: judgement.rule, reason: judgement.reason)
      }
      guard let made else { return answer(verdict) }
      try wait(for: made, turn, asking, .call(call, isShell: shellAgent, answer))
    }
  }

  /// What the policy says about a call; where that cannot be found out now, a person is to be asked.
  func verdict(_ call: ToolCall, _ turn: Turn) -> Judgement.Verdict {
    if call.isOwn { return .allow }
    stage.refreshSettings(atOnce: true)
    return (try? desk.judge(judged(call, turn, false)).verdict) ?? .ask
  }

  /// A request, and the line that shows it; nil where its card has been shown before.
  private typealias Made = (row: RequestRow, line: Produced?)

  private func wait(for made: Made, _ turn: Turn, _ asking: Asking, _ matter: Matter) throws {
    pending[made.row.id] = Pending(turn, matter, made.row, seen: stage.loop.clock.monotonic())
    asking.request = made.row.id
    turn.beginAsking()
    if let line = made.line {
      onAsked(turn, Card.matter(made.row))
      printer.show(line)
      try printer.schedule()
    }
    watch(made.row)
    // It may have been answered while nobody waited.
    if made.line == nil { stage.loop.after(0) { [weak self] in try self?.look(at: made.row.id) } }
  }

  /// Puts a question to the person; `answer` is called once.
  func put(
    _ question: Question, _ turn: Turn, _ asking: Asking, answer: @escaping (QuestionAnswer) -> Void
  ) throws {
    try stage.untilStored { [unowned self] in
      let made = try stage.journal.write { [unowned self] in try ask(question, turn) }
      try wait(for: made, turn, asking, .question(answer))
    }
  }

  private func ask(_ question: Question, _ turn: Turn) throws -> Made {
    let (row, line) = try desk.put(
      question, for: turn.subject, workdir: turn.workdir, cause: turn.cause, maker: &stage.maker,
      waiter: (stage.journal.pipe, try stage.journal.holder()),
      time: stage.settings.limits.request.milliseconds)
    if let known = try takeOver(row, turn) { return (known, nil) }
    return (row, try produce(row, line, turn))
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

  private func request(_ judged: JudgedCall, _ turn: Turn, _ judgement: Judgement, _ words: String?) throws
    -> Made
  {
    let (row, line) = try desk.ask(
      judged, judgement, words: words, cause: turn.cause, maker: &stage.maker,
      waiter: (stage.journal.pipe, try stage.journal.holder()),
      time: stage.settings.limits.request.milliseconds)
    if let known = try takeOver(row, turn) { return (known, nil) }
    return (row, try produce(row, line, turn))
  }

  /// The request that an interrupted turn made about the same: the new row makes room for it.
  ///
  /// Whatever else that turn asked for is not waited for any more, and its people are told.
  private func takeOver(_ row: RequestRow, _ turn: Turn) throws -> RequestRow? {
    let store = stage.journal.store
    let left = try orphans(of: turn.row.id)
    guard !left.isEmpty else { return nil }
    if let known = left.first(where: { $0.digest == row.digest && $0.kind == row.kind }) {
      try store.remove(request: row.id)
      try store.adopt(request: known.id, holder: try stage.journal.holder())
      return known
    }
    for one in left { try withdrawOrphan(one, turn) }
    return nil
  }

  /// Open requests of a message whose process is dead.
  private func orphans(of message: String) throws -> [RequestRow] {
    try stage.journal.store.openRequests().filter {
      $0.parent == message && stage.journal.isDead($0.holder)
    }
  }

  private func withdrawOrphan(_ row: RequestRow, _ turn: Turn) throws {
    try desk.void(row, because: "the work was interrupted, and the agent asks for something else now")
    turn.notice(CardWords.withdrawn(row, stage.settings.language))
  }

  /// The turn of a message has ended: what an earlier process asked for in it is over.
  func settleOrphans(of turn: Turn) throws {
    guard turn.isResumption else { return }
    try stage.untilStored { [unowned self] in
      try stage.journal.write { [unowned self] in
        for row in try orphans(of: turn.row.id) { try desk.void(row, because: "the turn has ended") }
      }
    }
  }

  private func produce(_ row: RequestRow, _ line: [UInt8], _ turn: Turn) throws -> Produced {
    let produced = Produced(
      id: row.id, parent: turn.row.id, type: "request", final: false, session: row.session, line: line)
    if turn.row.adopted { printer.expectAdopted(row.id) }
    try stage.journal.produce([produced], stage: stage.name)
    return produced
  }

  /// Whether the policy lets an agent read a file unasked: then a reply may show it.
  func mayRead(_ path: String, _ turn: Turn) -> Bool {
    stage.refreshSettings(atOnce: true)
    let call = ToolCall.read(path, workdir: turn.workdir)
    return (try? desk.judge(judged(call, turn, false)).verdict == .allow) ?? false
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
    // What agim-mcp asked for the turn, and was killed before it could take that back.
    guard try stage.journal.store.hasOpenRequest() else { return }
    for row in try stage.journal.store.openRequests() where row.parent == turn.row.id {
      try void(row.id, because: "the turn has ended")
    }
  }

  /// Whether agim-mcp waits for a person in a turn: then it is no sign of trouble that its agent is silent.
  func waits(_ turn: Turn) -> Bool {
    guard (try? stage.journal.store.hasOpenRequest()) == true else { return false }
    return (try? stage.journal.store.openRequests())?.contains { $0.parent == turn.row.id } ?? false
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

  /// Requests of engines that are dead: their turns are over, but for those that are gone on with.
  func voidOrphans(goesOn: (InboxRow) -> Bool) throws {
    guard try stage.journal.store.hasOpenRequest() else { return }
    let dead = try stage.journal.store.openRequests().filter { row in
      guard stage.journal.isDead(row.holder) else { return false }
      guard let message = try row.parent.flatMap({ try stage.journal.store.inbox(id: $0) }) else {
        return true
      }
      let isOver = message.state.isFinished || message.state == .running && !goesOn(message)
      return isOver
    }
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
    var ended: Ending?
    let stored = try stage.attempt { [unowned self] in ended = try stage.journal.write { try settle(one) } }
    guard stored, let ended, pending.removeValue(forKey: id) != nil else { return }
    one.turn.endAsking()
    switch (one.matter, ended) {
    case (.call(_, _, let answer), .permission(let permission)): answer(permission)
    case (.question(let answer), .answered(let given)): answer(given)
    // What is no answer to what was asked is none.
    case (.call(_, _, let answer), .answered): answer(.denied("the answer was not to this"))
    case (.question(let answer), .permission): answer(.none("the answer was not to this"))
    }
  }

  /// What has become of a request; nil while it waits.
  private func settle(_ one: Pending) throws -> Ending? {
    guard let row = try stage.journal.store.request(one.row.id) else {
      return .refused("the request is gone", one.matter)
    }
    switch row.state {
    case .allowed:
      guard case .call(let call, let isShell, _) = one.matter else {
        return .answered(try desk.take(row) ?? .none("the answer is gone"))
      }
      let refusal = try desk.use(row, try judged(call, one.turn, isShell))
      return .permission(refusal.map { .denied($0) } ?? .allowed)
    case .denied: return .refused("denied by \(row.by ?? "somebody")", one.matter)
    case .expired, .used, .void: return .refused(row.via ?? "it does not wait any more", one.matter)
    case .pending: break
    }
    guard let why = expiry(of: one, row) else { return nil }
    guard try desk.expire(row, because: why) else { return nil }
    stage.output.appendLine(
      stage.maker.decision(
        to: one.turn.cause, request: row.id, verdict: "deny", by: "agim-run", via: why, scope: "once"))
    return .refused(why, one.matter)
  }

  /// Why a request that waits is denied without an answer; nil while there is hope.
  private func expiry(of one: Pending, _ row: RequestRow) -> String? {
    if row.expires <= stage.journal.clock.now() {
      return "nobody answered in time"
    }
    if isAlone { return "nobody is left to answer: the input has ended" }
    // The chat of a job is another pipeline's.
    let isThere =
      one.turn.job == nil
      ? GatePresence.isThere(stage.home, pipe: stage.journal.pipe)
      : GatePresence.isAnywhere(stage.home, .gate)
    return one.gate.isGone(isThere: isThere, at: stage.loop.clock.monotonic())
      ? "no agim-approve serves this pipeline, so nobody can allow it" : nil
  }
}
