extension Lexer {
  /// Steps over space, tab and carriage return; a line has no line feeds.
  @inline(__always)
  static func blanks(_ bytes: Span<UInt8>, from start: Int) -> Int {
    var offset = start
    while true {
      let byte = byte(bytes, offset)
      // Nearly every token follows at once or after one space.
      guard byte <= Ascii.space else { return offset }
      guard byte == Ascii.space || byte == Ascii.tab || byte == Ascii.carriageReturn else {
        return offset
      }
      offset &+= 1
    }
  }

  /// Reads the container at `start`, which is itself inside one other.
  ///
  /// The kinds of the open containers are the bits of a word, the innermost lowest: 1 for an object.
  /// That bounds `maxDepth` to 64, of which one level is the caller's.
  static func container(
    _ bytes: Span<UInt8>, from start: Int, maxDepth: Int
  ) throws(Fault) -> Int {
    var kinds: UInt64 = 0
    var depth = 1
    var offset = start
    while true {
      // At an opening bracket.
      guard depth < maxDepth else { throw Fault(.tooDeep(limit: maxDepth), at: offset) }
      depth &+= 1
      var inObject = byte(bytes, offset) == Ascii.openBrace
      kinds = kinds &<< 1 | (inObject ? 1 : 0)
      offset = blanks(bytes, from: offset &+ 1)
      var closes = byte(bytes, offset) == (inObject ? Ascii.closeBrace : Ascii.closeBracket)
      var first = true
      while true {
        if closes {
          depth &-= 1
          kinds &>>= 1
          offset &+= 1
          if depth == 1 { return offset }
          inObject = kinds & 1 == 1
        } else {
          if inObject { offset = try name(bytes, from: offset, first: first) }
          guard let end = try scalar(bytes, from: offset) else { break }
          offset = end
        }
        // After a value.
        offset = blanks(bytes, from: offset)
        let next = byte(bytes, offset)
        closes = next == (inObject ? Ascii.closeBrace : Ascii.closeBracket)
        if !closes {
          guard next == Ascii.comma else {
            throw Fault(inObject ? .needCommaOrBrace : .needCommaOrBracket, at: offset)
          }
          offset = blanks(bytes, from: offset &+ 1)
          first = false
        }
      }
    }
  }

  /// Reads a member name, its colon and the blanks after it.
  @inline(__always)
  private static func name(
    _ bytes: Span<UInt8>, from start: Int, first: Bool
  ) throws(Fault) -> Int {
    guard byte(bytes, start) == Ascii.quote else {
      throw Fault(first ? .needNameOrEnd : .needName, at: start)
    }
    let colon = blanks(bytes, from: try string(bytes, from: start &+ 1).end &+ 1)
    guard byte(bytes, colon) == Ascii.colon else { throw Fault(.needColon, at: colon) }
    return blanks(bytes, from: colon &+ 1)
  }

  /// Reads a value that is not a container; nil if it is one.
  @inline(__always)
  private static func scalar(_ bytes: Span<UInt8>, from start: Int) throws(Fault) -> Int? {
    switch byte(bytes, start) {
    case Ascii.quote: return try string(bytes, from: start &+ 1).end &+ 1
    case Ascii.openBrace, Ascii.openBracket: return nil
    case let byte where Ascii.isLetter(byte): return try literal(bytes, from: start)
    case let byte where byte == Ascii.minus || Ascii.isDigit(byte):
      return try number(bytes, from: start)
    default: throw Fault(.needValue, at: start)
    }
  }
}
