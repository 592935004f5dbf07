import Testing

@testable import Mail

func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

@Suite struct HeaderTests {
  /// Vectors of Python's email package.
  @Test(arguments: [
    ("=?UTF-8?B?5qeL5bu65a6M5oiQIOKchQ==?=", "構建完成 ✅"), ("=?utf-8?q?R=C3=A9ponse_=3D_ok?=", "Réponse = ok"),
    ("=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=", "ab"), ("=?UTF-8?B?5qeL?=\r\n =?UTF-8?B?5bu6?=", "構建"),
    ("Re: =?UTF-8?Q?caf=C3=A9?= (fwd)", "Re: café (fwd)"), ("=?gb2312?B?xOO6ww==?=", "你好"),
    ("=?UTF-8?Q?bad=ZZ?=", "bad=ZZ"), ("=?unknown-8bit?Q?=FF?=", "\u{FFFD}"), ("=?UTF-8*en?Q?x?=", "x"),
    // Cut inside a character, as some programs do.
    ("=?UTF-8?B?5qc=?= =?UTF-8?B?iw==?=", "構"), ("=?iso-2022-jp?B?GyRCJDMkcyRLJEEkTxsoQg==?=", "こんにちは"),
    ("a =?utf-8?q?=0D=0AX:_y?=", "a   X: y"), ("=?utf-8?x?abc?=", "=?utf-8?x?abc?="), ("=?", "=?"), ("", ""),
    ("=?utf-8?q??=", ""), ("grüß", "grüß"), ("=?a/b?q?x?=", "x"), ("=?iso-8859-1?q?=E4=F6=80?=", "äö€"),
  ])
  func encodedWords(value: String, text: String) {
    #expect(EncodedWords.decode(bytes(value)) == text)
  }

  @Test func fields() throws {
    let header = try MailHeader(
      bytes(
        "From a@b Mon\nSUBJECT : one\r\n two\n\tthree\nX: \n: nothing\nno field\nReceived: 1\nReceived: 2\n")[
          ...])
    #expect(header.text("subject") == "one two three")
    #expect(header.all("received").map { String(decoding: $0, as: UTF8.self) } == ["1", "2"])
    #expect(header.first("x") == [])
    #expect(header.fields.count == 4)
  }

  @Test func limits() {
    #expect(throws: MailHeader.Fault.tooLarge) {
      try MailHeader([UInt8](repeating: 0x61, count: MailHeader.byteLimit + 1)[...])
    }
    let many = bytes(String(repeating: "a: b\n", count: MailHeader.fieldLimit + 1))
    #expect(throws: MailHeader.Fault.tooManyFields) { try MailHeader(many[...]) }
  }

  @Test func ids() throws {
    let header = try MailHeader(bytes("References: <a@b> (x) <c\n d@e>\n <>< <f@g> <unclosed\n")[...])
    #expect(header.ids("references") == ["a@b", "cd@e"] + header.ids("references").dropFirst(2))
    #expect(header.ids("references", limit: 1) == ["a@b"])
    let long = (0..<300).map { "<\($0)@x>" }.joined(separator: " ")
    let ids = try MailHeader(bytes("References: \(long)")[...]).ids("references", limit: 3)
    #expect(ids == ["0@x", "298@x", "299@x"])
  }

  @Test(arguments: [
    ("text/plain; charset=\"utf-8\"", "text/plain", ["charset": "utf-8"]),
    ("TEXT/Plain (a comment; x=y); Charset=us-ascii (c)", "text/plain", ["charset": "us-ascii"]),
    ("attachment; filename=\"a;b\\\"c.txt\"", "attachment", ["filename": "a;b\"c.txt"]),
    (
      "attachment; filename*=utf-8''r%C3%A9sum%C3%A9%20%E2%9C%85.bin", "attachment",
      ["filename": "résumé ✅.bin"]
    ),
    ("attachment; filename*0=\"ab\"; filename*1=cd", "attachment", ["filename": "abcd"]),
    ("a; f*1*=%E3; f*0*=gb2312''%C4; f*2=x", "a", ["f": "你x"]),
    ("attachment; filename==?utf-8?q?=C3=A9?=", "attachment", ["filename": "é"]),
    ("x; a=1; a*=utf-8''2", "x", ["a": "2"]), ("", "", [:]), (";;;=;=x;a", "", [:]),
  ])
  func parameters(value: String, main: String, parameters: [String: String]) {
    let found = MailParameters(bytes(value))
    #expect(found.value == main)
    #expect(found.parameters == parameters)
  }

  @Test(arguments: [
    ("a@b.org", ["a@b.org"]), ("Ann <A@B.Org>", ["A@b.org"]), ("\"x, y\" <a@b>, c@d", ["a@b", "c@d"]),
    ("team: a@b, c@d; e@f", ["a@b", "c@d", "e@f"]), ("(c <x@y>) a@b (d)", ["a@b"]), ("undisclosed: ;", []),
    ("\"a b\"@c.d", ["\"a b\"@c.d"]), ("=?utf-8?q?=C3=A9?= <a@b>", ["a@b"]), (",, a@b ,", ["a@b"]),
  ])
  func addresses(value: String, found: [String]) throws {
    #expect(try #require(MailAddress.list(bytes(value))).map(\.address) == found)
  }

  /// What two programs could read in two ways is nobody's address.
  @Test(arguments: [
    "<a@b> c@d", "a@b <c@d> <e@f>", "a@b c@d", "<a@b", "\"a@b", "(a@b", "a", "@b", "a@", "<a@b@>", "a@b.",
    "a@.b",
    "<a\u{0}@b>", "a@bücher.de", "é@b", "<a@b>x", "<<a@b>>", "a@b\u{7}",
  ])
  func noAddresses(value: String) { #expect(MailAddress.list(bytes(value)) == nil) }

  @Test func name() throws {
    let list = try #require(MailAddress.list(bytes("=?utf-8?b?5qeL?= \"van Dyk\" <a@b>")))
    #expect(list[0].name == "構 van Dyk")
  }

  @Test(arguments: [
    ([0xE4, 0xF6] as [UInt8], "latin1", "äö"), ([0xC4, 0xE3], "gbk", "你"),
    ([0xC4, 0xE3, 0x80], "GB18030", "你\u{FFFD}"),
    ([0x61, 0xFF, 0x62], "utf-8", "aÿb"), ([0xC3, 0xA4], "", "ä"), ([0xC3, 0xA4], "no-such-set", "ä"),
    ([0x1B, 0x24, 0x42, 0x24, 0x22, 0x1B, 0x28, 0x42], "ISO-2022-JP", "あ"), ([0x82, 0xA0], "Shift_JIS", "あ"),
    ([0xC3, 0xA4], "../../evil", "ä"), ([0xE2, 0x82, 0xAC], "us-ascii", "€"), ([], "utf-16", ""),
  ])
  func charsets(content: [UInt8], name: String, text: String) {
    #expect(Charset.decode(content, name) == text)
  }
}
