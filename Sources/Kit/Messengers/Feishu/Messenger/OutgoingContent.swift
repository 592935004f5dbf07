internal import JSON
internal import Markup

/// What a message says: its type, and its content as the JSON text that the API takes.
struct OutgoingContent: Equatable {
  let type: String
  let content: String

  private init(_ type: String, _ json: JSONWriter) {
    self.type = type
    content = String(decoding: json.bytes, as: UTF8.self)
  }

  /// Text as it stands; see `isLiteral(_:)`.
  static func text(_ text: String) -> OutgoingContent { one("text", "text", text) }

  /// A card with all that it shows.
  static func card(_ card: FeishuCard) -> OutgoingContent {
    var json = JSONWriter()
    json.raw(card.json)
    return OutgoingContent("interactive", json)
  }

  /// A card that was made before, by its id.
  static func entity(_ id: String) -> OutgoingContent {
    var json = JSONWriter()
    json.beginObject()
    json.member("type", "card")
    json.name("data")
    json.beginObject()
    json.member("card_id", id)
    json.endObject()
    json.endObject()
    return OutgoingContent("interactive", json)
  }

  /// Text in which nothing is a markup, in lines.
  ///
  /// A text message would read tags and stars in it.
  static func post(_ text: String) -> OutgoingContent {
    let lines = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    let content = lines.map { line -> JSONValue in
      [["tag": "text", "text": .string(String(Substring(line)))]]
    }
    return post(["zh_cn": ["title": "", "content": .array(content)]])
  }

  /// A post of its languages.
  private static func post(_ content: JSONValue) -> OutgoingContent {
    var json = JSONWriter()
    json.value(content)
    return OutgoingContent("post", json)
  }

  /// A text of an agent as a post: no client is too old for it.
  static func post(_ markdown: Markdown) -> OutgoingContent { post(markdown.feishuPost()) }

  /// A picture, file, voice or video that was uploaded.
  static func upload(_ type: String, key: String) -> OutgoingContent {
    type == "image" ? one(type, "image_key", key) : one(type, "file_key", key)
  }

  private static func one(_ type: String, _ name: String, _ value: String) -> OutgoingContent {
    var json = JSONWriter()
    json.beginObject()
    json.name(name)
    json.value(value)
    json.endObject()
    return OutgoingContent(type, json)
  }

  /// Whether a text message shows a text as it is.
  ///
  /// It reads tags (`<at>` calls people), stars for bold, and links in brackets.
  static func isLiteral(_ text: String) -> Bool {
    var text = text
    return text.withUTF8 { bytes in
      !bytes.contains { "<*[`~_#|\\".utf8.contains($0) }
    }
  }
}

extension OutgoingContent {
  /// Bytes that a card's or a post's content may have: Feishu takes 30 KB.
  static let limit = 29_000

  /// The members of a request that sends it, `uuid` being the id under which it is taken once.
  func json(_ uuid: String) -> JSONObject {
    JSONObject([("msg_type", .string(type)), ("content", .string(content)), ("uuid", .string(uuid))])
  }
}

extension OutgoingContent {
  /// A text of an agent in the form that an account wants; nil where it is too long for a message.
  static func said(_ text: String, _ format: FeishuOptions.Format) -> OutgoingContent? {
    // Text in lines that nothing would be made of: people can copy, quote and translate it better than a card.
    if format == .auto, isLiteral(text), text.utf8.count <= 4000 { return .text(text) }
    if format == .post {
      let post = OutgoingContent.post(Markdown(text))
      return post.content.utf8.count <= limit ? post : nil
    }
    return FeishuCard.said(text).map(card)
  }
}
