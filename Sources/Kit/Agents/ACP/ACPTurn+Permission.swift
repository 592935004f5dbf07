internal import JSON
internal import Peers
internal import Policy
internal import Requests
internal import Turns

/// Permissions: the policy and people decide, and the program gets the option that holds once.
extension ACPTurn {
  private static let optionLimit = 32

  func permission(_ params: JSONObject, _ answer: RPCPeer.Answer) throws {
    guard let update = params["toolCall"]?.object,
      let options = params["options"]?.array, !options.isEmpty, options.count <= Self.optionLimit,
      let call = calls.merge(update)
    else { return answer.error(.parameters("a permission needs a toolCall and options")) }
    let known = ACPCalls.complete(call, preset)
    let asked = ToolCall.acp(known, dialect: preset.dialect, workdir: turn.workdir)
    let number = wait(answer) { answer.result(Self.cancelled) }
    // A mode that asks for less is nobody's to choose here.
    if asked.isQuestion { return try choose(known, options, number, answer) }
    try ask(asked, number, words: ACPCalls.words(known)) { [weak self] permission in
      guard let self else { return }
      switch permission {
      case .allowed:
        guard let option = Self.option("allow_once", options) else {
          turn.notice("\(name) offers no way to allow this only once: it was denied.")
          return answer.result(Self.denial(options))
        }
        passes.add(known, workdir: turn.workdir)
        answer.result(Self.selected(option))
      case .denied(let why):
        denial = why
        turn.action(key: call.key, phase: "updated", title: call.title, detail: "denied: \(why)")
        answer.result(Self.denial(options))
      }
    }
  }

  private static func option(_ kind: String, _ options: [JSONValue]) -> JSONValue? {
    options.first { $0["kind"]?.string == kind && $0["optionId"]?.string != nil }
  }

  private static func selected(_ option: JSONValue) -> JSONValue {
    ["outcome": ["outcome": "selected", "optionId": option["optionId"] ?? .null]]
  }

  /// No, once; where the program has only a no for ever, it is not taken up on that.
  private static func denial(_ options: [JSONValue]) -> JSONValue {
    option("reject_once", options).map(selected) ?? cancelled
  }

  /// A permission that only asks the person something, such as whether a plan is good.
  private func choose(
    _ known: JSONObject, _ options: [JSONValue], _ number: Int, _ answer: RPCPeer.Answer
  ) throws {
    let offered = options.filter { ["allow_once", "reject_once"].contains($0["kind"]?.string) }
    let names = offered.map { ACPWords.line($0["name"]?.string ?? $0["optionId"]?.string ?? "", 80) }
    let question = Question(
      ACPCalls.words(known) ?? "\(name) asks", options: names.map { Question.Option($0) }, takesText: false)
    waiting[number]?.asking = try turn.ask(question) { [weak self] given in
      guard let self, waiting.removeValue(forKey: number) != nil else { return }
      guard case .chosen(let labels) = given, let label = labels.first,
        let place = names.firstIndex(of: label)
      else { return answer.result(Self.denial(options)) }
      answer.result(Self.selected(offered[place]))
    }
  }
}
