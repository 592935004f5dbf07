internal import JSON
internal import Peers
internal import Policy
internal import Requests
internal import Settings
internal import Turns

/// What codex, or a server behind it, wants to know from its person.
extension CodexRun {
  private static let fieldLimit = 8

  // MARK: - Servers

  func elicitation(_ params: JSONValue, _ answer: RPCPeer.Answer) throws {
    let server = params["serverName"]?.string ?? "?"
    let meta = params["_meta"]
    let cancel: JSONValue = ["action": "cancel", "content": nil]
    switch meta?["codex_approval_kind"] {
    case "mcp_tool_call"?:
      let call = serverCall(server, meta?["tool_params"]?.object, params)
      try ask(call, words: nil, answer, no: cancel) { [weak self] given in
        switch given {
        case .allowed: answer.result(["action": "accept", "content": [:]])
        case .denied(let why):
          answer.result(["action": "decline", "content": nil])
          _ = self?.steer("[agim] This was not allowed: \(why).", isOurs: true)
        }
      }
    case nil, .null?: try question(server, params, answer)
    case let kind?:
      answer.result(["action": "decline", "content": nil])
      turn.notice(
        "\(turn.settings.name) asked for something that agim does not know (\(kind.string ?? "?")): "
          + "\(CodexItem.tail(params["message"]?.string ?? "")) That was refused.")
    }
  }

  /// The call of a server's tool: which tool it is stands in the item that was announced.
  private func serverCall(_ server: String, _ input: JSONObject?, _ params: JSONValue) -> ToolCall {
    let matching = items.values.filter { item in
      item["type"]?.string == "mcpToolCall" && item["server"]?.string == server
        && (input == nil || item["arguments"]?.object ?? JSONObject() == input)
    }
    let names = Set(matching.compactMap { $0["tool"]?.string })
    guard names.count == 1, let tool = names.first else {
      // Two tools with the same words at once: which one is meant is in the text alone.
      var known = input ?? JSONObject()
      known["message"] = params["message"]
      return .other(server, input: known, isPartial: true, workdir: peer.shape.workdir)
    }
    if peer.hasOwnTools, server == AgentScope.name,
      let call = ToolCall.own(
        named: "mcp__\(server)__\(tool)", input: input ?? JSONObject(), workdir: peer.shape.workdir)
    {
      return call
    }
    return .server(server, tool: tool, input: input, workdir: peer.shape.workdir)
  }

  /// A form of a server, or an address that it wants to be opened.
  private func question(_ server: String, _ params: JSONValue, _ answer: RPCPeer.Answer) throws {
    let message = "[\(server)] \(params["message"]?.string ?? "")"
    if let url = params["url"]?.string {
      return try put(
        [
          Field(
            name: "", question: Question("\(message)\n\(url)", options: [.init("done")], takesText: false))
        ],
        answer, no: ["action": "cancel", "content": nil]
      ) { _ in answer.result(["action": "accept", "content": nil]) }
    }
    let fields = (params["requestedSchema"]?["properties"]?.object?.members ?? [])
      .map { Field($0.name, $0.value, message) }
    guard fields.count <= Self.fieldLimit else {
      answer.result(["action": "decline", "content": nil])
      return turn.notice("\(message)\nThat is a form too large for a chat. It was declined.")
    }
    // A form without fields asks for nothing but a yes.
    let asked =
      fields.isEmpty
      ? [Field(name: "", question: Question(message, options: [.init("accept")], takesText: false))] : fields
    try put(asked, answer, no: ["action": "decline", "content": nil]) { given in
      let content = zip(asked, given).filter { !$0.0.name.isEmpty }.map { ($0.0.name, $0.0.value($0.1)) }
      answer.result(["action": "accept", "content": .object(JSONObject(content))])
    }
  }

  // MARK: - Codex itself

  func userInput(_ params: JSONValue, _ answer: RPCPeer.Answer) throws {
    let questions = params["questions"]?.array ?? []
    let none: JSONValue = ["answers": [:]]
    guard !questions.isEmpty, questions.count <= Self.fieldLimit,
      !questions.contains(where: { $0["isSecret"]?.bool == true })
    else {
      answer.result(none)
      // What is typed in a chat is read by others.
      return turn.notice(
        "\(turn.settings.name) asked for something that must not be typed here. It got no answer.")
    }
    let fields = questions.map { one -> Field in
      let options = (one["options"]?.array ?? []).compactMap { option in
        option["label"]?.string.map { Question.Option($0, detail: option["description"]?.string ?? "") }
      }
      return Field(
        name: one["id"]?.string ?? "",
        question: Question(one["question"]?.string ?? one["header"]?.string ?? "?", options: options))
    }
    try put(fields, answer, no: none) { given in
      let answers = zip(fields, given).map { field, words -> (String, JSONValue) in
        (field.name, ["answers": .array(words.map { .string($0) })])
      }
      answer.result(["answers": .object(JSONObject(answers))])
    }
  }

  // MARK: - One question after the other

  /// One thing that is asked, and the type of its answer.
  private struct Field {
    let name: String
    let question: Question
    var type = "string"

    init(name: String, question: Question) { (self.name, self.question) = (name, question) }

    /// A member of a form.
    init(_ name: String, _ schema: JSONValue, _ message: String) {
      self.name = name
      type = schema["type"]?.string ?? "string"
      let title = schema["title"]?.string ?? name
      let more = schema["description"]?.string.map { ": \($0)" } ?? ""
      let names = (schema["enum"] ?? schema["items"]?["enum"])?.array?.compactMap(\.string) ?? []
      let options = type == "boolean" ? ["yes", "no"] : names
      question = Question(
        "\(message)\n\(title)\(more)", options: options.map { Question.Option($0) },
        isMultiple: type == "array", takesText: options.isEmpty)
    }

    /// What was answered, as the form wants it.
    func value(_ words: [String]) -> JSONValue {
      let text = words.first ?? ""
      switch type {
      case "boolean": return .bool(text == "yes")
      case "array": return .array(words.map { .string($0) })
      case "integer", "number":
        let number = try? JSONReader.parse(Array(text.utf8))
        return number?.double != nil ? number ?? .string(text) : .string(text)
      default: return .string(text)
      }
    }
  }

  /// Asks one field after the other; `done` gets the words for each.
  private func put(
    _ fields: [Field], _ answer: RPCPeer.Answer, no: JSONValue, given: [[String]] = [],
    done: @escaping ([[String]]) -> Void
  ) throws {
    guard given.count < fields.count else { return done(given) }
    let key = Self.key(answer.id)
    waiting[key] = Waiting(answer: answer, no: no, asking: nil)
    let asking = try turn.ask(fields[given.count].question) { [weak self] said in
      guard let self, waiting.removeValue(forKey: key) != nil else { return }
      switch said {
      case .none: answer.result(no)
      case .text(let text): next([text])
      case .chosen(let labels): next(labels)
      }
      func next(_ words: [String]) {
        // What the store says is said at the next request too.
        do { try put(fields, answer, no: no, given: given + [words], done: done) } catch { answer.result(no) }
      }
    }
    if waiting[key] != nil { waiting[key] = Waiting(answer: answer, no: no, asking: asking) }
  }
}
