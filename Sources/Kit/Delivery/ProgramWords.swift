internal import Console
internal import Glibc

/// The program that a `command:PROGRAM` operand names.
package enum ProgramWords {
  /// Cuts an operand into a program and its arguments, as a shell would cut quoted words; nothing is
  /// expanded.
  ///
  /// An operand that is the path of an executable file is taken as it stands.
  ///
  /// - Throws: `Failure` with status 64 for an empty operand or an open quote.
  package static func split(_ text: String) throws -> [String] {
    if text.utf8.contains(0x2F), access(text, X_OK) == 0 { return [text] }
    var words: [String] = []
    var word: String?
    var quote: Character?
    var isEscaped = false
    for character in text {
      if isEscaped {
        word = (word ?? "") + String(character)
        isEscaped = false
      } else if character == "\\", quote != "'" {
        isEscaped = true
      } else if let open = quote {
        if character == open { quote = nil } else { word = (word ?? "") + String(character) }
      } else if character == "'" || character == "\"" {
        quote = character
        word = word ?? ""
      } else if character == " " || character == "\t" || character == "\n" {
        if let done = word { words.append(done) }
        word = nil
      } else {
        word = (word ?? "") + String(character)
      }
    }
    guard quote == nil, !isEscaped else { throw Failure.usage("command:\(text): a quote is not closed") }
    if let word { words.append(word) }
    guard !words.isEmpty else {
      throw Failure.usage("command: names no program", hint: "write command:PROGRAM")
    }
    guard !text.utf8.contains(0) else { throw Failure.usage("command: the program's name holds a NUL") }
    return words
  }
}
