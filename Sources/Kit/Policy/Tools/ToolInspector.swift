import JSON

/// Finds out what a tool with its input does.
struct ToolInspector {
  let call: ToolCall
  let context: CallContext
  var findings = Findings()
  private var input = JSONObject()

  init(_ call: ToolCall, _ context: CallContext) {
    self.call = call
    self.context = context
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
    input = object
    switch ToolNames.kind(call.tool) {
    case .shell: shell()
    case .read:
      path(
        ["file_path", "path", "absolute_path", "notebook_path", "filePath", "target_file", "uri"],
        also: ["offset", "limit", "pages", "line", "start_line", "end_line"])
    case .list: list()
    case .search: search()
    case .write: write()
    case .patch: patch()
    case .fetch: fetch()
    case .lookUp:
      strings(.object(input), whole: true)
      findings.raise(to: .reports, "\(call.tool) sends words to a search engine.")
    case .notes: break
    case .other:
      strings(.object(input), whole: true)
      findings.raise(to: .acts, "\(call.tool) is a tool that is not known here.")
    }
    guard findings.matter == nil, ToolNames.kind(call.tool) != .shell else { return }
    findings.matter = .input(tool: call.tool, input: Self.canonical(.object(input)))
  }

  private mutating func incomplete(_ reason: String) {
    findings.isComplete = false
    findings.raise(to: .acts, reason)
  }

  /// Members that a tool of this kind does not have: what they do is not known.
  private mutating func refuseOthers(_ known: [String]) {
    for (name, _) in input.members where !known.contains(name) {
      findings.raise(to: .acts, "\(call.tool): what '\(name)' in the input does is not known.")
    }
  }

  private mutating func inspector(_ directory: String? = nil) -> ShellInspector {
    ShellInspector(context, directory: directory ?? context.workdir)
  }

  // MARK: Commands

  private mutating func shell() {
    var directory = context.workdir
    for name in ["workdir", "cwd", "directory", "dir_path"] {
      guard let value = input[name], value != .null else { continue }
      guard let path = value.string else { return incomplete("\(call.tool): '\(name)' is not understood.") }
      directory =
        context.resolve(
          path.utf8.elementsEqual("~".utf8) || path.utf8.starts(with: "~/".utf8)
            ? context.home + path.dropFirst() : path, from: directory
        ).path
    }
    var inspector = inspector(directory)
    if !Bytes.same(directory, context.workdir) { inspector.net(directory, as: .word) }
    refuseOthers([
      "command", "cmd", "description", "timeout", "timeout_ms", "workdir", "cwd", "directory", "dir_path",
      "explanation",
      "is_background", "yield_time_ms", "max_output_tokens", "login",
    ])
    if input["is_background"]?.bool == true {
      findings.raise(to: .acts, "The command would stay in the background.")
    }
    var canGrant = Bytes.same(directory, context.workdir) && findings.use == .reads
    switch input["command"] ?? input["cmd"] {
    case .string(let text)?:
      if text.utf8.allSatisfy({ $0 <= 0x20 }) { return incomplete("\(call.tool): there is no command.") }
      inspector.inspect(Array(text.utf8))
    case .array(let elements)?:
      let words = elements.compactMap(\.string)
      guard words.count == elements.count, !words.isEmpty else {
        return incomplete("\(call.tool): the command is not understood.")
      }
      arguments(words, &inspector)
    default: return incomplete("\(call.tool): there is no command.")
    }
    if input["command"] != nil, input["cmd"] != nil {
      canGrant = false
      inspector.findings.raise(to: .acts, "\(call.tool): there is more than one command.")
    }
    let before = findings
    findings = inspector.findings
    if before.use > .reads { findings.raise(to: before.use, before.reason) }
    if !canGrant { findings.matter = nil }
    // Several commands, all of them known: the whole text.
    if findings.matter == nil, canGrant, inspector.script.isKnown {
      var rest = input
      for name in [
        "description", "explanation", "timeout", "timeout_ms", "yield_time_ms", "max_output_tokens",
      ] { rest[name] = nil }
      findings.matter = .input(tool: call.tool, input: Self.canonical(.object(rest)))
    }
  }

