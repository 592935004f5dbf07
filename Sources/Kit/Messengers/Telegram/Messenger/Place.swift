internal import Console
internal import JSON
internal import TelegramWire
internal import Wire

/// A chat, and a topic in it, that something goes to.
struct Place: Equatable {
  /// The chat's number; nil where only its name is known.
  var number: Int64?
  /// The name of a public group or channel, with its @; empty for one with a number.
  var name = ""
  var thread: Int64?

  /// The place that an address means.
  ///
  /// - Throws: `Failure` with status 65.
  init(_ address: Address) throws {
    if let number = Int64(address.channel) {
      self.number = number
    } else if address.channel.hasPrefix("@"), address.channel.utf8.count > 1 {
      name = address.channel
    } else {
      throw Failure(
        .dataError, "\(address): no chat of Telegram",
        hint: "write telegram: and the chat's number, or the @name of a public group or channel")
    }
    guard let thread = address.thread else { return }
    guard let topic = Int64(thread), topic > 0 else {
      throw Failure(.dataError, "\(address): a topic is a number")
    }
    // The general topic has the number 1, and is reached without.
    self.thread = topic == 1 ? nil : topic
  }

  /// Whether several people read there.
  var isGroup: Bool { number.map { $0 < 0 } ?? true }

  /// What its pace is kept by.
  var key: String { number.map { "\($0)" } ?? name }

  /// The chat as calls name it.
  var chat: JSONValue { number.map { .id($0) } ?? .string(name) }
}
