internal import FeishuWire
internal import JSON
internal import Markup

/// A card of schema 2.0, as JSON; clients since 7.20 show it.
struct FeishuCard: Equatable {
  /// The colour of the head.
  enum Tone: String {
    case blue, orange, green, red, grey
  }

  /// How a text in the body looks.
  enum Look: String {
    case normal
    /// Small and grey: what belongs to the text and is not it.
    case notation
  }

  /// A piece of the body.
  enum Element: Equatable {
    /// Markdown in the platform's form.
    case markdown(String, id: String? = nil)
    /// Text in which nothing is a markup.
    case plain(String, Look = .normal)
    /// Text in which nothing is a markup, on grey: what people decide about.
    case boxed(String)
    /// A line across.
    case rule
    /// Buttons, as many in a row as fit.
    case buttons([Button])
    /// An element that is JSON already.
    case made(JSONValue)
  }

  /// A button that says to us which one it is.
  struct Button: Equatable {
    /// What a button is for.
    enum Style: String {
      case plain = "default"
      case primary = "primary_filled"
      case danger
    }
    var label: String
    var style: Style
    var token: String
    /// Whether it is shown to one person alone.
    var isDirect = false
  }

  /// The head; nil for none.
  var title: String?
  var tone = Tone.blue
  var elements: [Element]
  /// What the list of chats shows of it; the platform finds something itself where it is nil.
  var summary: String?
  /// Whether its text may grow letter by letter.
  var isStreaming = false

  /// The element that grows.
  static let growing = "text"
  /// Characters of a button's label.
  static let labelLimit = 100

  /// The card as JSON.
  var json: [UInt8] {
    var json = JSONWriter()
    json.beginObject()
    json.member("schema", "2.0")
    json.name("config")
    json.beginObject()
    json.member("update_multi", true)
    json.member("width_mode", "fill")
    // Somebody else's copy of a card must not decide anything.
    json.member("enable_forward_interaction", false)
    json.member("streaming_mode", isStreaming)
    if let summary {
      json.name("summary")
      json.beginObject()
      json.member("content", summary)
      json.endObject()
    }
    json.endObject()
    if let title {
      json.name("header")
      json.beginObject()
      json.name("title")
      Self.text(title, &json)
      json.member("template", tone.rawValue)
      json.endObject()
    }
    json.name("body")
    json.beginObject()
    json.name("elements")
    json.beginArray()
    for element in elements { Self.write(element, &json) }
    json.endArray()
    json.endObject()
    json.endObject()
    return json.bytes
  }

  private static func write(_ element: Element, _ json: inout JSONWriter) {
    switch element {
    case .markdown(let text, let id):
      json.beginObject()
      json.member("tag", "markdown")
      json.member("element_id", id)
      json.member("content", text)
      json.endObject()
    case .plain(let text, let look):
      json.beginObject()
      json.member("tag", "div")
      json.name("text")
      self.text(text, &json, look)
      json.endObject()
    case .boxed(let text):
      json.beginObject()
      json.member("tag", "column_set")
      json.member("background_style", "grey")
      json.name("columns")
      json.beginArray()
      column([.plain(text)], "weighted", &json)
      json.endArray()
      json.endObject()
    case .rule:
      json.beginObject()
      json.member("tag", "hr")
      json.endObject()
    case .made(let element): json.value(element)
    case .buttons(let buttons):
      json.beginObject()
      json.member("tag", "column_set")
      json.member("flex_mode", "flow")
      json.name("columns")
      json.beginArray()
      for one in buttons { column(one, &json) }
      json.endArray()
      json.endObject()
    }
  }

  private static func column(_ elements: [Element], _ width: String, _ json: inout JSONWriter) {
    json.beginObject()
    json.member("tag", "column")
    json.member("width", width)
    json.name("elements")
    json.beginArray()
    for element in elements { write(element, &json) }
    json.endArray()
    json.endObject()
  }

  private static func column(_ button: Button, _ json: inout JSONWriter) {
    json.beginObject()
    json.member("tag", "column")
    json.member("width", "auto")
    json.name("elements")
    json.beginArray()
    json.beginObject()
    json.member("tag", "button")
    json.name("text")
    text(String(button.label.prefix(labelLimit)), &json)
    json.member("type", button.style.rawValue)
    json.name("behaviors")
    json.beginArray()
    json.beginObject()
    json.member("type", "callback")
    json.name("value")
    json.beginObject()
    json.name(Feishu.tokenKey)
    json.value(button.token)
    json.member("chat", button.isDirect ? "direct" : "group")
    json.endObject()
    json.endObject()
    json.endArray()
    json.endObject()
    json.endArray()
    json.endObject()
  }

  private static func text(_ content: String, _ json: inout JSONWriter, _ look: Look = .normal) {
    json.beginObject()
    json.member("tag", "plain_text")
    // The platform takes no empty text.
    json.member("content", content.isEmpty ? " " : content)
    if look == .notation {
      json.member("text_size", look.rawValue)
      json.member("text_color", "grey")
    }
    json.endObject()
  }
}

extension FeishuCard {
  /// The card as a text of JSON.
  var text: String { String(decoding: json, as: UTF8.self) }

  /// The card that says a text of an agent; nil where that is too long for one.
  static func said(_ text: String) -> FeishuCard? {
    let markdown = Markdown(text)
    let summary = summary(markdown.plain)
    let rich = FeishuCard(elements: markdown.feishuElements().map { .made($0) }, summary: summary)
    if !rich.elements.isEmpty, rich.json.count <= OutgoingContent.limit { return rich }
    let plain = FeishuCard(elements: [.markdown(markdown.feishuMarkdown)], summary: summary)
    return plain.json.count <= OutgoingContent.limit ? plain : nil
  }

  /// The first line that says something, for the list of chats.
  private static func summary(_ plain: String) -> String? {
    let lines = plain.split(whereSeparator: \.isNewline)
    guard let line = lines.first(where: { $0.contains { $0.isLetter || $0.isNumber } }) ?? lines.first else {
      return nil
    }
    return String(line.prefix(80))
  }
}
