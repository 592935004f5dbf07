/// What an agent wants to do: one use of one tool.
package struct ToolCall: Sendable, Equatable {
  /// The tool's name as the agent gives it.
  package var tool: String
  /// The complete input, a JSON object; nil when not all of it is known.
  package var input: [UInt8]?
  /// The directory the agent works in, absolute.
  package var workdir: String

  /// One use of a tool.
  package init(tool: String, input: [UInt8]?, workdir: String) {
    self.tool = tool
    self.input = input
    self.workdir = workdir
  }
}

/// For whom a call is made: what rules and grants may depend on.
package struct PolicySubject: Sendable, Equatable {
  /// The kinds of chat.
  package enum Chat: String, Sendable, CaseIterable {
    case direct
    case group
  }

  /// The agent that makes the call.
  package var agent: String
  /// Who spoke to it: `PLATFORM:ID`.
  package var person: String
  /// Where they spoke.
  package var chat: Chat
  /// The chat platform.
  package var platform: String
  /// The session's address.
  package var session: String

  /// An agent, and who spoke to it where.
  package init(agent: String, person: String, chat: Chat, platform: String, session: String) {
    self.agent = agent
    self.person = person
    self.chat = chat
    self.platform = platform
    self.session = session
  }
}

/// What a session lets its agent do at all.
package enum PolicyMode: String, Sendable, CaseIterable {
  /// Everything, where rules, grants or people allow it.
  case ask
  /// Reading only.
  case plan
}
