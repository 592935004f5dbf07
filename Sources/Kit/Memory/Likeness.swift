/// How near a text is to a question, by the terms that they share.
///
/// A term counts the more the rarer it is, as in BM25; the sum is divided by what a text that has all of them
/// would get, so that it lies between 0 and 1 and can be put beside a cosine.
package struct Likeness: Sendable {
  private var weights: [String: Double] = [:]
  private var whole = 0.0
  private let plain: [UInt8]

  /// A question.
  ///
  /// - Parameters:
  ///   - question: As it was asked.
  ///   - frequencies: Its terms, each with how many texts have it.
  ///   - total: How many texts there are.
  package init(_ question: String, frequencies: [(term: String, count: Double)], total: Double) {
    plain = Terms.plain(question)
    for (term, count) in frequencies {
      let weight = Self.weight(count: count, total: total) * (Terms.isSingleCharacter(term) ? 0.4 : 1)
      // What no text has tells little about which one is meant.
      whole += count == 0 ? weight * 0.2 : weight
      if count > 0 { weights[term] = weight }
    }
  }

  /// How much a term counts that so many of the texts have.
  package static func weight(count: Double, total: Double) -> Double {
    Score.log2(1 + (max(total - count, 0) + 0.5) / (count + 0.5)) * 0.693_147_180_559_945_3
  }

  /// How much a term of the question counts.
  package func weight(of term: String) -> Double { weights[term] ?? 0 }

  /// How near a text is.
  package func of(_ text: String) -> (similarity: Double, isExact: Bool) {
    let terms = Terms.cut(text)
    var counts: [String: Int] = [:]
    for term in terms where weights[term] != nil { counts[term, default: 0] += 1 }
    let length = min(Double(terms.count) / 30, 4)
    var sum = 0.0
    for (term, count) in counts {
      sum += (weights[term] ?? 0) / (1 + 0.15 * (0.3 + length) / Double(count))
    }
    let isExact = plain.count >= 4 && Self.holds(Terms.plain(text), plain)
    return (whole > 0 ? min(1, sum / whole) : 0, isExact)
  }

  /// Whether some bytes stand in others, between gaps or in a script without spaces.
  private static func holds(_ text: [UInt8], _ part: [UInt8]) -> Bool {
    guard let first = part.first, text.count >= part.count else { return false }
    for start in 0...(text.count - part.count) where text[start] == first {
      guard text[start..<start + part.count].elementsEqual(part) else { continue }
      let end = start + part.count
      func isOpen(_ at: Int) -> Bool { text[at] == 0x20 || text[at] >= 0x80 }
      let begins = start == 0 || isOpen(start - 1) || part[0] >= 0x80
      if begins, end == text.count || isOpen(end) || part[part.count - 1] >= 0x80 { return true }
    }
    return false
  }
}
