package import JSON

/// Calls as the Agent Client Protocol tells them.
extension ToolCall {
  /// What `session/request_permission` asks for.
  ///
  /// Reading is allowed unasked only where the agent's name for the tool is in its table and fits the kind that
  /// the agent gives as well, and `rawInput` names the path. A kind alone is enough for nothing: there are
  /// agents that derive it from the name of any server's tool. A call without `rawInput` is not wholly known.
  ///
  /// - Parameters:
  ///   - request: `toolCall` of the request, over what was announced before under its id.
  ///   - dialect: The agent's.
  ///   - workdir: The session's directory.
  /// - Returns: The call, to be judged.
  package static func acp(_ request: JSONObject, dialect: ToolDialect, workdir: String) -> ToolCall {
    var input = request["rawInput"]?.object
    var name = request["_meta"]?["tool_name"]?.string
    if name == nil { name = request["_meta"]?["claudeCode"]?["toolName"]?.string }
    // Hermes puts the name beside the arguments.
    if let whole = input, whole.count == 2, let tool = whole["tool"]?.string,
      let arguments = whole["arguments"]?.object
    {
      name = tool
      input = arguments
    }
    let title = request["title"]?.string
    let kind = request["kind"]?.string
    let named = name ?? title.flatMap { titled($0, dialect) }
    let known = input.map { told($0, request) } ?? shown(request)
    guard let kind, ToolTables.knows(kind, .acp) else {
      guard let named, kind == nil, ToolTables.knows(named, dialect) else {
        return .other(
          named ?? kind ?? title ?? "", input: known, isPartial: input == nil, workdir: workdir)
      }
      // Without a kind the name alone is not enough for anything to be allowed unasked.
      return ToolCall(
        tool: named, input: bytes(known), workdir: workdir, dialect: dialect, isPartial: true)
    }
    let isPartial = input == nil
    if let named, ToolTables.knows(named, dialect) {
      guard fits(ToolTables.entry(named, dialect).kind, kind) else {
        return .other(named, input: known, isPartial: isPartial, workdir: workdir)
      }
      return ToolCall(
        tool: named, input: bytes(known), workdir: workdir, dialect: dialect, isPartial: isPartial)
    }
    if let name { return .other(name, input: known, isPartial: isPartial, workdir: workdir) }
    return ToolCall(tool: kind, input: bytes(known), workdir: workdir, dialect: .acp, isPartial: isPartial)
  }

  /// A tool's name at the beginning of a title: `Shell: ls`.
  private static func titled(_ title: String, _ dialect: ToolDialect) -> String? {
    let name = title.utf8.prefix { $0 != UInt8(ascii: ":") && $0 != 0x20 }.asText
    return ToolTables.knows(name, dialect) ? name : nil
  }

  /// Whether a tool of a kind is what the protocol's kind says.
  private static func fits(_ tool: ToolEntry.Kind, _ kind: String) -> Bool {
    switch (tool, kind) {
    case (.shell, "execute"), (.read, "read"), (.list, "read"), (.list, "search"), (.search, "search"),
      (.search, "read"), (.fetch, "fetch"), (.lookUp, "fetch"), (.lookUp, "search"), (.notes, "think"),
      (.question, "other"), (.question, "switch_mode"), (.question, "think"), (.notes, "switch_mode"),
      (.later, _), (.other, _):
      true
    case (.write, "edit"), (.write, "delete"), (.write, "move"), (.patch, "edit"), (.patch, "delete"),
      (.patch, "move"), (.changes, "edit"):
      true
    default: false
    }
  }

  /// The input, with a command's arguments behind it, and with the paths of diffs that it does not name.
  private static func told(_ input: JSONObject, _ request: JSONObject) -> JSONObject {
    var input = input
    if let command = input["command"]?.string, let arguments = input["args"]?.array,
      request["kind"]?.string == "execute"
    {
      input["command"] = .array([.string(command)] + arguments)
      input["args"] = nil
    }
    // The files of the changes that are shown, where the input speaks of others.
    var named: [String] = []
    var budget = 2000
    ToolInspector.walk(.object(input), &budget) { named.append($0) }
    let others = diffs(request).filter { path in !named.contains { Bytes.same($0, path) } }
    if !others.isEmpty { input["shown_paths"] = .array(others.map { .string($0) }) }
    return input
  }

  private static func diffs(_ request: JSONObject) -> [String] {
    (request["content"]?.array ?? []).compactMap { content in
      content["type"]?.string == "diff" ? content["path"]?.string : nil
    }
  }

  /// What is known of a call without `rawInput`: its title, and the files that it names.
  private static func shown(_ request: JSONObject) -> JSONObject {
    var known = JSONObject()
    if let title = request["title"] { known["title"] = title }
    var paths: [JSONValue] = []
    for content in request["content"]?.array ?? [] where content["type"]?.string == "diff" {
      if let path = content["path"], !paths.contains(path) { paths.append(path) }
      if let text = content["newText"], known["newText"] == nil { known["newText"] = text }
      if let text = content["oldText"], known["oldText"] == nil { known["oldText"] = text }
    }
    for location in request["locations"]?.array ?? [] {
      if let path = location["path"], !paths.contains(path) { paths.append(path) }
    }
    if paths.count == 1 { known["path"] = paths[0] }
    if paths.count > 1 { known["paths"] = .array(paths) }
    return known
  }
}
