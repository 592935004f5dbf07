internal import JSON
internal import Policy

/// An item of a codex turn, as people see it.
enum CodexItem {
  private static let titleLimit = 200
  private static let detailLimit = 4000

  /// A line about it; nil for what is no work: texts and thoughts.
  static func title(_ item: JSONValue) -> String? {
    switch item["type"]?.string {
    case "commandExecution": short(command(item))
    case "fileChange": short("edit " + paths(item).joined(separator: ", "))
    case "mcpToolCall": short("\(item["server"]?.string ?? "?").\(item["tool"]?.string ?? "?")")
    case "dynamicToolCall": short(item["tool"]?.string ?? "tool")
    case "webSearch": short("search the web: \(item["query"]?.string ?? "")")
    case "imageView": short("look at \(item["path"]?.string ?? "a picture")")
    case "imageGeneration": "make a picture"
    case "contextCompaction": "compact the conversation"
    case "collabAgentToolCall", "subAgentActivity": "another agent"
    case "enteredReviewMode": "review"
    default: nil
    }
  }

  /// How it ended, with the end of what it said.
  static func outcome(_ item: JSONValue) -> String? {
    var parts: [String] = []
    switch item["status"]?.string {
    case "declined": parts.append("not allowed")
    case "failed": parts.append(item["exitCode"]?.int.map { "failed with \($0)" } ?? "failed")
    default: if let code = item["exitCode"]?.int, code != 0 { parts.append("failed with \(code)") }
    }
    if let output = item["aggregatedOutput"]?.string, !output.isEmpty { parts.append(tail(output)) }
    if let text = item["error"]?["message"]?.string { parts.append(tail(text)) }
    if item["type"]?.string == "fileChange", let diff = diff(item) { parts.append(tail(diff)) }
    return parts.isEmpty ? nil : parts.joined(separator: "\n")
  }

  /// What a file change would do, file by file.
  static func changes(_ item: JSONValue) -> [FileChange] {
    (item["changes"]?.array ?? []).compactMap { change in
      guard let path = change["path"]?.string else { return nil }
      return FileChange(
        path: path, kind: change["kind"]?["type"]?.string ?? change["kind"]?.string ?? "update",
        target: change["kind"]?["move_path"]?.string ?? change["kind"]?["movePath"]?.string,
        diff: change["diff"]?.string)
    }
  }

  /// The command without the shell around it.
  static func command(_ item: JSONValue) -> String {
    let whole = item["command"]?.string ?? ""
    let input = ToolCall.command(whole, workdir: "/").input.flatMap { try? JSONReader.parse($0) }
    return input?["command"]?.string ?? whole
  }

  private static func paths(_ item: JSONValue) -> [String] {
    changes(item).map { $0.target ?? $0.path }
  }

  private static func diff(_ item: JSONValue) -> String? {
    let all = changes(item).compactMap(\.diff)
    return all.isEmpty ? nil : all.joined(separator: "\n")
  }

  /// The first line, not too long.
  static func short(_ text: String) -> String {
    let line = text.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: true).first ?? ""
    let isWhole = line.utf8.count == text.utf8.count && line.count <= titleLimit
    return isWhole ? String(line) : String(line.prefix(titleLimit)) + " …"
  }

  /// The end of a text that may be long.
  static func tail(_ text: String) -> String {
    text.utf8.count <= detailLimit ? text : "… " + String(text.suffix(detailLimit))
  }
}
