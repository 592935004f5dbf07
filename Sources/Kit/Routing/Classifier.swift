/// Guesses from the words of a first message which agent it is for.
///
/// English words count where they stand as words, Chinese ones wherever they stand. Points are hundredths, so
/// that the same text gives the same sum on every machine.
package struct Classifier: Sendable {
  /// How well an agent fits.
  package struct Score: Equatable, Sendable {
    /// The agent.
    package let agent: String
    /// Hundredths of a point.
    package let hundredths: Int
    /// The words and topics that were found, for people.
    package let hits: [String]
  }

  /// Characters that are looked at: who writes more has said what it is about by then.
  static let textLimit = 4000

  /// Scores candidates, the best first; the base that each kind has without any word is included.
  package static func score(_ text: String, among agents: AgentNames) -> [Score] {
    let words = Words(text)
    var scores: [(score: Score, place: Int)] = []
    for agent in agents.candidates {
      let profile = agents.kinds[agent].map(Profile.of) ?? Profile.unknown
      var hundredths = profile.weight / 2
      var hits: [String] = []
      for topic in profile.topics where words.hold(topic.words) {
        hundredths += 200
        hits.append(topic.name)
      }
      for word in profile.keywords where words.hold(word) {
        hundredths += profile.weight
        hits.append(word)
      }
      let place = agents.kinds[agent].flatMap { AgentKind.allCases.firstIndex(of: $0) } ?? .max
      scores.append((Score(agent: agent, hundredths: hundredths, hits: hits), place))
    }
    return scores.sorted {
      ($1.score.hundredths, $0.place, $0.score.agent) < ($0.score.hundredths, $1.place, $1.score.agent)
    }.map(\.score)
  }

  /// The candidate that a text is for; nil when no word says anything.
  package static func choose(_ text: String, among agents: AgentNames) -> Score? {
    score(text, among: agents).first { !$0.hits.isEmpty }
  }
}

/// A text, ready to be searched for words.
struct Words {
  private let ascii: Set<String>
  private let pairs: Set<String>
  private let text: String

  init(_ text: String) {
    let text = String(text.unicodeScalars.prefix(Classifier.textLimit)).lowercased()
    self.text = text
    var found: [String] = []
    var word = ""
    for byte in text.utf8 {
      if Self.isWordByte(byte) {
        word.unicodeScalars.append(Unicode.Scalar(byte))
      } else if !word.isEmpty {
        found.append(Self.trimmed(word))
        word = ""
      }
    }
    if !word.isEmpty { found.append(Self.trimmed(word)) }
    ascii = Set(found)
    pairs = Set(zip(found, found.dropFirst()).map { "\($0) \($1)" })
  }

  func hold(_ words: [String]) -> Bool { words.contains(where: hold) }

  /// A word of ASCII as a whole word, or two in a row; any other wherever it stands.
  func hold(_ word: String) -> Bool {
    if word.utf8.allSatisfy({ $0 < 0x80 }) { return ascii.contains(word) || pairs.contains(word) }
    return Self.isIn(word.utf8, text.utf8)
  }

  /// Letters, digits, and the signs of `c++`, `c#`, `.net` and `objective-c`.
  private static func isWordByte(_ byte: UInt8) -> Bool {
    byte >= 0x61 && byte <= 0x7A || byte >= 0x30 && byte <= 0x39
      || [0x23, 0x2B, 0x2D, 0x2E, 0x5F].contains(byte)
  }

  /// Without the full stop of a sentence.
  private static func trimmed(_ word: String) -> String {
    var word = word[...]
    while let last = word.last, last == "." || last == "-" || last == "_" { word.removeLast() }
    return String(word)
  }

  private static func isIn(_ word: String.UTF8View, _ text: String.UTF8View) -> Bool {
    guard let first = word.first else { return true }
    var rest = text[...]
    while let place = rest.firstIndex(of: first) {
      rest = rest[place...]
      if rest.starts(with: word) { return true }
      rest = rest.dropFirst()
    }
    return false
  }
}
