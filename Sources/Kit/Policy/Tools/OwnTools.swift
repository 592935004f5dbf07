package import JSON

/// The tools of agim's own server, by their whole names.
///
/// They reach the chat, the person and the agents that the turn has already, and nothing outside; a file that is
/// sent is a file that is read. This table holds only for calls that agim-mcp itself has got, or that a driver
/// knows to go to the server that it has handed over: whatever another server is called, its tools are foreign.
enum OwnTools {
  static let prefix = "mcp__agim__"
  static let table: [String: String] = [
    "mcp__agim__send_message": "notes text",
    "mcp__agim__send_file": "read @path caption",
    "mcp__agim__ask_person": "notes question options multiple minutes",
    "mcp__agim__ask_agent": "notes agents text minutes",
    "mcp__agim__save_memo": "notes what who when where why how tags",
    "mcp__agim__search_memos": "notes query limit",
    "mcp__agim__list_memos": "notes limit",
    "mcp__agim__remember": "notes text class project_only replaces",
    "mcp__agim__recall": "notes query limit",
    "mcp__agim__forget": "notes fact",
    "mcp__agim__create_reminder": "notes when text zone",
    "mcp__agim__list_reminders": "notes",
    "mcp__agim__cancel_reminder": "notes reminder",
    "mcp__agim__snooze_reminder": "notes reminder until",
    "mcp__agim__set_goal": "notes text",
    "mcp__agim__goal_progress": "notes text",
    "mcp__agim__complete_goal": "notes text",
  ]
}

extension ToolCall {
  /// A call of one of our own tools, as agim-mcp judges it.
  package static func own(_ tool: String, input: JSONObject, workdir: String) -> ToolCall {
    ToolCall(tool: OwnTools.prefix + tool, input: bytes(input), workdir: workdir, dialect: .agim)
  }

  /// A call of one of our own tools by its whole name; nil for another name.
  ///
  /// Only for a driver that knows that no other server can have that name.
  package static func own(named name: String, input: JSONObject?, workdir: String) -> ToolCall? {
    guard let input, OwnTools.table[name] != nil else { return nil }
    return ToolCall(tool: name, input: bytes(input), workdir: workdir, dialect: .agim)
  }

  /// Whether it goes to our own server, which asks the policy itself: then nobody needs to be asked before.
  package var isOwn: Bool { dialect == .agim }
}
