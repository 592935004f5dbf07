/// Words and quotes.
extension ShellParser {
  /// One word as it is written, several after brace expansion.
  mutating func word() throws(Problem) -> [Word] {
    wordCount += 1
    guard wordCount <= Self.maxWords else { throw Problem("it has more than \(Self.maxWords) words") }
    var pieces: [Piece] = []
    var plain: [UInt8] = []
    let start = offset
    func flush() {
      if !plain.isEmpty {
        pieces.append(.text(plain, quoted: false))
        plain = []
      }
    }
    var marks = 0
    loop: while true {
      skipContinuations()
      guard let byte else { break }
      switch byte {
      case 0x20, 0x09, 0x0A, UInt8(ascii: ";"), UInt8(ascii: "&"), UInt8(ascii: "|"), UInt8(ascii: ")"):
        break loop
      case UInt8(ascii: "<"), UInt8(ascii: ">"):
        guard peek() == UInt8(ascii: "("), offset == start else { break loop }
        offset += 2
        doubt("process substitution")
        try list()
        guard take(UInt8(ascii: ")")) else { throw Problem(unexpected) }
        flush()
        pieces.append(.unknown(perhaps: []))
      case UInt8(ascii: "("):
        // The parentheses of a function; all others are patterns that few shells agree about.
        if peek() == UInt8(ascii: ")"), marks == 0, pieces.isEmpty { break loop }
        throw Problem(unexpected)
      case UInt8(ascii: "\\"):
        guard let next = peek() else { throw Problem("it ends with a backslash") }
        flush()
        pieces.append(.text([next], quoted: true))
        offset += 2
      case UInt8(ascii: "'"):
        flush()
        pieces.append(.text(try singleQuoted(), quoted: true))
      case UInt8(ascii: "\""):
        flush()
        offset += 1
        pieces += try doubleQuoted()
      case UInt8(ascii: "$"), UInt8(ascii: "`"):
        flush()
        try expansion(quoted: false, into: &pieces)
      case UInt8(ascii: "*"):
        flush()
        pieces.append(.many)
        offset += 1
      case UInt8(ascii: "?"):
        flush()
        pieces.append(.one)
        offset += 1
      case UInt8(ascii: "["):
        if let set = bracket() {
          flush()
          pieces.append(set)
        } else {
          plain.append(byte)
          offset += 1
        }
      case UInt8(ascii: "{"), UInt8(ascii: "}"), UInt8(ascii: ","), UInt8(ascii: "~"):
        flush()
        pieces.append(.mark(byte))
        marks += 1
        offset += 1
      case UInt8(ascii: "="):
        // To zsh the path of a program.
        if offset == start, let next = peek(), !Self.endsWord(next), next != byte {
          doubt("a word that begins with '='")
        }
        plain.append(byte)
        offset += 1
      default:
        plain.append(byte)
        offset += 1
      }
    }
    flush()
    guard offset > start else { throw Problem(unexpected) }
    if marks == 0 { return [Word(pieces: pieces)] }
    return try braces(pieces)
  }

  private mutating func braces(_ pieces: [Piece]) throws(Problem) -> [Word] {
    guard let words = Braces.expand(pieces) else { throw Problem("braces stand for too many words") }
    if words.count > 1 {
      // Shells without brace expansion take the word as it is written.
      for word in words where word.pieces.contains(where: Self.holdsDots) {
        doubt("braces with '..'")
      }
      wordCount += words.count
    }
    return words
  }

  private static func holdsDots(_ piece: Piece) -> Bool {
    guard case .text(let bytes, _) = piece, bytes.count > 1 else { return false }
    return (1..<bytes.count).contains { bytes[$0] == 0x2E && bytes[$0 - 1] == 0x2E }
  }

  private mutating func singleQuoted() throws(Problem) -> [UInt8] {
    let start = offset + 1
    guard let end = bytes[start...].firstIndex(of: UInt8(ascii: "'")) else {
      throw Problem("a quote at byte \(offset + 1) has no end")
    }
    offset = end + 1
    // To fish this quote has not ended yet.
    if end > start, bytes[end - 1] == UInt8(ascii: "\\") { doubt("a backslash before a quote") }
    return Array(bytes[start..<end])
  }

  /// What follows an opening double quote, to the closing one.
  private mutating func doubleQuoted() throws(Problem) -> [Piece] {
    var pieces: [Piece] = []
    let start = offset
    guard try inside(&pieces, end: UInt8(ascii: "\"")) else {
      throw Problem("a quote at byte \(start) has no end")
    }
    if pieces.isEmpty { pieces.append(.text([], quoted: true)) }
    return pieces
  }

  /// Text with the expansions of double quotes, up to a byte or, for nil, the end of the text.
  mutating func inside(_ pieces: inout [Piece], end: UInt8?) throws(Problem) -> Bool {
    var plain: [UInt8] = []
    func flush() {
      if !plain.isEmpty {
        pieces.append(.text(plain, quoted: true))
        plain = []
      }
    }
    while let byte {
      if byte == end {
        offset += 1
        flush()
        return true
      }
      switch byte {
      case UInt8(ascii: "\\"):
        guard let next = peek() else {
          plain.append(byte)
          offset += 1
          continue
        }
        offset += 2
        switch next {
        case 0x0A: break
        case UInt8(ascii: "$"), UInt8(ascii: "`"), UInt8(ascii: "\\"), UInt8(ascii: "\""): plain.append(next)
        default: plain += [byte, next]
        }
      case UInt8(ascii: "$"), UInt8(ascii: "`"):
        flush()
        try expansion(quoted: true, into: &pieces)
      default:
        plain.append(byte)
        offset += 1
      }
    }
    flush()
    return end == nil
  }

  /// Reads a text as the inside of double quotes; what its substitutions run is in the script.
  static func quoted(_ text: [UInt8], depth: Int) throws(Problem) -> ([Piece], Script) {
    var parser = ShellParser(inner: text, depth: depth)
    var pieces: [Piece] = []
    _ = try parser.inside(&pieces, end: nil)
    return (pieces, parser.script)
  }

  /// Takes over what a part of the text runs.
  mutating func adopt(_ inner: Script) throws(Problem) {
    let shift = script.commands.count
    for var command in inner.commands {
      command.source = command.source.map { $0 + shift }
      // A chain of its own: what happens there stays there.
      command.chain = -1 - shift - command.chain
      command.isPiped = true
      try append(command)
    }
    for text in inner.doubts { doubt(text) }
    script.functions.formUnion(inner.functions)
    if let problem = inner.problem { throw Problem(problem) }
  }

  /// `[...]` with plain bytes; nil where the bracket is only a byte.
  private mutating func bracket() -> Piece? {
    var end = offset + 1
    if end < bytes.count, bytes[end] == UInt8(ascii: "!") || bytes[end] == UInt8(ascii: "^") { end += 1 }
    let first = end
    var isPlain = true
    while end < bytes.count {
      let byte = bytes[end]
      if byte == UInt8(ascii: "]"), end > first { break }
      if Self.endsWord(byte) { return nil }
      if byte == 0x5C || byte == 0x27 || byte == 0x22 || byte == 0x24 || byte == 0x60 { isPlain = false }
      if byte == UInt8(ascii: "[") || byte == UInt8(ascii: "/") { isPlain = false }
      end += 1
    }
    guard end < bytes.count, end > first else { return nil }
    guard isPlain else {
      // What it matches is left open, but what it runs must still be seen: the bytes are read as usual.
      doubt("brackets with quotes")
      return nil
    }
    let set = Array(bytes[offset + 1..<end])
    offset = end + 1
    return .set(set)
  }
}
