package import Wire

/// What routing knows about a message.
package struct MessageFacts: Equatable, Sendable {
  /// Its session.
  package var session: Address
  /// The id of who speaks; empty where the line names nobody.
  package var sender: String
  /// `direct` or `group`; empty where the line does not say.
  package var chat: String
  /// Whether the bot is mentioned.
  package var mentioned: Bool
  /// What was said.
  package var text: String

  /// A message of its parts.
  package init(
    session: Address, sender: String = "", chat: String = "", mentioned: Bool = false, text: String
  ) {
    self.session = session
    self.sender = sender
    self.chat = chat
    self.mentioned = mentioned
    self.text = text
  }
}
