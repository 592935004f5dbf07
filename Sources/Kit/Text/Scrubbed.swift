/// A text without its credentials.
package struct Scrubbed: Sendable, Equatable {
  /// The text to be shown.
  package var text: String
  /// The names of the rules that matched, in order of first match, each once.
  ///
  /// Where several rules
  /// match the same characters this is the one of highest precedence.
  package var rules: [String]
  /// How many bytes at the end of the text ``Scrubber/scrubPartial(_:)`` held back; else 0.
  package var held: Int

  /// Makes the result of scrubbing.
  package init(text: String, rules: [String] = [], held: Int = 0) {
    self.text = text
    self.rules = rules
    self.held = held
  }
}
