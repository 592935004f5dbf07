/// The tokens of JSON, shared by the reader and the line scanner so that both accept the same ones.
///
/// Every function takes the whole input and an offset that is not negative, and returns the offset
/// after the token. Reads are unchecked only directly after a comparison with `count`, which removes
/// the second comparison that the checked subscript would make.
enum Lexer {
  /// The byte at an offset, or 0 at the end; 0 is no part of any token, so it is refused by itself.
  @inline(__always)
  static func byte(_ bytes: Span<UInt8>, _ offset: Int) -> UInt8 {
    // Unsigned, so that one comparison covers both ends.
    UInt(bitPattern: offset) < UInt(bitPattern: bytes.count) ? bytes[unchecked: offset] : 0
  }

  /// Whether the input begins with a byte order mark.
  static func beginsWithMark(_ bytes: Span<UInt8>) -> Bool {
    byte(bytes, 0) == 0xef && byte(bytes, 1) == 0xbb && byte(bytes, 2) == 0xbf
  }

  /// Eight bytes, the first in the low bits; the caller has checked that `offset + 8 <= count`.
  @inline(__always)
  static func word(_ bytes: Span<UInt8>, _ offset: Int) -> UInt64 {
    UInt64(
      littleEndian: bytes.bytes.unsafeLoadUnaligned(
        fromUncheckedByteOffset: offset, as: UInt64.self))
  }

  /// Four bytes in the same order; the caller has checked that `offset + 4 <= count`.
  @inline(__always)
  static func half(_ bytes: Span<UInt8>, _ offset: Int) -> UInt32 {
    UInt32(
      littleEndian: bytes.bytes.unsafeLoadUnaligned(
        fromUncheckedByteOffset: offset, as: UInt32.self))
  }

  /// Marks the bytes of a word that end a run of plain string bytes.
  ///
  /// Those are the quote, the backslash, control characters and everything that is not ASCII. A
  /// subtraction can also mark bytes above a marked one, so only the lowest mark is exact.
  @inline(__always)
  static func marks(_ word: UInt64) -> UInt64 {
    let quotes = (word ^ 0x2222_2222_2222_2222) &- 0x0101_0101_0101_0101
    let backslashes = (word ^ 0x5c5c_5c5c_5c5c_5c5c) &- 0x0101_0101_0101_0101
    let controls = word &- 0x2020_2020_2020_2020
    return (quotes | backslashes | controls | word) & 0x8080_8080_8080_8080
  }

  /// Reads a string whose opening quote is just before `start`.
  ///
  /// - Returns: the offset of the closing quote and whether there is a backslash before it.
  @inline(__always)
  static func string(
    _ bytes: Span<UInt8>, from start: Int
  ) throws(Fault) -> (end: Int, escaped: Bool) {
    var offset = start
    var escaped = false
    while true {
      while offset &+ 8 <= bytes.count {
        let marked = marks(word(bytes, offset))
        if marked != 0 {
          offset &+= marked.trailingZeroBitCount &>> 3
          break
        }
        offset &+= 8
      }
      guard offset < bytes.count else { throw Fault(.unterminatedString, at: offset) }
      let byte = bytes[unchecked: offset]
      if byte == Ascii.quote { return (offset, escaped) }
      if byte >= 0x80 {
        offset = try nonASCII(bytes, from: offset)
      } else if byte == Ascii.backslash {
        escaped = true
        offset = try escape(bytes, from: offset)
      } else if byte < 0x20 {
        throw Fault(.controlCharacter, at: offset)
      } else {
        offset &+= 1
      }
    }
  }

  /// Reads an escape that begins with the backslash at `start`; a surrogate pair is one escape.
  static func escape(_ bytes: Span<UInt8>, from start: Int) throws(Fault) -> Int {
    switch byte(bytes, start &+ 1) {
    case Ascii.quote, Ascii.backslash, Ascii.slash, 0x62, 0x66, 0x6e, 0x72, 0x74:
      return start &+ 2
    case 0x75:
      let unit = try codeUnit(bytes, from: start &+ 2)
      guard unit &- 0xd800 < 0x800 else { return start &+ 6 }
      guard
        unit < 0xdc00, byte(bytes, start &+ 6) == Ascii.backslash,
        byte(bytes, start &+ 7) == 0x75,
        try codeUnit(bytes, from: start &+ 8) &- 0xdc00 < 0x400
      else { throw Fault(.loneSurrogate, at: start) }
      return start &+ 12
    default:
      throw Fault(.unknownEscape, at: start &+ 1)
    }
  }

  /// The value of four hexadecimal digits.
  static func codeUnit(_ bytes: Span<UInt8>, from start: Int) throws(Fault) -> UInt32 {
    var unit: UInt32 = 0
    for offset in start..<start &+ 4 {
      guard let digit = Ascii.hexValue(byte(bytes, offset)) else {
        throw Fault(.needHexDigit, at: offset)
      }
      unit = unit &<< 4 | digit
    }
    return unit
  }

  /// Reads a number that begins with the minus sign or digit at `start`.
  @inline(__always)
  static func number(_ bytes: Span<UInt8>, from start: Int) throws(Fault) -> Int {
    var offset = start
    if byte(bytes, offset) == Ascii.minus { offset &+= 1 }
    if byte(bytes, offset) == Ascii.zero {
      offset &+= 1
      guard !Ascii.isDigit(byte(bytes, offset)) else { throw Fault(.leadingZero, at: offset) }
    } else {
      offset = try digits(bytes, from: offset)
    }
    if byte(bytes, offset) == Ascii.dot {
      offset = try digits(bytes, from: offset &+ 1)
    }
    if byte(bytes, offset) | 0x20 == 0x65 {
      offset &+= 1
      let sign = byte(bytes, offset)
      if sign == Ascii.plus || sign == Ascii.minus { offset &+= 1 }
      offset = try digits(bytes, from: offset)
    }
    return offset
  }

  /// Reads one digit or more.
  @inline(__always)
  private static func digits(_ bytes: Span<UInt8>, from start: Int) throws(Fault) -> Int {
    var offset = start
    while Ascii.isDigit(byte(bytes, offset)) { offset &+= 1 }
    guard offset > start else { throw Fault(.needDigit, at: offset) }
    return offset
  }

  /// Reads `true`, `false` or `null`.
  @inline(__always)
  static func literal(_ bytes: Span<UInt8>, from start: Int) throws(Fault) -> Int {
    switch byte(bytes, start) {
    case 0x74 where matches(bytes, start, 0x72, 0x75, 0x65): return start &+ 4
    case 0x6e where matches(bytes, start, 0x75, 0x6c, 0x6c): return start &+ 4
    case 0x66 where matches(bytes, start, 0x61, 0x6c, 0x73) && byte(bytes, start &+ 4) == 0x65:
      return start &+ 5
    default: throw Fault(.unknownWord, at: start)
    }
  }

  @inline(__always)
  private static func matches(
    _ bytes: Span<UInt8>, _ start: Int, _ second: UInt8, _ third: UInt8, _ fourth: UInt8
  ) -> Bool {
    byte(bytes, start &+ 1) == second && byte(bytes, start &+ 2) == third
      && byte(bytes, start &+ 3) == fourth
  }
}