  /// A command as a list of words: no shell reads them, unless it is the first one.
  private mutating func arguments(_ words: [String], _ inspector: inout ShellInspector) {
    let name = Paths.name(words[0])
    if HardPrograms.shells.contains(name), words.count == 3, ["-c", "-lc"].contains(words[1]) {
      // A login shell also runs the person's own files; that was so before.
      inspector.inspect(Array(words[2].utf8))
      inspector.noteProgram(words[0])
      return
    }
    let command = SimpleCommand(words: words.map { Word(pieces: [.text(Array($0.utf8), quoted: true)]) })
    inspector.inspect(Script(commands: [command]))
  }

  // MARK: Files

  private func text(_ names: [String]) -> String? {
    for name in names {
      if let text = input[name]?.string { return text }
    }
    return nil
  }

  /// A path as a tool takes it: some put the home directory in place of `~`.
  private func place(_ path: String) -> String {
    if path.utf8.starts(with: "file://".utf8) { return String(path.utf8.dropFirst(7)) ?? path }
    return path.utf8.elementsEqual("~".utf8) || path.utf8.starts(with: "~/".utf8)
      ? context.home + path.dropFirst() : path
  }

  private mutating func path(_ names: [String], also others: [String]) {
    refuseOthers(names + others)
    guard let path = text(names), !path.isEmpty else { return incomplete("\(call.tool): there is no path.") }
    guard names.count(where: { input[$0] != nil }) == 1 else {
      return incomplete("\(call.tool): there is more than one path.")
    }
    let before = findings
    var inspector = inspector()
    inspector.net(place(path), as: .word)
    inspector.read(place(path))
    take(inspector, before)
  }

  private mutating func take(_ inspector: ShellInspector, _ before: Findings) {
    findings = inspector.findings
    if before.use > .reads { findings.raise(to: before.use, before.reason) }
  }

  private mutating func list() {
    refuseOthers([
      "path", "pattern", "ignore", "dir_path", "limit", "recursive", "case_sensitive", "respect_git_ignore",
      "target_directory",
    ])
    let before = findings
    var inspector = inspector()
    let start = text(["path", "dir_path", "target_directory"]).map(place) ?? "."
    inspector.net(start, as: .word)
    inspector.read(start)
    if let pattern = input["pattern"]?.string {
      // Names only; but a pattern can lead out of the directory.
      let elements = pattern.utf8.map { byte -> Argument.Element in
        byte == 0x2A ? .many : byte == 0x3F ? .one : .byte(byte)
      }
      inspector.net(pattern, as: .text)
      inspector.pattern(elements, "ls")
      leaves(pattern, elements, start, &inspector)
    } else if input["pattern"] != nil {
      return incomplete("\(call.tool): the pattern is not understood.")
    }
    for directory in [start] { inspector.net(.literal(directory), as: .word) }
    take(inspector, before)
  }

  /// Whether a pattern of names leads out of the directory, by its text or by a link.
  private func leaves(
    _ pattern: String, _ elements: [Argument.Element], _ start: String, _ inspector: inout ShellInspector
  ) {
    if Self.holdsDots(pattern)
      || pattern.utf8.contains(UInt8(ascii: "{")) && pattern.utf8.contains(Paths.slash)
        && !pattern.utf8.starts(with: "**/*.{".utf8)
    {
      return inspector.findings.raise(to: .reports, "The pattern \(pattern) may lead out of the directory.")
    }
    let head = pattern.utf8.prefix { $0 != 0x2A && $0 != 0x3F && $0 != 0x7B && $0 != 0x5B }
    if let cut = head.lastIndex(of: Paths.slash) {
      let directory = place(head[...cut].asText)
      inspector.read(directory.utf8.first == Paths.slash ? directory : start + "/" + directory)
    } else if head.first == 0x7E {
      inspector.read(context.home)
    }
    // `**` does not follow links; a single `*` may be one.
    guard pattern.utf8.contains(Paths.slash), inspector.findings.use == .reads else { return }
    let directory = context.resolve(start, from: context.workdir).path
    for path in Pattern.expand(elements, from: directory, context.files) ?? ["/"] {
      inspector.read(path.utf8.first == Paths.slash ? path : directory + "/" + path)
    }
  }

  private static func holdsDots(_ text: String) -> Bool {
    var before: UInt8 = 0
    for byte in text.utf8 {
      if byte == 0x2E, before == 0x2E { return true }
      before = byte
    }
    return false
  }

