/// The first eight bytes of a name in one word, shorter names padded with zeros.
///
/// Names with different fingerprints differ, which settles nearly every comparison of two names.
enum Fingerprint {
  /// The fingerprint of the bytes between two offsets.
  @inline(__always)
  static func of(_ bytes: Span<UInt8>, from start: Int, to end: Int) -> UInt64 {
    let length = end &- start
    guard start &+ 8 <= bytes.count else { return slow(bytes, start, end) }
    let word = Lexer.word(bytes, start)
    // A shift by 64 would be a shift by 0, hence the two cases.
    return length >= 8 ? word : word & (1 &<< UInt64(length &* 8) &- 1)
  }

  /// The fingerprint of all bytes.
  static func of(_ bytes: Span<UInt8>) -> UInt64 { of(bytes, from: 0, to: bytes.count) }

  /// The same near the end of the input, where eight bytes cannot be loaded.
  private static func slow(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) -> UInt64 {
    let length = end &- start
    if length >= 4, length < 8, end <= bytes.count {
      // Most names that are looked for: two words that overlap.
      let last = end &- 4
      return UInt64(Lexer.half(bytes, start)) | UInt64(Lexer.half(bytes, last)) &<< UInt64((length &- 4) &* 8)
    }
    var word: UInt64 = 0
    for index in 0..<min(8, max(0, length)) {
      word |= UInt64(Lexer.byte(bytes, start &+ index)) &<< UInt64(index &* 8)
    }
    return word
  }
}

extension Lexer {
  /// Whether two ranges of bytes are the same.
  @inline(__always)
  static func equal(
    _ left: Span<UInt8>, _ leftStart: Int, _ leftEnd: Int,
    _ right: Span<UInt8>, _ rightStart: Int, _ rightEnd: Int
  ) -> Bool {
    let length = leftEnd &- leftStart
    guard length == rightEnd &- rightStart else { return false }
    guard leftEnd <= left.count, rightEnd <= right.count else { return false }
    var index = 0
    while index < length {
      guard left[leftStart &+ index] == right[rightStart &+ index] else { return false }
      index &+= 1
    }
    return true
  }
}
