internal import JSON
internal import Settings
internal import Turns

/// What the server is told in a turn.
enum OpenCodePrompt {
  /// The body of `prompt_async`.
  static func body(_ turn: Turn) -> JSONObject {
    var text = turn.text
    var parts: [JSONValue] = []
    for file in turn.files {
      guard file.isPicture || file.mime == "application/pdf" || file.mime.hasPrefix("text/") else {
        // The model cannot be shown it, but its tools may read it.
        text += "\n\n[agim] A file came with this message: \(file.path)"
        continue
      }
      parts.append([
        "type": "file", "mime": .string(file.mime), "filename": .string(file.name),
        "url": .string("file://" + path(file.path)),
      ])
    }
    parts.insert(["type": "text", "text": .string(text)], at: 0)
    var body = JSONObject([("parts", .array(parts))])
    if let model = model(turn.model) { body["model"] = .object(model) }
    if turn.isPlan { body["agent"] = "plan" }
    if let effort = turn.effort, ["low", "high", "max"].contains(effort) {
      body["variant"] = .string(effort)
    }
    return body
  }

  /// `PROVIDER/MODEL` as the server wants it; nil where it is something else.
  static func model(_ text: String?) -> JSONObject? {
    guard let text, let slash = text.firstIndex(of: "/") else { return nil }
    return JSONObject([
      ("providerID", .string(String(text[..<slash]))),
      ("modelID", .string(String(text[text.index(after: slash)...]))),
    ])
  }

  /// The model that wrote a message.
  static func model(of info: JSONValue?) -> JSONObject? {
    guard let provider = info?["providerID"]?.string, let model = info?["modelID"]?.string else { return nil }
    return JSONObject([("providerID", .string(provider)), ("modelID", .string(model))])
  }

  /// A path as it stands in an address.
  private static func path(_ path: String) -> String {
    path.split(separator: "/", omittingEmptySubsequences: false).map { OpenCodeServer.encoded(String($0)) }
      .joined(separator: "/")
  }
}
