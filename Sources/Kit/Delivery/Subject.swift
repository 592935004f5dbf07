/// A messenger that shows what a text is about, the member `subject` of its line, in a place of its own.
///
/// For all others it stands before the text.
package protocol SubjectShowing: AnyObject {}

/// What a text is about, where it is a part of the text.
package enum Subject {
  /// As Markdown: a line in bold, whatever characters are in it, before the text.
  package static func before(_ text: String, _ subject: String) -> String {
    var line = ""
    for character in subject {
      if "\\`*_[]<>~#|&".contains(character) { line.append("\\") }
      line.append(character)
    }
    return text.isEmpty ? "**\(line)**" : "**\(line)**\n\n\(text)"
  }
}
