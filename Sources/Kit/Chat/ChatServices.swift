package import Settings
package import Stage

/// What somebody asked for with a command that looks outside the conversation.
package struct ChatRequest: Equatable, Sendable {
  /// The command: `ls`, `diff`, `get`, `approval`, `audit`, `stats` or `memo`.
  package var verb: ChatVerb
  /// What stood behind it.
  package var argument: String
  /// The session's address.
  package var session: String
  /// Who asks, as `PLATFORM:ID`.
  package var person: String
  /// What this person may do; the command's own rank was checked already.
  package var rank: People.Rank
  /// Whether the chat is a direct one.
  package var isDirect: Bool
  /// The agent of the session; empty where that is not known.
  package var agent: String
  /// Where it works; nil where that is not known.
  package var workdir: String?
  /// The language of the answer.
  package var language: Language
}

/// What such a command is answered with.
package struct ChatAnswer: Equatable, Sendable {
  /// The words.
  package var text: String
  /// A file that goes with them.
  package var file: Attachment?

  /// Words, and a file where there is one.
  package init(_ text: String, file: Attachment? = nil) {
    self.text = text
    self.file = file
  }
}

/// Who answers commands that look outside the conversation.
///
/// Nothing that is asked here changes anything, so that a crash before the answer is stored asks again.
package protocol ChatServices: AnyObject {
  /// Answers a request by calling `done` once, now or later.
  func answer(_ request: ChatRequest, done: @escaping (ChatAnswer) throws -> Void) throws
  /// Ends what is still at work, because the process is about to leave.
  func cancel()
}

/// Somebody who may not talk to agents.
package struct Stranger: Equatable, Sendable {
  /// Who it is.
  package var person: Person
  /// The message's id.
  package var message: String
  /// The session's address.
  package var session: String
  /// `direct` or `group`; empty where the line does not say.
  package var chat: String
  /// What was said.
  package var text: String
  /// The name they gave.
  package var name: String
}