  private mutating func search() {
    refuseOthers([
      "pattern", "path", "dir_path", "glob", "include", "type", "output_mode", "-A", "-B", "-C", "-n", "-i",
      "-o", "context",
      "head_limit", "offset", "multiline", "limit", "query",
    ])
    let before = findings
    var inspector = inspector()
    for name in ["path", "dir_path"]
    where input[name] != nil && input[name] != .null && input[name]?.string == nil {
      return incomplete("\(call.tool): the path is not understood.")
    }
    let start = text(["path", "dir_path"]).map(place) ?? "."
    inspector.net(start, as: .word)
    for text in [input["glob"], input["include"]].compactMap({ $0?.string }) {
      inspector.net(text, as: .word)
    }
    inspector.readTree(start)
    take(inspector, before)
  }

  private mutating func write() {
    let names = ["file_path", "path", "notebook_path", "absolute_path", "filePath", "target_file", "uri"]
    let paths = names.compactMap { input[$0]?.string }
    guard !paths.isEmpty else { return incomplete("\(call.tool): there is no path.") }
    if call.tool == "str_replace_editor", input["command"]?.string == "view" {
      var inspector = inspector()
      inspector.net(place(paths[0]), as: .word)
      inspector.read(place(paths[0]))
      return take(inspector, findings)
    }
    for path in paths { written(path) }
  }

  private mutating func written(_ path: String) {
    let before = findings
    var inspector = inspector()
    inspector.net(place(path), as: .word)
    inspector.write(place(path))
    inspector.findings.raise(to: .acts, "\(call.tool) would change \(path).")
    take(inspector, before)
    if let cause = before.denied {
      findings.deny(String(cause.rule.utf8.dropFirst(10)) ?? "secret", cause.reason)
    }
    if let cause = before.always {
      findings.askAlways(String(cause.rule.utf8.dropFirst(10)) ?? "persistence", cause.reason)
    }
  }

  /// Codex's patches: `*** Update File: PATH`, and those of diff: `+++ b/PATH`.
  private mutating func patch() {
    guard let patch = text(["patch", "input", "patchText", "patch_text", "diff"]) else {
      return incomplete("\(call.tool): there is no patch.")
    }
    var count = 0
    for line in patch.utf8.split(separator: 0x0A) {
      for head in [
        "*** Update File: ", "*** Add File: ", "*** Delete File: ", "*** Move to: ", "+++ b/", "--- a/",
        "+++ ", "--- ",
      ]
      where line.starts(with: head.utf8) {
        let path = line.dropFirst(head.utf8.count).prefix { $0 != 0x09 && $0 != 0x0D }.asText
        if !path.utf8.elementsEqual("/dev/null".utf8) { written(path) }
        count += 1
        break
      }
    }
    if count == 0 { incomplete("\(call.tool): the patch names no file.") }
  }

  // MARK: Network

  private mutating func fetch() {
    guard let url = text(["url", "uri"]) else {
      strings(.object(input), whole: true)
      return incomplete("\(call.tool): there is no url.")
    }
    let scheme = url.utf8.prefix { $0 != UInt8(ascii: ":") }.asText.lowercased()
    if scheme == "file" {
      var inspector = inspector()
      inspector.net(place(url), as: .word)
      inspector.read(place(url))
      return take(inspector, findings)
    }
    if let host = Metadata.host(in: url) {
      findings.deny("secret", "\(host) hands out the machine's credentials.")
    }
    findings.raise(to: .reports, "\(call.tool) would fetch \(url).")
  }

  // MARK: Anything else

  /// Strings that are paths of secrets, wherever they stand in the input.
  private mutating func strings(_ value: JSONValue, whole: Bool) {
    var inspector = inspector()
    var budget = 2000
    Self.walk(value, &budget) { text in
      guard text.utf8.count <= 1024, !text.utf8.contains(0x20), !text.utf8.contains(0x0A) else { return }
      inspector.net(place(text), as: .word)
    }
    if let cause = inspector.findings.denied {
      findings.deny(String(cause.rule.utf8.dropFirst(10)) ?? "secret", cause.reason)
    }
  }

  private static func walk(_ value: JSONValue, _ budget: inout Int, _ visit: (String) -> Void) {
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
  private static func canonical(_ value: JSONValue) -> String {
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

extension Script {
  /// Whether every word is known without running anything.
  var isKnown: Bool {
    problem == nil && doubts.isEmpty
      && commands.allSatisfy { command in
        command.assignments.isEmpty && command.words.allSatisfy { $0.text != nil }
          && command.redirections.allSatisfy { $0.target.text != nil }
          && !HardPrograms.shells.contains(
            command.words.first?.text.map { Paths.name(String(decoding: $0, as: UTF8.self)) } ?? "")
      }
  }
}
