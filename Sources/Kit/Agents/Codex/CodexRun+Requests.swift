internal import JSON
internal import Peers
internal import Policy
internal import Settings
internal import Turns

/// What codex asks in a turn.
///
/// Each request is answered, once, with the word that allows this one time; the words that would allow more
/// are never used.
extension CodexRun {
  private static let waitingLimit = 100

  /// An id of the protocol as a key.
  static func key(_ id: JSONValue) -> String {
    var json = JSONWriter()
    json.value(id)
    return String(decoding: json.bytes, as: UTF8.self)
  }

  /// Answers a request that nobody can be asked about.
  static func refuse(_ method: String, _ answer: RPCPeer.Answer, _ why: String) {
    switch method {
    case "item/commandExecution/requestApproval", "item/fileChange/requestApproval":
      answer.result(["decision": "cancel"])
    case "execCommandApproval", "applyPatchApproval": answer.result(["decision": "abort"])
    case "mcpServer/elicitation/request": answer.result(["action": "cancel", "content": nil])
    case "item/permissions/requestApproval": answer.result(["permissions": [:], "scope": "turn"])
    default: answer.error(RPCError(code: -32000, why))
    }
  }

  func requested(_ method: String, _ params: JSONValue, _ answer: RPCPeer.Answer) throws {
    turn.activity()
    guard waiting.count < Self.waitingLimit, turn.abortReason == nil else {
      return Self.refuse(method, answer, "nobody can be asked")
    }
    switch method {
    case "item/commandExecution/requestApproval": try command(params, answer)
    case "item/fileChange/requestApproval": try fileChange(params, answer)
    case "item/permissions/requestApproval": try permissions(params, answer)
    case "mcpServer/elicitation/request": try elicitation(params, answer)
    case "item/tool/requestUserInput": try userInput(params, answer)
    case "execCommandApproval": try oldCommand(params, answer)
    case "applyPatchApproval": try oldPatch(params, answer)
    default: unknown(method, params, answer)
    }
  }

  /// Codex has its answer from elsewhere, or does not want one any more.
  func resolved(_ key: String) throws {
    guard let one = waiting.removeValue(forKey: key) else { return }
    // An answer is not expected any more, but does no harm, and nothing stays open.
    one.cancel()
    if let asking = one.asking { try turn.withdraw(asking) }
  }

  /// Nobody waits any more: codex is told no; the cards are withdrawn by the end of the turn.
  func cancelWaiting() {
    let all = waiting
    waiting = [:]
    for (_, one) in all { one.cancel() }
  }

  // MARK: - Asking

  /// Asks the policy about a call; `reply` tells codex, `cancel` when nobody waits any more.
  func ask(
    _ call: ToolCall, words: String?, _ answer: RPCPeer.Answer, cancel: @escaping () -> Void,
    reply: @escaping (Permission) throws -> Void
  ) throws {
    let key = Self.key(answer.id)
    waiting[key] = Waiting(answer: answer, cancel: cancel, asking: nil)
    let asking = try turn.ask(call, words: words) { [weak self] permission in
      guard let self, waiting.removeValue(forKey: key) != nil else { return }
      // Nothing of ours is thrown here: the answer is a line for the program.
      try? reply(permission)
    }
    if let one = waiting[key] { waiting[key] = Waiting(answer: one.answer, cancel: cancel, asking: asking) }
  }

  /// Asks about a call that codex answers with a decision.
  private func decide(_ call: ToolCall, words: String?, _ answer: RPCPeer.Answer) throws {
    try ask(call, words: words, answer, cancel: { answer.result(["decision": "cancel"]) }) {
      [weak self] given in
      switch given {
      case .allowed: answer.result(["decision": "accept"])
      case .denied(let why):
        answer.result(["decision": "decline"])
        self?.tellWhy(why)
      }
    }
  }

  /// The protocol has no place for a reason, so it is said as a message.
  private func tellWhy(_ why: String) {
    guard !why.isEmpty else { return }
    _ = steer("[agim] This was not allowed: \(why).", isOurs: true)
  }

  // MARK: - Commands and files

