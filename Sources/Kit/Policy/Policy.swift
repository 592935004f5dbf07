package import Settings

/// Decides every tool call, whichever agent makes it, in the order of the design:
/// hard denies, the mode, the rules of the configuration, readers, standing grants, and else a person.
package struct Policy {
  let rules: PolicyRules
  let home: String
  let agimHome: Home
  let files: any FileFacts
  let path: [String]

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
    self.agimHome = agimHome
    self.files = files
    self.path = path
  }

  /// Decides a call.
  ///
  /// - Parameters:
  ///   - call: What the agent wants to do.
  ///   - subject: For whom.
  ///   - mode: What the session allows at all.
  ///   - grants: The standing grants; those of others do no harm.
  ///   - shellAgent: Whether a person typed the command: then even a reader is shown first.
  package func judge(
    _ call: ToolCall, subject: PolicySubject, mode: PolicyMode = .ask, grants: [Grant] = [],
    shellAgent: Bool = false
  ) -> Judgement {
    Judgement(.ask, "default", "\(call.tool): nothing allows it unasked.")
  }
}
