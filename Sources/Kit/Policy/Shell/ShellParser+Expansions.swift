/// What begins with `$` or a backquote.
extension ShellParser {
  /// A parser for a part of a text.
  init(inner bytes: [UInt8], depth: Int) {
    self.bytes = bytes
    self.depth = depth
  }

  mutating func expansion(quoted: Bool, into pieces: inout [Piece]) throws(Problem) {
    guard depth < Self.maxDepth else { throw Problem("it is nested deeper than \(Self.maxDepth) levels") }
    if byte == UInt8(ascii: "`") { return pieces.append(try backquoted()) }
    offset += 1
    skipContinuations()
    guard let byte else { return pieces.append(.text([0x24], quoted: true)) }
    switch byte {
    case UInt8(ascii: "("):
      offset += 1
      if self.byte == UInt8(ascii: "(") { doubt("arithmetic") }
      let first = script.commands.count
      let outer = pending
      pending = []
      try list()
      guard take(UInt8(ascii: ")")) else { throw Problem(unexpected) }
      guard pending.isEmpty else { throw Problem("a here-document has no end") }
      pending = outer
      pieces.append(.unknown(perhaps: Self.output(script.commands[first...])))
    case UInt8(ascii: "{"):
      offset += 1
      pieces.append(try parameter(quoted: quoted))
    case UInt8(ascii: "["):
      throw Problem("$[ is not understood")
    case UInt8(ascii: "'") where !quoted:
      pieces.append(.text(try ansi(), quoted: true))
    case UInt8(ascii: "\"") where !quoted:
      doubt("a translated text")
      offset += 1
      guard try inside(&pieces, end: UInt8(ascii: "\"")) else { throw Problem("a quote has no end") }
    case UInt8(ascii: "@"), UInt8(ascii: "*"), UInt8(ascii: "#"), UInt8(ascii: "?"), UInt8(ascii: "-"),
      UInt8(ascii: "$"), UInt8(ascii: "!"), 0x30...0x39:
      offset += 1
      pieces.append(.unknown(perhaps: []))
    default:
      let start = offset
      while let byte = self.byte, Self.isName(byte, first: offset == start) { offset += 1 }
      if offset == start { return pieces.append(.text([0x24], quoted: true)) }
      pieces.append(.variable(Array(bytes[start..<offset]), quoted: quoted))
    }
  }

  private mutating func backquoted() throws(Problem) -> Piece {
    offset += 1
    var inner: [UInt8] = []
    while let byte, byte != UInt8(ascii: "`") {
      offset += 1
      if byte == UInt8(ascii: "\\"), let next = self.byte {
        if next != 0x60, next != 0x5C, next != 0x24 { inner.append(byte) }
        inner.append(next)
        offset += 1
      } else {
        inner.append(byte)
      }
    }
    guard take(UInt8(ascii: "`")) else { throw Problem("a backquote has no end") }
    let first = script.commands.count
    try adopt(Self.parse(inner, depth: depth + 1))
    return .unknown(perhaps: Self.output(script.commands[first...]))
  }

  /// `${...}` after its brace.
  private mutating func parameter(quoted: Bool) throws(Problem) -> Piece {
    let start = offset
    while let byte, Self.isName(byte, first: offset == start) { offset += 1 }
    let name = Array(bytes[start..<offset])
    if !name.isEmpty, take(UInt8(ascii: "}")) { return .variable(name, quoted: quoted) }
    // `:-`, `-`, `:=`, `+` and so on give a text that may be the value.
    var isDefault = false
    if !name.isEmpty {
      if byte == UInt8(ascii: ":") { offset += 1 }
      if let byte, byte == 0x2D || byte == 0x3D || byte == 0x2B || byte == 0x3F {
        isDefault = true
        offset += 1
      }
    }
    depth += 1
    defer { depth -= 1 }
    var perhaps: [Piece] = []
    var nested = 0
    loop: while let byte {
      switch byte {
      case UInt8(ascii: "}"):
        offset += 1
        if nested == 0 { return .unknown(perhaps: isDefault ? Self.unmarked(perhaps) : []) }
        nested -= 1
      case UInt8(ascii: "{"):
        nested += 1
        offset += 1
      case UInt8(ascii: "\\"):
        guard let next = peek() else { break loop }
        perhaps.append(.text([next], quoted: true))
        offset += 2
      case UInt8(ascii: "'") where !quoted:
        guard let end = bytes[(offset + 1)...].firstIndex(of: byte) else { break loop }
        perhaps.append(.text(Array(bytes[offset + 1..<end]), quoted: true))
        offset = end + 1
      case UInt8(ascii: "\""):
        offset += 1
        guard try inside(&perhaps, end: UInt8(ascii: "\"")) else { break loop }
      case UInt8(ascii: "$"), UInt8(ascii: "`"): try expansion(quoted: quoted, into: &perhaps)
      case UInt8(ascii: "~") where perhaps.isEmpty:
        perhaps.append(.mark(byte))
        offset += 1
      default:
        perhaps.append(.text([byte], quoted: false))
        offset += 1
      }
    }
    throw Problem("${ has no end")
  }

