package import Routing
package import Store

/// What a chat command comes to.
package enum ChatOutcome: Equatable, Sendable {
  /// An answer, and what changes with it.
  case answer(String, SessionChange? = nil, ControlAction? = nil)
  /// The conversation changes hands and the words go on to the agent.
  case forward(agent: String, text: String, SessionChange)
  /// The words go on as a side question, beside what the conversation is at.
  case aside(String)
  /// The agent is to change its own session: `compact` or `undo`.
  case agentCommand(String)
  /// The last message of the conversation that was interrupted is run again.
  case retry
  /// The conversation goes on from a session of the agent's own; nil: which one that is now.
  case attach(String?)
  /// A memo is made of some words.
  case keep(String)
  /// A code that makes two accounts one person was typed.
  case link(String)
  /// Work in the background.
  case job(JobCommand)
  /// Checks by the clock.
  case heartbeat(HeartbeatCommand)
  /// The conversation's goal is shown or changed.
  case goal(GoalCommand)
  /// Something is done with reminders, or with prompts by the clock.
  case remind(ReminderRow.Kind, argument: String)
  /// Somebody else answers, see `ChatServices`.
  case ask(ChatVerb, argument: String)
  /// No command of agim's: one of this installation, else unknown.
  case unknown(name: String, argument: String)
}

/// What a command changes in the conversation.
package struct SessionChange: Equatable, Sendable {
  /// Whether the next generation begins.
  package var beginsAnew = false
  /// All that is chosen from now on.
  package var choice: SessionChoice

  /// A change to a choice.
  package init(beginsAnew: Bool = false, _ choice: SessionChoice) {
    self.beginsAnew = beginsAnew
    self.choice = choice
  }
}

/// A control line for the other stages.
package struct ControlAction: Equatable, Sendable {
  /// `abort`, `new` or `switch`.
  package var action: String
  /// The agent, for `switch`.
  package var agent: String?

  /// An action.
  package init(_ action: String, agent: String? = nil) {
    self.action = action
    self.agent = agent
  }
}
