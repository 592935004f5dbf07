/// Keeps text from being taken for markup.
struct Escaper {
  let dialect: Dialect
  var isLineStart: Bool
  let isInCell: Bool
  let isInLink: Bool
  /// What stands before the text.
  var last: Unicode.Scalar

  /// The text as it is to be written.
  mutating func escape(_ text: String) -> String {
    let text = defused(text)
    switch dialect.escapes {
    case .none: return text
    case .html: return Self.html(text)
    case .slack: return slack(text)
    case .apart: return Self.apart(text)
    case .backslash, .references: return markdown(text)
    }
  }

  /// A blank without width behind the `@` of words that would notify everybody.
  private func defused(_ text: String) -> String {
    guard !dialect.alarms.isEmpty, text.utf8.contains(UInt8(ascii: "@")) else { return text }
    let bytes = Array(text.utf8)
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count + 8)
    for (index, byte) in bytes.enumerated() {
      result.append(byte)
      if byte == UInt8(ascii: "@"), dialect.alarms.contains(where: { Self.begins(bytes, index, $0) }) {
        result += "\u{200B}".utf8
      }
    }
    return String(decoding: result, as: UTF8.self)
  }

  private static func begins(_ bytes: [UInt8], _ start: Int, _ word: String) -> Bool {
    var index = start
    for byte in word.utf8 {
      guard index < bytes.count else { return false }
      let own = bytes[index]
      guard (own >= 0x41 && own <= 0x5A ? own | 0x20 : own) == byte else { return false }
      index += 1
    }
    return true
  }

  /// CommonMark: escapes a character only where it would be markup.
  private mutating func markdown(_ text: String) -> String {
    let bytes = Array(text.utf8)
    guard isLineStart || bytes.contains(where: { Self.isSpecial($0) }) else { return text }
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count + bytes.count / 8 + 8)
    var index = 0
    if isLineStart { index = lineStart(bytes, &result) }
    while index < bytes.count {
      let byte = bytes[index]
      if Self.isSpecial(byte), acts(bytes, index) {
        let next = index + 1 < bytes.count ? bytes[index + 1] : nil
        if dialect.fenceIsFixed, byte == UInt8(ascii: "<"), next == UInt8(ascii: "@") {
          // A backslash alone might leave a mention a mention.
          result += "<\u{200B}".utf8
        } else {
          append(byte, to: &result)
        }
      } else {
        result.append(byte)
      }
      index += 1
    }
    return String(decoding: result, as: UTF8.self)
  }

  /// What begins a heading, a quote, a list, a rule or a fence where a line begins.
  private func lineStart(_ bytes: [UInt8], _ result: inout [UInt8]) -> Int {
    var index = 0
    while index < bytes.count, bytes[index] == 0x20 {
      result.append(0x20)
      index += 1
    }
    guard index < bytes.count else { return index }
    switch bytes[index] {
    case UInt8(ascii: "#"), UInt8(ascii: ">"), UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "="):
      append(bytes[index], to: &result)
      return index + 1
    case UInt8(ascii: "0")...UInt8(ascii: "9"):
      var end = index
      while end < bytes.count, bytes[end] >= 0x30, bytes[end] <= 0x39 { end += 1 }
      guard end < bytes.count, bytes[end] == UInt8(ascii: ".") || bytes[end] == UInt8(ascii: ")"),
        end + 1 == bytes.count || bytes[end + 1] == 0x20
      else { return index }
      result += bytes[index..<end]
      append(bytes[end], to: &result)
      return end + 1
    default: return index
    }
  }

  private func append(_ byte: UInt8, to result: inout [UInt8]) {
    if case .references = dialect.escapes {
      result += "&#\(byte);".utf8
    } else if byte == UInt8(ascii: "&") {
      result += "&amp;".utf8
    } else if byte == UInt8(ascii: "<"), !dialect.fenceIsFixed {
      result += "&lt;".utf8
    } else {
      result.append(UInt8(ascii: "\\"))
      result.append(byte)
    }
  }

  private static func isSpecial(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "*"), UInt8(ascii: "_"), UInt8(ascii: "`"), UInt8(ascii: "~"), UInt8(ascii: "["),
      UInt8(ascii: "]"), UInt8(ascii: "<"), UInt8(ascii: "&"), UInt8(ascii: "\\"), UInt8(ascii: "|"),
      UInt8(ascii: "!"):
      true
    default: false
    }
  }

  /// Whether the character at a place would be markup.
  private func acts(_ bytes: [UInt8], _ index: Int) -> Bool {
    let next = index + 1 < bytes.count ? bytes[index + 1] : nil
    let before = index > 0 ? bytes[index - 1] : nil
    switch bytes[index] {
    case UInt8(ascii: "*"):
      return !(isBlank(next) && isBlank(before, at: index)) || isLineStart && index == 0
    case UInt8(ascii: "_"):
      return !(isWord(next) && isWord(before, at: index)) && !(isBlank(next) && isBlank(before, at: index))
    case UInt8(ascii: "~"): return next == UInt8(ascii: "~") || before == UInt8(ascii: "~") || next == nil
    case UInt8(ascii: "["): return true
    case UInt8(ascii: "]"): return true
    case UInt8(ascii: "!"): return next == nil
    case UInt8(ascii: "<"):
      guard let next else { return true }
      return isLetter(next) || "/!?@#:&".utf8.contains(next)
    case UInt8(ascii: "&"):
      guard let next else { return true }
      return isLetter(next) || next == UInt8(ascii: "#")
    case UInt8(ascii: "\\"): return next.map { $0 < 0x80 && !isWord($0) && $0 != 0x20 } ?? true
    case UInt8(ascii: "|"): return isInCell
    default: return true
    }
  }

  // What lies outside of the text may be anything but a part of a word, except for what stands before it.
  private func isBlank(_ byte: UInt8?, at index: Int = 1) -> Bool {
    if let byte { return byte == 0x20 || byte == 9 }
    return index == 0 && (last == " " || last == "\n")
  }

  private func isWord(_ byte: UInt8?, at index: Int = 1) -> Bool {
    if let byte { return byte >= 0x80 || isLetter(byte) || byte >= 0x30 && byte <= 0x39 || byte == 0x5F }
    return index == 0 && Writer.isLetter(last)
  }

  private func isLetter(_ byte: UInt8) -> Bool { byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A }
}

