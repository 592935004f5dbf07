import JSON
import Testing

@Suite struct ReaderTests {
  @Test("valid texts are read", arguments: Corpus.accepted)
  func accepts(text: String) throws {
    let value = try JSONReader.parse(text)
    var writer = JSONWriter()
    writer.value(value)
    #expect(try JSONReader.parse(writer.bytes) == value)
    #expect(try JSONReader.parse(text, dialect: .relaxed) == value)
  }

  @Test("invalid texts are refused with the reason", arguments: Corpus.refused)
  func refuses(text: String, message: String) {
    let error = #expect(throws: JSONError.self) { try JSONReader.parse(text) }
    #expect(error?.message.contains(message) == true, "\(error?.message ?? "")")
  }

  @Test("invalid UTF-8 is refused", arguments: Corpus.invalidUTF8)
  func refusesInvalidUTF8(bytes: [UInt8]) {
    for padding in [0, 3, 8] {
      let text = Array("\"".utf8) + bytes + Array(repeating: 0x61, count: padding) + Array("\"".utf8)
      #expect(throws: JSONError.self) { try JSONReader.parse(text) }
      let line = Array("{\"a\":".utf8) + text + Array("}".utf8)
      var scanner = LineScanner()
      #expect(throws: JSONError.self) { try scanner.scan(bytes: line) }
      let nested = Array("{\"a\":[".utf8) + text + Array("]}".utf8)
      #expect(throws: JSONError.self) { try scanner.scan(bytes: nested) }
    }
  }

  @Test func values() throws {
    let value = try JSONReader.parse(
      #"{"s":"a\n\u00e9\ud83d\ude00","i":-12,"d":1.5e1,"t":true,"n":null,"a":[1,"x"],"o":{"z":1,"y":2}}"#)
    #expect(value["s"]?.string == "a\né😀")
    #expect(value["i"]?.int == -12)
    #expect(value["d"]?.double == 15)
    #expect(value["d"]?.int == nil)
    #expect(value["t"]?.bool == true)
    #expect(value["n"] == .null)
    #expect(value["a"] == [1, "x"])
    #expect(value["o"] == ["z": 1, "y": 2])
    #expect(value["o"]?.object?.members.map(\.name) == ["z", "y"])
    #expect(value["missing"] == nil)
    #expect(value["s"]?["x"] == nil)
    #expect(try JSONReader.parse("1e999").double == nil)
    #expect(try JSONReader.parse("99999999999999999999").int == nil)
    guard case .number(let number) = try JSONReader.parse("1.50") else {
      Issue.record("not a number")
      return
    }
    #expect(number.text == "1.50")
  }

  @Test func objects() {
    var object = JSONObject([("a", 1), ("b", 2), ("a", 3)])
    #expect(object == JSONObject([("a", 3), ("b", 2)]))
    object["c"] = true
    object["a"] = "x"
    object["b"] = .some(nil)
    object["zz"] = Optional<JSONValue>.none
    #expect(object.members.map(\.name) == ["a", "b", "c"])
    #expect(object["b"] == .null)
    object["b"] = Optional<JSONValue>.none
    #expect(object.count == 2)
    #expect(!object.isEmpty)
    #expect(object["e\u{301}"] == nil)
    object["\u{e9}"] = 1
    #expect(object["e\u{301}"] == nil)
    #expect(JSONValue.string("\u{e9}") != JSONValue.string("e\u{301}"))
  }

  @Test(
    "the relaxed dialect adds comments and trailing commas",
    arguments: [
      ("// a\n{\"a\":1}", true), ("{/* \"b\":2, */\"a\":1,}", true), ("{\"a\":1}// end", true),
      ("{\"a\"/**/:/***/1 /* é * / */ , // x\n}", true), ("[1,2,]", true), ("[1,/*x*/]", true),
      ("[,]", false), ("[1,,]", false), ("{,}", false), ("/* open", false), ("{\"a\":1}/", false),
      ("/ 1", false), ("# 1", false), ("1 /* /* */ */", false), ("{a:1}", false),
    ])
  func relaxed(text: String, accepted: Bool) {
    #expect(((try? JSONReader.parse(text, dialect: .relaxed)) != nil) == accepted)
    #expect(throws: JSONError.self) { try JSONReader.parse(text) }
  }

  @Test func positions() {
    let error = #expect(throws: JSONError.self) { try JSONReader.parse("{\n  \"é\": 1,\n  \"ü\" 2}") }
    #expect(error == JSONError(line: 3, column: 8, message: "expected ':' after a member name, found '2'"))
    #expect("\(error.map { "\($0)" } ?? "")".hasPrefix("line 3, column 8: expected"))
    let name = String(repeating: "secret", count: 20)
    let twice = #expect(throws: JSONError.self) { try JSONReader.parse("{\"\(name)\":1,\"\(name)\":2}") }
    #expect((twice?.message.utf8.count ?? 1000) < 100)
  }

  @Test func limits() throws {
    func nested(_ depth: Int) -> String {
      String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
    }
    _ = try JSONReader.parse(nested(64))
    #expect(throws: JSONError.self) { try JSONReader.parse(nested(65)) }
    let deep = JSONLimits(maxDepth: 1 << 40)
    _ = try JSONReader.parse(nested(512), limits: deep)
    #expect(throws: JSONError.self) { try JSONReader.parse(nested(513), limits: deep) }
    #expect(throws: JSONError.self) { try JSONReader.parse(nested(500_000), limits: deep) }
    _ = try JSONReader.parse("1", limits: JSONLimits(maxDepth: 0))
    #expect(throws: JSONError.self) { try JSONReader.parse("[]", limits: JSONLimits(maxDepth: 0)) }
    _ = try JSONReader.parse("[1, 2]", limits: JSONLimits(maxBytes: 6))
    #expect(throws: JSONError.self) { try JSONReader.parse("[1, 2]", limits: JSONLimits(maxBytes: 5)) }
  }

  @Test("many members take no quadratic time", .timeLimit(.minutes(1)))
  func manyMembers() throws {
    let text = "{" + (0..<100_000).map { "\"name\($0)\":0" }.joined(separator: ",") + "}"
    let limits = JSONLimits(maxBytes: 1 << 24)
    #expect(try JSONReader.parse(text, limits: limits).object?.count == 100_000)
    var scanner = LineScanner()
    try scanner.scan(text: text, limits: limits)
    #expect(scanner.members.count == 100_000)
    let twice = text.dropLast() + ",\"na\\u006de77\":1}"
    #expect(throws: JSONError.self) { try JSONReader.parse(String(twice), limits: limits) }
    let bytes = Array(twice.utf8)
    #expect(throws: JSONError.self) { try scanner.scan(bytes: bytes, limits: limits) }
  }
}
