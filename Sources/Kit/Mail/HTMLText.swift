/// HTML reduced to the text that a person would read.
///
/// Nothing of it is loaded, run or followed.
enum HTMLText {
  /// The text of some HTML, at most about `limit` bytes of it.
  static func plain(_ html: String, limit: Int) -> String {
    var reader = HTMLReader(Array(html.utf8), limit: limit)
    return reader.read()
  }
}

private struct HTMLReader {
  private let bytes: [UInt8]
  private let limit: Int
  private var place = 0
  private var out: [UInt8] = []
  private var line: [UInt8] = []
  private var wantsSpace = false
  private var blankLines = 0
  private var quotes = 0
  private var verbatim = 0
  private var link: (target: [UInt8], start: Int)?
  /// How many elements are open within the outermost one that nobody sees; 0 outside of one.
  private var hidden = 0

  private static let blocks: Set<String> = [
    "p", "div", "br", "tr", "table", "ul", "ol", "li", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "blockquote",
    "pre", "section", "article", "header", "footer", "body", "dl", "dt", "dd", "center", "form", "address",
  ]
  private static let paragraphs: Set<String> = [
    "p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "table", "pre",
  ]
  private static let unseen: Set<String> = [
    "script", "style", "head", "title", "template", "noscript", "object", "svg", "math", "select", "textarea",
    "iframe", "audio", "video",
  ]
  private static let void: Set<String> = [
    "br", "hr", "img", "input", "meta", "link", "area", "base", "col", "embed", "source", "track", "wbr",
  ]

  init(_ bytes: [UInt8], limit: Int) {
    self.bytes = bytes
    self.limit = limit
  }

  mutating func read() -> String {
    while place < bytes.count, out.count < limit {
      switch bytes[place] {
      case UInt8(ascii: "<"): tag()
      case UInt8(ascii: "&"): reference()
      default:
        put(bytes[place])
        place += 1
      }
    }
    endLine()
    while out.last == 0x0A { out.removeLast() }
    return String(decoding: out, as: UTF8.self)
  }

  // MARK: - Tags

  private mutating func tag() {
    let start = place
    if MailBytes.stands("<!--", at: place, in: bytes[...]) {
      place = MailBytes.find("-->", in: bytes[...], from: place + 4).map { $0 + 3 } ?? bytes.count
      return
    }
    var cursor = place + 1
    let isEnd = cursor < bytes.count && bytes[cursor] == UInt8(ascii: "/")
    if isEnd { cursor += 1 }
    guard cursor < bytes.count, MailBytes.isLetter(bytes[cursor]) else {
      if cursor < bytes.count, "!?".utf8.contains(bytes[cursor]) {
        place = bytes[cursor...].firstIndex(of: UInt8(ascii: ">")).map { $0 + 1 } ?? bytes.count
      } else {
        put(bytes[start])
        place += 1
      }
      return
    }
    let nameStart = cursor
    while cursor < bytes.count, MailBytes.isLetter(bytes[cursor]) || MailBytes.isDigit(bytes[cursor]) {
      cursor += 1
    }
    let name = MailBytes.lower(bytes[nameStart..<min(cursor, nameStart + 20)])
    let attributes = self.attributes(from: &cursor)
    place = cursor
    isEnd ? end(name) : begin(name, attributes)
  }

