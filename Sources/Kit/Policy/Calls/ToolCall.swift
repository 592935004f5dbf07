/// What an agent wants to do: one use of one tool.
///
/// Drivers whose protocol says what a call does make it with `command`, `arguments`, `read`, `change`,
/// `fetch` and `server`; others give the tool's own name and its dialect, or the protocol's request to `acp` or
/// `opencode`.
package struct ToolCall: Sendable, Equatable {
  /// The tool's name as the agent gives it, or ours where the protocol names none.
  package var tool: String
  /// The complete input, a JSON object, or what is known of it; nil when nothing is known.
  package var input: [UInt8]?
  /// The directory the agent works in, absolute.
  package var workdir: String
  /// Whose tool it is: the same name may mean different things in two agents.
  package var dialect: ToolDialect
  /// Whether `input` is not all that will happen: then it is asked about once, and never granted.
  package var isPartial: Bool

  /// One use of a tool.
  package init(
    tool: String, input: [UInt8]?, workdir: String, dialect: ToolDialect = .any, isPartial: Bool = false
  ) {
    self.tool = tool
    self.input = input
    self.workdir = workdir
    self.dialect = dialect
    self.isPartial = isPartial
  }

  /// Whether the whole input is known.
  package var isComplete: Bool { input != nil && !isPartial }

  /// Whether the call does nothing but ask the person something: a question, or a plan to be accepted.
  ///
  /// The policy always asks about it; a driver makes a question of it instead.
  package var isQuestion: Bool { ToolTables.entry(tool, dialect).kind == .question }
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
