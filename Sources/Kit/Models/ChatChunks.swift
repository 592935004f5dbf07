internal import JSON

/// What comes from Chat Completions: the pieces of a stream, and whole answers, which differ in little.
struct ChatChunks {
  var answer = ModelReader.Answer()
  private var content = ""
  /// What was thought, under the name that this endpoint has for it.
  private var reasoning: (name: String, text: String)?

  /// The answer as a message that can be sent back.
  var message: JSONObject {
    var object = JSONObject([("role", "assistant"), ("content", .string(content))])
    if let reasoning { object[reasoning.name] = .string(reasoning.text) }
    for (name, value) in answer.received where object[name] == nil { object[name] = value }
    return object
  }

  /// Takes a piece, and returns its text.
  mutating func take(_ value: JSONValue) throws(ModelProblem) -> String {
    if let name = value["model"]?.string, !name.isEmpty { answer.model = name }
    answer.usage.take(value["usage"])
    // Azure begins with a piece that has none, and the one with the usage may have none either.
    guard let choice = value["choices"]?.array?.first else { return "" }
    if let problem = ModelProblem(inside: choice) { throw problem }
    // Moonshot has the usage here.
    answer.usage.take(choice["usage"])
    let delta = choice["delta"] ?? choice["message"]
    for name in ["reasoning_content", "reasoning"] {
      guard let thought = delta?[name]?.string, !thought.isEmpty else { continue }
      answer.hasContent = true
      if reasoning == nil { reasoning = (name, "") }
      // Some send it under both names.
      if reasoning?.name == name { reasoning?.text += thought }
    }
    if let refusal = delta?["refusal"]?.string { answer.refusal += refusal }
    if case .array(let details)? = delta?["reasoning_details"] { keep("reasoning_details", details) }
    let text = Self.text(delta?["content"]) ?? choice["text"]?.string ?? ""
    if !text.isEmpty { answer.hasContent = true }
    content += text
    if let reason = choice["finish_reason"]?.string { answer.finish = try Self.finish(reason) }
    return text
  }

  private mutating func keep(_ name: String, _ more: [JSONValue]) {
    let index = answer.received.firstIndex { $0.0 == name } ?? answer.received.count
    if index == answer.received.count { answer.received.append((name, .array([]))) }
    answer.received[index].1 = .array((answer.received[index].1.array ?? []) + more)
  }

  /// A text, or the texts of an array of parts.
  private static func text(_ value: JSONValue?) -> String? {
    if let text = value?.string { return text }
    return value?.array.map { parts in
      parts.compactMap { $0["type"] == "text" ? $0["text"]?.string : nil }.joined()
    }
  }

  private static func finish(_ reason: String) throws(ModelProblem) -> ModelReader.Finish {
    switch reason {
    case "length", "model_length", "model_context_window_exceeded": return .length
    case "content_filter", "sensitive", "refusal": return .refused
    case "tool_calls", "function_call": return .tools
    case "error", "network_error":
      throw ModelProblem(.serverError, "the answer ended with \"\(reason)\"")
    default: return .stop
    }
  }
}
