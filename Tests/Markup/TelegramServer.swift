/// What Telegram's server makes of a text with `parse_mode` HTML, by its rules.
struct TelegramServer {
  struct Entity: Equatable {
    var kind: String
    /// In UTF-16 code units.
    var offset: Int
    var length: Int
    var detail = ""
  }

  struct Refusal: Error { var reason: String }

  private(set) var text = ""
  private(set) var entities: [Entity] = []

  init(_ html: String) throws(Refusal) {
    let bytes = Array(html.utf8)
    var open: [(tag: String, kind: String, offset: Int, detail: String)] = []
    var pending: [UInt8] = []
    var index = 0
    var units = 0
    func fail(_ reason: String) -> Refusal { Refusal(reason: "\(reason) at byte offset \(index)") }
    while index < bytes.count {
      switch bytes[index] {
      case UInt8(ascii: "<"):
        units += String(decoding: pending, as: UTF8.self).utf16.count
        text += String(decoding: pending, as: UTF8.self)
        pending = []
        guard let end = bytes[index...].firstIndex(of: UInt8(ascii: ">")) else {
          throw fail("Unclosed start tag")
        }
        let tag = String(decoding: bytes[(index + 1)..<end], as: UTF8.self)
        if tag.utf8.first == UInt8(ascii: "/") {
          guard let last = open.popLast() else { throw fail("Unexpected end tag") }
          guard tag.dropFirst() == last.tag else { throw fail("Unmatched end tag") }
          if units > last.offset, last.kind != "pre_code" {
            entities.append(
              Entity(kind: last.kind, offset: last.offset, length: units - last.offset, detail: last.detail))
          }
        } else {
          let kinds = open.map(\.kind)
          guard let (name, kind, detail) = Self.read(tag, inside: kinds) else {
            throw fail("Unsupported start tag \(tag)")
          }
          if kinds.contains("code") || kinds.contains("pre") && name != "code" || kinds.contains("pre_code") {
            throw fail("something in code")
          }
          if kind == "blockquote", kinds.contains("blockquote") { throw fail("a quote in a quote") }
          if kind == "code" || kind == "pre", !kinds.allSatisfy({ $0 == "blockquote" }) {
            throw fail("code in \(kinds)")
          }
          open.append((name, kind, units, detail))
          if kind == "pre_code", let outer = open.indices.dropLast().last { open[outer].detail = detail }
        }
        index = end + 1
      case UInt8(ascii: ">"): throw fail("a bare >")
      case UInt8(ascii: "&"):
        let rest = bytes[index...].prefix(12)
        guard let end = rest.firstIndex(of: UInt8(ascii: ";")) else { throw fail("a bare &") }
        switch String(decoding: bytes[index...end], as: UTF8.self) {
        case "&lt;": pending.append(UInt8(ascii: "<"))
        case "&gt;": pending.append(UInt8(ascii: ">"))
        case "&amp;": pending.append(UInt8(ascii: "&"))
        case "&quot;": pending.append(UInt8(ascii: "\""))
        default: throw fail("an unknown reference")
        }
        index = end + 1
      default:
        pending.append(bytes[index])
        index += 1
      }
    }
    text += String(decoding: pending, as: UTF8.self)
    guard open.isEmpty else {
      throw Refusal(reason: "Can't find end tag corresponding to start tag \(open[0].tag)")
    }
    entities.sort { ($0.offset, -$0.length) < ($1.offset, -$1.length) }
  }

  /// A start tag: its name, what it makes, and a URL or a language.
  private static func read(_ tag: String, inside kinds: [String]) -> (String, String, String)? {
    switch tag {
    case "b": return ("b", "bold", "")
    case "i": return ("i", "italic", "")
    case "s": return ("s", "strikethrough", "")
    case "code": return ("code", "code", "")
    case "pre": return ("pre", "pre", "")
    case "blockquote": return ("blockquote", "blockquote", "")
    default: break
    }
    if tag.hasPrefix("a href=\""), tag.hasSuffix("\"") {
      let url = tag.dropFirst(8).dropLast()
      guard !url.utf8.contains(UInt8(ascii: "\"")), url.hasPrefix("http://") || url.hasPrefix("https://")
      else { return nil }
      guard !kinds.contains("text_link") else { return nil }
      return ("a", "text_link", String(url))
    }
    if tag.hasPrefix("code class=\"language-"), tag.hasSuffix("\""), kinds.last == "pre" {
      return ("code", "pre_code", String(tag.dropFirst(21).dropLast()))
    }
    return nil
  }
}
