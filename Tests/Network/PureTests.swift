import CCurl
import Network
import System
import Testing
import Web

@Suite struct AddressTests {
  @Test(arguments: [
    ("http://example.com", "http://example.com/"),
    ("HTTPS://Example.COM:443/a/b?c=d#e", "https://example.com/a/b?c=d"),
    ("http://[2001:DB8::1]:8080/x", "http://[2001:db8::1]:8080/x"), ("http://1.2.3.4?x", "http://1.2.3.4/?x"),
    ("http://a_b.example./@:?@", "http://a_b.example./@:?@"), ("http://h:80", "http://h/"),
    ("http://h:", "http://h/"),
  ])
  func understood(text: String, full: String) throws { #expect(try WebAddress(text).full == full) }

  @Test(arguments: [
    "", "http", "http:/x", "http://", "http:///x", "ftp://h/", "file:///etc/passwd", "gopher://h",
    "http://u@h/",
    "http://u:p@h/", "http://a@b@c/", "http://h\\@evil/", "http://h /", "http://h/\u{0}", "http://h/\r\nX: y",
    "http://h/ü", "http://bücher/", "http://ｅ.com/", "http://h:0/", "http://h:65536/", "http://h:8o/",
    "http://h:-1/",
    "http://h:+1/", "http://127.1/", "http://2130706433/", "http://0x7f.1/", "http://0177.0.0.1/",
    "http://1.2.3.4.5/",
    "http://0x7f000001/", "http://127.0.0.1./", "http://%31/", "http://[::1", "http://[::1]x/",
    "http://[1.2.3.4]/",
    "http://[fe80::1%25eth0]/", "http://[g::1]/", "http://.h/", "http://h../", "http://a..b/", "http://h;x/",
    "http://" + String(repeating: "a", count: 64) + "/", "http://h/" + String(repeating: "a", count: 17_000),
  ])
  func refused(text: String) {
    #expect(throws: WebAddress.Fault.self) { try WebAddress(text) }
  }

  @Test func nothingSecretIsShown() throws {
    let address = try WebAddress("https://example.com/path?token=SECRET#SECRET")
    #expect(address.shown == "https://example.com/path")
    do {
      _ = try WebAddress("https://user:SECRET@example.com/")
    } catch {
      #expect(!"\(error)".contains("S"))
    }
  }

  @Test(arguments: [
    "0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "100.127.255.255", "127.0.0.1", "127.255.0.1",
    "169.254.0.1",
    "172.16.0.1", "172.31.255.255", "192.0.0.8", "192.0.2.1", "192.88.99.1", "192.168.0.1", "198.18.0.1",
    "198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255",
    "169.254.169.254", "100.100.100.200", "::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
    "64:ff9b::7f00:1", "64:ff9b::a00:1", "64:ff9b:1::808:808", "100::1", "2001::1", "2001:1::1",
    "2001:db8::1",
    "2002:7f00:1::", "2002:808:808::", "fc00::1", "fd00:ec2::254", "fe80::1", "febf::1", "fec0::1", "ff02::1",
    "3fff::1",
    "4000::1", "5f00::1",
  ])
  func notPublic(text: String) throws { #expect(try #require(NetworkAddress(text)).isPublic == false) }

  @Test(arguments: [
    "1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255",
    "128.0.0.1",
    "169.253.1.1", "172.15.1.1", "172.32.0.1", "192.167.1.1", "198.17.1.1", "198.20.0.1", "223.255.255.255",
    "2606:4700::1111", "2a00:1450::1", "2001:4860::8888", "64:ff9b::808:808", "::ffff:8.8.8.8",
  ])
  func isPublic(text: String) throws { #expect(try #require(NetworkAddress(text)).isPublic) }

  @Test(arguments: ["169.254.169.254", "::ffff:169.254.169.254", "fd00:ec2::254", "64:ff9b::a9fe:a9fe"])
  func metadata(text: String) throws { #expect(try #require(NetworkAddress(text)).isMetadata) }

  @Test(arguments: [
    "", "1.2.3", "1.2.3.4.5", "01.2.3.4", "0x1.2.3.4", "1.2.3.256", "fe80::1%lo", ":::", "host",
  ])
  func noAddress(text: String) { #expect(NetworkAddress(text) == nil) }
}

@Suite struct DateTests {
  private let now = Timestamp(milliseconds: 784_111_777_000)

  @Test(arguments: [
    "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994",
  ])
  func forms(text: String) { #expect(HTTPDate.date(text) == now) }

  @Test(arguments: [
    "", "Sun", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 CET", "Sun, 31 Feb 1994 08:49:37 GMT",
    "Sun, 06 Nov 1994 8:49:37 GMT", "Sun, 06 Nov 1994 24:00:00 GMT", "Sun, 06 XXX 1994 08:49:37 GMT",
    "1994-11-06T08:49:37Z",
    "Sun, 06 Nov -994 08:49:37 GMT", "Sun, 06 Nov 99999999999999999999 08:49:37 GMT", ", , , , , , ,",
  ])
  func noDate(text: String) { #expect(HTTPDate.date(text) == nil) }

  @Test(
    arguments: [
      ("0", 0), ("120", 120_000), (" 5 ", 5000), ("1.5", 2000), ("999999999", HTTPDate.longest),
      ("99999999999999999999999", HTTPDate.longest), ("Sun, 06 Nov 1994 08:49:47 GMT", 10_000),
      ("Sun, 06 Nov 1994 08:49:27 GMT", 0), ("Mon, 06 Nov 2023 08:49:27 GMT", HTTPDate.longest),
      ("-1", nil), ("soon", nil), ("5 minutes", nil), ("", nil),
    ] as [(String, Int64?)])
  func delays(text: String, milliseconds: Int64?) { #expect(HTTPDate.delay(text, now: now) == milliseconds) }
}

@Suite struct EventStreamTests {
  private func events(_ text: String, by size: Int) throws -> [ServerSentEvent] {
    var parser = EventStreamParser()
    var events: [ServerSentEvent] = []
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      events += try parser.feed(Array(rest.prefix(size)))
      rest = rest.dropFirst(size)
    }
    return events
  }

  /// Each stream, and its events as type, data and id.
  static let streams: [(String, [[String]])] = [
    ("data: a\n\n", [["message", "a", ""]]),
    (
      "data: a\r\n\r\ndata: b\r\rdata: c\n\n",
      [["message", "a", ""], ["message", "b", ""], ["message", "c", ""]]
    ),
    ("\u{FEFF}data: a\n\n\u{FEFF}data: b\n\n", [["message", "a", ""]]),
    (":comment\n: another\ndata: a\n\n", [["message", "a", ""]]),
    ("data:a\ndata: b\ndata:  c\ndata\n\n", [["message", "a\nb\n c\n", ""]]),
    ("event: ping\nid: 7\ndata: {}\n\ndata: x\n\n", [["ping", "{}", "7"], ["message", "x", "7"]]),
    ("event: none\n\nevent: some\ndata\n\n", [["some", "", ""]]),
    (
      "id: 1\ndata: a\n\nid\ndata: b\n\nid: x\u{0}y\ndata: c\n\n",
      [["message", "a", "1"], ["message", "b", ""], ["message", "c", ""]]
    ),
    ("data: unfinished\n", []), ("\n\n\n", []), ("", []), ("no field\nfield: x\ndatum: y\n\n", []),
    ("data: ü\n\n", [["message", "ü", ""]]),
  ]

  @Test(arguments: streams)
  func parsed(text: String, expected: [[String]]) throws {
    for size in [1, 2, 3, 5, 1000] {
      #expect(try events(text, by: size).map { [$0.type, $0.data, $0.lastID] } == expected)
    }
  }

  @Test func retryAndWhatIsNotUTF8() throws {
    var parser = EventStreamParser(lastEventID: "old")
    #expect(parser.lastEventID == "old")
    let found = try parser.feed(
      Array("retry: 2500\nretry: x\nretry:\nretry: -1\ndata: ".utf8) + [0xFF, 0x0A, 0x0A])
    #expect(found == [ServerSentEvent(type: "message", data: "\u{FFFD}", lastID: "old")])
    #expect(parser.retry == 2500)
  }

  @Test func limits() throws {
    var long = EventStreamParser(limit: 100)
    #expect(throws: EventStreamFault.self) {
      for _ in 0..<101 { _ = try long.feed([0x61]) }
    }
    var many = EventStreamParser(limit: 100)
    #expect(throws: EventStreamFault.self) {
      for _ in 0..<101 { _ = try many.feed(Array("data: x\n".utf8)) }
    }
    var enough = EventStreamParser(limit: 100)
    for _ in 0..<1000 { #expect(try enough.feed(Array("data: x\n\n".utf8)).count == 1) }
  }

  @Test func garbage() throws {
    var random = SplitMix(state: 4)
    let alphabet = Array("data:id event\r\n\n\r: \u{0}ü".utf8) + [0xFF, 0xEF, 0xBB, 0xBF]
    for _ in 0..<500 {
      let text = (0..<200).map { _ in alphabet[Int(random.next() % UInt64(alphabet.count))] }
      var whole = EventStreamParser()
      var pieces = EventStreamParser()
      var found: [ServerSentEvent] = []
      for byte in text { found += try pieces.feed([byte]) }
      #expect(try whole.feed(text) == found)
    }
  }
}

@Suite struct LibraryTests {
  /// The numbers that stand in CCurl.h and ccurl.c are those of the library.
  @Test func optionNumbers() throws {
    var words = [CChar](repeating: 0, count: 256)
    try #require(agim_curl_open(&words, words.count))
    let options: [(String, Int)] = [
      ("URL", Int(AGIM_CURL_URL)), ("SSLVERSION", Int(AGIM_CURL_SSLVERSION)),
      ("NOBODY", Int(AGIM_CURL_NOBODY)),
      ("UPLOAD", Int(AGIM_CURL_UPLOAD)), ("FOLLOWLOCATION", Int(AGIM_CURL_FOLLOWLOCATION)),
      ("NOSIGNAL", Int(AGIM_CURL_NOSIGNAL)), ("CONNECTTIMEOUT_MS", Int(AGIM_CURL_CONNECTTIMEOUT_MS)),
      ("SUPPRESS_CONNECT_HEADERS", Int(AGIM_CURL_SUPPRESS_CONNECT_HEADERS)),
      ("HTTP_VERSION", Int(AGIM_CURL_HTTP_VERSION)), ("USERAGENT", Int(AGIM_CURL_USERAGENT)),
      ("HTTPHEADER", Int(AGIM_CURL_HTTPHEADER)), ("CUSTOMREQUEST", Int(AGIM_CURL_CUSTOMREQUEST)),
      ("CAINFO", Int(AGIM_CURL_CAINFO)), ("PROXY_CAINFO", Int(AGIM_CURL_PROXY_CAINFO)),
      ("CAPATH", Int(AGIM_CURL_CAPATH)), ("PROXY_CAPATH", Int(AGIM_CURL_PROXY_CAPATH)),
      ("NOPROXY", Int(AGIM_CURL_NOPROXY)), ("PROTOCOLS_STR", Int(AGIM_CURL_PROTOCOLS_STR)),
      ("USE_SSL", Int(AGIM_CURL_USE_SSL)), ("SASL_IR", Int(AGIM_CURL_SASL_IR)),
      ("USERNAME", Int(AGIM_CURL_USERNAME)), ("PASSWORD", Int(AGIM_CURL_PASSWORD)),
      ("XOAUTH2_BEARER", Int(AGIM_CURL_XOAUTH2_BEARER)), ("LOGIN_OPTIONS", Int(AGIM_CURL_LOGIN_OPTIONS)),
      ("INFILESIZE_LARGE", Int(AGIM_CURL_INFILESIZE_LARGE)), ("WRITEDATA", 10_001), ("READDATA", 10_009),
      ("ERRORBUFFER", 10_010), ("HEADERDATA", 10_029), ("PRIVATE", 10_103), ("OPENSOCKETDATA", 10_164),
      ("SEEKDATA", 10_168), ("PREREQDATA", 10_313), ("WRITEFUNCTION", 20_011), ("READFUNCTION", 20_012),
      ("HEADERFUNCTION", 20_079), ("OPENSOCKETFUNCTION", 20_163), ("SEEKFUNCTION", 20_167),
      ("PREREQFUNCTION", 20_312),
    ]
    for (name, number) in options { #expect(agim_curl_option_number(name) == Int32(number), "\(name)") }
    #expect(agim_curl_option_number("NO_SUCH_OPTION") == -1)
  }
}

@Suite("Heads of requests that are too long")
struct LongHeadTests {
  /// The status that bytes are refused with when they come in pieces of a size.
  func status(_ bytes: [UInt8], step: Int) -> Int? {
    var reader = HTTPRequestReader(headerLimit: 64)
    var rest = bytes[...]
    while true {
      do {
        if try reader.head() != nil { return nil }
      } catch {
        return error.status
      }
      if rest.isEmpty { return nil }
      reader.append(Array(rest.prefix(step)))
      rest = rest.dropFirst(step)
    }
  }

  @Test("the same is said however they are cut, and what stands behind the limit says nothing")
  func cut() {
    let long = String(repeating: "x", count: 80)
    let cases: [(String, Int?)] = [
      ("GET /\(long) HTTP/1.1\r\n\r\n\r\r\n\r\n", 414),
      ("GET / HTTP/1.1\r\na: \(long)\r\n\r\n", 431),
      ("GET / HTTP/1.1\r\na: \(long)\nb: c\r\n\r\n", 431),
      ("GET /\(long)\n", 414),
      // 64 bytes, and another request behind them.
      ("GET / HTTP/1.1\r\nhost: h\r\na: \(String(repeating: "y", count: 32))\r\n\r\nGET / HTTP/1.1\r\n", nil),
    ]
    for (text, expected) in cases {
      for step in [1, 2, 7, 63, 64, 65, 1000] {
        #expect(status(Array(text.utf8), step: step) == expected, "\(text) by \(step)")
      }
    }
  }
}
