extension Lexer {
  /// Reads the bytes from `start`, which is not ASCII, up to the next ASCII byte or the end.
  static func nonASCII(_ bytes: Span<UInt8>, from start: Int) throws(Fault) -> Int {
    var offset = start
    repeat {
      // Chinese, Japanese and Korean are runs of three-byte sequences: two at a time, if the leading
      // bytes are not the two (E0 and ED) that restrict the byte after them.
      while offset &+ 8 <= bytes.count {
        let word = word(bytes, offset)
        guard word & 0xc0c0_f0c0_c0f0 == 0x8080_e080_80e0 else { break }
        let free: UInt64 = 0b1101_1111_1111_1110
        guard free &>> (word & 15) & free &>> (word &>> 24 & 15) & 1 == 1 else { break }
        offset &+= 6
      }
      // The run may have ended exactly here.
      if byte(bytes, offset) >= 0x80 { offset = try sequence(bytes, from: offset) }
    } while byte(bytes, offset) >= 0x80
    return offset
  }

  /// Reads one sequence of two to four bytes, per table 3-7 of the Unicode standard.
  @inline(__always)
  static func sequence(_ bytes: Span<UInt8>, from start: Int) throws(Fault) -> Int {
    let lead = byte(bytes, start)
    let length: Int
    var lowest: UInt8 = 0x80
    var highest: UInt8 = 0xbf
    switch lead {
    case 0xc2...0xdf: length = 2
    case 0xe0...0xef:
      length = 3
      // Overlong forms and surrogates.
      if lead == 0xe0 { lowest = 0xa0 }
      if lead == 0xed { highest = 0x9f }
    case 0xf0...0xf4:
      length = 4
      // Overlong forms and values above U+10FFFF.
      if lead == 0xf0 { lowest = 0x90 }
      if lead == 0xf4 { highest = 0x8f }
    default: throw Fault(.invalidUTF8, at: start)
    }
    let second = byte(bytes, start &+ 1)
    guard
      second >= lowest, second <= highest,
      length < 3 || isContinuation(byte(bytes, start &+ 2)),
      length < 4 || isContinuation(byte(bytes, start &+ 3))
    else { throw Fault(.invalidUTF8, at: start) }
    return start &+ length
  }

  @inline(__always)
  private static func isContinuation(_ byte: UInt8) -> Bool { byte & 0xc0 == 0x80 }
}
