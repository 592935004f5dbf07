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

  /// Milliseconds: how long an agim-approve may be away after a request was made, and while one is pending.
  private static let absence: (first: Int64, later: Int64) = (2000, 60_000)

  private final class Pending {
    let turn: Turn
    let call: ToolCall
    let shellAgent: Bool
    let row: RequestRow
    let answer: (Permission) -> Void
    /// When an agim-approve was seen last, and whether one ever was.
    var seen: Int64
    var wasSeen = false
    init(
      _ turn: Turn, _ call: ToolCall, _ shellAgent: Bool, _ row: RequestRow, seen: Int64,
      _ answer: @escaping (Permission) -> Void
    ) {
      (self.turn, self.call, self.shellAgent, self.row) = (turn, call, shellAgent, row)
      (self.seen, self.answer) = (seen, answer)
    }
  }

  init(_ stage: Stage, _ printer: ReplyPrinter) {
    self.stage = stage
    self.printer = printer
  }

  // MARK: - Asking

  /// Decides about a call; `answer` is called once, now or when a person has answered.
  func decide(
    _ call: ToolCall, _ turn: Turn, words: String?, shellAgent: Bool, answer: @escaping (Permission) -> Void
  ) throws {
    stage.refreshSettings(atOnce: true)
    let subject = turn.subject
    var made: (row: RequestRow, line: Produced)?
    var verdict = Permission.denied("")
    try stage.untilStored { [unowned self] in
      made = nil
      try stage.journal.write { [unowned self] in
        let judgement = try judge(call, subject, turn, shellAgent)
        switch judgement.verdict {
        case .allow: verdict = .allowed
        case .deny: verdict = .denied(judgement.reason)
        case .ask:
          if let away = try away(subject.agent) {
            verdict = .allowed
            return try record(call, subject, turn, "allow", "away", "nobody is there until \(away)")
          }
          made = try request(call, turn, judgement, words)
          return
        }
        try record(call, subject, turn, judgement.verdict.rawValue, judgement.rule, judgement.reason)
      }
      guard let made else { return answer(verdict) }
      let now = stage.loop.clock.monotonic()
      pending[made.row.id] = Pending(turn, call, shellAgent, made.row, seen: now, answer)
      turn.beginAsking()
      printer.show(made.line)
      try printer.schedule()
      watch(made.row)
    }
  }

  private func judge(_ call: ToolCall, _ subject: PolicySubject, _ turn: Turn, _ shellAgent: Bool) throws
    -> Judgement
  {
    let policy = Policy(
      stage.settings, isBroken: stage.isConfigurationBroken, home: stage.home, files: files)
    let grants = try stage.journal.store.grants(at: stage.journal.clock.now()).compactMap { row in
      (try? JSONReader.parse(Array(row.grant.utf8))).flatMap(Grant.init)
    }
    return policy.judge(call, subject: subject, mode: try mode(turn), grants: grants, shellAgent: shellAgent)
  }

  /// The session's mode; a line and the agent's settings can only make it stricter.
  private func mode(_ turn: Turn) throws -> PolicyMode {
    let data = try stage.journal.store.session(turn.row.session).flatMap { try? JSONReader.parse($0.data) }
    let line = try? JSONReader.parse(turn.row.line, limits: .line)
    let isPlan =
      data?["mode"]?.string != nil || line?["mode"]?.string == "plan" || turn.settings.mode == "plan"
    return isPlan ? .plan : .ask
  }

  private func away(_ agent: String) throws -> Timestamp? {
    guard let away = try stage.journal.store.away(agent: agent) else { return nil }
    return away.until > stage.journal.clock.now() ? away.until : nil
  }

  private func record(
    _ call: ToolCall, _ subject: PolicySubject, _ turn: Turn, _ verdict: String, _ rule: String,
    _ reason: String
  ) throws {
    let input = String(decoding: (call.input ?? []).prefix(500), as: UTF8.self)
    try Ledger.append(
      JSONObject([
        ("kind", .string("policy")), ("verdict", .string(verdict)), ("rule", .string(rule)),
        ("reason", .string(reason)), ("message", .string(turn.row.id)), ("agent", .string(subject.agent)),
        ("session", .string(subject.session)), ("person", .string(subject.person)),
        ("tool", .string(call.tool)),
        ("matter", .string(input)),
      ]), to: stage.journal.store, at: stage.journal.clock.now())
  }

  private func request(_ call: ToolCall, _ turn: Turn, _ judgement: Judgement, _ words: String?) throws -> (
    RequestRow, Produced
  ) {
    let store = stage.journal.store
    let now = stage.journal.clock.now()
    let subject = turn.subject
    var code: String
    repeat { code = AnswerWords.code(stage.journal.clock.random) } while try isTaken(code)
    let expires = now + stage.settings.limits.request.milliseconds
    var row = RequestRow(
      id: "", kind: "permission", parent: turn.row.id, session: turn.row.session, person: subject.person,
      chat: subject.chat.rawValue, agent: subject.agent, tool: call.tool,
      input: call.input ?? Array("{}".utf8), isComplete: call.isComplete, workdir: call.workdir,
      rule: judgement.rule, reason: judgement.reason,
      digest: try Digest.of(call, subject, judgement, files: files),
      proposal: !call.isComplete || !judgement.isGrantable ? nil : judgement.proposal.map(Self.text),
      words: words,
      code: code, pipe: stage.journal.pipe, holder: try stage.journal.holder(), at: now, expires: expires)
    let line = stage.maker.request(
      to: turn.cause, kind: row.kind, agent: row.agent, tool: row.tool, input: row.input,
      workdir: row.workdir,
      digest: row.digest, code: code, expires: expires,
      choices: row.proposal == nil ? ["once", "deny"] : ["once", "session", "always", "deny"],
      text: Card.text(row, stage.settings.language))
    row.id = line.id
    _ = try store.insert(row)
    let produced = Produced(
      id: line.id, parent: turn.row.id, type: "request", final: false, session: row.session, line: line.line)
    if turn.row.adopted { printer.expectAdopted(line.id) }
    try stage.journal.produce([produced], stage: stage.name)
    return (row, produced)
  }

  private func isTaken(_ code: String) throws -> Bool {
    try stage.journal.store.request(code: code).map { !$0.state.isSettled } ?? false
  }

  private static func text(_ grant: Grant) -> String {
    var json = JSONWriter()
    json.value(grant.json)
    return String(decoding: json.bytes, as: UTF8.self)
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
      try stage.untilStored { [unowned self] in
        try stage.journal.write {
          guard let row = try stage.journal.store.request(id) else { return }
          try void(row, because: "the turn has ended")
        }
      }
    }
  }

  /// Requests of engines that are dead: their turns are over.
  func voidOrphans() throws {
    let dead = try stage.journal.store.openRequests().filter { stage.journal.isDead($0.holder) }
    guard !dead.isEmpty else { return }
    try stage.journal.write { for row in dead { try void(row, because: "agim-run has ended") } }
  }

  /// Ends a request that nobody waits for any more; the ledger tells, for it may hold a yes.
  private func void(_ row: RequestRow, because why: String) throws {
    let now = stage.journal.clock.now()
    guard let next = RequestMachine.next(row.state, .void),
      try stage.journal.store.move(
        request: row.id, from: row.state, to: next, by: nil, via: why, scope: nil, at: now)
    else { return }
    var entry = ApprovalDesk.entry("void", row)
    entry["reason"] = .string(why)
    try Ledger.append(entry, to: stage.journal.store, at: now)
  }

  private func watch(_ row: RequestRow) {
    let id = row.id
    // In the same step, so that a card is seen even where nobody can answer it.
    stage.loop.after(isAlone ? 1 : Self.absence.first) { [weak self] in try self?.look(at: id) }
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
    case .allowed: return try use(one, row)
    case .denied: return .denied("denied by \(row.by ?? "somebody")")
    case .expired, .used, .void: return .denied(row.via ?? "it does not wait any more")
    case .pending: break
    }
    guard let why = expiry(of: one, row) else { return nil }
    guard let next = RequestMachine.next(row.state, .expire),
      try stage.journal.store.move(
        request: row.id, from: row.state, to: next, by: nil, via: why, scope: nil,
        at: stage.journal.clock.now())
    else { return nil }
    var entry = ApprovalDesk.entry("decision", row)
    entry["verdict"] = .string("deny")
    entry["via"] = .string(why)
    try Ledger.append(entry, to: stage.journal.store, at: stage.journal.clock.now())
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
    let now = stage.loop.clock.monotonic()
    if GatePresence.isThere(stage.home, pipe: stage.journal.pipe) {
      (one.seen, one.wasSeen) = (now, true)
      return nil
    }
    let patience = one.wasSeen ? Self.absence.later : Self.absence.first
    return now - one.seen >= patience - 10
      ? "no agim-approve serves this pipeline, so nobody can allow it" : nil
  }

  /// Acts on a yes: only if the policy still does not deny it, and nothing of what was shown has changed.
  private func use(_ one: Pending, _ row: RequestRow) throws -> Permission {
    let judgement = try judge(one.call, one.turn.subject, one.turn, one.shellAgent)
    let digest = try Digest.of(one.call, one.turn.subject, judgement, files: files)
    let now = stage.journal.clock.now()
    let isSame = digest == row.digest && judgement.verdict != .deny
    let via =
      isSame
      ? nil : digest == row.digest ? judgement.reason : "what it is about has changed since it was asked"
    guard let next = RequestMachine.next(row.state, isSame ? .use : .void),
      try stage.journal.store.move(
        request: row.id, from: row.state, to: next, by: nil, via: via, scope: nil, at: now)
    else { return .denied("the yes was used already") }
    var entry = ApprovalDesk.entry(isSame ? "used" : "void", row)
    if let via { entry["reason"] = .string(via) }
    try Ledger.append(entry, to: stage.journal.store, at: now)
    return isSame ? .allowed : .denied(via ?? "")
  }
}
