package import Console
internal import JSON
internal import Settings
internal import System

/// A program whose hooks ask in a chat, and the file where it looks for them.
package enum HookedProgram: String, Sendable, CaseIterable {
  case claude
  case codex
  case cursor

  /// The file, as the environment has it; nil without a home.
  package func path(_ environment: [String: String]) -> String? {
    let home = environment["HOME"].flatMap { $0.isEmpty ? nil : $0 }
    func directory(_ variable: String?, _ name: String) -> String? {
      if let variable, let named = environment[variable], !named.isEmpty { return named }
      return home.map { "\($0)/\(name)" }
    }
    return switch self {
    case .claude: directory("CLAUDE_CONFIG_DIR", ".claude").map { "\($0)/settings.json" }
    case .codex: directory("CODEX_HOME", ".codex").map { "\($0)/hooks.json" }
    case .cursor: directory(nil, ".cursor").map { "\($0)/hooks.json" }
    }
  }

  /// The names of the commands that are the program.
  var programs: [String] { self == .cursor ? ["cursor-agent", "cursor"] : [rawValue] }
}

/// How the hooks of a program call `agim-approve hook`.
package struct HookCommand: Equatable, Sendable {
  /// The path of agim-approve.
  package var program: String
  /// The directory of agim's state.
  package var home: String
  /// The chat to ask in; nil for that of the configuration.
  package var address: String?
  /// Seconds that a person has.
  package var time: Int

  /// A call of its parts.
  package init(program: String, home: String, address: String?, time: Int) {
    (self.program, self.home, self.address, self.time) = (program, home, address, time)
  }

  /// The words up to what happens when it fails.
  private func words(_ program: HookedProgram) -> String {
    // Named here, because a repository's settings may set variables of the session.
    var text = "AGIM_HOME=\(Shown.shellWord(home)) \(Shown.shellWord(self.program)) hook"
    text += " --program \(program.rawValue)"
    if let address { text += " --to \(Shown.shellWord(address))" }
    return text
  }

  /// What decides about a tool: whatever else happens, it says no.
  func decision(_ program: HookedProgram) -> String {
    let text = words(program) + " --within \(DurationText.format(.seconds(time)))"
    // Codex takes a 2 without a word for a fault of the hook, and goes on.
    return program == .codex
      ? "\(text) || { echo 'agim-approve gave no answer' >&2; exit 2; }" : "\(text) || exit 2"
  }

  /// What tells about a session: a fault of it must not keep the program from ending its turn.
  func notice(_ program: HookedProgram) -> String { words(program) + " || exit 0" }

  /// What belongs into the file: an event, and what is added to its list.
  func entries(_ program: HookedProgram) -> [(event: String, entry: JSONValue)] {
    func entry(_ command: String, _ seconds: Int) -> JSONObject {
      JSONObject([
        ("type", "command"), ("command", .string(command)), ("timeout", .number(JSONNumber(seconds))),
      ])
    }
    func group(_ entry: JSONObject, matcher: String? = nil) -> JSONValue {
      var group = JSONObject()
      if let matcher { group["matcher"] = .string(matcher) }
      group["hooks"] = .array([.object(entry)])
      return .object(group)
    }
    // A minute more than the person has: the program would go on without the answer.
    var decision = entry(decision(program), time + 60)
    // What the terminal shows meanwhile.
    if program != .cursor { decision["statusMessage"] = .string("agim asks in \(address ?? "the chat")") }
    let notice = entry(notice(program), Self.noticeTime)
    switch program {
    case .claude:
      return [
        ("PreToolUse", group(decision, matcher: "*")), ("Stop", group(notice)),
        ("Notification", group(notice)),
      ]
    case .codex:
      return [
        ("PreToolUse", group(decision)), ("PermissionRequest", group(decision)), ("Stop", group(notice)),
      ]
    case .cursor:
      func flat(_ entry: JSONObject, matcher: String? = nil, isGate: Bool = true) -> JSONValue {
        var flat = entry
        flat["type"] = nil
        if let matcher { flat["matcher"] = .string(matcher) }
        if isGate { flat["failClosed"] = true }
        return .object(flat)
      }
      return [
        ("beforeShellExecution", flat(decision)), ("beforeMCPExecution", flat(decision)),
        ("beforeReadFile", flat(decision)),
        ("preToolUse", flat(decision, matcher: "Write|Edit|MultiEdit|StrReplace|Delete|NotebookEdit")),
        ("stop", flat(notice, isGate: false)),
      ]
    }
  }

  private static let noticeTime = 30
}