  private func command(_ params: JSONValue, _ answer: RPCPeer.Answer) throws {
    let workdir = peer.shape.workdir
    let directory = params["cwd"]?.string
    let kind = params["kind"]?.string ?? "command"
    let isMore =
      !Self.isNone(params["networkApprovalContext"]) || !Self.isNone(params["additionalPermissions"])
    guard kind == "command", !isMore, let line = params["command"]?.string else {
      // Words for a program that runs, a host that a command speaks to, more than the sandbox gives.
      let name = Self.isNone(params["networkApprovalContext"]) ? kind : "network"
      let call = ToolCall.other(name, input: Self.shown(params), workdir: workdir)
      return try decide(call, words: params["reason"]?.string, answer)
    }
    let call = ToolCall.command(line, workdir: workdir, directory: directory)
    try decide(call, words: params["reason"]?.string, answer)
  }

  private func fileChange(_ params: JSONValue, _ answer: RPCPeer.Answer) throws {
    // To write below a directory for as long as it lives: nobody can look at that.
    guard Self.isNone(params["grantRoot"]) else {
      answer.result(["decision": "decline"])
      return tellWhy("only single changes are, no directory as a whole")
    }
    let item = params["itemId"]?.string.flatMap { items[$0] } ?? .null
    let call = ToolCall.change(CodexItem.changes(item), workdir: peer.shape.workdir)
    try decide(call, words: params["reason"]?.string, answer)
  }

  private func permissions(_ params: JSONValue, _ answer: RPCPeer.Answer) throws {
    let none: JSONValue = ["permissions": [:], "scope": "turn"]
    let call = ToolCall.other(
      "permissions", input: Self.shown(params), isPartial: true, workdir: peer.shape.workdir)
    let wanted = params["permissions"] ?? [:]
    try ask(call, words: params["reason"]?.string, answer, cancel: { answer.result(none) }) {
      [weak self] given in
      switch given {
      case .allowed: answer.result(["permissions": wanted, "scope": "turn"])
      case .denied(let why):
        answer.result(none)
        self?.tellWhy(why)
      }
    }
  }

  // MARK: - What versions before 2026 ask

  private func oldCommand(_ params: JSONValue, _ answer: RPCPeer.Answer) throws {
    let words = (params["command"]?.array ?? []).compactMap(\.string)
    var call = ToolCall.arguments(words, workdir: peer.shape.workdir, directory: params["cwd"]?.string)
    if words.isEmpty || words.count != params["command"]?.array?.count { call.isPartial = true }
    try oldDecide(call, params, answer)
  }

  private func oldPatch(_ params: JSONValue, _ answer: RPCPeer.Answer) throws {
    guard Self.isNone(params["grantRoot"]) else { return answer.result(["decision": "abort"]) }
    let changes = (params["fileChanges"]?.object?.members ?? []).map { path, change in
      FileChange(
        path: path, kind: change["type"]?.string ?? "update", target: change["move_path"]?.string,
        diff: change["unified_diff"]?.string ?? change["content"]?.string)
    }
    try oldDecide(.change(changes, workdir: peer.shape.workdir), params, answer)
  }

  private func oldDecide(_ call: ToolCall, _ params: JSONValue, _ answer: RPCPeer.Answer) throws {
    try ask(
      call, words: params["reason"]?.string, answer, cancel: { answer.result(["decision": "abort"]) }
    ) { given in
      switch given {
      case .allowed: answer.result(["decision": "approved"])
      case .denied(let why): answer.result(["decision": ["denied": ["rejection": .string(why)]]])
      }
    }
  }

  // MARK: - What is not known

  private func unknown(_ method: String, _ params: JSONValue, _ answer: RPCPeer.Answer) {
    answer.error(.unknown(method))
    let what =
      switch method {
      case "item/tool/call": "a tool that agim does not have: \(params["tool"]?.string ?? "")"
      case "account/chatgptAuthTokens/refresh":
        "a new token of its account. Run `codex login` once in a terminal"
      case "attestation/generate": "a proof of the device"
      case "currentTime/read": "the time"
      default: method
      }
    turn.notice("\(turn.settings.name) asked for \(CodexItem.short(what)). That was refused.")
  }

  // MARK: - Parts

  static func isNone(_ value: JSONValue?) -> Bool { value == nil || value == .null }

  /// What of a request is for people: all but ids and what would allow more.
  static func shown(_ params: JSONValue) -> JSONObject {
    let left = [
      "threadId", "turnId", "itemId", "startedAtMs", "approvalId", "environmentId", "commandActions",
      "proposedExecpolicyAmendment", "proposedNetworkPolicyAmendments", "availableDecisions", "reason",
    ]
    return JSONObject(
      (params.object?.members ?? []).filter { !left.contains($0.name) && $0.value != .null }
        .map { ($0.name, $0.value) })
  }
}
