internal import Crypto
internal import JSON
package import Policy
package import Requests
package import Settings
package import Store
package import System
package import Wire

/// A call that is judged, with all that the judgement depends on.
package struct JudgedCall: Sendable {
  /// What the agent wants to do.
  package var call: ToolCall
  /// For whom.
  package var subject: PolicySubject
  /// What the session allows at all.
  package var mode: PolicyMode
  /// Whether the agent is the shell: there every command is shown first.
  package var isShell: Bool
  /// The id of the message whose turn asks; nil where no message caused it.
  package var message: String?

  /// A call with all that its judgement depends on.
  package init(
    _ call: ToolCall, for subject: PolicySubject, mode: PolicyMode, isShell: Bool = false,
    message: String? = nil
  ) {
    (self.call, self.subject, self.mode) = (call, subject, mode)
    (self.isShell, self.message) = (isShell, message)
  }
}

/// Asks the policy about calls, and makes and ends requests: the store's part of asking, for everyone who asks.
///
/// Everything here happens in the caller's transaction; who waits, and what is shown meanwhile, is the
/// caller's affair.
package struct RequestDesk {
  private let store: Store
  private let clock: Clock
  private let settings: Settings
  private let isBroken: Bool
  private let home: Home
  private let files: any FileFacts

  /// A desk under a configuration; `isBroken`: the file has changed since into one that cannot be used.
  package init(
    _ store: Store, _ clock: Clock, _ settings: Settings, isBroken: Bool, home: Home, files: any FileFacts
  ) {
    (self.store, self.clock, self.settings) = (store, clock, settings)
    (self.isBroken, self.home, self.files) = (isBroken, home, files)
  }

  // MARK: - Judging

  /// What the policy says, with the grants that hold now.
  package func judge(_ judged: JudgedCall) throws -> Judgement {
    let policy = Policy(settings, isBroken: isBroken, home: home, files: files)
    let grants = try store.grants(at: clock.now()).compactMap { row in
      (try? JSONReader.parse(Array(row.grant.utf8))).flatMap(Grant.init)
    }
    return policy.judge(
      judged.call, subject: judged.subject, mode: judged.mode, grants: grants, shellAgent: judged.isShell)
  }

  /// Until when what an agent asks is allowed unasked; nil when somebody is to be asked.
  package func away(_ agent: String) throws -> Timestamp? {
    guard let away = try store.away(agent: agent) else { return nil }
    return away.until > clock.now() ? away.until : nil
  }

  /// Notes in the ledger what was decided without a person.
  package func record(_ judged: JudgedCall, verdict: String, rule: String, reason: String) throws {
    let input = String(decoding: (judged.call.input ?? []).prefix(500), as: UTF8.self)
    var entry = JSONObject([
      ("kind", .string("policy")), ("verdict", .string(verdict)), ("rule", .string(rule)),
      ("reason", .string(reason)),
    ])
    if let message = judged.message { entry["message"] = .string(message) }
    entry["agent"] = .string(judged.subject.agent)
    entry["session"] = .string(judged.subject.session)
    entry["person"] = .string(judged.subject.person)
    entry["tool"] = .string(judged.call.tool)
    entry["matter"] = .string(input)
    try Ledger.append(entry, to: store, at: clock.now())
  }

  // MARK: - Asking

  /// Stores a request, and makes its line.
  ///
  /// - Parameters:
  ///   - judged: The call.
  ///   - judgement: Why a person is to be asked.
  ///   - words: What the agent itself says about it.
  ///   - cause: What the line is caused by.
  ///   - maker: Makes the line.
  ///   - waiter: The pipeline and the holder of who waits.
  ///   - time: How long a person has, in milliseconds.
  /// - Returns: the row, and the line that shows it.
  /// - Throws: `StoreError`, `CryptoError`.
  package func ask(
    _ judged: JudgedCall, _ judgement: Judgement, words: String?, cause: Cause, maker: inout LineMaker,
    waiter: (pipe: String, holder: String), time: Int64
  ) throws -> (row: RequestRow, line: [UInt8]) {
    let now = clock.now()
    let (call, subject) = (judged.call, judged.subject)
    var code: String
    repeat { code = AnswerWords.code(clock.random) } while try isTaken(code)
    var row = RequestRow(
      id: "", kind: RequestRow.permission, parent: judged.message, session: subject.session,
      person: subject.person,
      chat: subject.chat.rawValue, agent: subject.agent, tool: call.tool,
      input: call.input ?? Array("{}".utf8), isComplete: call.isComplete, workdir: call.workdir,
      rule: judgement.rule, reason: judgement.reason,
      digest: try Digest.of(call, subject, judgement, files: files),
      proposal: !call.isComplete || !judgement.isGrantable ? nil : judgement.proposal.map(Self.text),
      words: words, code: code, pipe: waiter.pipe, holder: waiter.holder, at: now, expires: now + time)
    let line = maker.request(
      to: cause, kind: row.kind, agent: row.agent, tool: row.tool, input: row.input, workdir: row.workdir,
      digest: row.digest, code: code, expires: row.expires,
      choices: row.proposal == nil ? ["once", "deny"] : ["once", "session", "always", "deny"],
      text: Card.text(row, settings.language))
    row.id = line.id
    _ = try store.insert(row)
    return (row, line.line)
  }

  /// Stores a question of an agent, and makes its line.
  ///
  /// - Parameters:
  ///   - question: What is asked.
  ///   - subject: For whom the agent works.
  ///   - workdir: Where it works.
  ///   - cause: What the line is caused by; its message is the row's.
  ///   - maker: Makes the line.
  ///   - waiter: The pipeline and the holder of who waits.
  ///   - time: How long a person has, in milliseconds.
  /// - Returns: the row, and the line that shows it.
  /// - Throws: `StoreError`, `CryptoError`.
  package func put(
    _ question: Question, for subject: PolicySubject, workdir: String, cause: Cause, maker: inout LineMaker,
    waiter: (pipe: String, holder: String), time: Int64
  ) throws -> (row: RequestRow, line: [UInt8]) {
    let now = clock.now()
    var code: String
    repeat { code = AnswerWords.code(clock.random) } while try isTaken(code)
    var json = JSONWriter()
    json.value(.object(question.json))
    var row = RequestRow(
      id: "", kind: RequestRow.question, parent: cause.id, session: subject.session, person: subject.person,
      chat: subject.chat.rawValue, agent: subject.agent, tool: "", input: json.bytes, isComplete: true,
      workdir: workdir, rule: "question", reason: "the agent asks", digest: try SHA256.hex(json.bytes),
      proposal: nil, words: nil, code: code, pipe: waiter.pipe, holder: waiter.holder, at: now,
      expires: now + time)
    let line = maker.request(
      to: cause, kind: row.kind, agent: row.agent, tool: row.tool, input: row.input, workdir: row.workdir,
      digest: row.digest, code: code, expires: row.expires,
      choices: question.options.indices.map { "\($0 + 1)" } + ["decline"],
      text: Card.text(row, settings.language))
    row.id = line.id
    _ = try store.insert(row)
    return (row, line.line)
  }

  private func isTaken(_ code: String) throws -> Bool {
    try store.request(code: code).map { !$0.state.isSettled } ?? false
  }

  private static func text(_ grant: Grant) -> String {
    var json = JSONWriter()
    json.value(grant.json)
    return String(decoding: json.bytes, as: UTF8.self)
  }

  // MARK: - Ending

  /// Acts on a yes: only if the policy still does not deny it, and nothing of what was shown has changed.
  ///
  /// - Returns: why the call may not be made after all; nil when it may, this once.
  package func use(_ row: RequestRow, _ judged: JudgedCall) throws -> String? {
    let judgement = try judge(judged)
    let digest = try Digest.of(judged.call, judged.subject, judgement, files: files)
    let isSame = digest == row.digest && judgement.verdict != .deny
    let via =
      isSame
      ? nil : digest == row.digest ? judgement.reason : "what it is about has changed since it was asked"
    guard let next = RequestMachine.next(row.state, isSame ? .use : .void),
      try store.move(
        request: row.id, from: row.state, to: next, by: nil, via: via, scope: nil, at: clock.now())
    else { return "the yes was used already" }
    var entry = ApprovalDesk.entry(isSame ? "used" : "void", row)
    if let via { entry["reason"] = .string(via) }
    try Ledger.append(entry, to: store, at: clock.now())
    return isSame ? nil : via ?? ""
  }

  /// Takes the answer to a question, once; nil where somebody else has, or there is none.
  package func take(_ row: RequestRow) throws -> QuestionAnswer? {
    guard let answer = QuestionAnswer(row), let next = RequestMachine.next(row.state, .use),
      try store.move(
        request: row.id, from: row.state, to: next, by: nil, via: nil, scope: nil, at: clock.now())
    else { return nil }
    return answer
  }

  /// Denies a request that nobody has answered; false when somebody just has.
  package func expire(_ row: RequestRow, because why: String) throws -> Bool {
    guard let next = RequestMachine.next(row.state, .expire),
      try store.move(
        request: row.id, from: row.state, to: next, by: nil, via: why, scope: nil, at: clock.now())
    else { return false }
    var entry = ApprovalDesk.entry("decision", row)
    entry["verdict"] = .string("deny")
    entry["via"] = .string(why)
    try Ledger.append(entry, to: store, at: clock.now())
    return true
  }

  /// Open requests of hooks that were killed; `isDead`: whether the holder of that id is gone.
  package func orphans(isDead: (String) -> Bool) throws -> [RequestRow] {
    try store.openRequests().filter { $0.parent == nil && isDead($0.holder) }
  }

  /// Ends a request that nobody waits for any more; the ledger tells, for it may hold a yes.
  package func void(_ row: RequestRow, because why: String) throws {
    guard let next = RequestMachine.next(row.state, .void),
      try store.move(
        request: row.id, from: row.state, to: next, by: nil, via: why, scope: nil, at: clock.now())
    else { return }
    var entry = ApprovalDesk.entry("void", row)
    entry["reason"] = .string(why)
    try Ledger.append(entry, to: store, at: clock.now())
  }
}
