import Requests
import Testing

@Suite("The words for yes, no and always")
struct WordTests {
  @Test(
    "yes",
    arguments: [
      "y", "Y", "yes", "YES", "Yes.", "/yes", "/allow", " ok ", "okay!", "1", "approve", "好", "好的", "是",
      "是的。",
      "行", "可以！", "同意", "批准", "通过", "允许", "✅", "👍",
    ])
  func yes(_ text: String) { #expect(AnswerWords.read(text) == SpokenAnswer(isYes: true, scope: .once)) }

  @Test(
    "no",
    arguments: [
      "n", "N.", "no", "No!", "0", "/deny", "reject", "不", "否", "不行", "不可以", "拒绝。", "不同意", "不批准", "❌", "👎",
    ])
  func no(_ text: String) { #expect(AnswerWords.read(text) == SpokenAnswer(isYes: false, scope: .once)) }

  @Test("session and always are words of their own")
  func longer() {
    for text in ["session", "Session", "本次会话", "本会话"] {
      #expect(AnswerWords.read(text) == SpokenAnswer(isYes: true, scope: .session), "\(text)")
    }
    for text in ["always", "ALWAYS!", "/always", "总是", "一直", "始终允许", "永远。"] {
      #expect(AnswerWords.read(text) == SpokenAnswer(isYes: true, scope: .always), "\(text)")
    }
    for letter in "abcdefghijklmnopqrstuvwxyz".map(String.init) {
      for word in [letter, letter.uppercased(), letter + " ab23", "/" + letter] {
        guard let answer = AnswerWords.read(word) else { continue }
        #expect(answer.scope == .once && "yn".contains(letter), "\(word)")
      }
    }
  }

  @Test("a word with a code, in either order")
  func codes() {
    for text in ["y ab23", "ab23 y", "Yes. AB23", "ab23, yes", "/y ab23!", "好 ab23", "ab23 好的。"] {
      #expect(AnswerWords.read(text) == SpokenAnswer(isYes: true, scope: .once, code: "ab23"), "\(text)")
    }
    #expect(AnswerWords.read("n 9zz9") == SpokenAnswer(isYes: false, scope: .once, code: "9zz9"))
    #expect(AnswerWords.read("always ab23") == SpokenAnswer(isYes: true, scope: .always, code: "ab23"))
    #expect(AnswerWords.read("本次会话 ab23") == SpokenAnswer(isYes: true, scope: .session, code: "ab23"))
  }

  @Test(
    "what people say otherwise is no answer",
    arguments: [
      "", " ", "\n", "ok then", "yes we can", "yes please", "no way", "always be careful", "do it always",
      "a", "A", "s",
      "a ab23", "s ab23", "y y", "yes no", "y?", "yes?", "yess", "nope", "yeah", "sure", "10", "01", "2",
      "ye s",
      "y ab234", "y ab2", "y abcd", "y 2345", "y lo10", "y ab23 now", "ab23", "ab23 ab23", "y\u{200B}", "ｙ",
      "не", "//y",
      "y/", "'y'", "\"yes\"", "(y)", "y ab-23", "好吗", "不好说", "可以吗", "我同意这个方案", "always always",
      "yes yes yes", "y\u{0}", "👍👍", "👍🏽", "<y>",
    ])
  func ordinary(_ text: String) { #expect(AnswerWords.read(text) == nil) }

  @Test("a long text is no answer, however it begins")
  func long() {
    #expect(AnswerWords.read("y" + String(repeating: " ", count: 64)) == nil)
    #expect(AnswerWords.read("y" + String(repeating: "!", count: 64)) == nil)
    #expect(AnswerWords.read("y" + String(repeating: "!", count: 63)) != nil)
  }

  @Test("codes are told apart from words, and none is like another to the ear")
  func form() {
    var state: UInt64 = 7
    let random: () -> UInt64 = {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return state >> 33
    }
    var seen: Set<String> = []
    for _ in 0..<2000 {
      let code = AnswerWords.code(random)
      #expect(AnswerWords.isCode(code), "\(code)")
      #expect(AnswerWords.read(code) == nil, "a code alone is no answer")
      #expect(code.utf8.allSatisfy { !"01loi".utf8.contains($0) }, "\(code)")
      seen.insert(code)
    }
    #expect(seen.count > 1950)
    for word in ["yes1", "abcd", "2345", "AB23", "ab2", "ab234", "ab2\u{301}", "lo23", "a 23", ""] {
      #expect(!AnswerWords.isCode(word), "\(word)")
    }
  }
}
