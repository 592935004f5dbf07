internal import Delivery
internal import JSON
internal import Settings
internal import TelegramWire

/// A request's card: its text and its buttons.
struct CardText {
  let html: String
  let plain: String
  let keyboard: JSONValue?

  /// UTF-16 units of a message, with a little room for what is said about what is left out.
  private static let limit = 3900

  init(_ card: CardFacts, _ language: Language) {
    let rest = [card.title, card.words, card.outcome ?? ""] + card.notes + card.typed
    let room = max(200, Self.limit - rest.reduce(0) { $0 + $1.utf16.count + 1 })
    let (matter, left) = Self.cut(card.matter, room)
    var lines = ["<b>\(Self.escaped(card.title))</b>"]
    if !matter.isEmpty { lines.append("<pre>\(Self.escaped(matter))</pre>") }
    if left > 0 { lines.append(Self.escaped(Self.more(left, language))) }
    lines += card.notes.map(Self.escaped)
    if let outcome = card.outcome {
      lines.append("<b>\(Self.escaped(outcome))</b>")
    } else {
      lines += card.typed.map { "<i>\(Self.escaped($0))</i>" }
    }
    if !card.words.isEmpty { lines.append("<blockquote>\(Self.escaped(card.words))</blockquote>") }
    html = lines.joined(separator: "\n")
    plain = Self.cut(card.text, Self.limit).text
    keyboard = Self.keyboard(card)
  }

  static func escaped(_ text: String) -> String {
    var bytes: [UInt8] = []
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "&"): bytes += Array("&amp;".utf8)
      case UInt8(ascii: "<"): bytes += Array("&lt;".utf8)
      case UInt8(ascii: ">"): bytes += Array("&gt;".utf8)
      default: bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The beginning of a text that has at most so many units, and how many units are left.
  private static func cut(_ text: String, _ limit: Int) -> (text: String, left: Int) {
    let count = text.utf16.count
    guard count > limit else { return (text, 0) }
    var kept = String.UnicodeScalarView()
    var units = 0
    for scalar in text.unicodeScalars {
      units += UTF16.width(scalar)
      if units > limit { break }
      kept.append(scalar)
    }
    let shown = String(kept)
    return (shown, count - shown.utf16.count)
  }

  private static func more(_ left: Int, _ language: Language) -> String {
    switch language {
    case .en: "[\(left) more characters are not shown; the digest covers all of it]"
    case .zh: "[还有 \(left) 个字符未显示；摘要涵盖全部内容]"
    }
  }

  private static func keyboard(_ card: CardFacts) -> JSONValue? {
    guard !card.buttons.isEmpty else { return nil }
    let buttons = card.buttons.map { button -> JSONValue in
      let style: JSONValue? =
        switch button.style {
        case .primary: "success"
        case .danger: "danger"
        case .plain: nil
        }
      return .object(
        .of(["text": .string(button.label), "callback_data": .string(button.token), "style": style]))
    }
    // Options of a question are sentences and need a row each; yes and no stand beside each other.
    let wide = card.isQuestion ? buttons : buttons.dropFirst().dropLast()
    var rows = wide.map { JSONValue.array([$0]) }
    if !card.isQuestion, let first = buttons.first, let last = buttons.last, buttons.count > 1 {
      rows.insert(.array([first, last]), at: 0)
    } else if !card.isQuestion {
      rows = [.array(buttons)]
    }
    return .object(.of(["inline_keyboard": .array(rows)]))
  }
}
