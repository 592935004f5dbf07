/// What a request leaves out or names otherwise, because the endpoint has said that it does not take it.
///
/// Servers with the same API differ in a few fields, and say so in words only.
package struct ModelAdaptation: OptionSet, Hashable, Sendable {
  package let rawValue: Int
  package init(rawValue: Int) { self.rawValue = rawValue }

  /// Without `stream_options`.
  package static let withoutStreamOptions = ModelAdaptation(rawValue: 1)
  /// With `max_completion_tokens` instead of `max_tokens`.
  package static let completionTokens = ModelAdaptation(rawValue: 2)
  /// Without `temperature`.
  package static let withoutTemperature = ModelAdaptation(rawValue: 4)
  /// Without `encoding_format`.
  package static let withoutEncoding = ModelAdaptation(rawValue: 8)

  private static let words: [(ModelAdaptation, String)] = [
    (.withoutStreamOptions, "stream_options"), (.completionTokens, "max_completion_tokens"),
    (.withoutTemperature, "temperature"), (.withoutEncoding, "encoding_format"),
  ]

  /// What is left out, for the log.
  package var shown: String {
    Self.words.filter { contains($0.0) }.map(\.1).joined(separator: ", ")
  }

  /// What a problem asks to do otherwise than this; nil where it asks for nothing that can be done.
  ///
  /// `possible`: what would change the request at all.
  package func adapted(to problem: ModelProblem, possible: ModelAdaptation) -> ModelAdaptation? {
    guard problem.kind == .invalid, let status = problem.status, status == 400 || status == 422 else {
      return nil
    }
    let text = Array((problem.message + " " + (problem.parameter ?? "")).lowercased().utf8)
    for (change, word) in Self.words where possible.contains(change) && !contains(change) {
      if Self.holds(text, word) { return union(change) }
    }
    return nil
  }

  private static func holds(_ text: [UInt8], _ word: String) -> Bool {
    let word = Array(word.utf8)
    return text.indices.contains { text[$0...].starts(with: word) }
  }
}
