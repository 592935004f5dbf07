import Testing

@testable import Routing

@Suite struct GlobTests {
  static let table: [(pattern: String, matches: [String], not: [String])] = [
    ("deploy*", ["deploy", "deploy the api"], ["Deploy", "please deploy", ""]),
    ("*", ["", "x", "字"], []),
    ("", [""], ["x"]),
    ("?", ["x", "字", "😀"], ["", "xx"]),
    ("a*b*c", ["abc", "aXbYc", "abcbc"], ["ab", "abcd", "bc"]),
    ("*a*a*b", ["aab", "xaxaxb", "aaab"], ["ab", "aabx"]),
    ("a\\*", ["a*"], ["ab", "a"]),
    ("a\\", ["a\\"], ["a"]),
    ("部署*", ["部署", "部署生产"], ["测试部署"]),
    ("**x**", ["x", "axb"], ["a"]),
  ]

  @Test(arguments: table.indices) func likeness(row: Int) {
    let row = Self.table[row]
    for text in row.matches { #expect(Glob(row.pattern).matches(text), "\(row.pattern) \(text)") }
    for text in row.not { #expect(!Glob(row.pattern).matches(text), "\(row.pattern) \(text)") }
  }

  @Test("a pattern that would make a naive matcher explode ends in a moment")
  func bounded() {
    let pattern = String(repeating: "a*", count: 100) + "b"
    let text = String(repeating: "a", count: 5000)
    let clock = ContinuousClock()
    var matched = true
    let took = clock.measure { matched = Glob(pattern).matches(text) }
    #expect(!matched)
    #expect(took < .seconds(20))
  }
}

@Suite struct RegularExpressionTests {
  @Test(arguments: [
    ("^deploy", "deploy it", true), ("^deploy", "please deploy", false), ("部.署", "部x署", true),
    ("(?i)HELLO", "say hello", true), ("\\bgo\\b", "good", false), ("^.$", "😀", true), ("^$", "", true),
    ("a", "", false),
  ])
  func finds(pattern: String, text: String, expected: Bool) throws {
    #expect(try RegularExpression(pattern).find(in: text) == (expected ? .matches : .matchesNot))
  }

  @Test("a bomb takes too much instead of for ever", arguments: ["(a+)+$", "(a|aa)+$", "(.*)*x", "(a*)*b"])
  func bomb(pattern: String) throws {
    let text = String(repeating: String(repeating: "a", count: 60) + "!", count: 2000)
    let regex = try RegularExpression(pattern)
    let clock = ContinuousClock()
    var outcome = RegularExpression.Outcome.matches
    let took = clock.measure { outcome = regex.find(in: text) }
    #expect(outcome != .matches)
    #expect(took < .seconds(20))
  }

  @Test("the first bytes count, whole characters of them")
  func long() throws {
    let text = String(repeating: "字", count: 5000) + "end"
    #expect(try RegularExpression("end").find(in: text) == .matchesNot)
    #expect(try RegularExpression("字$").find(in: text) == .matches)
    #expect(try RegularExpression("x").find(in: String(repeating: "😀", count: 8192)) == .matchesNot)
  }

  @Test("a pattern that cannot be used says where", arguments: ["(", "[a", "a{2,1}", "(?<", "\\C"])
  func bad(pattern: String) {
    do {
      _ = try RegularExpression(pattern)
      Issue.record("\(pattern) is accepted")
    } catch {
      #expect(error.message.contains("at byte"), "\(error.message)")
    }
  }
}
