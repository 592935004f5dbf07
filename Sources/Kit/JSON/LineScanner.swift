/// Finds the top-level members of a line that is a JSON object, without building values.
///
/// A line is accepted exactly when `JSONReader` would accept it as an object, but for two things. The
/// scanner does **not** check that names inside nested objects differ; only top-level names are
/// compared, decoded. And it refuses line feeds, because a line has none. White space is thus space,
/// tab and carriage return. Everything else is checked at every level: grammar, escapes, UTF-8, depth.
///
/// The storage is kept from line to line: after a few lines, scanning one with at most 32 members
/// whose names have no escapes allocates nothing.
///
///     var scanner = LineScanner()
///     try scanner.scan(line)
///     if let type = scanner.find("type", in: line), scanner.equals(type, "message", in: line) { ... }
package struct LineScanner: Sendable {
  /// The members of the line scanned last, in order; empty if that failed.
  package private(set) var members: [Member] = []

  /// A bit for each name, chosen by its fingerprint: a name whose bit is not there yet differs from all before.
  private var seen: UInt64 = 0

  /// The length of the line scanned last, or -1 if that failed.
  private(set) var length = -1

  /// The offset after the opening brace.
  private(set) var bodyStart = 0

  /// The decoded names, used only for lines with many members.
  private var names: Set<ByteName> = []

  /// Makes a scanner that has scanned nothing.
  package init() {}

  /// Checks a line and finds its members.
  ///
  /// - Parameters:
  ///   - line: One line without its line feed.
  ///   - limits: How long and how deep the line may be; the depth is at most 64.
  /// - Throws: `JSONError` at the first byte that breaks a rule; there are no members then.
  package mutating func scan(
    _ line: Span<UInt8>, limits: JSONLimits = .line
  ) throws(JSONError) {
    members.removeAll(keepingCapacity: true)
    seen = 0
    length = -1
    do throws(Fault) {
      guard line.count <= limits.maxBytes else {
        throw Fault(.tooLong(limit: limits.maxBytes), at: limits.maxBytes)
      }
      try object(line, maxDepth: min(limits.maxDepth, 64))
      length = line.count
    } catch {
      members.removeAll(keepingCapacity: true)
      throw JSONError(error, in: line)
    }
  }

  /// Reads the whole line.
  private mutating func object(_ line: Span<UInt8>, maxDepth: Int) throws(Fault) {
    var offset = Lexer.blanks(line, from: 0)
    guard Lexer.byte(line, offset) == Ascii.openBrace else {
      throw Fault(Lexer.beginsWithMark(line) ? .byteOrderMark : .needObject, at: offset)
    }
    guard maxDepth >= 1 else { throw Fault(.tooDeep(limit: maxDepth), at: offset) }
    bodyStart = offset &+ 1
    offset = Lexer.blanks(line, from: bodyStart)
    if Lexer.byte(line, offset) != Ascii.closeBrace {
      while true {
        offset = try member(line, from: offset, maxDepth: maxDepth)
        let next = Lexer.byte(line, offset)
        if next == Ascii.closeBrace { break }
        guard next == Ascii.comma else { throw Fault(.needCommaOrBrace, at: offset) }
        offset = Lexer.blanks(line, from: offset &+ 1)
      }
    }
    offset = Lexer.blanks(line, from: offset &+ 1)
    guard offset == line.count else { throw Fault(.needEnd, at: offset) }
  }

  /// Reads a member and the blanks after it.
  @inline(__always)
  private mutating func member(
    _ line: Span<UInt8>, from start: Int, maxDepth: Int
  ) throws(Fault) -> Int {
    guard Lexer.byte(line, start) == Ascii.quote else {
      throw Fault(members.isEmpty ? .needNameOrEnd : .needName, at: start)
    }
    let name = try Lexer.string(line, from: start &+ 1)
    let fingerprint = try admit(line, start &+ 1, name.end, escaped: name.escaped)
    let colon = Lexer.blanks(line, from: name.end &+ 1)
    guard Lexer.byte(line, colon) == Ascii.colon else { throw Fault(.needColon, at: colon) }
    let value = Lexer.blanks(line, from: colon &+ 1)
    let kind: MemberKind
    let end: Int
    var escaped = false
    switch Lexer.byte(line, value) {
    case Ascii.quote:
      let string = try Lexer.string(line, from: value &+ 1)
      kind = .string
      end = string.end &+ 1
      escaped = string.escaped
    case Ascii.openBrace:
      kind = .object
      end = try Lexer.container(line, from: value, maxDepth: maxDepth)
    case Ascii.openBracket:
      kind = .array
      end = try Lexer.container(line, from: value, maxDepth: maxDepth)
    case let first where Ascii.isLetter(first):
      kind = first == 0x6e ? .null : .bool
      end = try Lexer.literal(line, from: value)
    case let first where first == Ascii.minus || Ascii.isDigit(first):
      kind = .number
      end = try Lexer.number(line, from: value)
    default:
      throw Fault(.needValue, at: value)
    }
    members.append(
      Member(
        nameStart: start &+ 1, nameEnd: name.end, valueStart: value, valueEnd: end, kind: kind,
        escaped: escaped, nameEscaped: name.escaped, fingerprint: fingerprint))
    return Lexer.blanks(line, from: end)
  }

  /// Records a name, unless a member before it has the same.
  ///
  /// - Returns: its fingerprint.
  @inline(__always)
  private mutating func admit(
    _ line: Span<UInt8>, _ start: Int, _ end: Int, escaped: Bool
  ) throws(Fault) -> UInt64 {
    let fingerprint: UInt64
    if escaped {
      let decoded = try Lexer.unescape(line, from: start, to: end)
      fingerprint = Fingerprint.of(decoded.span)
    } else {
      fingerprint = Fingerprint.of(line, from: start, to: end)
    }
    if members.count < 32 {
      let bit: UInt64 = 1 &<< ((fingerprint &* 0x9e37_79b9_7f4a_7c15) &>> 58)
      if seen & bit != 0 {
        for index in members.indices where members[index].fingerprint == fingerprint {
          try compare(line, members[index], start, end, escaped: escaped)
        }
      }
      seen |= bit
    } else {
      try admitLate(line, start, end, escaped: escaped)
    }
    return fingerprint
  }

  /// Compares a new name with one that begins alike.
  private func compare(
    _ line: Span<UInt8>, _ other: Member, _ start: Int, _ end: Int, escaped: Bool
  ) throws(Fault) {
    let same: Bool
    if escaped || other.nameEscaped {
      let name = try Lexer.unescape(line, from: start, to: end)
      let otherName = try Lexer.unescape(line, from: other.nameStart, to: other.nameEnd)
      same = name == otherName
    } else {
      same = Lexer.equal(line, start, end, line, other.nameStart, other.nameEnd)
    }
    if same { throw Fault(.duplicateName, at: start &- 1) }
  }

  /// Looks up the name in a set, so that a line of many members takes no quadratic time.
  @inline(never)
  private mutating func admitLate(
    _ line: Span<UInt8>, _ start: Int, _ end: Int, escaped: Bool
  ) throws(Fault) {
    if members.count == 32 {
      names.removeAll(keepingCapacity: true)
      for member in members {
        let name = try Lexer.text(
          line, from: member.nameStart, to: member.nameEnd, escaped: member.nameEscaped, checked: true)
        names.insert(ByteName(name))
      }
    }
    let name = try Lexer.text(line, from: start, to: end, escaped: escaped, checked: true)
    guard names.insert(ByteName(name)).inserted else {
      throw Fault(.duplicateName, at: start &- 1)
    }
  }
}