  private mutating func attributes(from cursor: inout Int) -> [String: [UInt8]] {
    var found: [String: [UInt8]] = [:]
    while cursor < bytes.count {
      while cursor < bytes.count, bytes[cursor] <= 0x20 || bytes[cursor] == UInt8(ascii: "/") { cursor += 1 }
      guard cursor < bytes.count else { break }
      if bytes[cursor] == UInt8(ascii: ">") {
        cursor += 1
        break
      }
      let start = cursor
      while cursor < bytes.count, bytes[cursor] > 0x20, !"=>/".utf8.contains(bytes[cursor]) { cursor += 1 }
      if cursor == start { cursor += 1 }
      let name = MailBytes.lower(bytes[start..<cursor].prefix(20))
      while cursor < bytes.count, bytes[cursor] <= 0x20 { cursor += 1 }
      var value: [UInt8] = []
      if cursor < bytes.count, bytes[cursor] == UInt8(ascii: "=") {
        cursor += 1
        while cursor < bytes.count, bytes[cursor] <= 0x20 { cursor += 1 }
        if cursor < bytes.count, bytes[cursor] == 0x22 || bytes[cursor] == 0x27 {
          let end = bytes[(cursor + 1)...].firstIndex(of: bytes[cursor]) ?? bytes.count
          value = Array(bytes[(cursor + 1)..<end])
          cursor = min(end + 1, bytes.count)
        } else {
          let from = cursor
          while cursor < bytes.count, bytes[cursor] > 0x20, bytes[cursor] != UInt8(ascii: ">") { cursor += 1 }
          value = Array(bytes[from..<cursor])
        }
      }
      if found.count < 50 { found[name] = value }
    }
    return found
  }

  private static func isHidden(_ attributes: [String: [UInt8]]) -> Bool {
    if attributes["hidden"] != nil { return true }
    guard let style = attributes["style"] else { return false }
    let tight = style.filter { $0 > 0x20 }[...]
    return MailBytes.find("display:none", in: tight) != nil
      || MailBytes.find("visibility:hidden", in: tight) != nil
      || MailBytes.find("font-size:0", in: tight) != nil && MailBytes.find("font-size:0.", in: tight) == nil
      || MailBytes.find("mso-hide:all", in: tight) != nil
  }

  private mutating func begin(_ name: String, _ attributes: [String: [UInt8]]) {
    if hidden > 0 {
      if !Self.void.contains(name) { hidden += 1 }
      return
    }
    if ["script", "style", "textarea", "title"].contains(name) {
      // What stands in them is no HTML.
      skip(to: name)
      return
    }
    if !Self.void.contains(name), Self.unseen.contains(name) || Self.isHidden(attributes) {
      hidden = 1
      return
    }
    if Self.blocks.contains(name) { endLine() }
    if Self.paragraphs.contains(name) { blank() }
    switch name {
    case "br":
      // An empty line that somebody wants.
      if out.last == 0x0A, blankLines == 0, line.isEmpty, wasBreak { blank() }
      wasBreak = true
      return
    case "li": line += Array("- ".utf8)
    case "hr": for byte in "---".utf8 { put(byte) }
    case "td", "th": if !line.isEmpty { line.append(0x09) }
    case "blockquote": quotes += 1
    case "pre": verbatim += 1
    case "a":
      if let target = attributes["href"] { link = (target, line.count) }
    case "img":
      if let alt = attributes["alt"], !alt.isEmpty { for byte in alt.prefix(200) { put(byte) } }
    default: break
    }
    wasBreak = false
  }

  private var wasBreak = false

  private mutating func end(_ name: String) {
    if hidden > 0 {
      if !Self.void.contains(name) { hidden -= 1 }
      return
    }
    if Self.blocks.contains(name) { endLine() }
    if Self.paragraphs.contains(name) { blank() }
    switch name {
    case "blockquote": quotes = max(0, quotes - 1)
    case "pre": verbatim = max(0, verbatim - 1)
    case "a": endLink()
    default: break
    }
  }

  /// Where a link leads is shown where its words do not say it: they may say something else.
  private mutating func endLink() {
    guard let (target, start) = link else { return }
    link = nil
    let isWeb =
      MailBytes.stands("http://", at: 0, in: target[...])
      || MailBytes.stands("https://", at: 0, in: target[...])
    guard isWeb, target.count <= 2000, start <= line.count,
      !target.contains(where: { $0 <= 0x20 || $0 == 0x7F })
    else { return }
    let words = Array(line[start...])
    guard !words.isEmpty, MailBytes.trimmed(words[...]) != target[...] else { return }
    line += Array(" (".utf8) + target + Array(")".utf8)
  }

