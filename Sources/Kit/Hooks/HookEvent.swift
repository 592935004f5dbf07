package import Console
package import JSON
package import Policy

/// The programs whose hooks are answered.
package enum HookProgram: String, Sendable, CaseIterable {
  case claude
  case codex
  case cursor

  /// The command by which a person goes on with a session; nil when its id is not one.
  package func resume(_ session: String) -> String? {
    let isID =
      (1...80).contains(session.utf8.count)
      && session.utf8.allSatisfy {
        $0 == 0x2D || $0 == 0x5F || 0x30...0x39 ~= $0 || 0x41...0x5A ~= $0 || 0x61...0x7A ~= $0
      } && session.utf8.first != 0x2D
    guard isID else { return nil }
    switch self {
    case .claude: return "claude --resume \(session)"
    case .codex: return "codex resume \(session)"
    case .cursor: return "cursor-agent --resume \(session)"
    }
  }
}

/// A tool that a program is about to use.
package struct HookCall: Equatable, Sendable {
  /// The tool's name.
  package var tool: String
  /// Its complete input; nil when not all of it is known.
  package var input: JSONObject?
  /// Whose tool it is.
  package var dialect: ToolDialect
  /// Where the program works, absolute.
  package var workdir: String
  /// Whether the program only plans.
  package var isPlan: Bool
  /// What the program itself says about the call.
  package var words: String?
  /// Whether it was asked before by another hook of the same program, and now its own gate asks.
  package var isRepeated: Bool
}

