import Testing

@testable import Policy

@Suite struct ParserTests {
  /// The words of each command, `?` for what is not text.
  private func commands(_ text: String) -> [[String]] {
    ShellParser.parse(Array(text.utf8)).commands.map { command in
      command.words.map { $0.text.map { String(decoding: $0, as: UTF8.self) } ?? "?" }
    }
  }

  @Test(
    "quotes, escapes and braces",
    arguments: [
      ("a 'b c' \"d\\\"e\" f\\ g", [["a", "b c", "d\"e", "f g"]]), ("a$'\\x41\\101\\t'", [["aAA\t"]]),
      ("a\\\nb", [["ab"]]), ("a{1,2{3,4}}b", [["a1b", "a23b", "a24b"]]), ("{1..3}", [["1", "2", "3"]]),
      ("a{}b {x} {,}", [["a{}b", "{x}", "", ""]]), ("echo a#b # c", [["echo", "a#b"]]),
      ("a;b&&c||d|e", [["a"], ["b"], ["c"], ["d"], ["e"]]),
      ("if a; then b; elif c; then d; else e; fi", [["a"], ["b"], ["c"], ["d"], ["e"]]),
      ("a $(b) `c`", [["b"], ["c"], ["a", "?", "?"]]), ("a \"$(b \"c\")\"", [["b", "c"], ["a", "?"]]),
      ("a ${x:-$(b)}", [["b"], ["a", "?"]]),
      ("a <<E\n$(b)\nE\nc", [["b"], ["a"], ["c"]].sorted { _, _ in false }),
    ])
  func words(_ text: String, _ wanted: [[String]]) {
    let found = commands(text)
    #expect(
      found.sorted { $0.description < $1.description } == wanted.sorted { $0.description < $1.description },
      "\(text)")
  }

  @Test(
    "what is not a command is a problem",
    arguments: [
      "a |", "a &&", "a ||", "| a", "&& a", "; a", "a )", "( a", "{ a", "'a", "\"a", "`a", "$(a", "${a",
      "a <", "a <<E\nx",
      "if a; then b", "while a; do b", "case a in b) c", "a > > b", "for", "function", "a ;; b", "done", "}",
      "a\u{0}b", "$[1]",
    ])
  func problems(_ text: String) {
    #expect(ShellParser.parse(Array(text.utf8)).problem != nil, "\(text)")
  }

  @Test("depth, length and numbers are limited")
  func limits() {
    let deep = String(repeating: "$(", count: 5000)
    let nested = String(repeating: "( ", count: 100) + "a" + String(repeating: " )", count: 100)
    let long = String(repeating: "a ", count: 40_000)
    let many = String(repeating: "a;", count: 10_000)
    let braces = "echo " + String(repeating: "{a,b}", count: 40)
    let range = "echo {1..999999999}"
    for text in [deep, nested, long, many, braces] {
      #expect(ShellParser.parse(Array(text.utf8)).problem != nil)
    }
    #expect(ShellParser.parse(Array(range.utf8)).commands.first?.words.allSatisfy { $0.text != nil } == false)
  }

  @Test("random bytes never stop it")
  func garbage() {
    var dice = SystemRandomNumberGenerator()
    let pieces = [
      "$(", ")", "`", "'", "\"", "\\", "{", "}", ",", "<<E", "\nE\n", "|", "&", ";", " ", "a", "if ", "then ",
      "fi", "*", "[", "]", "~", "$x", "${", "case ", "in ", "esac", "<(", "\n", "=", "do ", "done", "for ",
    ]
    for _ in 0..<3000 {
      var text = ""
      for _ in 0..<Int.random(in: 1...24, using: &dice) { text += pieces.randomElement(using: &dice) ?? "" }
      let script = ShellParser.parse(Array(text.utf8))
      #expect(script.commands.count <= ShellParser.maxCommands)
    }
  }
}
