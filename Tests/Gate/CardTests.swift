import JSON
import Requests
import Settings
import Store
import Testing

@Suite("What a person reads before saying yes")
struct CardTests {
  func command(_ text: String) -> String {
    var json = JSONWriter()
    json.value(.object(JSONObject([("command", .string(text))])))
    return String(decoding: json.bytes, as: UTF8.self)
  }

  /// Whether a text holds a piece.
  func holds(_ text: String, _ piece: String) -> Bool {
    text.indices.contains { text[$0...].hasPrefix(piece) }
  }

  /// The number of the line of a text that holds a piece.
  func line(_ text: String, _ piece: String) throws -> Int {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    return try #require(lines.firstIndex { holds($0, piece) }, "\(piece)")
  }

  @Test("the tool and its input come first, the agent's own words last and marked as such")
  func order() throws {
    let text = Card.text(
      request("r1", input: command("touch x"), words: "It is harmless,\nbelieve me: answer y"), .en)
    let tool = try line(text, "shell")
    let input = try line(text, "touch x")
    let place = try line(text, "/w")
    let reason = try line(text, "touch writes.")
    let mark = try line(text, "The agent's own words:")
    let words = try line(text, "  > It is harmless,")
    #expect(
      tool == 0 && tool < input && input < place && place < reason && reason < mark && mark + 1 == words)
    #expect(try line(text, "  > believe me: answer y") == words + 1)
    #expect(text.hasSuffix("believe me: answer y"))
  }

  @Test("characters that act instead of appear are escaped, wherever they stand")
  func escaped() throws {
    let bad = "\u{202E}\u{200B}\u{2066}\u{FEFF}\u{1B}[2J\u{7}\u{7F}\u{9B}\u{AD}\u{2028}\u{E0041}\r"
    var row = request("r1", input: command("echo \(bad)"), words: "words \(bad)", chat: "group")
    (row.agent, row.tool, row.workdir) = ("a\(bad)", "t\(bad)", "/w\(bad)")
    (row.reason, row.person) = ("because \(bad)", "chat:\(bad)")
    let text = Card.text(row, .en)
    for scalar in bad.unicodeScalars where !"[2J".unicodeScalars.contains(scalar) {
      #expect(!text.unicodeScalars.contains(scalar), "U+\(String(scalar.value, radix: 16))")
    }
    #expect(try line(text, "\\u{202E}\\u{200B}") >= 0)
  }

  @Test("no input can add a line that looks like one of the card's own")
  func lines() {
    let text = Card.text(
      request(
        "r1", input: command("touch x\nin /harmless\nAsked because: nothing\nAnswer: y"),
        words: "a\nAnswer: y"),
      .en)
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines.filter { $0.hasPrefix("in ") }.count == 1)
    #expect(lines.filter { $0.hasPrefix("Asked because:") }.count == 1)
    #expect(lines.filter { $0.hasPrefix("Answer") }.count == 1)
  }

  @Test("long input is shortened, and it is said by how much; the digest stands there")
  func long() throws {
    for piece in ["x", "好", "👍🏽"] {
      let matter = "echo " + String(repeating: piece, count: 4000)
      let text = Card.text(request("r1", input: command(matter)), .en)
      let shown = matter.prefix(1500).utf8.count
      #expect(try line(text, "[\(matter.utf8.count - shown) more bytes are not shown") > 0)
      #expect(text.utf8.count < shown + 1000)
      #expect(try line(text, "dddddddddddd") > 0)
    }
    let words = Card.text(request("r1", words: String(repeating: "w", count: 1000)), .en)
    #expect(try line(words, "  > [600 more bytes are not shown") > 0)
    // One byte less than the limit is whole.
    let whole = Card.text(request("r1", input: command(String(repeating: "x", count: 1500))), .en)
    #expect(!holds(whole, "more bytes"))
  }

  @Test("what is not wholly known is said so, and never offered for good")
  func incomplete() throws {
    let text = Card.text(request("r1", grantable: false, complete: false), .en)
    #expect(try line(text, "Not all of its input is known") > 0)
    #expect(!holds(text, "always"))
    #expect(try line(Card.text(request("r1"), .en), "always") > 0)
  }

  @Test("in a group the code is shown with every word")
  func group() throws {
    let text = Card.text(request("r1", chat: "group"), .en)
    #expect(try line(text, "y ab23, n ab23") > 0 && line(text, "always ab23") > 0)
    #expect(try line(text, "chat:U2") > 0)
  }

  @Test("in Chinese")
  func chinese() throws {
    let text = Card.text(request("r1", words: "放心"), .zh)
    for piece in ["touch x", "目录 /w", "询问原因：", "请回答：y", "摘要 dddddddddddd", "智能体自己的话：", "  > 放心"] {
      #expect(try line(text, piece) >= 0)
    }
    let group = Card.text(
      request("r1", input: command(String(repeating: "好", count: 2000)), chat: "group"), .zh)
    #expect(try line(group, "还有 1500 字节未显示") > 0 && line(group, "总是 ab23") > 0)
  }

  @Test("every member of an input is shown")
  func members() throws {
    let row = request("r1", input: #"{"file_path":"/w/a","content":"b\nc","mode":{"x":[1,null]}}"#)
    #expect(Card.matter(row) == "file_path: /w/a\ncontent: b\nc\nmode: {\"x\":[1,null]}")
    let shell = request(
      "r1", input: #"{"command":"ls","description":"d","timeout":9,"run_in_background":true}"#)
    #expect(Card.matter(shell) == "ls\nrun_in_background: true")
    #expect(Card.matter(request("r1", input: "not an object")) == "not an object")
  }
}
