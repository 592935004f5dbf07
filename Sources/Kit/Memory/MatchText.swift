/// Expressions for the full-text search, and the words that are stored for it.
///
/// A word is the number of its scope, an `x`, and a term of `Terms`: letters and digits only, so that quoting it
/// is enough and nothing else of a person's text comes into an expression.
package enum MatchText {
  /// The words that are stored for a text, each once.
  package static func words(_ text: String, scope: Int64) -> String {
    var seen: Set<String> = []
    var words = ""
    for term in Terms.cut(text) where seen.insert(term).inserted {
      if !words.isEmpty { words += " " }
      words += "\(scope)x\(term)"
    }
    return words
  }

  /// What has a term.
  package static func one(_ term: String, scope: Int64) -> String { "\"\(scope)x\(term)\"" }

  /// What has all of some terms.
  package static func all(_ terms: [String], scope: Int64) -> String {
    terms.map { one($0, scope: scope) }.joined(separator: " AND ")
  }
}
