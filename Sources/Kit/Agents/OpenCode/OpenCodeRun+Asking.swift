internal import JSON
internal import Network
internal import Policy
internal import Requests
internal import Turns

/// What the agent asks for: permissions, which the policy and people decide, and questions.
extension OpenCodeRun {
  private static let questionLimit = 8

  // MARK: - Permissions

  func asked(_ properties: JSONObject, _ session: String, isSecond: Bool) throws {
    guard let id = properties["id"]?.string, permissions[id] == nil else { return }
    turn.activity()
    let permission = OpenCodePermission(id: id, session: session, isSecond: isSecond)
    permissions[id] = (permission, nil)
    let reference = properties["tool"]
    guard let call = reference?["callID"]?.string, tools[call]?.input == nil,
      let message = reference?["messageID"]?.string
    else { return try ask(permission, properties, tools[reference?["callID"]?.string ?? ""]) }
    // The part that it is about was not told: without it a person would not see the whole.
    let path = "/session/\(OpenCodeServer.encoded(session))/message/\(OpenCodeServer.encoded(message))"
    server.call("GET", path, total: 10_000) { [weak self] result in
      guard let self, !isOver, permissions[id] != nil else { return }
      var tool = tools[call]
      if case .success(let response) = result, response.head.isSuccess {
        let parts = OpenCodeServer.json(response)?["parts"]?.array ?? []
        if let part = parts.first(where: { $0["callID"]?.string == call }), let name = part["tool"]?.string {
          tool = OpenCodeTool(tool: name, input: part["state"]?["input"]?.object, title: name)
        }
      }
      try ask(permission, properties, tool)
    }
  }

  private func ask(_ permission: OpenCodePermission, _ properties: JSONObject, _ tool: OpenCodeTool?) throws {
    let name = (permission.isSecond ? properties["action"] : properties["permission"])?.string ?? "unknown"
    let patterns = (permission.isSecond ? properties["resources"] : properties["patterns"])?.array ?? []
    let call = ToolCall.opencode(
      permission: name, patterns: patterns.compactMap(\.string), metadata: properties["metadata"]?.object,
      tool: tool?.tool, input: tool?.input, workdir: turn.workdir)
    if permission.isSecond == false, let tool, tool.tool == name,
      let own = ToolCall.own(
        named: OpenCodeServer.ownName(name), input: tool.input, workdir: turn.workdir)
    {
      return server.whetherOursAlone { [weak self] isOurs in
        guard let self, !isOver, permissions[permission.id] != nil else { return }
        try put(isOurs ? own : call, permission)
      }
    }
    // It only asks the person something, and does that by a question of its own.
    if call.isQuestion, name == "plan_exit" || name == "plan_enter" || name == "question" {
      return settle(permission, .allowed)
    }
    try put(call, permission)
  }

  private func put(_ call: ToolCall, _ permission: OpenCodePermission) throws {
    let asking = try turn.ask(call) { [weak self] answer in self?.settle(permission, answer) }
    if permissions[permission.id] != nil { permissions[permission.id] = (permission, asking) }
  }

  private func settle(_ permission: OpenCodePermission, _ answer: Permission) {
    guard permissions.removeValue(forKey: permission.id) != nil else { return }
    switch answer {
    case .allowed: permission.reply(server, .once)
    case .denied(let why):
      denial = why
      permission.reply(server, .no(why))
    }
  }

  /// Somebody else has answered, in a terminal for example.
  func answered(_ id: String?) throws {
    guard let id, let one = permissions.removeValue(forKey: id) else { return }
    if let asking = one.asking { try turn.withdraw(asking) }
  }

  // MARK: - Questions

  func questioned(_ properties: JSONObject) throws {
    guard let id = properties["id"]?.string, questions[id] == nil else { return }
    turn.activity()
    questions[id] = .some(nil)
    let asked = properties["questions"]?.array ?? []
    guard !asked.isEmpty, asked.count <= Self.questionLimit else {
      turn.notice("\(name) asked \(asked.count) things at once, which cannot be shown; it was told so.")
      return reject(id)
    }
    try next(id, asked[...], [])
  }

  /// Asks one thing after the other, and answers when all have an answer.
  private func next(_ id: String, _ asked: ArraySlice<JSONValue>, _ answers: [JSONValue]) throws {
    guard let one = asked.first else {
      questions.removeValue(forKey: id)
      server.call(
        "POST", "/question/\(OpenCodeServer.encoded(id))/reply", JSONObject([("answers", .array(answers))])
      ) {
        _ in
      }
      return
    }
    let options = (one["options"]?.array ?? []).prefix(20).compactMap { option in
      option["label"]?.string.map { Question.Option($0, detail: option["description"]?.string ?? "") }
    }
    let words = [one["header"]?.string, one["question"]?.string].compactMap { $0 }.filter { !$0.isEmpty }
    let question = Question(
      words.isEmpty ? "\(name) asks" : words.joined(separator: "\n"), options: options,
      isMultiple: one["multiple"]?.bool ?? false, takesText: one["custom"]?.bool ?? true)
    let asking = try turn.ask(question) { [weak self] given in
      guard let self, questions[id] != nil else { return }
      let labels: [String]
      switch given {
      case .chosen(let chosen): labels = chosen
      case .text(let text): labels = [text]
      case .none: return reject(id)
      }
      do {
        try next(id, asked.dropFirst(), answers + [.array(labels.map { .string($0) })])
      } catch {
        // The next one cannot be stored.
        reject(id)
      }
    }
    if questions[id] != nil { questions[id] = asking }
  }

  private func reject(_ id: String) {
    guard questions.removeValue(forKey: id) != nil else { return }
    server.call("POST", "/question/\(OpenCodeServer.encoded(id))/reject", JSONObject()) { _ in }
  }

  /// Somebody else has answered.
  func questionEnded(_ id: String?) throws {
    guard let id, let asking = questions.removeValue(forKey: id) else { return }
    if let asking { try turn.withdraw(asking) }
  }

  /// Says no to all that still waits: the server would wait for ever.
  func refuseAll() {
    for (_, one) in permissions { one.permission.reply(server, .stop) }
    permissions = [:]
    for id in questions.keys { reject(id) }
  }
}
