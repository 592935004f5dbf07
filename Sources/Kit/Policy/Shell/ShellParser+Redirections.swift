/// Redirections and here-documents.
extension ShellParser {
  /// Whether digits or `{NAME}` stand here right before `<` or `>`.
  func isNumbered() -> Bool {
    var end = offset
    if byte == UInt8(ascii: "{") {
      end += 1
      while end < bytes.count, Self.isName(bytes[end], first: false) { end += 1 }
      guard end > offset + 1, end < bytes.count, bytes[end] == UInt8(ascii: "}") else { return false }
      end += 1
    } else {
      while end < bytes.count, bytes[end] >= 0x30, bytes[end] <= 0x39 { end += 1 }
      guard end > offset else { return false }
    }
    return end < bytes.count && (bytes[end] == UInt8(ascii: "<") || bytes[end] == UInt8(ascii: ">"))
  }

  func isProcessSubstitution() -> Bool {
    (byte == UInt8(ascii: "<") || byte == UInt8(ascii: ">")) && peek() == UInt8(ascii: "(")
  }

  /// One redirection; of a here-document its place, delimiter, and how to read the body.
  mutating func redirection(_ command: inout SimpleCommand) throws(Problem) -> (Int, [UInt8], Bool, Bool)? {
    if byte == UInt8(ascii: "{") { doubt("a redirection that sets a variable") }
    while let byte, byte != UInt8(ascii: "<"), byte != UInt8(ascii: ">"), byte != UInt8(ascii: "&") {
      offset += 1
    }
    var kind = Redirection.Kind.write
    if take(UInt8(ascii: "&")) {
      // `&>` and `&>>`
      _ = take(UInt8(ascii: ">"))
      _ = take(UInt8(ascii: ">"))
    } else if take(UInt8(ascii: "<")) {
      if take(UInt8(ascii: "<")) {
        if !take(UInt8(ascii: "<")) { return try document(&command) }
        kind = .text
      } else if take(UInt8(ascii: "&")) {
        kind = .duplicate
      } else if !take(UInt8(ascii: ">")) {
        kind = .read
      }
    } else if take(UInt8(ascii: ">")) {
      if take(UInt8(ascii: "&")) {
        kind = .duplicate
      } else if !take(UInt8(ascii: ">")) {
        _ = take(UInt8(ascii: "|"))
      }
    }
    skipBlanks()
    guard let byte, !Self.endsWord(byte) || isProcessSubstitution() else { throw Problem(unexpected) }
    for target in try word() {
      // `>& FILE` writes; a number or a dash only names what is open.
      let isOpen = target.text.map { !$0.isEmpty && $0.allSatisfy { $0 >= 0x30 && $0 <= 0x39 || $0 == 0x2D } }
      let real = kind == .duplicate && isOpen != true ? .write : kind
      command.redirections.append(Redirection(kind: real, target: target))
    }
    return nil
  }

  private mutating func document(_ command: inout SimpleCommand) throws(Problem) -> (Int, [UInt8], Bool, Bool)
  {
    let dropsTabs = take(UInt8(ascii: "-"))
    skipBlanks()
    let start = offset
    // The delimiter is not expanded, so what it is must be plain.
    guard let byte, !Self.endsWord(byte), let delimiter = try word().first?.text else {
      throw Problem("the end of a here-document is not understood")
    }
    let isQuoted = bytes[start..<offset].contains { $0 == 0x22 || $0 == 0x27 || $0 == 0x5C }
    guard !delimiter.isEmpty, !delimiter.contains(0x0A), !bytes[start..<offset].contains(UInt8(ascii: "$"))
    else {
      throw Problem("the end of a here-document is not understood")
    }
    command.redirections.append(Redirection(kind: .document, target: Word(pieces: [])))
    return (command.redirections.count - 1, delimiter, isQuoted, dropsTabs)
  }

  /// Reads the bodies that begin here, after a line feed.
  mutating func documents() throws(Problem) {
    let waiting = pending
    pending = []
    for one in waiting {
      var body: [UInt8] = []
      var isEnded = false
      while offset < bytes.count {
        var end = offset
        while end < bytes.count, bytes[end] != 0x0A { end += 1 }
        var line = bytes[offset..<end]
        offset = min(end + 1, bytes.count)
        if one.dropsTabs { line = line.drop { $0 == 0x09 } }
        if line.elementsEqual(one.delimiter) {
          isEnded = true
          break
        }
        body += line
        body.append(0x0A)
      }
      guard isEnded else { throw Problem("a here-document has no end") }
      var pieces = [Piece.text(body, quoted: true)]
      if !one.isQuoted, body.contains(where: { $0 == 0x24 || $0 == 0x60 || $0 == 0x5C }) {
        pieces = try expanded(body)
      }
      script.commands[one.command].redirections[one.redirection].target = Word(pieces: pieces)
    }
  }

  /// A body whose expansions are made: read as the inside of double quotes.
  private mutating func expanded(_ body: [UInt8]) throws(Problem) -> [Piece] {
    guard depth < Self.maxDepth else { throw Problem("it is nested deeper than \(Self.maxDepth) levels") }
    let (pieces, inner) = try Self.quoted(body, depth: depth + 1)
    try adopt(inner)
    return pieces
  }
}
