extension Grant {
  /// What "always" would grant for a call; nil where nothing may be granted.
  ///
  /// Nothing is granted to shells and to scripts outside the system's directories, because what they do
  /// is not in their arguments; nothing where a word depends on what only running would tell.
  static func proposal(for call: ToolCall, _ subject: PolicySubject, _ findings: Findings, workdir: String)
    -> Grant?
  {
    guard findings.isComplete, findings.always == nil, findings.denied == nil, findings.scripts.isEmpty,
      let matter = findings.matter
    else { return nil }
    if case .words(let words) = matter {
      let name = Paths.name(words[0])
      guard !HardPrograms.shells.contains(name),
        !["eval", "source", ".", "trap", "alias", "exec"].contains(name),
        !words.contains(where: { HardPrograms.shells.contains(Paths.name($0)) })
      else { return nil }
      // Interpreters without a program of their own read one from their input.
      if words.count == 1, HardPrograms.runners.contains(name) { return nil }
    }
    return Grant(
      agent: subject.agent, workdir: workdir, scope: .session(subject.session), matter: matter,
      programs: findings.programs)
  }

  /// The same grant for every session.
  package var everywhere: Grant {
    var grant = self
    grant.scope = .everywhere
    return grant
  }

  /// A grant for whatever follows the program's name, where that can neither run, write nor send; else nil.
  package var wider: Grant? {
    guard case .words(let words) = matter, ReaderTable.reporters[Paths.name(words[0])] != nil else {
      return nil
    }
    var grant = self
    grant.matter = .prefix([words[0]])
    return grant
  }

  /// Whether this standing grant covers what a call would need.
  func covers(_ wanted: Grant, session: String) -> Bool {
    guard Bytes.same(agent, wanted.agent), Bytes.same(workdir, wanted.workdir),
      Self.same(programs, wanted.programs)
    else { return false }
    if case .session(let own) = scope, !Bytes.same(own, session) { return false }
    switch (matter, wanted.matter) {
    case (.words(let own), .words(let words)): return Self.same(own, words)
    case (.input(let tool, let input), .input(let otherTool, let otherInput)):
      return Bytes.same(tool, otherTool) && Bytes.same(input, otherInput)
    case (.prefix(let own), .words(let words)):
      // The table decides anew whether what follows is harmless.
      guard let name = own.first, let entry = ReaderTable.reporters[Paths.name(name)],
        words.count >= own.count,
        Self.same(own, Array(words.prefix(own.count)))
      else { return false }
      return OptionReader(words.dropFirst(), entry: entry).problem == nil
    default: return false
    }
  }

  private static func same(_ one: [String], _ other: [String]) -> Bool {
    one.count == other.count && zip(one, other).allSatisfy { Bytes.same($0, $1) }
  }
}
