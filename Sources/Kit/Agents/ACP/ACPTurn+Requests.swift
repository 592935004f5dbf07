internal import JSON
internal import Peers
internal import Policy
internal import Turns

/// A request of the program that is not answered yet.
final class ACPWaiting {
  let answer: RPCPeer.Answer
  /// Answers it as cancelled.
  let cancel: () -> Void
  var asking: Asking?

  init(_ answer: RPCPeer.Answer, cancel: @escaping () -> Void) {
    (self.answer, self.cancel) = (answer, cancel)
  }
}

/// What a program asks for while it works.
extension ACPTurn {
  /// How many requests may wait at once.
  private static let waitingLimit = 64

  func asked(_ method: String, _ params: JSONValue, _ answer: RPCPeer.Answer) throws {
    turn.activity()
    guard !isOver, turn.abortReason == nil else { return refuse(method, answer) }
    guard waiting.count < Self.waitingLimit else {
      return answer.error(RPCError(code: -32603, "too many requests wait already"))
    }
    guard let params = params.object,
      params["sessionId"] == nil || params["sessionId"]?.string == agent?.session
    else { return answer.error(.parameters("this is no session of this client")) }
    switch method {
    case "session/request_permission": try permission(params, answer)
    case "fs/read_text_file": try readFile(params, answer)
    case "fs/write_text_file": try writeFile(params, answer)
    case "terminal/create": try createTerminal(params, answer)
    case "terminal/output", "terminal/wait_for_exit", "terminal/kill", "terminal/release":
      onTerminal(method, params, answer)
    case "elicitation/create": try elicit(params, answer)
    case "cursor/ask_question": try cursorQuestion(params, answer)
    case "cursor/create_plan": try cursorPlan(params, answer)
    default:
      answer.error(.unknown(method))
      guard refused.insert(method).inserted, refused.count <= 8 else { return }
      turn.notice(
        "\(name) asked for \(ACPWords.line(method, 80)), which agim does not know; it was refused.")
    }
  }

  /// A request that comes when the turn is as good as over.
  private func refuse(_ method: String, _ answer: RPCPeer.Answer) {
    guard method == "session/request_permission" else {
      return answer.error(RPCError(code: -32800, "the turn was cancelled"))
    }
    answer.result(Self.cancelled)
  }

  static let cancelled: JSONValue = ["outcome": ["outcome": "cancelled"]]
  static let withdrawn = RPCError(code: -32800, "the request was cancelled")

  // MARK: - Waiting

  /// Keeps a request until it is answered; the result names it.
  func wait(_ answer: RPCPeer.Answer, cancel: @escaping () -> Void) -> Int {
    lastWaiting += 1
    waiting[lastWaiting] = ACPWaiting(answer, cancel: cancel)
    return lastWaiting
  }

  /// Asks the policy, and people; `then` is called with the permission while the request still waits.
  func ask(
    _ call: ToolCall, _ number: Int, words: String? = nil, isCovered: Bool = false,
    then: @escaping (Permission) -> Void
  ) throws {
    let asking = try turn.ask(call, words: words, isCovered: isCovered) { [weak self] permission in
      guard let self, waiting.removeValue(forKey: number) != nil else { return }
      then(permission)
    }
    waiting[number]?.asking = asking
  }

  /// Answers everything that waits as cancelled, and withdraws its cards.
  func cancelWaiting() {
    let all = waiting.sorted { $0.key < $1.key }.map(\.value)
    waiting.removeAll()
    for one in all {
      one.cancel()
      // Where the turn has ended, its requests are void by that.
      if let asking = one.asking, !isOver { try? turn.withdraw(asking) }
    }
  }

  /// The program does not wait for one of its requests any more.
  func cancelRequest(_ id: JSONValue) throws {
    for (number, one) in waiting where one.answer.id == id {
      waiting[number] = nil
      one.cancel()
      if let asking = one.asking { try turn.withdraw(asking) }
    }
  }
}
