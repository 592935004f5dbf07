package import Settings

/// The kinds of agents that agim knows by name, with what people call them in a chat.
package enum AgentKind: String, CaseIterable, Sendable {
  // In this order: who stands first wins a draw of the classifier.
  case opencode
  case claude
  case codex
  case cursor
  case agy
  case gemini
  case native
  case shell

  /// The chat command that switches to it, without its slash.
  package var shortcut: String? {
    switch self {
    case .claude: "cc"
    case .opencode: "oc"
    case .codex: "cx"
    case .agy: "agy"
    case .cursor: "cs"
    case .native: "na"
    case .shell: "sh"
    case .gemini: nil
    }
  }

  /// What people call it.
  package var title: String {
    switch self {
    case .opencode: "OpenCode"
    case .claude: "Claude Code"
    case .codex: "Codex"
    case .cursor: "Cursor"
    case .agy: "Antigravity"
    case .gemini: "Gemini"
    case .native: "Agim Agent"
    case .shell: "Shell"
    }
  }

  /// The kind that a word names: its name, or another that it is known by.
  package init?(word: String) {
    switch word {
    case "claude-code": self = .claude
    case "antigravity": self = .agy
    case "cursor-agent": self = .cursor
    case "agim": self = .native
    default: self.init(rawValue: word)
    }
  }
}

/// The agents that messages can be given to.
package struct AgentNames: Equatable, Sendable {
  /// Those that are chosen from where nobody names one, in order.
  package let candidates: [String]
  /// Those that a person may name besides.
  package let others: [String]
  /// Which kind a candidate is, where that is known.
  package let kinds: [String: AgentKind]

  /// The agents of a configuration, and of the command line.
  ///
  /// - Parameters:
  ///   - settings: what the configuration says.
  ///   - only: the agents of this pipe, where somebody said so: there are no others then.
  ///   - standard: the agent for messages that nothing else routes.
  package init(_ settings: Settings, only: [String]? = nil, standard: String? = nil) {
    var names: [String] = []
    let add = { (name: String?) in if let name, !names.contains(name) { names.append(name) } }
    if let only {
      for name in only { add(name) }
      others = []
    } else {
      add(standard)
      for name in settings.agents.keys.sorted() { add(name) }
      for project in settings.projects { add(project.agent) }
      names.removeAll { !settings.agent($0).isEnabled }
      others = AgentKind.allCases.map(\.rawValue).filter {
        !names.contains($0) && settings.agent($0).isEnabled
      }
    }
    candidates = names
    var kinds: [String: AgentKind] = [:]
    for name in names { kinds[name] = AgentKind(word: name) ?? AgentKind(word: settings.agent(name).driver) }
    self.kinds = kinds
  }

  /// Everything that a person may name.
  package var all: [String] { candidates + others }

  /// The agent that a word names: its name, a name of its kind, or its short command.
  package func find(_ word: String) -> String? {
    let word = word.lowercased()
    if all.contains(word) { return word }
    return AgentKind(word: word).flatMap(of)
  }

  /// The agent of a kind: the one that is named so, else the first candidate that is one.
  package func of(_ kind: AgentKind) -> String? {
    if all.contains(kind.rawValue) { return kind.rawValue }
    return candidates.first { kinds[$0] == kind }
  }
}
