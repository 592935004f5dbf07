internal import JSON
internal import Peers
internal import Requests
internal import Turns

/// What a program wants to know from its person.
extension ACPTurn {
  /// How many things one form may ask.
  private static let formLimit = 8

  // MARK: - Forms

  /// A form: its fields are asked one after the other.
  func elicit(_ params: JSONObject, _ answer: RPCPeer.Answer) throws {
    guard params["mode"]?.string ?? "form" == "form" else {
      return answer.error(.parameters("only forms can be shown here"))
    }
    let schema = params["requestedSchema"]
    let fields = schema?["properties"]?.object?.members ?? []
    guard !fields.isEmpty, fields.count <= Self.formLimit else {
      turn.notice("\(name) wanted a form filled that cannot be shown here; it was declined.")
      return answer.result(["action": "decline"])
    }
    let required = (schema?["required"]?.array ?? []).compactMap(\.string)
    let message = params["message"]?.string ?? ""
    try fill(fields[...].map { ($0.name, $0.value) }[...], JSONObject(), message, required, answer)
  }

  private func fill(
    _ fields: ArraySlice<(String, JSONValue)>, _ filled: JSONObject, _ message: String, _ required: [String],
    _ answer: RPCPeer.Answer
  ) throws {
    guard let (field, schema) = fields.first else {
      return answer.result(["action": "accept", "content": .object(filled)])
    }
    let form = ACPField(field, schema)
    let number = wait(answer) { answer.result(["action": "cancel"]) }
    let text = [message, form.question].filter { !$0.isEmpty }.joined(separator: "\n")
    try put(
      Question(text, options: form.options, isMultiple: form.isMultiple, takesText: form.takesText), number
    ) {
      [weak self] given in
      var filled = filled
      if let value = form.value(given) {
        filled[field] = value
      } else if required.contains(field) || filled.isEmpty && fields.count == 1 {
        return answer.result(["action": "decline"])
      }
      try self?.fill(fields.dropFirst(), filled, "", required, answer)
    }
  }

  /// Puts a question; where the next one cannot be stored, the request is cancelled.
  private func put(
    _ question: Question, _ number: Int, then: @escaping (QuestionAnswer) throws -> Void
  ) throws {
    let asking = try turn.ask(question) { [weak self] given in
      guard let self, let one = waiting.removeValue(forKey: number) else { return }
      do { try then(given) } catch { one.cancel() }
    }
    waiting[number]?.asking = asking
  }

  // MARK: - Cursor's own

  /// A menu: `{title?, questions:[{id, prompt, options:[{id, label}], allowMultiple?}]}`.
  func cursorQuestion(_ params: JSONObject, _ answer: RPCPeer.Answer) throws {
    let questions = params["questions"]?.array ?? []
    guard !questions.isEmpty, questions.count <= Self.formLimit else {
      return answer.error(.parameters("questions are missing"))
    }
    try cursorNext(questions[...], [], params["title"]?.string ?? "", answer)
  }

  private func cursorNext(
    _ questions: ArraySlice<JSONValue>, _ given: [JSONValue], _ title: String, _ answer: RPCPeer.Answer
  ) throws {
    guard let question = questions.first else {
      return answer.result(["outcome": ["outcome": "answered", "answers": .array(given)]])
    }
    let offered = (question["options"]?.array ?? []).map { option in
      (id: option["id"]?.string ?? "", label: ACPWords.line(option["label"]?.string ?? "", 120))
    }
    let number = wait(answer) { answer.result(["outcome": ["outcome": "cancelled"]]) }
    let text = [title, question["prompt"]?.string ?? ""].filter { !$0.isEmpty }.joined(separator: "\n")
    let asked = Question(
      text, options: offered.map { Question.Option($0.label) },
      isMultiple: question["allowMultiple"]?.bool ?? false, takesText: false)
    try put(asked, number) { [weak self] said in
      guard case .chosen(let labels) = said else {
        return answer.result(["outcome": ["outcome": "skipped", "reason": "the person did not choose"]])
      }
      let ids = offered.filter { labels.contains($0.label) }.map { JSONValue.string($0.id) }
      let one: JSONValue = ["questionId": question["id"] ?? .null, "selectedOptionIds": .array(ids)]
      try self?.cursorNext(questions.dropFirst(), given + [one], "", answer)
    }
  }

  /// A plan that is to be accepted or not.
  func cursorPlan(_ params: JSONObject, _ answer: RPCPeer.Answer) throws {
    let parts = [params["name"]?.string, params["overview"]?.string, params["plan"]?.string]
    let text = parts.compactMap { $0 }.joined(separator: "\n\n")
    let number = wait(answer) { answer.result(["outcome": ["outcome": "cancelled"]]) }
    let question = Question(
      text.isEmpty ? "\(name) has made a plan." : String(text.prefix(8000)),
      options: [Question.Option("Accept"), Question.Option("Reject")], takesText: false)
    try put(question, number) { said in
      let isAccepted = said == .chosen(["Accept"])
      answer.result(["outcome": ["outcome": isAccepted ? "accepted" : "rejected"]])
    }
  }
}
