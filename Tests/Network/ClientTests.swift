import Glibc
import JSON
import Network
import System
import TestSupport
import Testing

@Suite struct ClientTests {
  private let loop = EventLoop(clock: .system)

  private func seen(_ client: HTTPClient, _ server: Server) throws -> JSONValue {
    let answer = try client.answer(loop, HTTPRequest("GET", server.url("/seen")))
    return try JSONReader.parse(try #require(answer.response).body)
  }

  @Test(arguments: ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"])
  func methods(method: String) throws {
    let server = try Server.shared("http")
    let client = HTTPClient(loop)
    var request = HTTPRequest(
      method, server.url("/echo?a=b"), headers: [("X-Own", "  value "), ("Accept", "")])
    let hasBody = method != "GET" && method != "HEAD"
    if hasBody { request.body = [.bytes(Array("one ".utf8)), .bytes([]), .bytes(Array("body\0".utf8))] }
    let response = try #require(try client.answer(loop, request).response)
    #expect(response.status == 200)
    #expect(response.head.isSuccess)
    #expect(response.head.version == "HTTP/1.1")
    #expect(response.head.mediaType == "application/json")
    #expect(response.head.header("x-twice") == "one")
    #expect(response.head.headers.filter { $0.name == "x-twice" }.map(\.value) == ["one", "two"])
    guard method != "HEAD" else {
      #expect(response.body.isEmpty)
      return
    }
    let echo = try JSONReader.parse(response.body)
    #expect(echo["method"]?.string == method)
    #expect(echo["path"]?.string == "/echo?a=b")
    #expect(echo["body"]?.string == (hasBody ? "one body\0" : ""))
    let headers = (echo["headers"]?.array ?? []).compactMap { $0.array?.compactMap(\.string) }
    #expect(headers.contains(["x-own", "value"]))
    #expect(headers.contains(["user-agent", "agim"]))
    // Nothing that libcurl would say of its own accord.
    #expect(!headers.contains { $0.first == "expect" || $0.first == "content-type" })
  }

  @Test func aBodyFromAFile() throws {
    let server = try Server.shared("http")
    let client = HTTPClient(loop)
    let scratch = try Scratch()
    let content = (0..<70_000).map { UInt8(truncatingIfNeeded: $0 % 251) }
    try Files.write(content, to: scratch.path + "/file")
    let file = try Descriptor.open(scratch.path + "/file", O_RDONLY)
    var request = HTTPRequest("POST", server.url("/echo"))
    request.body = [.bytes([0x41]), .file(file, count: content.count), .bytes([0x5A])]
    // Twice: it is read from its beginning each time.
    for _ in 0..<2 {
      let response = try #require(try client.answer(loop, request).response)
      let body = try JSONReader.parse(response.body)["body"]?.string ?? ""
      #expect(body.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) } == [0x41] + content + [0x5A])
    }
    request.body = [.file(file, count: content.count + 1)]
    let error = try #require(try client.answer(loop, request).error)
    #expect(error.kind == .unreadable)
    #expect(!error.isTemporary)
  }

  @Test func connectionsAreUsedAgain() throws {
    let server = try Server("http")
    let client = HTTPClient(loop)
    for _ in 0..<20 {
      #expect(try client.answer(loop, HTTPRequest("GET", server.url("/echo"))).response?.status == 200)
    }
    #expect(try seen(client, server)["accepts"]?.int == 1)
    // Another client has connections of its own.
    #expect(try seen(HTTPClient(loop), server)["accepts"]?.int == 2)
  }

  @Test func manyAtOnce() throws {
    let server = try Server.shared("http")
    let client = HTTPClient(loop)
    var bodies: [Int: Int] = [:]
    try wait(loop) { done in
      for number in 0..<50 {
        client.send(HTTPRequest("GET", server.url("/large?bytes=\(number * 1000)"))) { result in
          bodies[number] = try result.get().body.count
          if bodies.count == 50 { done(()) }
        }
      }
      #expect(client.running == 50)
    }
    #expect(bodies == Dictionary(uniqueKeysWithValues: (0..<50).map { ($0, $0 * 1000) }))
    #expect(client.running == 0)
  }

  @Test func statusesAreResponses() throws {
    let server = try Server.shared("http")
    let client = HTTPClient(loop)
    let response = try #require(
      try client.answer(loop, HTTPRequest("GET", server.url("/status?is=429&after=7"))).response)
    #expect(response.status == 429)
    #expect(!response.head.isSuccess)
    #expect(response.head.retryAfter(now: loop.clock.now()) == 7000)
    #expect(String(decoding: response.body, as: UTF8.self) == "so it is")
    for status in [204, 304, 500, 599] {
      let answer = try client.answer(loop, HTTPRequest("GET", server.url("/status?is=\(status)")))
      #expect(answer.response?.status == status)
      #expect(answer.response?.head.retryAfter(now: loop.clock.now()) == nil)
    }
  }

  @Test func nothingIsSentThatWouldBeTakenForMore() throws {
    let server = try Server("http")
    let client = HTTPClient(loop)
    let url = server.url("/echo")
    for request in [
      HTTPRequest("GET", url, headers: [("X", "a\r\nEvil: yes")]),
      HTTPRequest("GET", url, headers: [("X\n", "a")]),
      HTTPRequest("GET", url, headers: [("", "a")]), HTTPRequest("GET /x", url), HTTPRequest("", url),
      HTTPRequest("GET", "\(url)\r\nEvil: yes"), HTTPRequest("GET", "file:///etc/passwd"),
      HTTPRequest("GET", ""),
    ] {
      let error = try #require(try client.answer(loop, request).error)
      #expect(error.kind == .request)
      #expect(!error.isTemporary && !error.mayHaveArrived)
    }
    #expect(try seen(client, server)["accepts"]?.int == 1)
  }

  // MARK: - Limits

  @Test func limitsOfSize() throws {
    let (http, raw) = (try Server.shared("http"), try Server.shared("raw"))
    let client = HTTPClient(loop)
    var request = HTTPRequest("GET", http.url("/large?bytes=1000"))
    request.limits.body = 1000
    #expect(try client.answer(loop, request).response?.body.count == 1000)
    request.limits.body = 999
    let error = try #require(try client.answer(loop, request).error)
    #expect(error.kind == .bodyTooLarge)
    #expect(!error.isTemporary && error.mayHaveArrived)
    #expect(try client.answer(loop, HTTPRequest("GET", raw.url("/endless"))).error?.kind == .bodyTooLarge)
    for path in ["/manyheaders", "/longheader", "/manyinformed"] {
      let kind = try client.answer(loop, HTTPRequest("GET", raw.url(path))).error?.kind
      #expect(kind == .headersTooLarge, "\(path)")
    }
  }

  @Test func limitsOfTime() throws {
    let raw = try Server.shared("raw")
    let client = HTTPClient(loop)
    for (path, limit) in [
      ("/hang", HTTPError.TimeLimit.idle), ("/stall", .idle), ("/drip", .total), ("/hang", .total),
    ] {
      var request = HTTPRequest("GET", raw.url(path))
      request.limits.idle = limit == .idle ? 300 : nil
      request.limits.total = limit == .total ? 400 : nil
      let error = try #require(try client.answer(loop, request).error)
      #expect(error.kind == .timedOut(limit), "\(path)")
      #expect(error.isTemporary && error.mayHaveArrived)
    }
    // What comes slowly but comes is not idle.
    var slow = HTTPRequest("GET", raw.url("/drip"))
    (slow.limits.idle, slow.limits.total) = (10_000, nil)
    let received: Int = try wait(loop) { done in
      var count = 0
      var transfer: HTTPTransfer?
      transfer = client.stream(
        slow, onHead: { _ in },
        onData: { bytes in
          count += bytes.count
          if count >= 20 { transfer?.cancel() }
        }, onEnd: { error in done(error?.kind == .cancelled ? count : -1) })
    }
    #expect(received >= 20)
    #expect(client.running == 0)
  }

  @Test func aConnectionThatIsNotMade() throws {
    let client = HTTPClient(loop)
    // A listener whose queue is full answers nothing; on loopback only that is silent.
    let listener = Descriptor(socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let fd = listener.number
    let isBound = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(fd, $0, length) == 0 && getsockname(fd, $0, &length) == 0
      }
    }
    try #require(isBound)
    let url = "http://127.0.0.1:\(UInt16(bigEndian: address.sin_port))/"
    // Bound and not listening: refused.
    let refused = try #require(try client.answer(loop, HTTPRequest("POST", url)).error)
    #expect(refused.kind == .unreachable)
    #expect(refused.isTemporary && !refused.mayHaveArrived)
    #expect(refused.reason.contains("refused"))
    try #require(listen(listener.number, 0) == 0)
    var taken: [HTTPTransfer] = []
    var request = HTTPRequest("GET", url)
    (request.limits.connect, request.limits.idle) = (300, nil)
    // The first ones stand in the queue; those after them are not answered.
    let kinds: [HTTPError.Kind] = try wait(loop) { done in
      var kinds: [HTTPError.Kind] = []
      for _ in 0..<6 {
        taken.append(
          client.send(request) { result in
            if let kind = result.error?.kind { kinds.append(kind) }
            if kinds.count == 3 { done(kinds) }
          })
      }
    }
    #expect(Set(kinds.map { "\($0)" }) == ["timedOut(Network.HTTPError.TimeLimit.connect)"])
    for transfer in taken { transfer.cancel() }
  }

