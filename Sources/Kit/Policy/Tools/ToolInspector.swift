import JSON

/// Finds out what a tool with its input does.
struct ToolInspector {
  let call: ToolCall
  let context: CallContext
  let entry: ToolEntry
  var findings = Findings()
  /// The members of the input that have a value.
  var input = JSONObject()
  /// The whole input.
  private var whole = JSONObject()

  init(_ call: ToolCall, _ context: CallContext) {
    self.call = call
    self.context = context
    entry = ToolTables.entry(call.tool, call.dialect)
  }

  mutating func inspect() {
    guard let bytes = call.input else {
      return incomplete("The complete input of \(call.tool) is not known.")
    }
    let value: JSONValue
    do throws(JSONError) {
      value = try JSONReader.parse(bytes, limits: JSONLimits(maxBytes: 1 << 20, maxDepth: 64))
    } catch {
      return incomplete("The input of \(call.tool) is not understood: \(error).")
    }
    guard let object = value.object else {
      return incomplete("The input of \(call.tool) is not an object.")
    }
    whole = object
    input = JSONObject(object.members.filter { $0.value != .null }.map { ($0.name, $0.value) })
    look()
    if call.dialect == .acp, ToolTables.knows(call.tool, .acp) {
      // Agents derive the kind from the name that a server gave to its tool.
      findings.raise(
        to: .acts, "That it only does '\(call.tool)' is what the agent says of a tool of its own.")
      findings.matter = nil
    }
    if call.isPartial { incomplete("The complete input of \(call.tool) is not known.") }
    guard findings.matter == nil, entry.kind != .shell || call.dialect == .acp else { return }
    findings.matter = .input(tool: call.tool, input: Self.canonical(.object(whole)))
  }

  private mutating func look() {
    switch entry.kind {
    case .shell: shell()
    case .read: readFile()
    case .list: list()
    case .search: search()
    case .write: write()
    case .patch: patch()
    case .changes: changes()
    case .fetch: fetch()
    case .lookUp:
      paths(in: .object(input))
      findings.raise(to: .reports, "\(call.tool) sends words to a search engine.")
    case .notes:
      // Where members are listed, any other may do something.
      if !entry.known.isEmpty { refuseOthers() }
    case .question: findings.askAlways("question", "\(call.tool) asks a person something.")
    case .later:
      paths(in: .object(input))
      findings.askAlways("later", "\(call.tool) makes something happen, or be believed, later.")
    case .other:
      paths(in: .object(input))
      commands(in: input)
      findings.raise(to: .acts, "\(call.tool) is a tool that is not known here.")
    }
  }

  mutating func incomplete(_ reason: String) {
    findings.isComplete = false
    findings.raise(to: .acts, reason)
  }

  /// Members that a tool of this kind does not have: what they do is not known.
  mutating func refuseOthers() {
    let known = entry.known
    for (name, _) in input.members where !known.contains(name) {
      findings.raise(to: .acts, "\(call.tool): what '\(name)' in the input does is not known.")
    }
    for name in entry.flags {
      switch input[name] {
      case nil, .bool(false)?: continue
      default: findings.raise(to: .acts, "\(call.tool): '\(name)' is asked about.")
      }
    }
  }

  /// The first of these members that is a text.
  func text(_ names: [String]) -> String? {
    for name in names {
      if let text = input[name]?.string { return text }
    }
    return nil
  }

  /// The members that lead somewhere are texts, and there is no more than one of them.
  mutating func onePath(_ names: [String]) -> String?? {
    let given = names.filter { input[$0] != nil }
    guard let name = given.first else { return .some(nil) }
    guard given.count == 1 else {
      incomplete("\(call.tool): there is more than one path.")
      return nil
    }
    guard let path = input[name]?.string, !path.isEmpty, !path.utf8.contains(0) else {
      incomplete("\(call.tool): the path is not understood.")
      return nil
    }
    return path
  }

  func inspector(_ directory: String? = nil) -> ShellInspector {
    ShellInspector(context, directory: directory ?? context.workdir)
  }

  /// Takes over what was found in addition to what is known already.
  mutating func take(_ inspector: ShellInspector) {
    let before = findings
    findings = inspector.findings
    findings.adopt(before)
    if before.use > .reads { findings.raise(to: before.use, before.reason) }
    if !before.isComplete { findings.isComplete = false }
    if findings.matter == nil { findings.matter = before.matter }
  }

  // MARK: What stands anywhere in the input

  /// Texts that are paths of secrets, wherever they stand.
  mutating func paths(in value: JSONValue) {
    var inspector = inspector()
    var budget = 2000
    let place = place
    Self.walk(value, &budget) { text in
      guard text.utf8.count <= 1024, !text.utf8.contains(0x20), !text.utf8.contains(0x0A) else { return }
      inspector.net(place(text), as: .word)
    }
    findings.adopt(inspector.findings)
  }

  /// Members that a server would give to a shell: only for what nobody can allow.
  private mutating func commands(in object: JSONObject) {
    for (name, value) in object.members
    where ["command", "cmd", "script", "commandLine", "command_line", "CommandLine"].contains(name) {
      var inspector = inspector()
      if let text = value.string { inspector.inspect(Array(text.utf8)) }
      if let words = value.array?.compactMap(\.string), !words.isEmpty {
        inspector.inspect(Self.script(of: words))
      }
      findings.adopt(inspector.findings)
    }
  }

  static func script(of words: [String]) -> Script {
    Script(commands: [
      SimpleCommand(words: words.map { Word(pieces: [.text(Array($0.utf8), quoted: true)]) })
    ])
  }

  static func walk(_ value: JSONValue, _ budget: inout Int, _ visit: (String) -> Void) {
    budget -= 1
    guard budget > 0 else { return }
    switch value {
    case .string(let text): visit(text)
    case .array(let elements): for element in elements { walk(element, &budget, visit) }
    case .object(let object): for member in object.members { walk(member.value, &budget, visit) }
    case .null, .bool, .number: break
    }
  }

  /// The same text for the same input, whatever the order of its members.
  static func canonical(_ value: JSONValue) -> String {
    var writer = JSONWriter()
    writer.value(sorted(value))
    return String(decoding: writer.bytes, as: UTF8.self)
  }

  private static func sorted(_ value: JSONValue) -> JSONValue {
    switch value {
    case .array(let elements): return .array(elements.map(sorted))
    case .object(let object):
      let members = object.members.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
      return .object(JSONObject(members.map { ($0.name, sorted($0.value)) }))
    default: return value
    }
  }
}
