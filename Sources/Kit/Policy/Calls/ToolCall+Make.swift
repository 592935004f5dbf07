package import JSON

/// One file that an agent would change.
package struct FileChange: Sendable, Equatable {
  /// The file.
  package var path: String
  /// `add`, `update` or `delete`, as the protocol says it.
  package var kind: String
  /// Where the file would be moved to.
  package var target: String?
  /// The change as text: a diff, or the content of a new file.
  package var diff: String?

  /// A change of one file.
  package init(path: String, kind: String, target: String? = nil, diff: String? = nil) {
    self.path = path
    self.kind = kind
    self.target = target
    self.diff = diff
  }
}

/// Calls of agents whose protocol says what is done: the names are ours, and so is the shape of the input.
extension ToolCall {
  /// A command line that a shell would run.
  ///
  /// A line that is nothing but `bash -lc TEXT` is shown as the text, with the shell beside it. The command
  /// would run in `directory`, else where the agent works, and `environment` is what it gets besides the
  /// agent's.
  package static func command(
    _ line: String, workdir: String, directory: String? = nil, environment: [(String, String)] = []
  ) -> ToolCall {
    if let words = unwrapped(line) {
      return told(
        "Bash", command(.string(words[2]), Array(words.prefix(2)), workdir, directory, environment), workdir)
    }
    return told("Bash", command(.string(line), [], workdir, directory, environment), workdir)
  }

  /// A program with its arguments, which no shell reads unless it is one; else as for a line.
  package static func arguments(
    _ words: [String], workdir: String, directory: String? = nil, environment: [(String, String)] = []
  ) -> ToolCall {
    if words.count == 3, isShell(words) {
      return told(
        "Bash", command(.string(words[2]), Array(words.prefix(2)), workdir, directory, environment), workdir)
    }
    return told(
      "Bash", command(.array(words.map { .string($0) }), [], workdir, directory, environment), workdir)
  }

  /// The `params` of `terminal/create` of the Agent Client Protocol.
  ///
  /// Without arguments the command is a line for a shell.
  package static func terminal(_ request: JSONObject, workdir: String) -> ToolCall {
    let directory = request["cwd"]?.string
    var environment: [(String, String)] = []
    var isUnderstood = true
    for one in request["env"]?.array ?? [] {
      if let name = one["name"]?.string, let value = one["value"]?.string {
        environment.append((name, value))
      } else {
        isUnderstood = false
      }
    }
    for name in ["cwd", "args", "env"] {
      switch (name, request[name]) {
      case (_, nil), (_, .null?), ("cwd", .string?), ("args", .array?), ("env", .array?): continue
      default: isUnderstood = false
      }
    }
    guard let command = request["command"]?.string, isUnderstood else {
      return ToolCall(
        tool: "Bash", input: bytes(request), workdir: workdir, dialect: .told, isPartial: true)
    }
    guard let arguments = request["args"]?.array, !arguments.isEmpty else {
      return .command(command, workdir: workdir, directory: directory, environment: environment)
    }
    let words = arguments.compactMap(\.string)
    var call = ToolCall.arguments(
      [command] + words, workdir: workdir, directory: directory, environment: environment)
    if words.count != arguments.count { call.isPartial = true }
    return call
  }

  /// A file that would be read.
  package static func read(_ path: String, line: Int? = nil, limit: Int? = nil, workdir: String) -> ToolCall {
    var input = JSONObject([("file_path", .string(path))])
    if let line { input["offset"] = .number(JSONNumber(line)) }
    if let limit { input["limit"] = .number(JSONNumber(limit)) }
    return told("Read", input, workdir)
  }

  /// A file that would be written, as a whole.
  package static func write(_ path: String, content: String, workdir: String) -> ToolCall {
    told("Write", JSONObject([("file_path", .string(path)), ("content", .string(content))]), workdir)
  }

  /// Files that would be changed; without any change the call is not wholly known.
  package static func change(_ changes: [FileChange], workdir: String) -> ToolCall {
    let list = changes.map { change in
      var object = JSONObject([("path", .string(change.path)), ("kind", .string(change.kind))])
      if let target = change.target { object["move_path"] = .string(target) }
      if let diff = change.diff { object["diff"] = .string(diff) }
      return JSONValue.object(object)
    }
    var call = told("Edit", JSONObject([("changes", .array(list))]), workdir)
    call.isPartial = changes.isEmpty
    return call
  }

  /// An address that would be fetched.
  package static func fetch(_ url: String, workdir: String) -> ToolCall {
    told("WebFetch", JSONObject([("url", .string(url))]), workdir)
  }

  /// A tool of an MCP server: its name means nothing here, whatever it is called.
  ///
  /// The input is nil when it is not known.
  package static func server(_ server: String, tool: String, input: JSONObject?, workdir: String)
    -> ToolCall
  {
    ToolCall(
      tool: "mcp__\(server)__\(tool)", input: input.map(bytes), workdir: workdir, dialect: .foreign)
  }

  /// Something else that an agent would do, which only a person can judge.
  ///
  /// Its name is shown behind `other:`, so that it cannot pose as a tool that is known.
  package static func other(_ name: String, input: JSONObject?, isPartial: Bool = false, workdir: String)
    -> ToolCall
  {
    ToolCall(
      tool: "other:\(name)", input: input.map(bytes), workdir: workdir, dialect: .foreign,
      isPartial: isPartial)
  }

  // MARK: Parts

  /// The words of a line that is nothing but a shell with its text.
  static func unwrapped(_ line: String) -> [String]? {
    guard line.utf8.count <= ShellParser.maxBytes else { return nil }
    let script = ShellParser.parse(Array(line.utf8))
    guard script.problem == nil, script.doubts.isEmpty, script.functions.isEmpty,
      script.commands.count == 1, let command = script.commands.first, command.assignments.isEmpty,
      command.redirections.isEmpty, command.words.count == 3
    else { return nil }
    let words = command.words.compactMap { word in
      word.text.flatMap { String(validating: $0, as: UTF8.self) }
    }
    return words.count == 3 && isShell(words) ? words : nil
  }

  private static func isShell(_ words: [String]) -> Bool {
    HardPrograms.shells.contains(Paths.name(words[0])) && ["-c", "-lc"].contains(words[1])
  }

  private static func command(
    _ command: JSONValue, _ shell: [String], _ workdir: String, _ directory: String?,
    _ environment: [(String, String)]
  ) -> JSONObject {
    var input = JSONObject([("command", command)])
    if let directory, !Bytes.same(directory, workdir) { input["workdir"] = .string(directory) }
    if !shell.isEmpty { input["shell"] = .array(shell.map { .string($0) }) }
    guard !environment.isEmpty else { return input }
    input["env"] = .object(JSONObject(environment.map { ($0.0, .string($0.1)) }))
    return input
  }

  private static func told(_ tool: String, _ input: JSONObject, _ workdir: String) -> ToolCall {
    ToolCall(tool: tool, input: bytes(input), workdir: workdir, dialect: .told)
  }

  static func bytes(_ input: JSONObject) -> [UInt8] {
    var writer = JSONWriter()
    writer.value(.object(input))
    return writer.bytes
  }
}
