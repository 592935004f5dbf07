extension Lexer {
  /// The bytes that the inside of a string stands for, its escapes resolved.
  ///
  /// - Throws: a fault if an escape is not one; what is not an escape is copied unseen.
  static func unescape(
    _ bytes: Span<UInt8>, from start: Int, to end: Int
  ) throws(Fault) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(end - start)
    var offset = start
    while true {
      let plainEnd = backslash(bytes, from: offset, to: end)
      bytes.extracting(offset..<plainEnd).withUnsafeBufferPointer { result.append(contentsOf: $0) }
      guard plainEnd < end else { return result }
      offset = try escape(bytes, from: plainEnd)
      switch byte(bytes, plainEnd &+ 1) {
      case 0x62: result.append(0x08)
      case 0x66: result.append(0x0c)
      case 0x6e: result.append(Ascii.lineFeed)
      case 0x72: result.append(Ascii.carriageReturn)
      case 0x74: result.append(Ascii.tab)
      case 0x75: append(try scalar(bytes, from: plainEnd, to: offset), to: &result)
      case let other: result.append(other)
      }
      // Only if the range ends within an escape, which ranges found by `string` do not.
      guard offset <= end else { throw Fault(.unterminatedString, at: end) }
    }
  }

  /// The offset of the first backslash, or `end`.
  private static func backslash(_ bytes: Span<UInt8>, from start: Int, to end: Int) -> Int {
    var offset = start
    while offset &+ 8 <= end {
      let difference = word(bytes, offset) ^ 0x5c5c_5c5c_5c5c_5c5c
      let marked = (difference &- 0x0101_0101_0101_0101) & ~difference & 0x8080_8080_8080_8080
      if marked != 0 { return offset &+ marked.trailingZeroBitCount &>> 3 }
      offset &+= 8
    }
    while offset < end, byte(bytes, offset) != Ascii.backslash { offset &+= 1 }
    return offset
  }

  /// The value of a `\u` escape, or of a pair of them, that `escape` has accepted.
  private static func scalar(
    _ bytes: Span<UInt8>, from start: Int, to end: Int
  ) throws(Fault) -> UInt32 {
    let unit = try codeUnit(bytes, from: start &+ 2)
    guard end &- start == 12 else { return unit }
    let low = try codeUnit(bytes, from: start &+ 8)
    return 0x10000 &+ (unit &- 0xd800) &<< 10 &+ (low &- 0xdc00)
  }

  /// Appends a code point in UTF-8.
  private static func append(_ scalar: UInt32, to result: inout [UInt8]) {
    func add(_ bits: UInt32) { result.append(UInt8(truncatingIfNeeded: bits)) }
    switch scalar {
    case ..<0x80:
      add(scalar)
    case ..<0x800:
      add(0xc0 | scalar &>> 6)
      add(0x80 | scalar & 0x3f)
    case ..<0x10000:
      add(0xe0 | scalar &>> 12)
      add(0x80 | scalar &>> 6 & 0x3f)
      add(0x80 | scalar & 0x3f)
    default:
      add(0xf0 | scalar &>> 18)
      add(0x80 | scalar &>> 12 & 0x3f)
      add(0x80 | scalar &>> 6 & 0x3f)
      add(0x80 | scalar & 0x3f)
    }
  }

  /// The string between two offsets, its escapes resolved.
  ///
  /// `checked` says that `string` has just accepted these very bytes. UTF-8 is then not checked
  /// again, which halves the time of reading a document.
  @inline(__always)
  static func text(
    _ bytes: Span<UInt8>, from start: Int, to end: Int, escaped: Bool, checked: Bool
  ) throws(Fault) -> String {
    if escaped {
      let decoded = try unescape(bytes, from: start, to: end)
      return try string(decoded.span, checked: checked, at: start)
    }
    return try string(bytes.extracting(start..<end), checked: checked, at: start)
  }

  /// A string of these bytes.
  @inline(__always)
  private static func string(
    _ bytes: Span<UInt8>, checked: Bool, at start: Int
  ) throws(Fault) -> String {
    // Escapes stand for whole scalars, so that decoding them keeps accepted bytes valid.
    if checked { return String(copying: UTF8Span(unchecked: bytes)) }
    do {
      return String(copying: try UTF8Span(validating: bytes))
    } catch {
      throw Fault(.invalidUTF8, at: start)
    }
  }
}
