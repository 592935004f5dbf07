internal import JSON

/// Lines of Cursor's print mode.
enum CursorLine {
  static func events(_ line: JSONValue) -> [PrintEvent] {
    var events: [PrintEvent] = []
    if let id = line["session_id"]?.string { events.append(.session(id)) }
    switch line["type"]?.string {
    case "assistant":
      let text = (line["message"]?["content"]?.array ?? []).compactMap { $0["text"]?.string }.joined()
      if !text.isEmpty { events += [.text(text), .pause] }
    case "tool_call":
      guard let (kind, call) = line["tool_call"]?.object?.members.first else { break }
      let name = kind == "function" ? call["name"]?.string ?? "tool" : kind
      let what = (call["args"] ?? call["arguments"]).map(PrintText.words) ?? ""
      let isDone = line["subtype"]?.string == "completed"
      let result = call["result"]?.object?.members.first
      let detail = result.map { result in result.name == "success" ? "" : "\(result.name) " }
      events.append(
        .tool(
          key: line["call_id"]?.string ?? "tool", title: "\(name) \(what)", isDone: isDone,
          detail: detail?.isEmpty == true ? nil : detail))
    case "result":
      if let usage = line["usage"]?.object {
        let sum = ["inputTokens", "outputTokens", "input_tokens", "output_tokens"]
          .compactMap { usage[$0]?.int }.filter { $0 >= 0 && $0 < 1 << 40 }.reduce(0, +)
        events.append(.tokens(sum))
      }
      let isError = line["is_error"]?.bool == true || line["subtype"]?.string == "error"
      let text = line["result"]?.string
      events.append(.result(isError ? nil : text, error: isError ? text ?? "it failed" : nil))
    default: break
    }
    return events
  }
}
