internal import Settings

/// What a person typed: a command, or words for an agent.
package enum ChatText: Equatable, Sendable {
  /// Words for an agent.
  case words
  /// `/NAME ARGUMENT`, the name in lower case, or one of the bare words that stop the work.
  case command(name: String, argument: String)

  /// Reads a text.
  ///
  /// A command is a slash and a name of ASCII letters, digits, `-` and `_` at the beginning; what follows a
  /// blank is its argument. `/etc/passwd` is no command, and neither is `stop it`.
  package init(_ text: String) {
    let text = Self.trimmed(text)
    if Self.bareWords.contains(text.lowercased()) {
      self = .command(name: ChatVerb.abort.rawValue, argument: "")
      return
    }
    var rest = text[...].unicodeScalars
    // Chinese keyboards type the wide one.
    guard let first = rest.popFirst(), first == "/" || first == "\u{FF0F}" else {
      self = .words
      return
    }
    let word = String(rest.prefix { !$0.properties.isWhitespace })
    let argument = Self.trimmed(String(rest.dropFirst(word.unicodeScalars.count)))
    // Telegram writes /help@our_bot in groups.
    let name = word.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)[0]
    guard Self.isName(name) else {
      self = .words
      return
    }
    self = .command(name: name.lowercased(), argument: argument)
  }

  /// Words that stop the work when nothing else is said.
  static let bareWords: Set<String> = ["stop", "停止", "中止"]

  /// Whether a line's text may be a command, by its first bytes as they stand in the line: cheap, and never
  /// wrong towards no.
  package static func mayBeCommand(_ raw: Span<UInt8>) -> Bool {
    guard raw.count > 0 else { return false }
    // The bare words are short; a backslash may begin any escape.
    if raw.count <= 24 { return true }
    switch raw[0] {
    case UInt8(ascii: "/"), UInt8(ascii: "\\"), 0x20, 0xEF, 0xE3, 0xC2, 0xE1, 0xE2: return true
    default: return false
    }
  }

  /// The first word of a text, and what stands behind it.
  static func split(_ text: String) -> (first: String, rest: String) {
    let first = text.unicodeScalars.prefix { !$0.properties.isWhitespace }
    let rest = text.unicodeScalars.dropFirst(first.count).drop { $0.properties.isWhitespace }
    return (String(first), String(rest))
  }

  private static func isName(_ word: Substring) -> Bool {
    (1...32).contains(word.utf8.count)
      && word.utf8.allSatisfy {
        $0 | 0x20 >= 0x61 && $0 | 0x20 <= 0x7A || $0 >= 0x30 && $0 <= 0x39 || $0 == 0x2D || $0 == 0x5F
      }
  }

  private static func trimmed(_ text: String) -> String {
    var rest = text[...].unicodeScalars
    while let first = rest.first, first.properties.isWhitespace { rest.removeFirst() }
    while let last = rest.last, last.properties.isWhitespace { rest.removeLast() }
    return String(rest)
  }
}
