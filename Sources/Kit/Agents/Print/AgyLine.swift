internal import JSON

/// Lines of the Antigravity CLI: `init`, `step_update`, `result`.
///
/// Not all of their members are documented; what is not known is left out.
enum AgyLine {
  static func events(_ line: JSONValue) -> [PrintEvent] {
    var events: [PrintEvent] = []
    for name in ["conversation_id", "conversationId", "conversation", "session_id"] {
      if let id = line[name]?.string { events.append(.session(id)) }
    }
    switch line["event"]?.string {
    case "step_update":
      if let tool = line["tool_info"], let name = tool["name"]?.string {
        let output = tool["output"].flatMap { $0 == .null ? nil : PrintText.words($0) }
        let key = line["step_id"]?.string ?? line["step_index"]?.int.map { "step-\($0)" } ?? "step"
        let what = tool["parameters"].map(PrintText.words) ?? ""
        events += [.pause, .tool(key: key, title: "\(name) \(what)", isDone: output != nil, detail: output)]
      } else if let text = line["text"]?.string,
        (line["step_type"]?.string ?? "").utf8.starts(with: "user".utf8)
          == false
      {
        events.append(.text(text))
      }
    case "result":
      if let usage = line["usage"]?.object {
        let names = ["input_tokens", "output_tokens", "thinking_tokens"]
        let sum = names.compactMap { usage[$0]?.int }.filter { $0 >= 0 && $0 < 1 << 40 }.reduce(0, +)
        events.append(.tokens(usage["total_tokens"]?.int ?? sum))
      }
      let error = line["error"].flatMap { $0 == .null ? nil : PrintText.words($0["message"] ?? $0) }
      let status = line["status"]?.string?.utf8.map { $0 | 0x20 } ?? []
      let isFailed = status.elementsEqual("error".utf8) || status.elementsEqual("failed".utf8)
      events.append(.result(line["response"]?.string, error: error ?? (isFailed ? "it failed" : nil)))
    default: break
    }
    return events
  }
}