  @Test func anUnknownName() throws {
    let error = try #require(
      try HTTPClient(loop).answer(loop, HTTPRequest("GET", "https://no-such-host.invalid/?SECRET")).error)
    #expect(error.kind == .unresolved)
    #expect(error.isTemporary && !error.mayHaveArrived)
    #expect(
      error.description.hasPrefix(
        "GET https://no-such-host.invalid/: no-such-host.invalid cannot be looked up"))
  }

  // MARK: - Broken servers

  @Test(arguments: [
    ("/garbage", "malformed"), ("/zeros", "malformed"), ("/words", "malformed"), ("/nostatus", "malformed"),
    ("/badlength", "malformed"), ("/badchunk", "brokenOff"), ("/half", "brokenOff"),
    ("/halfchunk", "brokenOff"),
    ("/halfhead", "brokenOff"), ("/halfclosed", "brokenOff"), ("/nothing", "brokenOff"),
  ])
  func garbage(path: String, kind: String) throws {
    let raw = try Server.shared("raw")
    let error = try #require(try HTTPClient(loop).answer(loop, HTTPRequest("POST", raw.url(path))).error)
    #expect("\(error.kind)" == kind, "\(error)")
    #expect(error.isTemporary == (kind == "brokenOff"))
    #expect(error.mayHaveArrived)
  }

  @Test(arguments: ["/informed", "/trailers", "/folded"])
  func odd(path: String) throws {
    let raw = try Server.shared("raw")
    let response = try #require(try HTTPClient(loop).answer(loop, HTTPRequest("GET", raw.url(path))).response)
    #expect(response.status == 200)
    #expect(response.body == Array("ok".utf8))
    #expect(response.head.header("x-early") == nil)
    #expect(response.head.header("x-trailer") == nil)
    if path == "/folded" { #expect(response.head.header("x-folded") == "one two: three") }
    if path == "/informed" { #expect(response.head.header("x-late") == "yes") }
  }

  /// libcurl alone would send a POST again on a new connection.
  @Test func nothingIsSentTwice() throws {
    let raw = try Server("raw")
    let client = HTTPClient(loop)
    func post() throws -> Result<HTTPResponse, HTTPError> {
      try client.answer(loop, HTTPRequest("POST", raw.url("/once"), json: Array("{}".utf8)))
    }
    #expect(try post().response?.status == 200)
    let error = try #require(try post().error)
    #expect(error.kind == .brokenOff)
    #expect(error.isTemporary && error.mayHaveArrived)
    #expect(try seen(client, raw)["requests"]?["/once"]?.int == 2)
    // One that may be is.
    #expect(try client.answer(loop, HTTPRequest("GET", raw.url("/once"))).response?.status == 200)
    #expect(try client.answer(loop, HTTPRequest("GET", raw.url("/once"))).response?.status == 200)
    #expect(try seen(client, raw)["requests"]?["/once"]?.int == 5)
  }

  // MARK: - Stopping

  @Test func cancelling() throws {
    let (http, raw) = (try Server.shared("http"), try Server.shared("raw"))
    let client = HTTPClient(loop)
    // At once, and from within a handler; what is said is said once.
    var ends: [HTTPError.Kind?] = []
    try wait(loop) { done in
      let early = client.stream(
        HTTPRequest("GET", http.url("/echo")), onHead: { _ in Issue.record("a head") },
        onData: { _ in Issue.record("data") }, onEnd: { ends.append($0?.kind) })
      early.cancel()
      early.cancel()
      #expect(ends.isEmpty)
      var inside: HTTPTransfer?
      inside = client.stream(
        HTTPRequest("GET", raw.url("/endless")), onHead: { _ in inside?.cancel() },
        onData: { _ in Issue.record("data") },
        onEnd: {
          ends.append($0?.kind)
          inside?.cancel()
          done(())
        })
    }
    #expect(ends == [.cancelled, .cancelled])
    #expect(try client.answer(loop, HTTPRequest("GET", http.url("/echo"))).response?.status == 200)
  }

  @Test func lettingGo() throws {
    let raw = try Server.shared("raw")
    var client: HTTPClient? = HTTPClient(loop)
    try wait(loop) { done in
      client?.stream(
        HTTPRequest("GET", raw.url("/endless")),
        onHead: { _ in
          client = nil
          loop.after(50) { done(()) }
        }, onData: { _ in Issue.record("data") }, onEnd: { _ in Issue.record("an end") })
    }
    #expect(client == nil)
  }

  @Test func whatAHandlerThrowsLeavesTheLoop() throws {
    struct Own: Error {}
    let server = try Server.shared("http")
    let client = HTTPClient(loop)
    client.send(HTTPRequest("GET", server.url("/echo"))) { _ in throw Own() }
    #expect(throws: Own.self) { try loop.run() }
    #expect(try client.answer(loop, HTTPRequest("GET", server.url("/echo"))).response?.status == 200)
  }

  // MARK: - Secrets

  @Test func errorsHoldNoSecrets() throws {
    let raw = try Server.shared("raw")
    let client = HTTPClient(loop)
    for path in ["/half", "/garbage", "/hang"] {
      var request = HTTPRequest(
        "GET", raw.url("\(path)?token=SECRET"), headers: [("Authorization", "Bearer SECRET")])
      request.limits.idle = 300
      #expect(
        "\(try #require(try client.answer(loop, request).error))".utf8.split(separator: 0x20).allSatisfy {
          word in
          !String(decoding: Array(word), as: UTF8.self).hasSuffix("SECRET")
        })
    }
    var request = HTTPRequest("GET", "http://127.0.0.1:1/botSECRET/send?x=SECRET")
    request.secrets = ["SECRET", ""]
    let error = try #require(try client.answer(loop, request).error)
    #expect(error.request == "GET http://127.0.0.1:1/bot***/send")
    let wrong = try #require(try client.answer(loop, HTTPRequest("GET", "https://SECRET@h/SECRET")).error)
    #expect(wrong.request == "GET (a wrong address)")
  }
}