/// A program's file of hooks, as text.
package struct HookFile {
  /// What a file may be at most.
  static let limits = JSONLimits(maxBytes: 4 << 20, maxDepth: 64)

  private var text: JSONText
  private let program: HookedProgram

  /// Takes the content of a file; of none at all where there is none.
  ///
  /// - Throws: `Failure` with status 65 that names the place of what is wrong.
  package init(_ bytes: [UInt8]?, of program: HookedProgram, path: String) throws(Failure) {
    self.program = program
    let content = bytes.flatMap { Self.isBlank($0) ? nil : $0 } ?? Array("{}\n".utf8)
    let value: JSONValue
    do throws(JSONError) {
      value = try JSONReader.parse(content, limits: Self.limits)
    } catch {
      throw Failure(
        .dataError, "\(Shown.path(path)):\(error.line):\(error.column): \(error.message)",
        hint: "\(program.rawValue) cannot read it either; mend it first. Nothing was changed")
    }
    func wrong(_ what: String) -> Failure {
      Failure(.dataError, "\(Shown.path(path)): \(what)", hint: "mend it first; nothing was changed")
    }
    guard let root = value.object else { throw wrong("expected an object") }
    if let hooks = root["hooks"] {
      guard let events = hooks.object else { throw wrong("\"hooks\": expected an object") }
      for (event, list) in events.members where list.array == nil {
        throw wrong("\"hooks\": \(Shown.name(event)): expected an array")
      }
    }
    text = JSONText(content)
  }

  /// Whether a file holds nothing, which the programs take for no settings.
  static func isBlank(_ bytes: [UInt8]) -> Bool {
    bytes.allSatisfy { $0 == 0x20 || $0 == 0x0A || $0 == 0x0D || $0 == 0x09 }
  }

  /// The text.
  package var bytes: [UInt8] { text.bytes }

  /// Whether nothing is left in it that anybody needs.
  package var isEmpty: Bool {
    guard let object = text.value(text.root).object else { return false }
    return object.members.allSatisfy { name, value in
      program == .cursor && name == "version" || name == "hooks" && value.object?.isEmpty == true
    }
  }

  /// Puts the hooks in; those that call agim-approve already give way to them.
  package mutating func install(_ command: HookCommand) {
    let entries = command.entries(program)
    if isInstalled(entries) { return }
    remove()
    if program == .cursor, text.root["version"] == nil { text.add(1, named: "version", to: text.root) }
    if text.root["hooks"] == nil { text.add(.object(JSONObject()), named: "hooks", to: text.root) }
    for (event, entry) in entries {
      guard let hooks = text.root["hooks"] else { return }
      if let list = hooks[event] {
        text.add(entry, to: list)
      } else {
        text.add(.array([entry]), named: event, to: hooks)
      }
    }
  }

  private func isInstalled(_ entries: [(event: String, entry: JSONValue)]) -> Bool {
    let own = commands.count
    return own == entries.count
      && entries.allSatisfy { event, entry in
        guard let list = text.root["hooks"]?[event] else { return false }
        return list.elements.contains { text.value($0) == entry }
      }
  }

  /// Takes all that calls `agim-approve hook` out again, and what is left empty by that.
  package mutating func remove() {
    while let hooks = text.root["hooks"], removeOne(hooks) {}
  }

  private mutating func removeOne(_ hooks: JSONText.Node) -> Bool {
    for (place, event) in hooks.members.enumerated() {
      for (index, element) in event.value.elements.enumerated() {
        let inner = element["hooks"]
        let own = inner?.elements.firstIndex { isOurs($0) }
        guard own != nil || isOurs(element) else { continue }
        if let inner, let own, inner.elements.count > 1 {
          text.remove(own, from: inner)
        } else if event.value.elements.count > 1 {
          text.remove(index, from: event.value)
        } else if hooks.members.count > 1 {
          text.remove(place, from: hooks)
        } else {
          let root = text.root
          guard let at = root.members.firstIndex(where: { $0.name == "hooks" }) else { return false }
          text.remove(at, from: root)
        }
        return true
      }
    }
    return false
  }

  private func isOurs(_ entry: JSONText.Node) -> Bool {
    entry["command"].flatMap { text.value($0).string }.map(Self.isOurs) ?? false
  }

  private static func isOurs(_ command: String) -> Bool {
    let words = HookWords.split(command)
    guard let program = words.firstIndex(where: HookWords.isProgram) else { return false }
    return words.dropFirst(program + 1).first == "hook"
  }

  /// The commands in it that call `agim-approve hook`, with the time that the program gives each.
  package var commands: [(event: String, command: String, timeout: Int?)] {
    var found: [(event: String, command: String, timeout: Int?)] = []
    for event in text.root["hooks"]?.members ?? [] {
      for element in event.value.elements {
        for entry in element["hooks"]?.elements ?? [element] where isOurs(entry) {
          guard let object = text.value(entry).object else { continue }
          found.append((event.name, object["command"]?.string ?? "", object["timeout"]?.int))
        }
      }
    }
    return found
  }

  /// Whether the program was told to run no hooks at all.
  package var isSwitchedOff: Bool {
    program == .claude && text.root["disableAllHooks"].map { text.value($0) } == .bool(true)
  }
}

/// The words of a hook's command, as far as `setup` writes them.
enum HookWords {
  /// Words between blanks; single quotes hold a word together.
  static func split(_ command: String) -> [String] {
    var words: [String] = []
    var word: [UInt8] = []
    var (isQuoted, isWord, isEscaped) = (false, false, false)
    for byte in command.utf8 {
      if isEscaped {
        word.append(byte)
        isEscaped = false
      } else if byte == UInt8(ascii: "'") {
        isQuoted.toggle()
        isWord = true
      } else if byte == UInt8(ascii: "\\"), !isQuoted {
        isEscaped = true
        isWord = true
      } else if byte == 0x20, !isQuoted {
        if isWord { words.append(String(decoding: word, as: UTF8.self)) }
        (word, isWord) = ([], false)
      } else {
        word.append(byte)
        isWord = true
      }
    }
    if isWord { words.append(String(decoding: word, as: UTF8.self)) }
    return words
  }

  /// Whether a word is the program.
  static func isProgram(_ word: String) -> Bool {
    word.utf8.split(separator: 0x2F).last.map { $0.elementsEqual("agim-approve".utf8) } ?? false
  }
}
