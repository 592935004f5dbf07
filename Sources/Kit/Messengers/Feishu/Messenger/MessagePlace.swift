internal import Crypto
internal import JSON
internal import Wire

/// Where in a chat a message goes.
struct MessagePlace: Equatable {
  /// The message that it answers; nil where it answers none.
  var answered: String?
  /// The thread that it belongs to.
  var thread: String?

  /// The place that an address and the origin of the message that is answered say.
  ///
  /// With one person alone nothing is quoted, as there is no doubt whom it answers.
  init(_ address: Address, _ origin: JSONObject?) {
    thread = address.thread
    guard let message = origin?["message_id"]?.string, !message.isEmpty, message.utf8.count <= 256 else {
      return
    }
    if thread != nil || origin?["chat_type"]?.string != "p2p" { answered = message }
  }
}

/// The id under which Feishu takes a message once within an hour.
struct MessageKey: Equatable {
  private let base: String
  private let variant: String

  /// The id of a part of a line, said in a certain way.
  init(_ id: String, _ part: Int64, _ variant: String = "") {
    self.init(base: "\(id).\(part)", variant: variant)
  }

  private init(base: String, variant: String) { (self.base, self.variant) = (base, variant) }

  /// The id of the same said in another way.
  func varied(_ more: String) -> MessageKey { MessageKey(base: base, variant: variant + more) }

  /// 50 characters at most.
  var text: String {
    let whole = variant.isEmpty ? base : "\(base).\(variant)"
    guard whole.utf8.count > 50 else { return whole }
    // Ids of other people's stages may be longer.
    guard let sum = try? SHA256.hex(whole) else { return String(whole.suffix(50)) }
    return String(sum.prefix(48))
  }
}

/// What is remembered of a message: its id, and the card that it shows where that is one by itself.
struct PostedMessage: Equatable {
  var message: String
  var card: String?

  init(message: String, card: String? = nil) { (self.message, self.card) = (message, card) }

  init?(json: String) {
    guard let value = try? JSONReader.parse(json), let message = value["message"]?.string else { return nil }
    self.init(message: message, card: value["card"]?.string)
  }

  var json: String {
    var json = JSONWriter()
    json.beginObject()
    json.member("message", message)
    json.member("card", card)
    json.endObject()
    return String(decoding: json.bytes, as: UTF8.self)
  }
}
