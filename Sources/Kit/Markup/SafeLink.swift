/// Where a link may lead, and URLs that stand in text.
enum SafeLink {
  /// A link's target without anything that could end it or hide in it; nil for a scheme that is not allowed.
  static func target(_ url: String) -> String? {
    guard scheme(url) != nil else { return nil }
    guard url.unicodeScalars.contains(where: mustEscape) else { return url }
    var result = ""
    for scalar in url.unicodeScalars {
      if mustEscape(scalar) {
        for byte in String(scalar).utf8 { result += "%" + hex(byte) }
      } else {
        result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  /// A scheme that a link may have, lower case with its colon.
  static func scheme(_ url: String) -> String? {
    for scheme in ["https://", "http://", "mailto:", "tel:"] where starts(url.utf8, scheme.utf8) {
      return url.utf8.count > scheme.utf8.count ? scheme : nil
    }
    return nil
  }

  /// Whether it leads to a page, which every platform can open.
  static func isWeb(_ url: String) -> Bool {
    let scheme = scheme(url)
    return scheme == "https://" || scheme == "http://"
  }

  /// Finds the first URL of a page in a text: where it begins and ends.
  static func find(in bytes: [UInt8], from start: Int) -> Range<Int>? {
    var index = start
    while let place = bytes[index...].firstIndex(of: UInt8(ascii: ":")) {
      index = place + 1
      guard place + 3 < bytes.count, bytes[place + 1] == 0x2F, bytes[place + 2] == 0x2F else { continue }
      for count in [5, 4] where place - count >= start {
        let first = place - count
        let name = bytes[first..<place]
        guard starts(name, count == 5 ? "https".utf8 : "http".utf8) else { continue }
        guard first == 0 || !isWord(bytes[first - 1]) else { continue }
        let end = end(bytes, from: place + 3)
        if end > place + 3 { return first..<end }
      }
    }
    return nil
  }

  private static func end(_ bytes: [UInt8], from start: Int) -> Int {
    var end = start
    scan: while end < bytes.count {
      switch bytes[end] {
      case 0...0x20, 0x7F, UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "\""), UInt8(ascii: "`"),
        UInt8(ascii: "|"), UInt8(ascii: "\\"), UInt8(ascii: "^"), UInt8(ascii: "{"), UInt8(ascii: "}"),
        UInt8(ascii: "["), UInt8(ascii: "]"):
        break scan
      case 0xE2...0xEF where end + 2 < bytes.count && isPunctuation(bytes[end], bytes[end + 1]): break scan
      default: end += 1
      }
    }
    // What ends a sentence does not belong to the URL, nor does a bracket that the URL has not opened.
    var surplus = 0
    for byte in bytes[start..<end] {
      if byte == UInt8(ascii: ")") { surplus += 1 } else if byte == UInt8(ascii: "(") { surplus -= 1 }
    }
    while end > start {
      switch bytes[end - 1] {
      case UInt8(ascii: "."), UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: ":"), UInt8(ascii: "!"),
        UInt8(ascii: "?"), UInt8(ascii: "'"), UInt8(ascii: "*"), UInt8(ascii: "_"), UInt8(ascii: "~"),
        UInt8(ascii: "]"):
        end -= 1
      case UInt8(ascii: ")"):
        guard surplus > 0 else { return end }
        surplus -= 1
        end -= 1
      default: return end
      }
    }
    return end
  }

  /// Punctuation of Chinese, Japanese and typography, by the first two of its three bytes.
  private static func isPunctuation(_ first: UInt8, _ second: UInt8) -> Bool {
    switch (first, second) {
    // U+2000 to U+203F; U+3000 to U+303F; U+FF00 to U+FF3F.
    case (0xE2, 0x80), (0xE3, 0x80), (0xEF, 0xBC): true
    default: false
    }
  }

  private static func starts(_ text: some Collection<UInt8>, _ beginning: some Collection<UInt8>) -> Bool {
    var index = text.startIndex
    for byte in beginning {
      guard index < text.endIndex else { return false }
      let own = text[index]
      guard (own >= 0x41 && own <= 0x5A ? own | 0x20 : own) == byte else { return false }
      index = text.index(after: index)
    }
    return true
  }

  private static func isWord(_ byte: UInt8) -> Bool {
    byte >= 0x30 && byte <= 0x39 || byte >= 0x41 && byte <= 0x5A || byte >= 0x61 && byte <= 0x7A
  }

  /// Blanks, control characters, what ends a target in HTML, Slack or Markdown, and what is not seen.
  private static func mustEscape(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0...0x20, 0x22, 0x3C, 0x3E, 0x5C, 0x5E, 0x60, 0x7B, 0x7C, 0x7D, 0x7F...0xA0: true
    case 0xAD, 0x61C, 0x180E, 0x2000...0x200F, 0x2028...0x202F, 0x205F...0x206F, 0x3000, 0xFEFF: true
    case 0xE0000...0xE007F: true
    default: false
    }
  }

  private static func hex(_ byte: UInt8) -> String {
    let digits = String(byte, radix: 16, uppercase: true)
    return digits.utf8.count == 1 ? "0" + digits : digits
  }
}
