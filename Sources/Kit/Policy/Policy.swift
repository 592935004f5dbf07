package import Settings

/// Decides every tool call, whichever agent makes it.
///
/// In the order of the design: hard denies, the mode, the rules of the configuration, readers, standing
/// grants, and else a person. What is not understood is asked, never allowed.
package struct Policy {
  let rules: PolicyRules
  let home: String
  let files: any FileFacts
  let path: [String]
  let sensitive: SensitivePaths

  /// Where programs are looked for unless told otherwise.
  package static let systemPath = [
    "/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin",
  ]

  /// A policy for one user.
  ///
  /// - Parameters:
  ///   - rules: The `policy` list of the configuration.
  ///   - home: The user's home directory.
  ///   - agimHome: The directory of agim's own state.
  ///   - files: Tells about files.
  ///   - path: Where agents look for programs.
  package init(
    rules: PolicyRules, home: String, agimHome: Home, files: any FileFacts,
    path: [String] = Policy.systemPath
  ) {
    self.rules = rules
    self.home = Paths.normal(home)
    self.files = files
    self.path = path
    func places(_ directory: String) -> [String] {
      let real = files.resolve(directory, from: "/").path
      return Bytes.same(real, directory) ? [directory] : [directory, real]
    }
    sensitive = SensitivePaths(homes: places(self.home), agimHomes: places(Paths.normal(agimHome.path)))
  }

  /// Decides a call.
  ///
  /// - Parameters:
  ///   - call: What the agent wants to do.
  ///   - subject: For whom.
  ///   - mode: What the session allows at all.
  ///   - grants: The standing grants; those of others do no harm.
  ///   - shellAgent: Whether the agent is the shell: there every command is shown first, readers too.
  /// - Returns: The verdict with its reason, and what a person and a digest need.
  package func judge(
    _ call: ToolCall, subject: PolicySubject, mode: PolicyMode = .ask, grants: [Grant] = [],
    shellAgent: Bool = false
  ) -> Judgement {
    let context = CallContext(self, workdir: call.workdir)
    var inspector = ToolInspector(call, context)
    inspector.inspect()
    let findings = inspector.findings
    var judgement = decide(call, subject, mode, grants, shellAgent, findings, context)
    judgement.programs = findings.programs
    judgement.scripts = findings.scripts
    return judgement
  }

  private func decide(
    _ call: ToolCall, _ subject: PolicySubject, _ mode: PolicyMode, _ grants: [Grant], _ shellAgent: Bool,
    _ findings: Findings, _ context: CallContext
  ) -> Judgement {
    // 1. What nobody can allow.
    if let denied = findings.denied { return Judgement(.deny, denied.rule, denied.reason) }
    // 2. The mode.
    let tool = ToolTables.entry(call.tool, call.dialect)
    if mode == .plan, findings.use == .acts, tool.kind != .question, findings.isComplete || !tool.onlyReads {
      return Judgement(.deny, "plan", "Plan mode allows reading only. \(findings.reason)")
    }
    // 3. The rules. A permission covers neither what is asked every time nor what is not wholly known.
    if rules.isBroken, findings.use > .reads || !findings.isComplete {
      return Judgement(
        .deny, "broken-policy",
        "The policy of the configuration cannot be read, so only plain reading is allowed.")
    }
    if let (number, verdict) = rules.first(call, subject, workdir: context.workdir) {
      let rule = "config.\(number)"
      switch verdict {
      case .deny: return Judgement(.deny, rule, "Rule \(number) of the configuration denies it.")
      case .ask:
        return Judgement(.ask, rule, "Rule \(number) of the configuration asks. \(findings.reason)".trimmed)
      case .allow:
        if findings.always == nil, findings.isComplete {
          return Judgement(.allow, rule, "Rule \(number) of the configuration allows it.")
        }
      }
    }
    if let always = findings.always { return Judgement(.ask, always.rule, always.reason) }
    guard findings.isComplete else { return Judgement(.ask, "incomplete", findings.reason) }
    // 4. Readers.
    if findings.use == .reads, !shellAgent {
      return Judgement(.allow, "reader", "It only reads inside the work directory.")
    }
    // 5. Standing grants.
    let proposal = Grant.proposal(for: call, subject, findings, workdir: context.workdir)
    if let proposal, grants.contains(where: { $0.covers(proposal, session: subject.session) }) {
      return Judgement(.allow, "grant", "A standing grant covers exactly this.")
    }
    // 6. A person.
    let reason = findings.use == .reads ? "The shell agent shows every command first." : findings.reason
    var judgement = Judgement(.ask, "default", reason)
    judgement.proposal = proposal
    judgement.isGrantable = proposal != nil
    return judgement
  }
}

extension String {
  /// Without the blank at the end that an empty part left.
  var trimmed: String { utf8.last == 0x20 ? String(utf8.dropLast()) ?? self : self }
}
