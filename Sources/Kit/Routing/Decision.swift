/// Points of the classifier.
package enum Points {
  /// Hundredths as a JSON number.
  package static func text(_ hundredths: Int) -> String {
    let rest = hundredths % 100
    return "\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest)"
  }
}

/// Who handles a message, and why.
package struct Decision: Equatable, Sendable {
  /// Why an agent was chosen.
  package enum Reason: Equatable, Sendable {
    /// A person named it.
    case explicit
    /// A rule of the configuration, by name.
    case rule(String)
    /// The conversation has it already.
    case sticky
    /// The project names it.
    case project
    /// The words of the message.
    case keywords
    /// `default_agent`, or `--agent`.
    case standard
    /// There is no other.
    case only
    /// Nothing says anything.
    case nothing

    /// As the line says it.
    package var text: String {
      switch self {
      case .explicit: "explicit"
      case .rule(let name): name
      case .sticky: "sticky"
      case .project: "project"
      case .keywords: "keywords"
      case .standard: "default"
      case .only: "only"
      case .nothing: "none"
      }
    }
  }

  /// The agent; nil when nobody says who.
  package var agent: String?
  /// Why this agent.
  package var reason: Reason
  /// Hundredths of a point, of the classifier.
  package var hundredths = 0
  /// The model that the agent is asked to use.
  package var model: String?
  /// Where the agent works.
  package var workdir: String?
  /// The project.
  package var project: String?
  /// `plan`, or nil.
  package var mode: String?
  /// What is put before the text.
  package var prompt: String?
  /// The address that the answer goes to.
  package var replyTo: String?
  /// The rule that drops the message.
  package var droppedBy: String?
  /// The rule that matched, whatever it set.
  package var rule: String?

  /// A decision for an agent.
  package init(agent: String?, reason: Reason) {
    self.agent = agent
    self.reason = reason
  }

  /// Whether the conversation keeps the agent: what a rule says is for that message only.
  package var isSticky: Bool {
    guard agent != nil else { return false }
    switch reason {
    case .explicit, .project, .keywords, .standard, .only: return true
    case .rule, .sticky, .nothing: return false
    }
  }

  /// Points as a JSON number.
  package var score: String { Points.text(hundredths) }
}

/// What a conversation has chosen so far.
package struct SessionChoice: Equatable, Sendable {
  /// The agent that it belongs to.
  package var agent: String?
  /// The project.
  package var project: String?
  /// The model that its agent is asked to use.
  package var model: String?
  /// `plan`, or nil.
  package var mode: String?
  /// How hard the agent is to think.
  package var think: String?
  /// How much of the work is shown.
  package var verbose: String?

  /// Nothing yet.
  package init() {}
}
