package import JSON
package import Journal
package import Stage
package import System
package import Wire

/// Something that a person said on a platform.
package struct Heard {
  /// The platform's own id of the event: one that comes again is known.
  package var event: String
  /// The chat, and the thread in it.
  package var session: Address
  /// Who said it.
  package var from: Person
  /// Whether others hear it too.
  package var isGroup: Bool
  /// Whether it speaks to us: by name, as an answer to us, or because nobody else is there.
  package var isMentioned: Bool
  /// The words.
  package var text: String
  /// Files and places.
  package var attachments: [Attachment] = []
  /// What it answers.
  package var quote: Quote?
  /// What the platform's messenger needs to answer it: ids and tokens.
  package var origin: JSONObject
  /// When it was said, where the platform tells.
  package var said: Timestamp?
  /// The right to answer that came with it, where the platform gives some.
  package var handle: ReplyHandle?

  /// Who said something.
  package struct Person: Equatable, Sendable {
    /// The platform's id, which nobody can choose.
    package var id: String
    /// The name for display.
    package var name: String?

    /// A person.
    package init(id: String, name: String? = nil) { (self.id, self.name) = (id, name) }
  }

  /// A message that another one answers.
  package struct Quote: Equatable, Sendable {
    /// The platform's id of it: the proof of delivery where it is ours.
    package var id: String
    /// Its words, as far as they are known.
    package var text: String?
    /// Whose it is.
    package var from: String?

    /// A quoted message.
    package init(id: String, text: String? = nil, from: String? = nil) {
      (self.id, self.text, self.from) = (id, text, from)
    }
  }

  /// Words of a person.
  package init(
    event: String, session: Address, from: Person, isGroup: Bool, isMentioned: Bool = true, text: String,
    origin: JSONObject = JSONObject()
  ) {
    (self.event, self.session, self.from, self.isGroup) = (event, session, from, isGroup)
    (self.isMentioned, self.text, self.origin) = (isMentioned, text, origin)
  }
}

/// A button of ours that was pressed.
package struct Press {
  /// The platform's own id of the event.
  package var event: String
  /// The chat that the card stands in.
  package var session: Address
  /// Who pressed it.
  package var from: Heard.Person
  /// Whether others see the card too.
  package var isGroup: Bool
  /// What the button carries.
  package var token: String
  /// What the platform's messenger needs to answer.
  package var origin: JSONObject

  /// A pressed button.
  package init(
    event: String, session: Address, from: Heard.Person, isGroup: Bool, token: String,
    origin: JSONObject = JSONObject()
  ) {
    (self.event, self.session, self.from, self.isGroup) = (event, session, from, isGroup)
    (self.token, self.origin) = (token, origin)
  }
}

/// Something that happened in a chat and is no message.
package struct Happened {
  /// What happened: `edited`, `recalled`, `joined`, `left`, `reaction`.
  package var kind: String
  /// The platform's own id of the event.
  package var event: String
  /// The chat.
  package var session: Address
  /// Who did it, where somebody did.
  package var from: Heard.Person?
  /// What else is known: `message` is the platform's id of the message that it is about, `text` its new words.
  package var data: JSONObject

  /// Something that happened.
  package init(
    kind: String, event: String, session: Address, from: Heard.Person? = nil, data: JSONObject = JSONObject()
  ) {
    (self.kind, self.event, self.session, self.from, self.data) = (kind, event, session, from, data)
  }
}
