import JSON
import System
import Testing
import Wire

/// The envelope of a line.
private func envelope(_ line: String) throws -> Envelope {
  var scanner = LineScanner()
  let bytes = Array(line.utf8)
  try scanner.scan(bytes.span)
  return try Envelope(scanner, bytes.span)
}

private func wrong(_ line: String) -> String? {
  do {
    _ = try envelope(line)
    return nil
  } catch {
    return (error as? WireError)?.description
  }
}

@Suite struct AddressTests {
  @Test(
    "addresses are read and written in their one canonical form",
    arguments: [
      ("slack:C1", "slack", "", "C1", nil, "slack:C1"),
      ("slack@ops:C1:17.5", "slack", "ops", "C1", "17.5", nil),
      ("telegram:-100123", "telegram", "", "-100123", nil, nil),
      ("email:a%40b.example", "email", "", "a@b.example", nil, nil),
      ("email:a@b.example", "email", "", "a@b.example", nil, "email:a%40b.example"),
      ("x@a%40b:c", "x", "a@b", "c", nil, nil), ("x@a@b:c", "x", "a@b", "c", nil, "x@a%40b:c"),
      ("x:a%3ab%25", "x", "", "a:b%", nil, "x:a%3Ab%25"), ("x:%41", "x", "", "A", nil, "x:A"),
      ("x:#help", "x", "", "#help", nil, nil), ("x:飞书%20群", "x", "", "飞书 群", nil, nil),
      ("x:%E7%BE%A4", "x", "", "群", nil, "x:群"), ("x:\u{301}a", "x", "", "\u{301}a", nil, nil),
      ("x@\u{301}:\u{301}:\u{301}", "x", "\u{301}", "\u{301}", "\u{301}", nil),
      ("x:/dev/null?a=b&c", "x", "", "/dev/null?a=b&c", nil, nil),
    ] as [(String, String, String, String, String?, String?)])
  func forms(
    _ text: String, _ platform: String, _ account: String, _ channel: String, _ thread: String?,
    _ canonical: String?
  ) throws {
    let address = try #require(Address(text))
    let expected = Address(platform: platform, account: account, channel: channel, thread: thread)
    #expect(address == expected)
    #expect(Array(address.description.utf8) == Array((canonical ?? text).utf8))
    #expect(Address(address.description) == address)
  }

  @Test(
    "what is no address is refused",
    arguments: [
      "", "slack", "slack:", ":C1", "slack@:C1", "slack:C1:", "slack:C1:t:x", "slack::t", "Slack:C1", "1a:c",
      "-a:c", "a_b:c", "a b:c", "släck:c", "x:a b", "x:a\tb", "x:a\nb", "x:a\u{7F}", "x:%", "x:%4", "x:%zz",
      "x:%00", "x:a%00b", "x:%FF", "x:%C3%28", "x:%ED%A0%80", "x@a b:c", "x@%:c", "@a:c", "x:a\0",
      "x:" + String(repeating: "a", count: 1023), String(repeating: "p", count: 33) + ":c", "x:\u{301}:",
    ])
  func refused(_ text: String) { #expect(Address(text) == nil) }

  @Test("every address is read as it was written, byte for byte, and no two have the same text")
  func property() {
    var numbers = SplitMix(state: 3)
    let scalars: [Unicode.Scalar] = [
      ":", "%", "@", " ", "\t", "\n", "\r", "\u{1}", "\u{1F}", "\u{7F}", "\u{85}", "\u{A0}", "/", "#", "a",
      "Z", "0",
      "-", ".", "é", "e", "\u{301}", "\u{200D}", "\u{202E}", "\u{FEFF}", "群", "🤖", "👩", "\u{10FFFF}",
    ]
    func part(_ shortest: Int) -> String {
      var text = String.UnicodeScalarView()
      for _ in 0..<Int.random(in: shortest...8, using: &numbers) {
        text.append(scalars.randomElement(using: &numbers) ?? "a")
      }
      return String(text)
    }
    var seen: [String: [String]] = [:]
    var wrong = 0
    for _ in 0..<20_000 {
      let address = Address(
        platform: ["x", "feishu", "a-1"].randomElement(using: &numbers) ?? "x", account: part(0),
        channel: part(1),
        thread: Bool.random(using: &numbers) ? part(1) : nil)
      let text = address.description
      guard let back = Address(text) else {
        wrong += 1
        continue
      }
      func bytes(_ address: Address) -> [[UInt8]] {
        [address.platform, address.account, address.channel, address.thread ?? "none"].map { Array($0.utf8) }
      }
      if bytes(back) != bytes(address) || back.thread == nil && address.thread != nil { wrong += 1 }
      // Nothing in it can end a line, a word or a part.
      if text.utf8.contains(where: { $0 <= 0x20 || $0 == 0x7F }) { wrong += 1 }
      let parts = [address.platform, address.account, address.channel, address.thread ?? "\0"]
      if let other = seen[text], other != parts { wrong += 1 }
      seen[text] = parts
    }
    #expect(wrong == 0)
  }
}

@Suite struct EnvelopeTests {
  @Test("every member is read, and what is missing or null has its default")
  func members() throws {
    let line = """
      {"v":1,"type":"control","id":"i","session":"s\\u0041","parent":"p","trace":"t","agent":"a","again":true,\
      "action":"abort","unknown":{"id":5}}
      """
    let full = try envelope(line)
    #expect(full.type == "control" && full.id == "i" && full.session == "sA" && full.parent == "p")
    #expect(full.trace == "t" && full.agent == "a" && full.again && full.action == "abort")
    for line in [
      "{}",
      """
      {"type":null,"id":null,"session":null,"parent":null,"trace":null,"agent":null,"again":null,"final":null}
      """,
    ] {
      let empty = try envelope(line)
      #expect(empty.type == "" && empty.id == nil && empty.session == nil && empty.parent == nil)
      #expect(empty.trace == nil && empty.agent == nil && !empty.again && empty.action == nil)
      #expect(empty.final && !empty.notice && !empty.temporary)
      #expect(!empty.endsTurn && !empty.isPartial)
    }
  }

