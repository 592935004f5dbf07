import Testing

@testable import JSON

@Suite struct ScannerTests {
  @Test("the scanner judges a member's value as the reader does", arguments: Corpus.accepted)
  func accepts(text: String) throws {
    for line in ["{\"m\":\(text)}", "{\"m\":[\(text)]}", " { \"m\" : {\"n\":\(text)} , \"o\":0}\r"] {
      let bytes = Array(line.utf8)
      #expect(agreement(bytes) == nil)
      var scanner = LineScanner()
      try scanner.scan(bytes: bytes)
      #expect(scanner.members.first?.nameEnd == scanner.members.first.map { $0.nameStart + 1 })
    }
  }

  @Test("the scanner refuses what the reader refuses", arguments: Corpus.refused)
  func refuses(text: String, message: String) {
    for line in [text, "{\"m\":\(text)}", "{\"m\":[\(text)]}", "{\"m\":{\"n\":\(text)}}"] {
      #expect(agreement(Array(line.utf8)) == nil)
    }
    guard text.utf8.first == Ascii.openBrace else { return }
    var scanner = LineScanner()
    #expect(throws: JSONError.self) { try scanner.scan(text: text) }
    #expect(scanner.members.isEmpty)
  }

  @Test func access() throws {
    let text =
      #" { "type" : "mess\u0061ge", "\u0069d":"a\"b","n":-1.5,"o":{"a":[]},"l":[1],"t":true,"#
      + #""f":false,"z":null,"plain":"text","longer name 1":1,"longer name 2":2}"#
    let line = Array(text.utf8)
    var scanner = LineScanner()
    try scanner.scan(bytes: line)
    #expect(
      scanner.members.map(\.kind) == [
        .string, .string, .number, .object, .array, .bool, .bool, .null, .string, .number, .number,
      ])
    let type = try #require(scanner.find("type", bytes: line))
    #expect(type.escaped)
    #expect(scanner.equals(type, "message", bytes: line))
    #expect(!scanner.equals(type, "messages", bytes: line))
    #expect(!scanner.equals(type, "mess", bytes: line))
    let id = try #require(scanner.find("id", bytes: line))
    #expect(try scanner.string(id, bytes: line) == "a\"b")
    let plain = try #require(scanner.find("plain", bytes: line))
    #expect(!plain.escaped)
    #expect(try scanner.string(plain, bytes: line) == "text")
    #expect(scanner.equals(plain, "text", bytes: line))
    #expect(!scanner.equals(plain, "texts", bytes: line))
    let number = try #require(scanner.find("longer name 2", bytes: line))
    #expect(String(decoding: line[number.valueStart..<number.valueEnd], as: UTF8.self) == "2")
    #expect(!scanner.equals(number, "2", bytes: line))
    #expect(throws: JSONError.self) { try scanner.string(number, bytes: line) }
    #expect(scanner.find("longer name 3", bytes: line) == nil)
    #expect(scanner.find("", bytes: line) == nil)
    // The mistake of giving another line is an error or false, not a trap.
    #expect(throws: JSONError.self) { try scanner.string(plain, bytes: []) }
    #expect(!scanner.equals(type, "message", bytes: []))
    #expect(scanner.find("type", bytes: []) == nil)
  }

  @Test(
    "only a line that is one object is accepted",
    arguments: [
      "", " ", "1", "[]", "\"a\"", "null", "{}\n", "\n{}", "{\n}", "{}{}", "{} x", "\u{FEFF}{}", "{}\u{0}",
      "{\"a\":1\n}", "{\"a\":[\n]}",
    ])
  func refusesOthers(line: String) {
    var scanner = LineScanner()
    #expect(throws: JSONError.self) { try scanner.scan(text: line) }
  }

  @Test func limits() throws {
    var scanner = LineScanner()
    func nested(_ depth: Int) -> [UInt8] {
      let inner = depth - 1
      let text = "{\"a\":" + (0..<inner).map { $0 % 2 == 0 ? "[" : "{\"b\":" }.joined()
      let closing = (0..<inner).reversed().map { $0 % 2 == 0 ? "]" : "}" }.joined()
      return Array((text + (inner % 2 == 0 ? "0" : "") + closing + "}").utf8)
    }
    try scanner.scan(bytes: nested(64))
    let tooDeep = nested(65)
    let error = #expect(throws: JSONError.self) { try scanner.scan(bytes: tooDeep) }
    #expect(error?.message.contains("64 levels") == true)
    #expect(throws: JSONError.self) { try scanner.scan(bytes: tooDeep, limits: JSONLimits(maxDepth: 1000)) }
    try scanner.scan(text: "{}", limits: JSONLimits(maxDepth: 1))
    #expect(throws: JSONError.self) { try scanner.scan(text: "{}", limits: JSONLimits(maxDepth: 0)) }
    let shallow = JSONLimits(maxDepth: 1)
    #expect(throws: JSONError.self) { try scanner.scan(text: "{\"a\":[]}", limits: shallow) }
    try scanner.scan(text: "{\"a\":1}", limits: JSONLimits(maxBytes: 7))
    #expect(throws: JSONError.self) {
      try scanner.scan(text: "{\"a\":1}", limits: JSONLimits(maxBytes: 6))
    }
    let full = Array("{\"a\":\"".utf8) + Array(repeating: 0x61, count: (1 << 20) - 8) + Array("\"}".utf8)
    try scanner.scan(bytes: full)
    #expect(throws: JSONError.self) { try scanner.scan(bytes: full + [0x20]) }
  }

  @Test("duplicates are found on both sides of the change to a set", arguments: [1, 31, 32, 33, 34, 40])
  func duplicates(count: Int) throws {
    let names = (0..<count).map { "\"a long name \($0)\":0" }
    var scanner = LineScanner()
    try scanner.scan(text: "{" + names.joined(separator: ",") + "}")
    #expect(scanner.members.count == count)
    for place in [0, count / 2, count - 1] {
      let twice = (names + ["\"\\u0061 long name \(place)\":1"]).joined(separator: ",")
      #expect(throws: JSONError.self) { try scanner.scan(text: "{\(twice)}") }
    }
  }

  @Test("nested duplicates are the documented gap")
  func gap() throws {
    let line = #"{"a":{"b":1,"b":2}}"#
    var scanner = LineScanner()
    try scanner.scan(text: line)
    #expect(throws: JSONError.self) { try JSONReader.parse(line) }
  }

  @Test("damaged lines never trap and both readers agree", arguments: [1, 2, 3] as [UInt64])
  func garbage(seed: UInt64) {
    var dice = Dice(state: seed)
    let text =
      #"{"v":1,"id":"\u0069x","ts":-1.5e3,"from":{"n":"张伟日本","k":[1,{"a":null}]},"#
      + #""t":"q\"\n😀\ud83d\ude00é","ok":true,"no":false,"e":[],"tags":["a","urgent"],"last":"x"}"#
    let line = Array(text.utf8)
    let tokens = Array("{}[]\",:\\u0019-+.eEtrufalsn \t\n\r/".utf8)
    for _ in 0..<4000 {
      var damaged = line
      for _ in 0..<Int.random(in: 1...3, using: &dice) {
        let place = Int.random(in: damaged.indices, using: &dice)
        switch Int.random(in: 0..<5, using: &dice) {
        case 0: damaged[place] ^= 1 << UInt8.random(in: 0..<8, using: &dice)
        case 1: damaged[place] = tokens[Int.random(in: tokens.indices, using: &dice)]
        case 2: damaged.remove(at: place)
        case 3: damaged.insert(tokens[Int.random(in: tokens.indices, using: &dice)], at: place)
        default: damaged.removeLast(Int.random(in: 0..<8, using: &dice))
        }
      }
      #expect(agreement(damaged) == nil)
    }
  }
}

/// Compares the verdicts of the scanner and the reader; nil if they agree but for the documented gap.
func agreement(_ bytes: [UInt8]) -> String? {
  var scanner = LineScanner()
  var refusal: JSONError?
  var scanned = true
  do throws(JSONError) { try scanner.scan(bytes: bytes) } catch { scanned = false }
  var value: JSONValue?
  do throws(JSONError) { value = try JSONReader.parse(bytes) } catch { refusal = error }
  let text = String(decoding: bytes, as: UTF8.self)
  guard scanned else {
    let expected = value?.object == nil || bytes.contains(Ascii.lineFeed)
    return expected ? nil : "only the reader accepts \(text)"
  }
  if let refusal {
    return refusal.message.contains("each member name once") ? nil : "only the scanner accepts \(text)"
  }
  guard let members = value?.object?.members, members.count == scanner.members.count else {
    return "different members in \(text)"
  }
  for (member, expected) in zip(scanner.members, members) {
    let part = Array(bytes[member.valueStart..<member.valueEnd])
    guard (try? JSONReader.parse(part)) == expected.value else { return "wrong offsets in \(text)" }
  }
  return nil
}
