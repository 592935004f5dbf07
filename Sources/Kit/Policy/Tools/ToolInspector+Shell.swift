import JSON

/// Tools that run commands.
extension ToolInspector {
  /// Members that say nothing about what runs: a grant holds whatever they are.
  private static let remarks: Set<String> = [
    "description", "explanation", "justification", "timeout", "timeout_ms", "yield_time_ms",
    "max_output_tokens", "initial_wait", "sessionId", "WaitMsBeforeAsync",
  ]

  mutating func shell() {
    var directory = context.workdir
    for name in entry.paths {
      guard let value = input[name] else { continue }
      guard let path = value.string, !path.utf8.contains(0) else {
        return incomplete("\(call.tool): '\(name)' is not understood.")
      }
      directory = context.resolve(place(path), from: directory).path
    }
    var inspector = inspector(directory)
    let isHere = Bytes.same(directory, context.workdir)
    if !isHere { inspector.net(directory, as: .word) }
    refuseOthers()
    surroundings()
    let given = entry.texts.filter { input[$0] != nil }
    guard let name = given.first else { return incomplete("\(call.tool): there is no command.") }
    switch input[name] {
    case .string(let text)?:
      if text.utf8.allSatisfy({ $0 <= 0x20 }) { return incomplete("\(call.tool): there is no command.") }
      if let words = call.dialect == .codex ? ToolCall.unwrapped(text) : nil {
        // Codex gives a command the way it will start it.
        arguments(words, &inspector)
      } else {
        inspector.inspect(Array(text.utf8))
      }
    case .array(let elements)?:
      let words = elements.compactMap(\.string)
      guard words.count == elements.count, !words.isEmpty else {
        return incomplete("\(call.tool): the command is not understood.")
      }
      arguments(words, &inspector)
    default: return incomplete("\(call.tool): there is no command.")
    }
    if given.count > 1 { findings.raise(to: .acts, "\(call.tool): there is more than one command.") }
    let canGrant = isHere && findings.use == .reads
    take(inspector)
    if !canGrant { findings.matter = nil }
    // Several commands, all of them known: the whole text.
    if findings.matter == nil, canGrant, inspector.script.isKnown {
      var rest = input
      for name in Self.remarks { rest[name] = nil }
      findings.matter = .input(tool: call.tool, input: Self.canonical(.object(rest)))
    }
  }

  /// What a protocol says of the shell and the environment that a command gets.
  private mutating func surroundings() {
    if let shell = input["shell"], entry.harmless.contains("shell") {
      let words = shell.array?.compactMap(\.string) ?? []
      guard words.count == 2, let name = words.first else {
        return findings.raise(to: .acts, "The shell is not understood.")
      }
      var inspector = inspector()
      inspector.noteProgram(name)
      findings.adopt(inspector.findings)
      if !isSystemShell(words) {
        findings.raise(to: .acts, "\(name) is not a shell that is known here.")
      }
    }
    guard let env = input["env"], entry.harmless.contains("env") else { return }
    for (name, value) in env.object?.members ?? [] {
      findings.raise(to: .acts, "The command sets \(name).")
      paths(in: value)
    }
    if env.object == nil { findings.raise(to: .acts, "The environment is not understood.") }
  }

  /// A command as a list of words: no shell reads them, unless it is the first one.
  private mutating func arguments(_ words: [String], _ inspector: inout ShellInspector) {
    if words.count == 3, ["-c", "-lc"].contains(words[1]),
      HardPrograms.shells.contains(Paths.name(words[0]))
    {
      // A login shell also runs the person's own files; that was so before.
      inspector.inspect(Array(words[2].utf8))
      inspector.noteProgram(words[0])
      if !isSystemShell(words) {
        inspector.findings.raise(to: .acts, "\(words[0]) is not a shell that is known here.")
        inspector.findings.matter = nil
      }
      return
    }
    inspector.inspect(Self.script(of: words))
    // Without a shell these are programs as well.
    if ReaderTable.builtins.contains(words[0]), !isSystem(words[0]) {
      inspector.findings.raise(to: .acts, "\(words[0]) is not a program of the system.")
    }
  }

  /// Whether a text is read by a shell of the system, whose language is the one that is parsed here.
  private func isSystemShell(_ words: [String]) -> Bool {
    let name = Paths.name(words[0])
    return ["sh", "bash", "dash"].contains(name) && ["-c", "-lc"].contains(words[1]) && isSystem(words[0])
  }

  /// Whether the file that would be run is the system's.
  private func isSystem(_ program: String) -> Bool {
    // In a relative directory of PATH anybody may put a program of that name.
    guard context.path.allSatisfy({ $0.utf8.first == Paths.slash }) else { return false }
    let file = program.utf8.contains(Paths.slash) ? program : context.program(program)
    guard let file, file.utf8.first == Paths.slash, Bytes.same(Paths.normal(file), file),
      CallContext.isSystem(file)
    else { return false }
    let real = context.resolve(file, from: "/")
    return real.kind == .file && real.isRootOwned && CallContext.isSystem(real.path)
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
