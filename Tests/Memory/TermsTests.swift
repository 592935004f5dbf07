import Testing

@testable import Memory

struct TermsTests {
  @Test(
    arguments: [
      ("Café CRÈME", ["cafe", "crem"]), ("ＡＢＣ１２３", ["abc123"]), ("喝水", ["喝", "水", "喝水"]),
      ("買った", ["買", "っ", "買っ", "た", "った"]), ("ﾃﾞｰﾀ", ["て", "ー", "てー", "た", "ーた"]),
      ("서울역", ["서", "울", "서울", "역", "울역"]), ("don't, e\u{301}te\u{301}", ["dont", "ete"]),
      ("wifi密码是abc", ["wifi", "密", "码", "密码", "是", "码是", "abc"]),
      ("meetings meeting met", ["meet", "meet", "met"]), ("running runs run", ["run", "run", "run"]),
      ("parties party", ["parti", "parti"]), ("calling calls", ["call", "call"]), ("", []), ("… -- !", []),
      ("Straße ŁÓDŹ Việt", ["stras", "lodz", "viet"]), ("zero\u{200B}width", ["zerowidth"]),
      ("ЁЛКА ΆΛΦΑ", ["елка", "αλφα"]), ("カメラ かめら", ["か", "め", "かめ", "ら", "めら", "か", "め", "かめ", "ら", "めら"]),
    ] as [(String, [String])])
  func cutting(text: String, terms: [String]) {
    #expect(Terms.cut(text) == terms)
  }

  @Test func questionsDropFillersUnlessThereIsNothingElse() {
    #expect(Terms.question("What is the password of the router?") == ["password", "router"])
    #expect(Terms.question("who are you") == ["who", "are", "you"])
    #expect(Terms.question("我的车停在哪里").contains("车停"))
    #expect(!Terms.question("我的车停在哪里").contains("哪里"))
    #expect(!Terms.question("我的车停在哪里").contains("车"), "a character of a pair is not asked for again")
    #expect(Terms.question("喝").count == 1)
    #expect(
      Terms.question(String(repeating: "word ", count: 9) + (0..<99).map { "w\($0)" }.joined(separator: " "))
        .count == 32)
  }

  @Test func nothingOfATextBecomesSyntax() {
    let hostile = "\" OR * NEAR( words: ^a AND NOT 'x' ; DROP -- {a b} + 喝\"水"
    for term in Terms.cut(hostile) {
      #expect(
        term.unicodeScalars.allSatisfy {
          $0.value > 0x7F || $0.properties.isAlphabetic || $0.properties.numericType != nil
        })
    }
    #expect(MatchText.one("abc", scope: 7) == "\"7xabc\"")
    #expect(MatchText.words("a b a", scope: 3) == "3xa 3xb")
  }

  @Test(arguments: [
    ("hi", true), ("ok!", true), ("喝水", true), ("喝水了吗", false), ("a b", true), ("go home", false), ("", true),
    ("supercalifragilistic", true),
  ])
  func trivial(text: String, isTrivial: Bool) { #expect(Terms.isTrivial(text) == isTrivial) }

  @Test func everyFoldedLetterStaysInItsTable() {
    // The tables cover their blocks to the last letter.
    #expect(Letters.fold("\u{17F}") == "s")
    #expect(Letters.fold("\u{1EFF}") == "y")
    #expect(Letters.fold("ﾝ") == "ん")
    for value in (0x80...0x2FFFF) as ClosedRange<UInt32> {
      guard let scalar = Unicode.Scalar(value) else { continue }
      let folded = Letters.fold(scalar)
      #expect(Letters.fold(folded) == folded, "U+\(String(value, radix: 16)) folds twice")
    }
  }

  @Test func likenessIsBetweenNothingAndOne() {
    let likeness = Likeness(
      "router password", frequencies: [("router", 2), ("password", 5)], total: 1000)
    let both = likeness.of("the router password is on the shelf").similarity
    let one = likeness.of("a new router").similarity
    #expect(both > one && one > 0 && both <= 1)
    #expect(likeness.of("nothing of it").similarity == 0)
    #expect(likeness.of("the Router-Password").isExact)
    #expect(!likeness.of("the myrouter passwords").isExact)
  }
}

struct ScoreTests {
  @Test func partsAndSum() {
    let score = Score(similarity: 1, age: 0, isDurable: true, recalls: 31, project: .same, isExact: false)
    #expect(abs(score.total - 1) < 1e-9)
    let half = Score(
      similarity: 0.5, age: 14 * 86_400_000, isDurable: false, recalls: 0, project: .none, isExact: false)
    #expect(abs(half.recency - 0.5) < 1e-9)
    #expect(abs(half.total - (0.2 + 0.125 + 0.06)) < 1e-9)
    #expect(!half.isEnough)
    let durable = Score(
      similarity: 0.5, age: 90 * 86_400_000, isDurable: true, recalls: 3, project: .other, isExact: true)
    #expect(abs(durable.recency - 0.5) < 1e-9)
    #expect(abs(durable.frequency - 0.4) < 1e-9)
    #expect(durable.total > 100)
    #expect(
      Score(similarity: 0, age: -5, isDurable: true, recalls: 99, project: .same, isExact: false).isEnough
        == false)
  }

  @Test(
    arguments: [
      ([], 0), ([0.39], 0), ([0.9, 0.5, 0.45, 0.41], 3), ([0.9, 0.8, 0.7, 0.65, 0.61, 0.6], 5),
      ([0.9, 0.8, 0.7, 0.65], 4), ([0.9, 0.8, 0.7, 0.65, 0.5], 3), ([0.5, 0.3], 1),
    ] as [([Double], Int)])
  func counts(totals: [Double], count: Int) { #expect(Score.count(of: totals) == count) }

  @Test func everyTransition() {
    var seen: Set<FactState> = [.candidate]
    var open: [FactState] = [.candidate]
    while let state = open.popLast() {
      for event in FactState.Event.allCases {
        guard let next = state.after(event) else { continue }
        #expect(next != state)
        if seen.insert(next).inserted { open.append(next) }
      }
    }
    #expect(seen == Set(FactState.allCases))
    // Whatever happened, there is a way back.
    #expect(FactState.archived.after(.restore) == .active)
    #expect(FactState.superseded.after(.restore) == .active)
    #expect(FactState.active.after(.activate) == nil)
  }
}

struct VectorTests {
  @Test func codesStayWithinTheirBounds() {
    var state: UInt64 = 7
    func random() -> Float {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Float(Int32(truncatingIfNeeded: state >> 32)) / Float(Int32.max)
    }
    for dimension in [1, 7, 16, 384, 1000] {
      for _ in 0..<50 {
        guard let one = Vectors.unit((0..<dimension).map { _ in random() }),
          let two = Vectors.unit((0..<dimension).map { _ in random() })
        else { continue }
        let exact = zip(one, two).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
        #expect(abs(Double(Vectors.cosine(one, two)) - exact) < 1e-4)
        let coded = VectorCode(two).bytes.withUnsafeBytes { VectorCode(one).cosine(with: $0) }
        if let coded { #expect(abs(Double(coded.value) - exact) <= Double(coded.bound)) }
        #expect(coded != nil)
        #expect(Vectors.vector(Vectors.bytes(one)) == one)
      }
    }
    #expect(Vectors.unit([0, 0]) == nil)
    #expect(Vectors.unit([.nan, 1]) == nil)
    #expect(Vectors.unit([]) == nil)
    #expect(Vectors.vector([1, 2, 3]) == nil)
  }
}
