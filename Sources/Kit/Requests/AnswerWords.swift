/// What a person says to a request.
package struct SpokenAnswer: Equatable, Sendable {
  /// For how much a yes holds.
  package enum Scope: String, Sendable {
    /// This call.
    case once
    /// The same call, in this session.
    case session
    /// The same call, in every session.
    case always
  }

  /// Whether it is a yes.
  package var isYes: Bool
  /// For how much it holds.
  package var scope: Scope
  /// The code that was said with it.
  package var code: String?

  /// An answer with its parts.
  package init(isYes: Bool, scope: Scope, code: String? = nil) {
    (self.isYes, self.scope, self.code) = (isYes, scope, code)
  }
}

/// The words for yes, no and always.
package enum AnswerWords {
  // Always is a word of its own, never a letter that a thumb hits.
  private static let once = [
    "y", "yes", "ok", "okay", "1", "allow", "approve", "好", "好的", "是", "是的", "行", "可以", "同意", "批准", "通过",
    "允许", "✅", "👍",
  ]
  private static let no = [
    "n", "no", "0", "deny", "reject", "不", "否", "不行", "不可以", "拒绝", "不同意", "不批准", "❌", "👎",
  ]
  private static let session = ["session", "本次会话", "本会话"]
  private static let always = ["always", "总是", "一直", "始终允许", "永远"]

  /// The digits and letters of codes: none that look or sound alike.
  package static let codeDigits = Array("23456789abcdefghjkmnpqrstuvwxyz".utf8)
  /// How many there are in a code.
  package static let codeLength = 4
  private static let textLimit = 64

  /// Reads a text that may be an answer: one word, or a word and a code in either order.
  ///
  /// Case, a slash before it and punctuation behind it do not matter. Nil for everything else.
  package static func read(_ text: String) -> SpokenAnswer? {
    guard text.utf8.count <= textLimit else { return nil }
    let words = text.split { $0.isWhitespace }.map { word($0) }
    guard (1...2).contains(words.count), let first = words.first, let last = words.last else { return nil }
    if words.count == 1 { return answer(first) }
    for (word, code) in [(first, last), (last, first)] {
      guard var found = answer(word), isCode(code) else { continue }
      found.code = code
      return found
    }
    return nil
  }

  /// Whether a word has the form of a code: digits and letters both, so that no word is one.
  package static func isCode(_ word: String) -> Bool {
    word.utf8.count == codeLength && word.utf8.allSatisfy { codeDigits.contains($0) }
      && word.utf8.contains { $0 < 0x40 } && word.utf8.contains { $0 > 0x40 }
  }

  /// A code from random numbers.
  package static func code(_ random: () -> UInt64) -> String {
    while true {
      let code = (0..<codeLength).map { _ in codeDigits[Int(random() % UInt64(codeDigits.count))] }
      let text = String(decoding: code, as: UTF8.self)
      if isCode(text) { return text }
    }
  }

  private static func word(_ text: Substring) -> String {
    var text = text
    if text.first == "/" { text = text.dropFirst() }
    while let last = text.last, ".,!。，！".contains(last) { text = text.dropLast() }
    return text.lowercased()
  }

  private static func answer(_ word: String) -> SpokenAnswer? {
    if once.contains(word) { return SpokenAnswer(isYes: true, scope: .once) }
    if no.contains(word) { return SpokenAnswer(isYes: false, scope: .once) }
    if session.contains(word) { return SpokenAnswer(isYes: true, scope: .session) }
    if always.contains(word) { return SpokenAnswer(isYes: true, scope: .always) }
    return nil
  }
}