  private static func unmarked(_ pieces: [Piece]) -> [Piece] { Braces.settled(pieces[...]) }

  /// `$'...'`, its escapes replaced.
  private mutating func ansi() throws(Problem) -> [UInt8] {
    offset += 1
    var text: [UInt8] = []
    while let byte {
      offset += 1
      if byte == UInt8(ascii: "'") { return text }
      guard byte == UInt8(ascii: "\\") else {
        text.append(byte)
        continue
      }
      guard let escape = self.byte else { break }
      offset += 1
      switch escape {
      case UInt8(ascii: "n"): text.append(0x0A)
      case UInt8(ascii: "t"): text.append(0x09)
      case UInt8(ascii: "r"): text.append(0x0D)
      case UInt8(ascii: "a"): text.append(0x07)
      case UInt8(ascii: "b"): text.append(0x08)
      case UInt8(ascii: "f"): text.append(0x0C)
      case UInt8(ascii: "v"): text.append(0x0B)
      case UInt8(ascii: "e"), UInt8(ascii: "E"): text.append(0x1B)
      case UInt8(ascii: "'"):
        // To a shell without this form the quote has ended here.
        doubt("a quote inside $'...'")
        text.append(escape)
      case UInt8(ascii: "\\"), UInt8(ascii: "\""), UInt8(ascii: "?"): text.append(escape)
      case UInt8(ascii: "x"): text.append(UInt8(truncatingIfNeeded: number(16, 2)))
      case 0x30...0x37:
        offset -= 1
        text.append(UInt8(truncatingIfNeeded: number(8, 3)))
      case UInt8(ascii: "u"), UInt8(ascii: "U"):
        let value = number(16, escape == UInt8(ascii: "u") ? 4 : 8)
        guard let scalar = UnicodeScalar(UInt32(truncatingIfNeeded: value)) else {
          throw Problem("$'...' is not understood")
        }
        text += Array(String(Character(scalar)).utf8)
      default: throw Problem("$'...' is not understood")
      }
      guard text.last != 0 else { throw Problem("$'...' holds a NUL character") }
    }
    throw Problem("a quote has no end")
  }

  private mutating func number(_ radix: Int, _ most: Int) -> Int {
    var value = 0
    var count = 0
    while count < most, let byte, let digit = Int(String(UnicodeScalar(byte)), radix: radix) {
      value = value * radix + digit
      offset += 1
      count += 1
    }
    return value
  }

  /// What a substitution gives if it does nothing but print its words.
  static func output(_ commands: ArraySlice<SimpleCommand>) -> [Piece] {
    guard commands.count == 1, let command = commands.first, command.redirections.isEmpty,
      let name = command.words.first?.text,
      name.elementsEqual("echo".utf8) || name.elementsEqual("printf".utf8)
    else { return [] }
    var pieces: [Piece] = []
    for word in command.words.dropFirst() {
      if pieces.isEmpty, word.text.map({ $0.first == 0x2D || $0.elementsEqual("%s".utf8) }) == true {
        continue
      }
      if !pieces.isEmpty { pieces.append(.text([0x20], quoted: false)) }
      pieces += word.pieces
    }
    return pieces
  }
}
