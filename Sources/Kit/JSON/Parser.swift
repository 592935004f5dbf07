/// The recursive reader behind `JSONReader`.
///
/// The input is an argument of every function because a structure cannot hold a span.
struct Parser {
  /// Deep enough for any document that people write, and little enough for the stack of a thread.
  static let deepest = 512

  private var offset = 0
  private let maxDepth: Int
  private let dialect: JSONDialect

  init(maxDepth: Int, dialect: JSONDialect) {
    self.maxDepth = min(maxDepth, Self.deepest)
    self.dialect = dialect
  }

  /// Reads the only value of the input.
  mutating func document(_ bytes: Span<UInt8>) throws(Fault) -> JSONValue {
    guard !Lexer.beginsWithMark(bytes) else { throw Fault(.byteOrderMark, at: 0) }
    try skipBlanks(bytes)
    let value = try value(bytes, depth: 0)
    try skipBlanks(bytes)
    guard offset == bytes.count else { throw Fault(.needEnd, at: offset) }
    return value
  }

  /// Reads the value at the offset, inside `depth` containers.
  private mutating func value(_ bytes: Span<UInt8>, depth: Int) throws(Fault) -> JSONValue {
    switch Lexer.byte(bytes, offset) {
    case Ascii.quote:
      return .string(try string(bytes))
    case Ascii.openBrace:
      return .object(JSONObject(checked: try members(bytes, depth: depth + 1)))
    case Ascii.openBracket:
      return .array(try elements(bytes, depth: depth + 1))
    case Ascii.minus, Ascii.zero...0x39:
      let start = offset
      offset = try Lexer.number(bytes, from: start)
      return .number(
        JSONNumber(checked: try Lexer.text(bytes, from: start, to: offset, escaped: false, checked: true)))
    case let first where Ascii.isLetter(first):
      offset = try Lexer.literal(bytes, from: offset)
      return first == 0x6e ? .null : .bool(first == 0x74)
    default:
      throw Fault(.needValue, at: offset)
    }
  }

  /// Reads the string whose opening quote is at the offset.
  private mutating func string(_ bytes: Span<UInt8>) throws(Fault) -> String {
    let start = offset + 1
    let (end, escaped) = try Lexer.string(bytes, from: start)
    offset = end + 1
    return try Lexer.text(bytes, from: start, to: end, escaped: escaped, checked: true)
  }

  /// Reads the array whose bracket is at the offset.
  private mutating func elements(_ bytes: Span<UInt8>, depth: Int) throws(Fault) -> [JSONValue] {
    guard depth <= maxDepth else { throw Fault(.tooDeep(limit: maxDepth), at: offset) }
    var elements: [JSONValue] = []
    offset += 1
    try skipBlanks(bytes)
    if accept(Ascii.closeBracket, bytes) { return elements }
    while true {
      elements.append(try value(bytes, depth: depth))
      try skipBlanks(bytes)
      if accept(Ascii.closeBracket, bytes) { return elements }
      guard accept(Ascii.comma, bytes) else { throw Fault(.needCommaOrBracket, at: offset) }
      try skipBlanks(bytes)
      if dialect == .relaxed, accept(Ascii.closeBracket, bytes) { return elements }
    }
  }

  /// Reads the object whose brace is at the offset.
  private mutating func members(
    _ bytes: Span<UInt8>, depth: Int
  ) throws(Fault) -> [(name: String, value: JSONValue)] {
    guard depth <= maxDepth else { throw Fault(.tooDeep(limit: maxDepth), at: offset) }
    var members: [(name: String, value: JSONValue)] = []
    var names = NameCheck()
    offset += 1
    try skipBlanks(bytes)
    if accept(Ascii.closeBrace, bytes) { return members }
    while true {
      let start = offset
      guard Lexer.byte(bytes, offset) == Ascii.quote else {
        throw Fault(members.isEmpty ? .needNameOrEnd : .needName, at: offset)
      }
      let name = try string(bytes)
      guard names.isNew(name, after: members) else { throw Fault(.duplicateName, at: start) }
      try skipBlanks(bytes)
      guard accept(Ascii.colon, bytes) else { throw Fault(.needColon, at: offset) }
      try skipBlanks(bytes)
      members.append((name, try value(bytes, depth: depth)))
      try skipBlanks(bytes)
      if accept(Ascii.closeBrace, bytes) { return members }
      guard accept(Ascii.comma, bytes) else { throw Fault(.needCommaOrBrace, at: offset) }
      try skipBlanks(bytes)
      if dialect == .relaxed, accept(Ascii.closeBrace, bytes) { return members }
    }
  }

  /// Steps over a byte if it is the one expected.
  @inline(__always)
  private mutating func accept(_ byte: UInt8, _ bytes: Span<UInt8>) -> Bool {
    guard Lexer.byte(bytes, offset) == byte else { return false }
    offset += 1
    return true
  }

  /// Steps over white space and, in the relaxed dialect, comments.
  @inline(__always)
  private mutating func skipBlanks(_ bytes: Span<UInt8>) throws(Fault) {
    while true {
      switch Lexer.byte(bytes, offset) {
      case Ascii.space, Ascii.tab, Ascii.lineFeed, Ascii.carriageReturn: offset += 1
      case Ascii.slash where dialect == .relaxed: try skipComment(bytes)
      default: return
      }
    }
  }

  /// Steps over the comment at the offset; its bytes must be UTF-8 like everything else.
  private mutating func skipComment(_ bytes: Span<UInt8>) throws(Fault) {
    let opening = Lexer.byte(bytes, offset + 1)
    guard opening == Ascii.slash || opening == Ascii.star else {
      throw Fault(.needValue, at: offset)
    }
    offset += 2
    while offset < bytes.count {
      let byte = Lexer.byte(bytes, offset)
      if byte >= 0x80 {
        offset = try Lexer.nonASCII(bytes, from: offset)
      } else if opening == Ascii.slash, byte == Ascii.lineFeed {
        return
      } else if opening == Ascii.star, byte == Ascii.star,
        Lexer.byte(bytes, offset + 1) == Ascii.slash
      {
        offset += 2
        return
      } else {
        offset += 1
      }
    }
    if opening == Ascii.star { throw Fault(.unterminatedComment, at: offset) }
  }
}

/// Finds a name that was given before: by comparison while there are few, then with a set.
private struct NameCheck {
  private var seen: Set<ByteName> = []

  mutating func isNew(
    _ name: String, after members: [(name: String, value: JSONValue)]
  ) -> Bool {
    if members.count < 12 {
      return !members.contains { ByteName.same($0.name, name) }
    }
    if seen.isEmpty {
      for member in members { seen.insert(ByteName(member.name)) }
    }
    return seen.insert(ByteName(name)).inserted
  }
}