  @Test(
    "a line ends its turn, or is a part, or neither",
    arguments: [
      (#"{"type":"reply"}"#, true, false), (#"{"type":"reply","final":true}"#, true, false),
      (#"{"type":"reply","final":false}"#, false, true),
      (#"{"type":"reply","final":true,"notice":true}"#, false, false),
      (#"{"type":"reply","final":false,"notice":true}"#, false, false),
      (#"{"type":"reply","final":null,"notice":null}"#, true, false), (#"{"type":"error"}"#, true, false),
      (#"{"type":"error","temporary":false}"#, true, false),
      (#"{"type":"error","temporary":true}"#, false, false),
      (#"{"type":"message","final":true}"#, false, false),
      (#"{"type":"action","final":false}"#, false, false),
      (#"{"type":"new-type","final":true}"#, false, false),
    ])
  func ends(_ line: String, _ endsTurn: Bool, _ isPartial: Bool) throws {
    let envelope = try envelope(line)
    #expect(envelope.endsTurn == endsTurn)
    #expect(envelope.isPartial == isPartial)
  }

  @Test(
    "a member of the wrong kind or form is named",
    arguments: [
      (#"{"type":1}"#, #"member "type" is not a text"#), (#"{"id":5}"#, #"member "id" is not a text"#),
      (#"{"session":[]}"#, #"member "session" is not a text"#),
      (#"{"agent":{}}"#, #"member "agent" is not a text"#),
      (#"{"again":"true"}"#, #"member "again" is neither true nor false"#),
      (#"{"again":1}"#, #"member "again" is neither true nor false"#),
      (#"{"type":"reply","final":"no"}"#, #"member "final" is neither true nor false"#),
      (#"{"type":"reply","notice":0}"#, #"member "notice" is neither true nor false"#),
      (#"{"type":"error","temporary":[]}"#, #"member "temporary" is neither true nor false"#),
      (#"{"type":"control","action":true}"#, #"member "action" is not a text"#),
    ])
  func kinds(_ line: String, _ text: String) { #expect(wrong(line) == text) }

  @Test("members that other types do not have are not looked at")
  func foreign() {
    #expect(wrong(#"{"type":"message","final":"x","temporary":5,"action":[],"notice":{}}"#) == nil)
  }

  @Test("ids are 1 to 128 printable ASCII characters", arguments: ["id", "parent", "trace"])
  func ids(_ member: String) throws {
    for id in ["a", String(repeating: "x", count: 128), "!~", "01890000-0000-7000-8000-000000000001"] {
      #expect(wrong("{\"\(member)\":\"\(id)\"}") == nil, "\(id)")
    }
    for id in ["", String(repeating: "x", count: 129), "a b", "é", "a\\n", "a\\u0000", "\\u007f", "群"] {
      #expect(
        wrong("{\"\(member)\":\"\(id)\"}")
          == "member \"\(member)\" is not 1 to 128 printable ASCII characters", "\(id)")
    }
    #expect(try envelope(#"{"id":"a\"b\\c\/"}"#).id == #"a"b\c/"#)
  }
}

@Suite struct LineMakerTests {
  private static func maker() -> LineMaker {
    LineMaker(clock: .fixed(start: Timestamp(milliseconds: 1_795_248_000_000), seed: 1))
  }

  /// Every kind of line with everything that can be in it.
  private static func lines() -> [(type: String, line: [UInt8], rest: [String])] {
    var maker = maker()
    let cause = Cause(id: "p", trace: "t", session: "x:c")
    let text = "a\"\\\n\u{0}\u{2028}群🤖"
    return [
      (
        "message",
        maker.message(session: "x:c", from: "u", name: text, text: text, parent: "p", trace: "t").line,
        ["from", "chat", "text"]
      ),
      (
        "reply", maker.reply(to: cause, text: text, final: false, notice: true, agent: "a").line,
        ["agent", "text", "final", "notice"]
      ),
      (
        "error",
        maker.error(to: cause, stage: "run", code: "c", text: text, temporary: true, agent: "a").line,
        ["stage", "code", "agent", "text", "temporary"]
      ),
      (
        "action", maker.action(to: cause, key: "k", phase: "done", title: text, detail: text),
        ["key", "phase", "title", "detail"]
      ),
      (
        "receipt",
        maker.receipt(of: "p", trace: "t", session: "x:c", state: "delivered", proof: text, reason: text),
        ["state", "proof", "reason"]
      ),
    ]
  }

  @Test("lines are strict JSON on one line, with the common members first and always in this order")
  func order() throws {
    for (type, line, rest) in Self.lines() {
      #expect(!line.contains(0x0A))
      let object = try #require(try JSONReader.parse(line).object)
      let names = object.members.map(\.name)
      #expect(names == ["v", "type", "id", "time", "parent", "trace", "session"] + rest)
      let read = try envelope(String(decoding: line, as: UTF8.self))
      #expect(read.type == type && read.parent == "p" && read.trace == "t" && read.session == "x:c")
      #expect(object["time"] == .string("2026-11-21T08:00:00.000Z"))
      #expect(object["v"] == 1)
    }
  }

  @Test("what is not known is left out, and the first line of a chain is its own trace")
  func sparse() throws {
    var maker = Self.maker()
    let message = maker.message(session: "x:c", from: "u", name: nil, text: "t")
    let read = try envelope(String(decoding: message.line, as: UTF8.self))
    #expect(read.id == message.id && read.trace == message.id && read.parent == nil)
    #expect(Cause(read) == Cause(id: message.id, trace: message.id, session: "x:c"))
    var bare = read
    bare.trace = nil
    #expect(Cause(bare).trace == message.id)
    let reply = maker.reply(id: "mine", to: Cause(id: nil, trace: nil, session: nil), text: "")
    let object = try #require(try JSONReader.parse(reply.line).object)
    #expect(reply.id == "mine")
    #expect(object.members.map(\.name) == ["v", "type", "id", "time", "text", "final"])
    #expect(try envelope(String(decoding: reply.line, as: UTF8.self)).endsTurn)
  }

  @Test("ids are fresh, and the same clock and seed give the same lines")
  func fresh() throws {
    let lines = Self.lines()
    #expect(lines.map(\.line) == Self.lines().map(\.line))
    let ids = try lines.map { try envelope(String(decoding: $0.line, as: UTF8.self)).id }
    #expect(Set(ids).count == lines.count && !ids.contains(nil))
  }

  @Test("a line that is printed again says so and is otherwise the same, and what is no line stays as it is")
  func again() throws {
    for (_, line, _) in Self.lines() {
      let marked = LineMaker.again(line)
      #expect(LineMaker.again(marked) == marked)
      var read = try envelope(String(decoding: marked, as: UTF8.self))
      #expect(read.again)
      read.again = false
      #expect(try read == envelope(String(decoding: line, as: UTF8.self)))
      #expect(try JSONReader.parse(marked).object?.count == (JSONReader.parse(line).object?.count ?? 0) + 1)
    }
    for broken in ["", "[]", "{", "text"] {
      #expect(LineMaker.again(Array(broken.utf8)) == Array(broken.utf8))
    }
  }
}

@Suite struct SenderReaderTests {
  @Test(
    "who speaks, or nobody",
    arguments: [
      (#"{"from":{"id":"u1","name":"x"}}"#, "u1"), (#"{"from":{"name":"x"}}"#, ""), ("{}", ""),
      (#"{"from":{"id":7}}"#, ""), (#"{"from":"u1"}"#, ""), (#"{"from":{"id":"\u5f20"}}"#, "张"),
      (#"{"from":{"\u0069d":"a"}}"#, "a"), (#"{"from":{"id":""}}"#, ""), (#"{"from":null,"id":"x"}"#, ""),
      (#"{"from":{"from":{"id":"x"}}}"#, ""), (#"{"from":{"id":"a","id":"b"}}"#, ""),
    ])
  func reads(line: String, id: String) throws {
    var scanner = LineScanner()
    let bytes = Array(line.utf8)
    try scanner.scan(bytes.span)
    var reader = SenderReader()
    // Twice, because it keeps what it scanned.
    #expect(reader.id(scanner, bytes.span) == id)
    #expect(reader.id(scanner, bytes.span) == id)
  }
}
