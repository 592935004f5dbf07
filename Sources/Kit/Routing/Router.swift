package import Settings

/// Decides who handles a message: rules, then the conversation's agent, then its words, then the default.
///
/// Pure: it knows the configuration and what it is told, and changes nothing.
package struct Router {
  /// The agents that there are.
  package let agents: AgentNames
  private let settings: Settings
  private let rules: [Rule]
  private let standard: String?

  /// A router for a configuration.
  ///
  /// - Parameters:
  ///   - settings: what the configuration says.
  ///   - only: the agents of this pipe, where somebody said so.
  ///   - standard: the default agent of this pipe; nil for the configuration's.
  /// - Throws: `Failure` with status 78 when a rule cannot be used.
  package init(_ settings: Settings, only: [String]? = nil, standard: String? = nil) throws {
    self.settings = settings
    self.standard = standard ?? settings.defaultAgent
    agents = AgentNames(settings, only: only, standard: self.standard)
    // Stable: equal priorities stay in the order of the file.
    rules = try settings.rules.enumerated().sorted {
      ($1.element.priority, $0.offset) < ($0.element.priority, $1.offset)
    }.map { try Rule($0.element, addresses: settings.addresses) }
  }

  /// Whether a message in a conversation that has an agent can be given to it without looking at more.
  package var hasRules: Bool { !rules.isEmpty }

  /// Decides about a message in a conversation.
  ///
  /// `explicit`: the agent that the message itself names.
  package func decide(
    _ message: MessageFacts, in session: SessionChoice, explicit: String? = nil
  ) -> Decision {
    let rule = rules.first { $0.holds(for: message) }
    if let rule, rule.settings.drop {
      var dropped = Decision(agent: nil, reason: .rule(rule.settings.name))
      dropped.droppedBy = rule.settings.name
      dropped.rule = rule.settings.name
      return dropped
    }
    let project = (rule?.settings.project ?? session.project).flatMap(settings.project)
    var decision = choose(message, session, explicit, rule?.settings, project)
    decision.rule = rule?.settings.name
    decision.project = project?.name
    decision.workdir = project?.workdir
    // The model belongs to the agent that it was chosen for.
    let own = decision.agent == session.agent ? session.model : nil
    decision.model = rule?.settings.model ?? own ?? project?.model
    // The mode only ever becomes stricter, and there is one that is.
    decision.mode = rule?.settings.mode ?? session.mode ?? project?.mode
    decision.prompt = rule?.settings.prompt
    decision.replyTo = rule?.replyTo
    return decision
  }

  private func choose(
    _ message: MessageFacts, _ session: SessionChoice, _ explicit: String?, _ rule: RuleSettings?,
    _ project: ProjectSettings?
  ) -> Decision {
    if let explicit { return Decision(agent: explicit, reason: .explicit) }
    if let rule, let agent = rule.agent { return Decision(agent: agent, reason: .rule(rule.name)) }
    if let rule, rule.project != nil, let agent = project?.agent {
      return Decision(agent: agent, reason: .rule(rule.name))
    }
    if let agent = session.agent, agents.all.contains(agent) {
      return Decision(agent: agent, reason: .sticky)
    }
    if let agent = project?.agent { return Decision(agent: agent, reason: .project) }
    if agents.candidates.count > 1, let best = Classifier.choose(message.text, among: agents) {
      var decision = Decision(agent: best.agent, reason: .keywords)
      decision.hundredths = best.hundredths
      return decision
    }
    if let standard, agents.all.contains(standard) { return Decision(agent: standard, reason: .standard) }
    if agents.candidates.count == 1 { return Decision(agent: agents.candidates[0], reason: .only) }
    return Decision(agent: nil, reason: .nothing)
  }
}