extension Escaper {
  /// References for `<`, `>` and `&`.
  static func html(_ text: String) -> String {
    guard text.utf8.contains(where: { $0 == 0x26 || $0 == 0x3C || $0 == 0x3E }) else { return text }
    var result: [UInt8] = []
    result.reserveCapacity(text.utf8.count + 16)
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "&"): result += "&amp;".utf8
      case UInt8(ascii: "<"): result += "&lt;".utf8
      case UInt8(ascii: ">"): result += "&gt;".utf8
      default: result.append(byte)
      }
    }
    return String(decoding: result, as: UTF8.self)
  }

  /// References for what may not stand in an attribute.
  static func attribute(_ text: String) -> String {
    html(text).replacing(UInt8(ascii: "\""), with: "&quot;")
  }

  /// A link's target as it may stand between `(` and `)`.
  static func destination(_ url: String, _ dialect: Dialect) -> String {
    var result = url.replacing(UInt8(ascii: "("), with: "%28").replacing(UInt8(ascii: ")"), with: "%29")
    if case .apart = dialect.escapes { return result }
    if result.utf8.contains(UInt8(ascii: "&")), result.utf8.contains(UInt8(ascii: ";")) {
      result = result.replacing(UInt8(ascii: "&"), with: "&amp;")
    }
    return result
  }

  /// A URL in which nothing notifies everybody.
  static func quiet(_ url: String, _ dialect: Dialect) -> String {
    guard !dialect.alarms.isEmpty, url.utf8.contains(UInt8(ascii: "@")) else { return url }
    let bytes = Array(url.utf8)
    var result: [UInt8] = []
    for (index, byte) in bytes.enumerated() {
      if byte == UInt8(ascii: "@"), dialect.alarms.contains(where: { begins(bytes, index, $0) }) {
        result += "%40".utf8
      } else {
        result.append(byte)
      }
    }
    return String(decoding: result, as: UTF8.self)
  }

  /// A link's words in Slack's form.
  static func slackLabel(_ text: String) -> String {
    html(text).replacing(UInt8(ascii: "|"), with: "\u{FF5C}")
  }

  /// The pipes of code in a cell.
  static func pipes(_ text: String) -> String { text.replacing(UInt8(ascii: "|"), with: "\\|") }

  /// Code that cannot end its own block.
  static func breakFences(_ text: String) -> String {
    guard text.utf8.contains(UInt8(ascii: "`")) else { return text }
    var result: [UInt8] = []
    var run = 0
    for byte in text.utf8 {
      run = byte == UInt8(ascii: "`") ? run + 1 : 0
      if run == 3 {
        result += "\u{200B}".utf8
        run = 1
      }
      result.append(byte)
    }
    return String(decoding: result, as: UTF8.self)
  }

  /// Code in which `<at` mentions nobody, whatever a client makes of it.
  static func breakMentions(_ text: String) -> String {
    apart(text, before: ["at "])
  }

  /// Text in which nothing acts, where there are no escapes: a blank without width behind `<`, and where a
  /// link's target would begin.
  static func apart(_ text: String) -> String {
    let text = apart(text, before: ["@", "font", "/font"])
    guard text.utf8.contains(UInt8(ascii: "]")) else { return text }
    var result: [UInt8] = []
    result.reserveCapacity(text.utf8.count + 8)
    for byte in text.utf8 {
      if byte == UInt8(ascii: "("), result.last == UInt8(ascii: "]") { result += "\u{200B}".utf8 }
      result.append(byte)
    }
    // What follows may begin with the bracket.
    if result.last == UInt8(ascii: "]") { result += "\u{200B}".utf8 }
    return String(decoding: result, as: UTF8.self)
  }

  private static func apart(_ text: String, before words: [String]) -> String {
    guard text.utf8.contains(UInt8(ascii: "<")) else { return text }
    let bytes = Array(text.utf8)
    var result: [UInt8] = []
    for (index, byte) in bytes.enumerated() {
      result.append(byte)
      if byte == UInt8(ascii: "<"), words.contains(where: { begins(bytes, index + 1, $0) }) {
        result += "\u{200B}".utf8
      }
    }
    return String(decoding: result, as: UTF8.self)
  }

  /// Slack: references, and a blank without width behind what would begin a style that also ends.
  private func slack(_ text: String) -> String {
    let clean = Self.html(text)
    guard clean.utf8.contains(where: { Self.isSlackStyle($0) }) || isLineStart else { return clean }
    let bytes = Array(clean.utf8)
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count + 8)
    for (index, byte) in bytes.enumerated() {
      result.append(byte)
      guard Self.isSlackStyle(byte) else { continue }
      let before = index > 0 ? bytes[index - 1] : nil
      let next = index + 1 < bytes.count ? bytes[index + 1] : nil
      let opens = !isWord(before, at: index) && !isBlank(next) && next != nil
      if opens || byte == UInt8(ascii: "`") { result += "\u{200B}".utf8 }
    }
    return String(decoding: result, as: UTF8.self)
  }

  private static func isSlackStyle(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "*") || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "~")
      || byte == UInt8(ascii: "`")
  }
}

extension String {
  /// The text with every byte of a kind replaced.
  func replacing(_ byte: UInt8, with other: String) -> String {
    guard utf8.contains(byte) else { return self }
    var result: [UInt8] = []
    result.reserveCapacity(utf8.count + 16)
    for own in utf8 { if own == byte { result += other.utf8 } else { result.append(own) } }
    return String(decoding: result, as: UTF8.self)
  }
}
