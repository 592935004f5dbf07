/// Reads a text as bash does, as far as it has to be known what would run.
///
/// What bash, dash and zsh read differently is noted as a doubt. Nothing is looked up and nothing is
/// run. Size, depth and the number of commands are limited, and time grows with the length.
struct ShellParser {
  static let maxBytes = 65_536
  static let maxDepth = 24
  static let maxCommands = 512
  static let maxWords = 8192

  /// Why reading stopped.
  struct Problem: Error {
    let text: String
    init(_ text: String) { self.text = text }
  }

  let bytes: [UInt8]
  var offset = 0
  var depth: Int
  var script = Script()
  var wordCount = 0
  /// The chain of the current command, and the number of chains begun.
  var chain = 0
  var chains = 0
  /// Loops and functions around the current command.
  var repeats = 0
  /// Here-documents whose bodies begin after the next line feed: command, redirection, delimiter.
  var pending: [(command: Int, redirection: Int, delimiter: [UInt8], isQuoted: Bool, dropsTabs: Bool)] = []

  private init(_ bytes: [UInt8], depth: Int) {
    self.bytes = bytes
    self.depth = depth
  }

  /// Reads a whole text.
  static func parse(_ bytes: [UInt8], depth: Int = 0) -> Script {
    var parser = ShellParser(bytes, depth: depth)
    do throws(Problem) {
      guard bytes.count <= maxBytes else { throw Problem("it is longer than \(maxBytes) bytes") }
      guard !bytes.contains(0) else { throw Problem("it holds a NUL character") }
      try parser.list()
      if parser.offset < bytes.count { throw Problem(parser.unexpected) }
    } catch {
      parser.script.problem = error.text
    }
    return parser.script
  }

  // MARK: Bytes

  var byte: UInt8? { offset < bytes.count ? bytes[offset] : nil }

  func peek(_ ahead: Int = 1) -> UInt8? { offset + ahead < bytes.count ? bytes[offset + ahead] : nil }

  var unexpected: String {
    guard let byte else { return "it ends too early" }
    let shown = byte > 0x20 && byte < 0x7F ? "'\(Character(UnicodeScalar(byte)))'" : "byte \(byte)"
    return "\(shown) at byte \(offset + 1) is not understood"
  }

  /// Steps over a backslash with a line feed, which outside single quotes is nothing at all.
  mutating func skipContinuations() {
    while byte == UInt8(ascii: "\\"), peek() == 0x0A { offset += 2 }
  }

  mutating func skipBlanks() {
    while true {
      skipContinuations()
      guard let byte else { return }
      if byte == 0x20 || byte == 0x09 {
        offset += 1
      } else if byte == UInt8(ascii: "#") {
        while let byte = self.byte, byte != 0x0A {
          _ = byte
          offset += 1
        }
      } else {
        return
      }
    }
  }

  mutating func skipLines() throws(Problem) {
    while true {
      skipBlanks()
      guard byte == 0x0A else { return }
      offset += 1
      try documents()
    }
  }

  mutating func take(_ wanted: UInt8) -> Bool {
    skipContinuations()
    guard byte == wanted else { return false }
    offset += 1
    return true
  }

  // MARK: Lists

  /// Commands up to something that ends a list, which is left where it is.
  mutating func list() throws(Problem) {
    guard depth < Self.maxDepth else { throw Problem("it is nested deeper than \(Self.maxDepth) levels") }
    depth += 1
    let outer = chain
    defer {
      depth -= 1
      chain = outer
    }
    var isChained = false
    // True where `&&` or `||` asks for another command.
    var isOpen = false
    while true {
      try skipLines()
      if !isChained {
        chains += 1
        chain = chains
      }
      isChained = false
      guard let byte, byte != UInt8(ascii: ")"), byte != UInt8(ascii: ";"), !atClosingWord() else {
        if isOpen { throw Problem(unexpected) }
        return
      }
      isOpen = false
      try pipeline()
      skipBlanks()
      switch self.byte {
      case UInt8(ascii: ";"):
        // `;;` ends an item of case.
        if peek() == UInt8(ascii: ";") || peek() == UInt8(ascii: "&") { return }
        offset += 1
      case UInt8(ascii: "&"):
        offset += 1
        isChained = take(UInt8(ascii: "&"))
        isOpen = isChained
        if !isChained { doubt("a command in the background") }
      case UInt8(ascii: "|"):
        offset += 1
        guard take(UInt8(ascii: "|")) else { throw Problem(unexpected) }
        isOpen = true
      case 0x0A: continue
      default: return
      }
    }
  }

  private mutating func pipeline() throws(Problem) {
    var before: Int?
    let start = script.commands.count
    while true {
      skipBlanks()
      var isNegated = false
      while plainWord("!") || plainWord("time") {
        isNegated = true
        skipBlanks()
      }
      let first = script.commands.count
      try command(source: before)
      skipBlanks()
      skipContinuations()
      let isPipe = byte == UInt8(ascii: "|") && peek() != UInt8(ascii: "|")
      if isPipe || isNegated || before != nil {
        for index in start..<script.commands.count { script.commands[index].isPiped = true }
      }
      guard isPipe else { return }
      offset += 1
      if take(UInt8(ascii: "&")) { doubt("|&") }
      skipContinuations()
      // `|` and a continuation before another `|` is still `||`.
      guard byte != UInt8(ascii: "|") else {
        offset -= 1
        throw Problem(unexpected)
      }
      try skipLines()
      before = script.commands.count > first ? script.commands.count - 1 : nil
    }
  }

  mutating func doubt(_ text: String) {
    if script.doubts.count < 8, !script.doubts.contains(text) { script.doubts.append(text) }
  }

  /// Takes an unquoted word if it is this one.
  mutating func plainWord(_ word: StaticString) -> Bool {
    guard isAt(word) else { return false }
    offset += word.utf8CodeUnitCount
    return true
  }

  func isAt(_ word: StaticString) -> Bool {
    let count = word.utf8CodeUnitCount
    guard offset + count <= bytes.count else { return false }
    let same = word.withUTF8Buffer { buffer in
      for index in 0..<count where bytes[offset + index] != buffer[index] { return false }
      return true
    }
    return same && (offset + count == bytes.count || Self.endsWord(bytes[offset + count]))
  }

  func atClosingWord() -> Bool {
    for word: StaticString in ["then", "elif", "else", "fi", "do", "done", "esac", "}"] where isAt(word) {
      return true
    }
    return false
  }

  static func endsWord(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x20, 0x09, 0x0A, UInt8(ascii: ";"), UInt8(ascii: "&"), UInt8(ascii: "|"), UInt8(ascii: "<"),
      UInt8(ascii: ">"), UInt8(ascii: "("), UInt8(ascii: ")"):
      true
    default: false
    }
  }
}
