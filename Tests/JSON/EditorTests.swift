import JSON
import Testing

@Suite struct EditorTests {
  /// A line, changes (nil removes), and the line after them.
  typealias Case = (line: String, changes: [(String, String?)], result: String)

  static let cases: [Case] = [
    (#"{"a":1,"b":2,"c":3}"#, [("a", "9")], #"{"a":9,"b":2,"c":3}"#),
    (#"{"a":1,"b":2,"c":3}"#, [("b", "\"x\"")], #"{"a":1,"b":"x","c":3}"#),
    (#"{"a":1,"b":2,"c":3}"#, [("c", "[]")], #"{"a":1,"b":2,"c":[]}"#),
    (#"{"a":1,"b":2,"c":3}"#, [("a", nil)], #"{"b":2,"c":3}"#),
    (#"{"a":1,"b":2,"c":3}"#, [("b", nil)], #"{"a":1,"c":3}"#),
    (#"{"a":1,"b":2,"c":3}"#, [("c", nil)], #"{"a":1,"b":2}"#),
    (#"{"a":1,"b":2,"c":3}"#, [("a", nil), ("b", nil)], #"{"c":3}"#),
    (#"{"a":1,"b":2,"c":3}"#, [("b", nil), ("c", nil)], #"{"a":1}"#),
    (#"{"a":1,"b":2,"c":3}"#, [("a", nil), ("c", nil), ("b", "0")], #"{"b":0}"#),
    (#"{"a":1,"b":2}"#, [("a", nil), ("b", nil)], "{}"),
    (#"{"a":1}"#, [("a", nil)], "{}"),
    (#"{"a":1}"#, [("a", nil), ("n", "1")], #"{"n":1}"#),
    (#"{"a":1}"#, [("n", "1"), ("m", "2")], #"{"a":1,"n":1,"m":2}"#),
    (#"{"a":1}"#, [("n", nil)], #"{"a":1}"#),
    (#"{"a":1}"#, [("n", "1"), ("n", "2")], #"{"a":1,"n":2}"#),
    (#"{"a":1}"#, [("n", "1"), ("n", nil)], #"{"a":1}"#),
    (#"{"a":1}"#, [("a", "1"), ("a", "2")], #"{"a":2}"#),
    ("{}", [("n", "1")], #"{"n":1}"#),
    (" { } ", [("n", "1"), ("m", "2")], #" {"n":1,"m":2 } "#),
    ("{}", [("q\"\n", "1")], #"{"q\"\n":1}"#),
    (" { \"a\" : 1 , \"b\" :2 }\r", [("b", "3"), ("c", "4")], " { \"a\" : 1 , \"b\" :3,\"c\":4 }\r"),
    ("{ \"a\" : 1 , \"b\" : 2 }", [("a", nil)], "{ \"b\" : 2 }"),
    ("{ \"a\" : 1 , \"b\" : 2 }", [("b", nil)], "{ \"a\" : 1 }"),
    ("{ \"a\" : 1 }", [("a", nil)], "{  }"),
    (#"{"\u0061":1.50,"b":"\u00e9"}"#, [("a", "2")], #"{"\u0061":2,"b":"\u00e9"}"#),
    (#"{"\u0061":1.50,"b":"\u00e9"}"#, [("a", nil)], #"{"b":"\u00e9"}"#),
    (#"{"a":1.50,"b":"\u00e9"}"#, [], #"{"a":1.50,"b":"\u00e9"}"#),
  ]

  @Test("members are changed and all other bytes stay", arguments: cases)
  func set(line: String, changes: [(String, String?)], result: String) throws {
    let bytes = Array(line.utf8)
    var scanner = LineScanner()
    try scanner.scan(bytes: bytes)
    let edited = LineEditor.set(
      changes.map { (name: $0.0, rawValue: $0.1.map { Array($0.utf8) }) }, in: bytes.span, scanner: scanner)
    #expect(String(decoding: edited, as: UTF8.self) == result)
    try scanner.scan(bytes: edited)
  }
}
