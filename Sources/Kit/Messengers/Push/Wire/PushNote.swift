package import JSON
package import System

/// What is to be said, in the form that its service wants.
package struct PushNote: Sendable {
  /// The id of the row: the same whenever the same text is sent again.
  package var id: String
  /// The title that the sender gave it; nil for none, and in all parts but the first.
  package var title: String?
  /// The text in the service's form.
  package var text: String
  /// The text without any markup.
  package var plain: String
  /// Where it goes: the channel of the address.
  package var channel: String
  /// The thread, where the address has one.
  package var thread: String?
  /// Now.
  package var time: Timestamp

  package init(
    id: String, title: String? = nil, text: String, plain: String? = nil, channel: String = "",
    thread: String? = nil, time: Timestamp
  ) {
    (self.id, self.title, self.text, self.plain) = (id, title, text, plain ?? text)
    (self.channel, self.thread, self.time) = (channel, thread, time)
  }

  /// The title, or what serves as one in lists of chats: the first words of the text.
  package var heading: String {
    if let title { return title }
    let line = plain.split(whereSeparator: \.isNewline).first.map(String.init) ?? "agim"
    return line.count > 40 ? "\(line.prefix(39))…" : line
  }
}

/// A file that goes with it.
package struct PushFile: Sendable {
  package var name: String
  package var mime: String
  package var size: Int

  package init(name: String, mime: String, size: Int) {
    (self.name, self.mime, self.size) = (name, mime, size)
  }
}

/// What an account says, secrets resolved.
package struct PushValues: Sendable {
  private let values: [String: String]
  /// Further header lines; their values count as secrets.
  package let headers: [(name: String, value: String)]

  package init(_ values: [String: String], headers: [(name: String, value: String)] = []) {
    (self.values, self.headers) = (values, headers)
  }

  package subscript(key: String) -> String? { values[key] }

  /// What must stand there.
  package func need(_ key: String) throws -> String {
    guard let value = values[key] else { throw PushFault("\"\(key)\" is missing") }
    return value
  }
}

/// Why a request cannot be made: words that hold no secret.
package struct PushFault: Error, Equatable, Sendable, CustomStringConvertible {
  package let description: String
  package init(_ description: String) { self.description = description }
}

/// One HTTP call.
package struct PushRequest: Sendable {
  /// What is sent.
  package enum Body: Sendable {
    case none
    case json(JSONValue)
    /// Signed bodies are made once, so that what was signed is what is sent.
    case bytes([UInt8], type: String)
    /// The file itself.
    case file
    /// Fields, and the file under this name.
    case form([(name: String, value: String)], file: String)
  }

  package var method = "POST"
  package var url: String
  package var headers: [(name: String, value: String)] = []
  package var body: Body

  package init(
    _ url: String, method: String = "POST", headers: [(name: String, value: String)] = [], _ body: Body
  ) {
    (self.method, self.url, self.headers, self.body) = (method, url, headers, body)
  }
}
