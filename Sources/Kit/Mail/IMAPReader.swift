/// Cuts what an IMAP server sends into its answers (RFC 3501, 9051).
package struct IMAPReader: Sendable {
  /// A word of an answer.
  package indirect enum Token: Equatable, Sendable {
    case atom(String)
    /// A quoted or a literal string.
    case text([UInt8])
    case list([Token])
  }

  /// An answer: all of its line, with the strings that belong to it.
  package enum Answer: Equatable, Sendable {
    /// `* …`.
    case data([Token])
    /// `TAG OK …`: the tag, the condition in upper case, its code's words and its text.
    case tagged(tag: String, Status)
    /// `* OK …` and its likes.
    case status(Status)
    /// `+ …`.
    case more
  }

  /// A condition with its code and its text.
  package struct Status: Equatable, Sendable {
    /// `OK`, `NO`, `BAD`, `BYE` or `PREAUTH`.
    package var condition: String
    /// What stands in brackets: `UIDVALIDITY 3`; empty where nothing does.
    package var code: [String]
    /// The words for people.
    package var text: String

    /// A condition.
    package init(condition: String, code: [String], text: String) {
      (self.condition, self.code, self.text) = (condition, code, text)
    }
  }

  /// What is not IMAP, or is too much.
  package struct Fault: Error, Equatable, Sendable, CustomStringConvertible {
    package let description: String
  }

  /// How long a line may be, with its strings not counted.
  package static let lineLimit = 1 << 20
  /// How many words an answer may have.
  package static let tokenLimit = 200_000
  private static let depthLimit = 16

  /// How long a string may be: set it to what the next command may bring.
  package var literalLimit = 64 << 10

  private var buffer: [UInt8] = []
  private var start = 0
  /// Where the line is searched for its end.
  private var cursor = 0
  private var literals: [Range<Int>] = []
  private var lineBytes = 0

  /// A reader at the beginning of an answer.
  package init() {}

  /// Adds what has come.
  package mutating func feed(_ bytes: [UInt8]) {
    if start > 0, start == buffer.count {
      buffer.removeAll(keepingCapacity: buffer.count < 1 << 16)
      cursor -= start
      start = 0
    }
    buffer += bytes
  }

  /// The next answer that is complete; nil where there is none.
  ///
  /// - Throws: `Fault`; what follows makes no sense any more then.
  package mutating func next() throws(Fault) -> Answer? {
    while true {
      guard let end = buffer[cursor...].firstIndex(of: 0x0A) else {
        guard lineBytes + buffer.count - cursor <= Self.lineLimit else {
          throw Fault(description: "a line is longer than \(Self.lineLimit) bytes")
        }
        return nil
      }
      let line = cursor..<end
      guard lineBytes + line.count <= Self.lineLimit else {
        throw Fault(description: "a line is longer than \(Self.lineLimit) bytes")
      }
      if buffer[start] == UInt8(ascii: "*"), let size = try Self.literal(buffer[line]) {
        guard size <= literalLimit else {
          throw Fault(description: "a string of \(size) bytes, where at most \(literalLimit) may come")
        }
        guard end + 1 + size <= buffer.count else {
          // Wait for all of it, without looking for line ends in it.
          return nil
        }
        lineBytes += line.count
        literals.append((end + 1 - start)..<(end + 1 + size - start))
        cursor = end + 1 + size
        continue
      }
      let whole = Array(buffer[start..<end])
      let strings = literals
      start = end + 1
      cursor = start
      literals = []
      lineBytes = 0
      if start > 1 << 20 {
        buffer.removeFirst(start)
        cursor -= start
        start = 0
      }
      return try Self.answer(whole, strings)
    }
  }

  /// The size of the string that a line announces at its end; nil where it announces none.
  private static func literal(_ line: ArraySlice<UInt8>) throws(Fault) -> Int? {
    var line = line
    if line.last == 0x0D { line.removeLast() }
    guard line.last == UInt8(ascii: "}"), let open = line.lastIndex(of: UInt8(ascii: "{")) else { return nil }
    // Only behind a blank, a bracket or a parenthesis: in words for people it may stand anywhere.
    guard open > line.startIndex,
      " (]>~".utf8.contains(line[open - 1]) || MailBytes.isDigit(line[open - 1])
    else { return nil }
    let digits = line[(open + 1)...].dropLast()
    guard digits.allSatisfy(MailBytes.isDigit), !digits.isEmpty else { return nil }
    guard let size = MailBytes.number(digits) else {
      throw Fault(description: "a string of more bytes than fit into any memory")
    }
    return size
  }

  private static func answer(_ line: [UInt8], _ literals: [Range<Int>]) throws(Fault) -> Answer {
    var bytes = line[...]
    // A string may end with such a byte, too.
    if bytes.last == 0x0D, literals.last?.upperBound != line.count { bytes.removeLast() }
    guard let first = bytes.first else { throw Fault(description: "an empty line") }
    if first == UInt8(ascii: "+") { return .more }
    guard let blank = bytes.firstIndex(of: 0x20), blank > bytes.startIndex else {
      throw Fault(description: "a line that is no answer")
    }
    let tag = bytes[..<blank]
    guard tag.count <= 64, tag.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
      throw Fault(description: "a line that is no answer")
    }
    let rest = bytes[(blank + 1)...]
    let word = rest.prefix { $0 != 0x20 }
    let condition = MailBytes.text(word.map { $0 &- 0x61 < 26 ? $0 & 0xDF : $0 })
    let isUntagged = tag.elementsEqual("*".utf8)
    if ["OK", "NO", "BAD", "BYE", "PREAUTH"].contains(condition) {
      let status = Self.status(condition, rest.dropFirst(word.count))
      return isUntagged ? .status(status) : .tagged(tag: MailBytes.text(tag), status)
    }
    guard isUntagged else { throw Fault(description: "an answer that is neither OK, NO nor BAD") }
    var parser = TokenReader(bytes: bytes, place: blank + 1, literals: literals)
    return .data(try parser.all())
  }

  private static func status(_ condition: String, _ rest: ArraySlice<UInt8>) -> Status {
    var rest = MailBytes.trimmed(rest)
    var code: [String] = []
    if rest.first == UInt8(ascii: "["), let end = rest.firstIndex(of: UInt8(ascii: "]")) {
      code = rest[(rest.startIndex + 1)..<end].split(separator: 0x20).map { MailBytes.text($0) }
      rest = MailBytes.trimmed(rest[(end + 1)...])
    }
    if let word = code.first { code[0] = MailBytes.text(word.utf8.map { $0 &- 0x61 < 26 ? $0 & 0xDF : $0 }) }
    let clean = rest.prefix(500).map { $0 < 0x20 || $0 == 0x7F ? UInt8(ascii: "?") : $0 }
    return Status(condition: condition, code: code, text: MailBytes.text(clean))
  }

  private struct TokenReader {
    let bytes: ArraySlice<UInt8>
    var place: Int
    let literals: [Range<Int>]
    var used = 0
    var count = 0

    /// The string that begins behind what is read next; nil where that announces none.
    private var announced: Range<Int>? {
      mutating get {
        while used < literals.count, literals[used].lowerBound <= place { used += 1 }
        guard used < literals.count else { return nil }
        let range = literals[used]
        guard range.lowerBound - place <= 24 else { return nil }
        let mark = bytes[place..<range.lowerBound]
        return mark.allSatisfy { MailBytes.isDigit($0) || "{}\r\n".utf8.contains($0) } ? range : nil
      }
    }

    mutating func all() throws(Fault) -> [Token] { try list(depth: 0) }

    private mutating func list(depth: Int) throws(Fault) -> [Token] {
      guard depth <= IMAPReader.depthLimit else { throw Fault(description: "lists within lists") }
      var tokens: [Token] = []
      while place < bytes.endIndex {
        count += 1
        guard count <= IMAPReader.tokenLimit else {
          throw Fault(description: "more words than anything needs")
        }
        switch bytes[place] {
        case 0x20: place += 1
        case UInt8(ascii: "("):
          place += 1
          tokens.append(.list(try list(depth: depth + 1)))
        case UInt8(ascii: ")"):
          guard depth > 0 else { throw Fault(description: "a parenthesis that was not opened") }
          place += 1
          return tokens
        case 0x22: tokens.append(.text(try quoted()))
        case UInt8(ascii: "{") where announced != nil:
          let range = announced ?? place..<place
          tokens.append(.text(Array(bytes[range])))
          place = range.upperBound
        default: tokens.append(.atom(atom()))
        }
      }
      guard depth == 0 else { throw Fault(description: "a parenthesis that is not closed") }
      return tokens
    }

    private mutating func quoted() throws(Fault) -> [UInt8] {
      var out: [UInt8] = []
      place += 1
      while place < bytes.endIndex {
        let byte = bytes[place]
        place += 1
        if byte == 0x22 { return out }
        if byte == 0x5C, place < bytes.endIndex {
          out.append(bytes[place])
          place += 1
        } else {
          out.append(byte)
        }
      }
      throw Fault(description: "a quote that is not closed")
    }

    /// `BODY[HEADER.FIELDS (FROM)]<0>` is one, brackets and all.
    private mutating func atom() -> String {
      let start = place
      var brackets = 0
      while place < bytes.endIndex {
        let byte = bytes[place]
        if byte == UInt8(ascii: "[") { brackets += 1 }
        if byte == UInt8(ascii: "]") { brackets = max(0, brackets - 1) }
        if brackets == 0, byte == 0x20 || byte == UInt8(ascii: "(") || byte == UInt8(ascii: ")") { break }
        if place > start, brackets == 0, byte == UInt8(ascii: "{"), announced != nil { break }
        place += 1
      }
      if place == start { place += 1 }
      return MailBytes.text(bytes[start..<place])
    }
  }
}

extension IMAPReader.Token {
  /// The word in upper case; nil for something else.
  package var word: String? {
    guard case .atom(let text) = self else { return nil }
    return MailBytes.text(text.utf8.map { $0 &- 0x61 < 26 ? $0 & 0xDF : $0 })
  }

  /// The number; nil for something else.
  ///
  /// UIDs have 32 bits.
  package var number: Int? {
    guard case .atom(let text) = self, text.utf8.count <= 12, text.utf8.allSatisfy(MailBytes.isDigit) else {
      return nil
    }
    return Int(text)
  }
}
