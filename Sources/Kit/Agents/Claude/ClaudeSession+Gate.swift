internal import Gate
internal import JSON
internal import Policy
internal import Settings
internal import Stage
internal import System
internal import Turns

/// The gate: each call is told by the hook first, and asked about through `can_use_tool` where the hook says
/// `ask`; the two are joined by the call's id and compared by its input.
extension ClaudeSession {
  /// Tools that only ask the person.
  static let questions: Set<String> = ["AskUserQuestion", "ExitPlanMode"]

  private static let unattended = "agim: no message is being worked on, so nobody can be asked."

  /// A call as the policy takes it; our own server asks the policy itself.
  func call(_ tool: String, _ input: JSONValue, _ workdir: String) -> ToolCall {
    if hasOwnTools, let call = ToolCall.own(named: tool, input: input.object, workdir: workdir) {
      return call
    }
    return Self.call(tool, input, workdir)
  }

  /// A call of a tool of the program's own, or of a server that is not ours.
  static func call(_ tool: String, _ input: JSONValue, _ workdir: String) -> ToolCall {
    var json = JSONWriter()
    json.value(input)
    return ToolCall(tool: tool, input: json.bytes, workdir: workdir, dialect: .claude)
  }

  /// A request of the program: each is answered, at once or when a person has.
  func requested(_ message: JSONValue) throws {
    guard let id = message["request_id"]?.string else { return }
    let request = message["request"] ?? .null
    switch request["subtype"]?.string {
    case "hook_callback"?: try hooked(id, request)
    case "can_use_tool"?: try asked(id, request)
    case let other:
      let name = ClaudeWords.short(other ?? "without a name", 100)
      refuse(id, "agim does not know requests of this kind")
      work?.turn.notice(
        "\(work?.turn.settings.name ?? "") asked for something unknown (\(name)); it was refused.")
    }
  }

  // MARK: - The hook

  private func hooked(_ id: String, _ request: JSONValue) throws {
    let input = request["input"] ?? .null
    guard request["callback_id"]?.string == Self.hook, input["hook_event_name"]?.string == "PreToolUse",
      let tool = input["tool_name"]?.string, let value = input["tool_input"], value.object != nil,
      let use = (request["tool_use_id"] ?? input["tool_use_id"])?.string
    else { return decide(id, "deny", "agim: the call could not be understood.") }
    guard let work, !work.isInterrupted else { return decide(id, "deny", Self.unattended) }
    work.passed.insert(use)
    guard let workdir = place(input["cwd"]?.string, work) else {
      return decide(
        id, "deny", "agim: go back to \(work.turn.workdir) first: calls from elsewhere are not allowed.")
    }
    if Self.questions.contains(tool) {
      work.calls[use] = ClaudeWork.Call(tool: tool, input: value, workdir: workdir, verdict: .ask)
      return decide(id, "ask", "a question to the person")
    }
    let call = call(tool, value, workdir)
    let verdict = work.turn.judge(call)
    work.calls[use] = ClaudeWork.Call(tool: tool, input: value, workdir: workdir, verdict: verdict)
    if verdict == .ask { return decide(id, "ask", "a person is asked") }
    let asking = try work.turn.ask(call) { [weak self] permission in
      guard let self else { return }
      work.waiting[id] = nil
      switch permission {
      case .allowed: decide(id, "allow", "allowed by the policy", input: value)
      case .denied(let why): decide(id, "deny", Self.denial(why, tool, value))
      }
    }
    // The policy may have changed in this moment, and ask after all.
    if asking.request != nil { work.waiting[id] = asking }
  }

  private func decide(_ id: String, _ decision: String, _ why: String, input: JSONValue? = nil) {
    var output = JSONObject([
      ("hookEventName", "PreToolUse"), ("permissionDecision", .string(decision)),
      ("permissionDecisionReason", .string(why)),
    ])
    if let input { output["updatedInput"] = input }
    answer(id, ["hookSpecificOutput": .object(output)])
  }

  /// Where a call is made: the work directory, or one below it that the program went to.
  private func place(_ cwd: String?, _ work: ClaudeWork) -> String? {
    guard let cwd else { return work.turn.workdir }
    let own = files.resolve(work.turn.workdir, from: "/").path
    let real = files.resolve(cwd, from: "/").path
    if real.utf8.elementsEqual(own.utf8) { return work.turn.workdir }
    return real.utf8.starts(with: "\(own)/".utf8) ? real : nil
  }

  // MARK: - The question

  private func asked(_ id: String, _ request: JSONValue) throws {
    guard let tool = request["tool_name"]?.string, let input = request["input"], input.object != nil else {
      return deny(id, "agim: the call could not be understood.")
    }
    guard let work, !work.isInterrupted else { return deny(id, Self.unattended) }
    let use = request["tool_use_id"]?.string ?? ""
    let known = work.calls.removeValue(forKey: use)
    work.passed.insert(use)
    switch tool {
    case "AskUserQuestion": return try putQuestions(id, input, work)
    case "ExitPlanMode": return try putPlan(id, input, work.plans[use], work)
    default: break
    }
    if let known, known.tool.utf8.elementsEqual(tool.utf8), known.input == input, known.verdict == .allow {
      // The hook has allowed exactly this; something else of the program's own asks all the same.
      return allow(id, input)
    }
    // What the hook has not seen so is a call of its own.
    let call = call(tool, input, known?.workdir ?? work.turn.workdir)
    let words = request["title"]?.string ?? request["description"]?.string
    let asking = try work.turn.ask(call, words: words) { [weak self] permission in
      guard let self else { return }
      work.waiting[id] = nil
      switch permission {
      case .allowed: allow(id, input)
      case .denied(let why): deny(id, Self.denial(why, tool, input))
      }
    }
    if asking.request != nil { work.waiting[id] = asking }
  }

  /// Once, and with exactly what was approved.
  func allow(_ id: String, _ input: JSONValue) { answer(id, ["behavior": "allow", "updatedInput": input]) }

  /// No, and why; the model goes on.
  func deny(_ id: String, _ why: String) { answer(id, ["behavior": "deny", "message": .string(why)]) }

  /// The program does not wait for an answer any more.
  func cancelled(_ id: String) throws {
    guard let asking = work?.waiting.removeValue(forKey: id) else { return }
    try work?.turn.withdraw(asking)
  }

  /// A denial as the model reads it.
  private static func denial(_ why: String, _ tool: String, _ input: JSONValue) -> String {
    let path = Array((input["file_path"]?.string ?? "").utf8)
    let isPlan =
      path.suffix(3).elementsEqual(".md".utf8)
      && path.split(separator: 0x2F).dropLast().last.map {
        $0.elementsEqual("plans".utf8)
      } == true
    // It keeps plans in a file of its own, outside of the work directory.
    return "agim: \(why)" + (isPlan ? " Do not write the plan to a file: say it in your answer." : "")
  }
}
