/// Goes through the commands of a shell text and finds out what they do.
struct ShellInspector {
  let context: CallContext
  var findings = Findings()
  /// The directories that the current command may be in.
  var directories: [String]
  /// True when the current command may be anywhere.
  var isLost = false
  var surroundings: Surroundings
  /// The chain in which the directory is certain, and what it was before.
  private var certain: (chain: Int, before: [String])?
  let depth: Int
  var script = Script()

  init(_ context: CallContext, directory: String, depth: Int = 0) {
    self.context = context
    directories = [directory]
    surroundings = Surroundings(home: context.home, directory: directory)
    self.depth = depth
  }

  /// Looks at a text that a shell would run.
  mutating func inspect(_ text: [UInt8]) {
    inspect(ShellParser.parse(text))
    if let problem = script.problem {
      findings.raise(to: .acts, "The command is not understood: \(problem).")
      // Nothing of it may slip by: what could be a path is looked at as text.
      net(String(decoding: text.prefix(ShellParser.maxBytes * 4), as: UTF8.self), as: .code)
      for piece in text.prefix(ShellParser.maxBytes).split(whereSeparator: { $0 <= 0x20 }).prefix(4096) {
        net(
          String(decoding: piece.filter { $0 != 0x22 && $0 != 0x27 && $0 != 0x5C }, as: UTF8.self), as: .word)
      }
    }
  }

  mutating func inspect(_ script: Script) {
    self.script = script
    for doubt in script.doubts {
      findings.raise(to: .acts, "The command has \(doubt), which is asked about.")
    }
    for command in script.commands {
      for assignment in command.assignments where !assignment.value.pieces.isEmpty {
        surroundings.values[assignment.name, default: []].append(assignment.value.pieces)
      }
    }
    if isForkBomb() { findings.deny("machine", "The command is a fork bomb.") }
    for command in script.commands {
      inspect(command)
      if findings.denied != nil { return }
    }
  }

  private mutating func inspect(_ command: SimpleCommand) {
    enter(command)
    for redirection in command.redirections { inspect(redirection) }
    for assignment in command.assignments {
      let name = String(decoding: assignment.name, as: UTF8.self)
      findings.raise(to: .acts, "The command sets \(name).")
      for value in surroundings.possible(assignment.value, guess: 0) { net(value, as: .word) }
    }
    guard !command.words.isEmpty else {
      // `< file` alone is not a way of reading that anybody needs.
      if !command.redirections.isEmpty, command.assignments.isEmpty, !isHolder(command) {
        findings.raise(to: .acts, "The command is not understood: it has no program.")
      }
      return
    }
    let words = command.words.map { surroundings.certain($0) }
    if words.allSatisfy(\.isKnown) {
      known(words, command)
    } else {
      guessed(words, command)
    }
  }

  /// Redirections behind a compound command stand alone.
  private func isHolder(_ command: SimpleCommand) -> Bool {
    script.commands.count > 1 && command.words.isEmpty
  }

  /// All words are known: patterns are expanded as a shell would.
  private mutating func known(_ words: [Argument], _ command: SimpleCommand) {
    var arguments: [String] = []
    arguments.reserveCapacity(words.count)
    var isExact = true
    for word in words {
      switch word {
      case .literal(let text): arguments.append(text)
      case .pattern(let elements):
        isExact = false
        pattern(elements, arguments.first)
        guard !isLost, directories.count == 1,
          let found = Pattern.expand(elements, from: directories[0], context.files)
        else {
          findings.raise(to: .acts, "'\(word.shown)' may stand for more than can be looked at.")
          arguments.append(word.shown)
          continue
        }
        // Even their names are only for the work directory.
        let names = found.isEmpty ? [word.shown] : found
        for name in names { read(name) }
        arguments += names
        secretsWithDots(elements, word)
      }
    }
    if isExact, script.commands.count == 1, script.doubts.isEmpty, script.problem == nil,
      command.redirections.isEmpty, command.assignments.isEmpty
    {
      findings.matter = .words(arguments)
    }
    hardRules(words, command)
    // What stands in the command's place may come from a pattern, too.
    if words[0].text == nil { hardRules(arguments.map { .literal($0) }, command) }
    guard findings.denied == nil else { return }
    read(arguments, command)
    // It is asked about, but what follows happens there.
    if arguments.count > 1, arguments[0].utf8.elementsEqual("pushd".utf8) {
      change(to: arguments[1], command)
    }
  }

  /// In shells that are set so, `*` stands for names that begin with a dot, too.
  private mutating func secretsWithDots(_ elements: [Argument.Element], _ word: Argument) {
    guard let directory = directories.first, findings.use == .reads,
      let found = Pattern.expand(elements, from: directory, context.files, hidden: true)
    else { return }
    for path in found where context.secret(path, from: directory) != nil {
      findings.raise(to: .reports, "'\(word.shown)' may stand for \(path), as a shell's options may have it.")
    }
  }

  /// Some words depend on what happens: the hard rules are tried with what they probably are.
  private mutating func guessed(_ words: [Argument], _ command: SimpleCommand) {
    let shown = words.first { !$0.isKnown }?.shown ?? ""
    findings.raise(to: .acts, "'\(shown)' depends on what only running the command would tell.")
    for word in words {
      if case .pattern(let elements) = word { pattern(elements, words.first?.text) }
    }
    let guesses = min(8, max(1, surroundings.values.values.map(\.count).max() ?? 1))
    for guess in 0..<guesses {
      hardRules(command.words.flatMap { surroundings.possible($0, guess: guess) }, command)
    }
    if words[0].text?.elementsEqual("cd") == true || !words[0].isKnown { isLost = true }
  }

  /// The directories in which this command may run.
  private mutating func enter(_ command: SimpleCommand) {
    if let (chain, before) = certain, chain != command.chain || command.isRepeated {
      directories += before.filter { !directories.contains($0) }
      certain = nil
    }
    if directories.count > 8 { isLost = true }
    surroundings.directory = isLost || directories.count != 1 ? nil : directories[0]
  }

  /// What `cd` does to the commands that follow.
  mutating func change(to target: String, _ command: SimpleCommand) {
    guard !command.isRepeated else {
      isLost = true
      return
    }
    var next: [String] = []
    for directory in directories {
      let real = context.resolve(target, from: directory).path
      let textual = Paths.join(directory, target)
      // bash takes `..` by the text of the path, programs by what is there.
      for place in [real, context.resolve(textual, from: "/").path] where !next.contains(place) {
        next.append(place)
      }
    }
    if command.isPiped {
      directories += next.filter { !directories.contains($0) }
    } else {
      // Any of the steps before may have been the last one that succeeded.
      certain = (command.chain, (certain?.before ?? []) + directories)
      directories = next
    }
  }

  private func isForkBomb() -> Bool {
    guard !script.functions.isEmpty else { return false }
    for (index, command) in script.commands.enumerated() {
      guard let name = command.words.first?.text, script.functions.contains(name), command.isRepeated,
        let source = command.source, source < index, script.commands[source].words.first?.text == name
      else { continue }
      return true
    }
    return false
  }

  /// Looks at a text that another program would give to a shell: only for hard rules, programs and scripts.
  mutating func nested(_ text: String) {
    guard depth < 6, context.budget > 0, text.utf8.count <= ShellParser.maxBytes else { return }
    context.budget -= 1
    for directory in directories.prefix(2) {
      var inner = ShellInspector(context, directory: directory, depth: depth + 1)
      inner.isLost = isLost
      inner.surroundings.values = surroundings.values
      inner.inspect(Array(text.utf8))
      findings.adopt(inner.findings)
    }
  }
}
