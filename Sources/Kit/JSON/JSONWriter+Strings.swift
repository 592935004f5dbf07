extension JSONWriter {
  /// Appends a string in quotes.
  ///
  /// Only what must be is escaped, and three things that break other programs if they are not: the
  /// delete character on terminals, U+2028 and U+2029 in JavaScript.
  mutating func appendString(_ text: Span<UInt8>) {
    bytes.append(Ascii.quote)
    var start = 0
    var offset = 0
    while true {
      while offset &+ 8 <= text.count {
        let marked = Self.marks(Lexer.word(text, offset))
        if marked != 0 {
          offset &+= marked.trailingZeroBitCount &>> 3
          break
        }
        offset &+= 8
      }
      guard offset < text.count else { break }
      // At the end of a text each byte comes by here, and few need a closer look.
      if Self.isPlain(text[offset]) {
        offset &+= 1
        continue
      }
      let length = appendEscape(text, at: offset, plainFrom: start)
      offset &+= max(length, 1)
      if length > 0 { start = offset }
    }
    append(text.extracting(start..<text.count))
    bytes.append(Ascii.quote)
  }

  /// Appends bytes as they are.
  mutating func append(_ span: Span<UInt8>) {
    span.withUnsafeBufferPointer { bytes.append(contentsOf: $0) }
  }

  /// If the bytes at an offset need an escape, appends the plain bytes before them and the escape.
  ///
  /// - Returns: the number of bytes the escape stands for, 0 if none is needed.
  private mutating func appendEscape(
    _ text: Span<UInt8>, at offset: Int, plainFrom start: Int
  ) -> Int {
    let escape: StaticString
    switch text[offset] {
    case Ascii.quote: escape = "\\\""
    case Ascii.backslash: escape = "\\\\"
    case 0x08: escape = "\\b"
    case 0x0c: escape = "\\f"
    case Ascii.lineFeed: escape = "\\n"
    case Ascii.carriageReturn: escape = "\\r"
    case Ascii.tab: escape = "\\t"
    case let byte where byte < 0x20 || byte == 0x7f:
      append(text.extracting(start..<offset))
      bytes.append(contentsOf: "\\u00".utf8)
      bytes.append(Self.hexDigit(byte &>> 4))
      bytes.append(Self.hexDigit(byte & 15))
      return 1
    case 0xe2 where Lexer.byte(text, offset &+ 1) == 0x80:
      switch Lexer.byte(text, offset &+ 2) {
      case 0xa8: escape = "\\u2028"
      case 0xa9: escape = "\\u2029"
      default: return 0
      }
      append(text.extracting(start..<offset))
      escape.withUTF8Buffer { bytes.append(contentsOf: $0) }
      return 3
    default:
      return 0
    }
    append(text.extracting(start..<offset))
    escape.withUTF8Buffer { bytes.append(contentsOf: $0) }
    return 1
  }

  /// Whether a byte is written as it is, whatever stands beside it.
  @inline(__always)
  private static func isPlain(_ byte: UInt8) -> Bool {
    byte >= 0x20 && byte < 0x7f && byte != Ascii.quote && byte != Ascii.backslash
  }

  private static func hexDigit(_ value: UInt8) -> UInt8 {
    value < 10 ? Ascii.zero &+ value : 0x57 &+ value
  }

  /// Marks the bytes of a word that may need an escape; only the lowest mark is exact.
  @inline(__always)
  private static func marks(_ word: UInt64) -> UInt64 {
    let ones: UInt64 = 0x0101_0101_0101_0101
    /// Marks bytes equal to one byte.
    func equal(_ byte: UInt64) -> UInt64 {
      let difference = word ^ (byte &* ones)
      return (difference &- ones) & ~difference
    }
    let controls = (word &- 0x20 &* ones) & ~word
    return (equal(0x22) | equal(0x5c) | equal(0x7f) | equal(0xe2) | controls)
      & 0x8080_8080_8080_8080
  }
}
