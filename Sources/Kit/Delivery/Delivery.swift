package import JSON
internal import Journal
package import Stage
package import Store
package import System
package import Wire

/// A reply on its way out: what is asked of it has been scrubbed of secrets.
package final class Delivery {
  /// Its row.
  package internal(set) var row: OutboxRow
  /// Its text, for a person.
  package fileprivate(set) lazy var text: String = said.map(outgoing.clean) ?? outgoing.text(of: row)
  /// Its line, for a program.
  package fileprivate(set) lazy var line: [UInt8] = outgoing.line(of: row)
  /// About how much memory it takes, in bytes.
  var size: Int { row.line.count + 200 }
  /// Whether it is known that it goes out as it is, or is one of several parts.
  var isPlanned = false
  let outgoing: Outgoing
  fileprivate var said: String?

  /// `said`: the words of the line, where they are known already and are all that a person is to read.
  init(row: OutboxRow, outgoing: Outgoing, said: String? = nil) {
    self.row = row
    self.outgoing = outgoing
    self.said = said
  }
}

extension Delivery {
  /// How an attempt at it ended, and when the next one may follow.
  func settlement(_ outcome: Outcome, next: Timestamp? = nil) -> Settlement {
    Settlement(n: row.n, attempts: row.attempts, released: row.released, outcome, next: next)
  }

  /// Becomes what its row is now.
  func take(_ row: OutboxRow) {
    self.row = row
    said = nil
    text = outgoing.text(of: row)
    line = outgoing.line(of: row)
  }
}

/// A piece of a reply that goes out by itself.
package struct DeliveryPart: Equatable, Sendable {
  /// Its text: Markdown as the agent wrote it.
  package var text: String
  /// Which of the attachments go with it, by their place in the line.
  package var files: [Int]
  /// Further files that go with it: a text that is too long for the chat, say.
  package var more: [Attachment]

  /// A part with a text, with files, or both.
  package init(text: String, files: [Int] = [], more: [Attachment] = []) {
    (self.text, self.files, self.more) = (text, files, more)
  }
}

/// A file that goes out: opened, and known to be what its line says.
package struct OutFile {
  /// What the line says about it.
  package let attachment: Attachment
  /// The file, at its beginning.
  package let descriptor: Descriptor
}

extension Delivery {
  /// Where it goes: the chat, and the thread in it.
  ///
  /// - Throws: `Failure` where it goes to no chat.
  package func address() throws -> Address { try outgoing.facts.address(of: row) }

  /// Which part of how many it is.
  package var part: (number: Int, of: Int) { outgoing.facts.part(of: row) }

  /// What the platform's source kept of the message that it answers; nil where it answers none, or goes
  /// elsewhere than that came from.
  package var origin: JSONObject? { outgoing.facts.origin(of: row) }

  /// A member of its line that is a text, such as `subject`, without secrets.
  package func member(_ name: String) -> String? {
    outgoing.facts.value(of: row)?[name]?.string.map(outgoing.clean)
  }

  /// A text without secrets: for what is made of its words and was not seen in one piece before.
  package func clean(_ text: String) -> String { outgoing.clean(text) }

  /// Files and places that belong to it, as the line names them; nothing of them is checked.
  package var attachments: [Attachment] {
    (outgoing.facts.value(of: row)?["attachments"]?.array ?? []).compactMap(Attachment.init)
  }

  /// Opens one of its attachments, and checks that it is what the line says.
  ///
  /// - Throws: `Failure` that says why it may not go out.
  package func open(_ attachment: Attachment, limit: Int) throws -> OutFile {
    try outgoing.facts.open(attachment, limit: limit)
  }

  /// Its card, where it is a request.
  package var card: CardFacts? { outgoing.facts.card(of: row, outgoing) }

  /// What the platform gave for it earlier: a message that grew, or one that went out before a crash; JSON.
  package var posted: String? { outgoing.facts.posted(id: row.id, part: row.part) }

  /// Stores what the platform gave for it, as JSON, before anything else is asked of the platform.
  ///
  /// - Throws: `StoreError`.
  package func remember(_ value: String) throws {
    try outgoing.facts.remember(PostedRow(id: row.id, part: row.part, session: row.session, value: value))
  }
}