/// What a program tells its hook.
package struct HookEvent: Equatable, Sendable {
  /// What it is about.
  package enum Kind: Equatable, Sendable {
    /// A tool is about to be used.
    case call(HookCall)
    /// A question to the person: its tool, and its input as far as it is known.
    case question(tool: String, input: JSONObject?)
    /// A turn has ended, with these last words.
    case finished(String?)
    /// The program waits for the person; `isIdle`: only because nothing was said to it for a while.
    case waits(String?, isIdle: Bool)
    /// Nothing that anybody has to be told.
    case nothing
  }

  /// The program.
  package var program: HookProgram
  /// The event's name, as the program has it.
  package var name: String
  /// The program's own id of the session; empty when it has none.
  package var session: String
  /// Where it works; empty when it does not say.
  package var workdir: String
  /// What it is about.
  package var kind: Kind

  /// Whether a decision is waited for: then nothing may be left unanswered.
  package var wantsDecision: Bool {
    switch kind {
    case .call, .question: true
    case .finished, .waits, .nothing: false
    }
  }

  /// What a program may write at most.
  package static let limits = JSONLimits(maxBytes: 16 << 20, maxDepth: 64)

  /// Reads what a program wrote; `program`: which one, where that is known.
  ///
  /// - Throws: `Failure` with status 65 that says what is wrong with it.
  package init(_ bytes: [UInt8], program known: HookProgram?) throws(Failure) {
    let value: JSONValue
    do throws(JSONError) {
      value = try JSONReader.parse(bytes, limits: Self.limits)
    } catch {
      throw Failure(.dataError, "standard input: \(error)", hint: "the JSON of one hook is expected")
    }
    guard let object = value.object else {
      throw Failure(.dataError, "standard input: expected a JSON object")
    }
    name = try Self.text("hook_event_name", object)
    program = known ?? Self.guess(object, event: name)
    session = object["session_id"]?.string ?? object["conversation_id"]?.string ?? ""
    workdir = object["cwd"]?.string ?? ""
    if program == .cursor, workdir.isEmpty {
      workdir = object["workspace_roots"]?.array?.first?.string ?? ""
    }
    kind = .nothing
    kind = program == .cursor ? try cursor(object) : try classic(object)
  }

  /// Cursor's events begin with a small letter; Codex's name the turn.
  private static func guess(_ object: JSONObject, event: String) -> HookProgram {
    if event.utf8.first.map({ 0x61...0x7A ~= $0 }) == true { return .cursor }
    return object["turn_id"] != nil ? .codex : .claude
  }

  private static func text(_ name: String, _ object: JSONObject) throws(Failure) -> String {
    guard let text = object[name]?.string, !text.isEmpty else {
      throw Failure(.dataError, "standard input: \"\(name)\" is missing or not a text")
    }
    return text
  }

  private func place(_ path: String?) throws(Failure) -> String {
    guard let path, path.utf8.first == 0x2F, !path.utf8.contains(0) else {
      throw Failure(.dataError, "standard input: there is no work directory in it")
    }
    return path
  }

  // MARK: Claude Code and Codex

  private func classic(_ object: JSONObject) throws(Failure) -> Kind {
    switch name {
    case "PreToolUse", "PermissionRequest":
      let tool = try Self.text("tool_name", object)
      let dialect: ToolDialect = program == .codex ? .codex : .claude
      let input = object["tool_input"]?.object
      if ToolCall(tool: tool, input: nil, workdir: "/", dialect: dialect).isQuestion {
        return .question(tool: tool, input: input)
      }
      return .call(
        HookCall(
          tool: tool, input: input, dialect: dialect, workdir: try place(workdir),
          isPlan: object["permission_mode"]?.string == "plan", words: input?["description"]?.string,
          isRepeated: program == .codex && name == "PermissionRequest"))
    case "Stop": return .finished(object["last_assistant_message"]?.string)
    case "Notification":
      let type = object["notification_type"]?.string
      if type == "auth_success" { return .nothing }
      return .waits(object["message"]?.string, isIdle: type == "idle_prompt")
    case "SubagentStop", "SubagentStart", "SessionStart", "SessionEnd", "UserPromptSubmit", "PostToolUse",
      "PostToolUseFailure", "PreCompact", "PostCompact":
      return .nothing
    default: throw unknown()
    }
  }

  // MARK: Cursor

  private func cursor(_ object: JSONObject) throws(Failure) -> Kind {
    let root = object["workspace_roots"]?.array?.first?.string ?? workdir
    switch name {
    case "beforeShellExecution":
      var input = JSONObject([("command", .string(try Self.text("command", object)))])
      let work = try place(root)
      if let cwd = object["cwd"]?.string, !cwd.isEmpty, !cwd.utf8.elementsEqual(work.utf8) {
        input["cwd"] = .string(cwd)
      }
      return call("Bash", input, .told, work)
    case "beforeMCPExecution":
      // A text that holds JSON, or JSON itself.
      var input = object["tool_input"]
      if let text = input?.string { input = try? JSONReader.parse(text, limits: Self.limits) }
      return call("MCP:\(try Self.text("tool_name", object))", input?.object, .foreign, try place(root))
    case "beforeReadFile":
      let path = try Self.text("file_path", object)
      return call("Read", JSONObject([("file_path", .string(path))]), .told, try place(root))
    case "preToolUse":
      return call(try Self.text("tool_name", object), object["tool_input"]?.object, .cursor, try place(root))
    case "stop": return .finished(object["last_assistant_message"]?.string)
    case "sessionStart", "sessionEnd", "beforeSubmitPrompt", "afterShellExecution", "afterMCPExecution",
      "afterFileEdit", "afterAgentResponse", "afterAgentThought", "postToolUse", "postToolUseFailure",
      "subagentStart", "subagentStop", "preCompact":
      return .nothing
    default: throw unknown()
    }
  }

  private func call(
    _ tool: String, _ input: JSONObject?, _ dialect: ToolDialect, _ workdir: String
  ) -> Kind {
    .call(
      HookCall(
        tool: tool, input: input, dialect: dialect, workdir: workdir, isPlan: false,
        words: input?["description"]?.string ?? input?["explanation"]?.string, isRepeated: false))
  }

  private func unknown() -> Failure {
    Failure(.dataError, "standard input: the event \(Shown(name)) of \(program.rawValue) is not known here")
  }
}

/// A name out of foreign hands, as it may stand in an error.
private struct Shown: CustomStringConvertible {
  let description: String
  init(_ name: String) {
    let plain = name.utf8.prefix(40).allSatisfy { 0x20 < $0 && $0 < 0x7F }
    description = plain ? "'\(name.prefix(40))'" : "of the input"
  }
}