  private mutating func skip(to name: String) {
    while let end = MailBytes.find("</", in: bytes[...], from: place) {
      let after = end + 2 + name.utf8.count
      if after <= bytes.count, MailBytes.lower(bytes[(end + 2)..<after]) == name {
        place = bytes[after...].firstIndex(of: UInt8(ascii: ">")).map { $0 + 1 } ?? bytes.count
        return
      }
      place = end + 2
    }
    place = bytes.count
  }

  // MARK: - Text

  private static let names: [String: String] = [
    "amp": "&", "lt": "<", "gt": ">", "quot": "\"", "apos": "'", "nbsp": " ", "copy": "©", "reg": "®",
    "hellip": "…", "mdash": "—", "ndash": "–", "lsquo": "‘", "rsquo": "’", "ldquo": "“", "rdquo": "”",
    "laquo": "«", "raquo": "»", "bull": "•", "middot": "·", "euro": "€", "pound": "£", "yen": "¥",
    "times": "×",
    "deg": "°", "auml": "ä", "ouml": "ö", "uuml": "ü", "Auml": "Ä", "Ouml": "Ö", "Uuml": "Ü", "szlig": "ß",
    "eacute": "é", "egrave": "è", "agrave": "à", "ccedil": "ç", "shy": "", "zwnj": "", "zwj": "",
    "trade": "™",
    "rarr": "→", "larr": "←", "check": "✓",
  ]

  private mutating func reference() {
    let end = bytes[place...].prefix(12).firstIndex(of: UInt8(ascii: ";"))
    guard let end, end > place + 1 else {
      put(bytes[place])
      place += 1
      return
    }
    let name = bytes[(place + 1)..<end]
    var text: String?
    if name.first == UInt8(ascii: "#") {
      let digits = name.dropFirst()
      let isHex = digits.first.map { $0 | 0x20 == UInt8(ascii: "x") } ?? false
      let number =
        isHex
        ? UInt32(MailBytes.text(digits.dropFirst()), radix: 16) : UInt32(MailBytes.text(digits), radix: 10)
      text = number.map { Unicode.Scalar($0).flatMap { $0.value == 0 ? nil : String($0) } ?? "\u{FFFD}" }
    } else {
      text = Self.names[MailBytes.text(name)]
    }
    guard let text else {
      put(bytes[place])
      place += 1
      return
    }
    place = end + 1
    for byte in text.utf8 { put(byte) }
  }

  private mutating func put(_ byte: UInt8) {
    guard hidden == 0 else { return }
    if verbatim > 0 {
      if byte == 0x0A { endLine(isKept: true) } else if byte != 0x0D { line.append(byte) }
      return
    }
    if byte <= 0x20 {
      wantsSpace = !line.isEmpty
      return
    }
    if wantsSpace, let last = line.last, last != 0x20, last != 0x09 { line.append(0x20) }
    wantsSpace = false
    wasBreak = false
    line.append(byte)
  }

  private mutating func endLine(isKept: Bool = false) {
    if let (target, _) = link { link = (target, 0) }
    guard !line.isEmpty || isKept else {
      wantsSpace = false
      return
    }
    if quotes > 0 { out += [UInt8](repeating: UInt8(ascii: ">"), count: min(quotes, 20)) + [0x20] }
    out += line
    out.append(0x0A)
    line = []
    wantsSpace = false
    blankLines = 0
  }

  private mutating func blank() {
    guard !out.isEmpty, blankLines == 0 else { return }
    if quotes > 0 { out += [UInt8](repeating: UInt8(ascii: ">"), count: min(quotes, 20)) }
    out.append(0x0A)
    blankLines += 1
  }
}
