import Glibc
import Network
import System
import TestSupport
import Testing
import Web

/// What a WebSocket told, in order.
private final class Heard {
  var texts: [String] = []
  var binaries: [[UInt8]] = []
  var socket: WebSocket?
}

@Suite struct WebSocketTests {
  private let loop = EventLoop(clock: .system)

  private func url(_ path: String, scheme: String = "ws", host: String = "127.0.0.1") throws -> String {
    "\(scheme)://\(host):\(try Server.webSocket().port)\(path)"
  }

  /// Talks to a path until the end; `onText` may send and close.
  private func talk(
    _ url: String, _ options: WebSocket.Options = WebSocket.Options(),
    onOpen: @escaping (WebSocket) throws -> Void = { _ in },
    onText: @escaping (WebSocket, String) throws -> Void = { _, _ in },
    onBinary: @escaping (WebSocket, [UInt8]) throws -> Void = { _, _ in }
  ) throws -> (end: WebSocketEnd, heard: [String]) {
    let heard = Heard()
    let end: WebSocketEnd = try wait(loop) { done in
      heard.socket = WebSocket(
        loop, url: url, options,
        onOpen: { if let socket = heard.socket { try onOpen(socket) } },
        onText: { bytes in
          heard.texts.append(String(decoding: bytes, as: UTF8.self))
          if let socket = heard.socket { try onText(socket, heard.texts.last ?? "") }
        },
        onBinary: { bytes in
          heard.binaries.append(bytes)
          if let socket = heard.socket { try onBinary(socket, bytes) }
        },
        onEnd: { done($0) })
    }
    heard.socket = nil
    return (end, heard.texts)
  }

  private func isClosed(_ end: WebSocketEnd, _ code: UInt16, _ reason: String = "") -> Bool {
    if case .closed(code, reason) = end { true } else { false }
  }

  private func failure(_ end: WebSocketEnd) -> HTTPError? {
    if case .failed(let error) = end { error } else { nil }
  }

  @Test func echo() throws {
    let (end, heard) = try talk(
      try url("/echo"), onOpen: { $0.send(text: Array("grüß dich".utf8)) },
      onText: { socket, _ in socket.close(code: 4001, reason: "enough") })
    #expect(heard == ["grüß dich"])
    #expect(isClosed(end, 4001, "enough"))
  }

  @Test(arguments: [0, 1, 125, 126, 65_535, 65_536, 200_000, 3_000_001])
  func sizes(size: Int) throws {
    var generator = SplitMix(state: UInt64(size))
    let sent = (0..<size).map { _ in UInt8.random(in: 0...255, using: &generator) }
    var options = WebSocket.Options()
    options.maxMessage = 3_000_001
    var got: [UInt8]?
    let (end, _) = try talk(
      try url("/echo"), options, onOpen: { $0.send(binary: sent) },
      onBinary: { socket, bytes in
        got = bytes
        socket.close()
      })
    #expect(got == sent)
    #expect(isClosed(end, 1000))
  }

  @Test(arguments: [1, 7, 1000])
  func fragmentsThatCome(every: Int) throws {
    let text = String(repeating: "grüß", count: 300)
    let (_, heard) = try talk(
      try url("/fragments?\(every)"), onOpen: { $0.send(text: Array(text.utf8)) },
      onText: { socket, _ in socket.close() })
    #expect(heard == [text])
  }

  @Test func fragmentsThatGo() throws {
    var options = WebSocket.Options()
    options.fragmentAt = 1000
    let (_, heard) = try talk(
      try url("/echo"), options,
      onOpen: {
        $0.send(text: Array(("count " + String(repeating: "x", count: 9_999)).utf8))
        $0.ping()
      },
      onText: { socket, _ in socket.close() })
    #expect(heard == ["11"])
  }

  @Test func manyInOrder() throws {
    let (_, heard) = try talk(
      try url("/flood?20000"), onText: { socket, text in if text == "19999" { socket.close() } })
    #expect(heard == (0..<20_000).map(String.init))
  }

  @Test func comesWithTheAnswer() throws {
    let (_, heard) = try talk(
      try url("/atonce"), onText: { socket, text in if text == "grüß" { socket.close() } })
    #expect(heard == ["hello", "grüß"])
    #expect(try talk(try url("/hinted"), onText: { socket, _ in socket.close() }).heard == ["late"])
    let (end, slow) = try talk(try url("/drip"))
    #expect(slow == ["slow"])
    #expect(isClosed(end, 1000))
    #expect(try talk(try url("/splitutf8"), onText: { socket, _ in socket.close() }).heard == ["grüß"])
  }

  @Test func headersAndSubprotocols() throws {
    var options = WebSocket.Options()
    options.headers = [("Authorization", "Bearer x"), ("X-Own", "grüß")]
    options.subprotocols = ["one", "two"]
    var chosen: String?
    let (_, heard) = try talk(
      try url("/headers?token=SECRET"), options, onOpen: { chosen = $0.subprotocol },
      onText: { socket, _ in socket.close() })
    #expect(chosen == "two")
    let lines = heard[0].split(separator: "\n")
    #expect(lines.contains("authorization=Bearer x"))
    #expect(lines.contains("x-own=grüß"))
    #expect(lines.contains("sec-websocket-protocol=one, two"))
    #expect(lines.contains("user-agent=agim"))
  }

  @Test(arguments: [
    ("1000", 1000, ""), ("4004,Authentication failed.", 4004, "Authentication failed."), ("", 1005, ""),
    ("1001,grüß", 1001, "grüß"),
  ])
  func closedByTheOther(query: String, code: UInt16, reason: String) throws {
    #expect(isClosed(try talk(try url("/close?\(HTTPWords.encoded(query))")).end, code, reason))
  }

  @Test func refused() throws {
    func response(_ path: String) throws -> HTTPResponse {
      guard case .refused(let response) = try talk(try url(path)).end else {
        throw SystemError("refused", path, errno: EPROTO)
      }
      return response
    }
    let first = try response("/refused")
    #expect(first.status == 403)
    #expect(first.head.header("handshake-status") == "514")
    #expect(first.head.header("handshake-msg") == "too many")
    #expect(String(decoding: first.body, as: UTF8.self) == #"{"error":"too_many_websockets"}"#)
    #expect(!WebSocketEnd.refused(first).isTemporary)
    let second = try response("/refusedchunked")
    #expect(second.status == 429)
    #expect(String(decoding: second.body, as: UTF8.self) == "slow down")
    #expect(second.head.retryAfter(now: Timestamp(milliseconds: 0)) == 3000)
    #expect(WebSocketEnd.refused(second).isTemporary)
    #expect(String(decoding: try response("/refusedunended").body, as: UTF8.self) == "something")
    #expect(try response("/refusedendless").body.count == 64 << 10)
    #expect(try response("/redirected").status == 302)
    #expect(try response("/nowhere").status == 404)
  }

  @Test(arguments: ["/badaccept", "/noupgrade", "/badprotocol", "/extension", "/garbage", "/longhead"])
  func answersThatGrantNothing(path: String) throws {
    let error = try #require(failure(try talk(try url(path)).end))
    #expect(error.kind == .malformed)
    #expect(!error.isTemporary)
  }

  @Test(arguments: [
    ("/masked", "1002"), ("/rsv", "1002"), ("/opcode", "1002"), ("/notutf8", "1007"), ("/large", "1009"),
    ("/largefragments", "1009"), ("/huge", "1002"), ("/longping", "1002"), ("/fragmentedping", "1002"),
    ("/continuation", "1002"), ("/interrupted", "1002"), ("/badclose", "1002"), ("/shortclose", "1002"),
  ])
  func wrongFrames(path: String, code: String) throws {
    let (end, heard) = try talk(try url(path))
    #expect(heard == [])
    let error = try #require(failure(end))
    #expect(error.kind == (code == "1009" ? .bodyTooLarge : .malformed))
    // The server was told why.
    var told = "None"
    for _ in 0..<200 where told == "None" {
      told = try talk(try url("/closes?\(path)"), onText: { socket, _ in socket.close() }).heard[0]
      if told == "None" { usleep(10_000) }
    }
    #expect(told == code)
  }

  @Test(arguments: ["/half", "/gone"])
  func brokenOff(path: String) throws {
    let error = try #require(failure(try talk(try url(path)).end))
    #expect(error.kind == .brokenOff)
    #expect(error.isTemporary)
  }

  @Test func silence() throws {
    var options = WebSocket.Options()
    (options.pingEvery, options.pongWithin) = (50, 100)
    guard case .silent = try talk(try url("/deaf"), options).end else {
      Issue.record("not silent")
      return
    }
    // A server that answers pings is not silent, however little it says.
    options.pongWithin = 20_000
    let clock = loop.clock.monotonic
    let began = clock()
    let (end, _) = try talk(
      try url("/latepong"), options,
      onOpen: { socket in self.loop.after(600) { socket.close() } })
    #expect(!{ if case .silent = end { true } else { false } }())
    #expect(clock() - began >= 600)
  }

  @Test func pingByHand() throws {
    var options = WebSocket.Options()
    (options.pingEvery, options.pongWithin) = (nil, 100)
    guard case .silent = try talk(try url("/deaf"), options, onOpen: { $0.ping() }).end else {
      Issue.record("not silent")
      return
    }
  }

  @Test func whoDoesNotReadIsLetGo() throws {
    var options = WebSocket.Options()
    options.maxQueue = 8 << 20
    let error = try #require(
      failure(
        try talk(
          try url("/unread"), options,
          onOpen: { socket in
            for _ in 0..<64 { socket.send(binary: [UInt8](repeating: 1, count: 1 << 20)) }
          }
        ).end))
    #expect(error.reason.hasPrefix("more than 8388608 bytes wait"))
  }

  @Test func drained() throws {
    var count = 0
    let (_, _) = try talk(
      try url("/lateread"),
      onOpen: { socket in
        socket.onDrained = {
          count += 1
          #expect(socket.queued == 0)
          socket.close()
        }
        socket.send(binary: [UInt8](repeating: 1, count: 32 << 20))
        #expect(socket.queued > 0)
      })
    #expect(count == 1)
  }

  @Test func paused() throws {
    var before = 0
    let (_, heard) = try talk(
      try url("/flood?1000"),
      onText: { socket, text in
        if text == "10" {
          socket.isPaused = true
          self.loop.after(100) {
            before = 11
            socket.isPaused = false
          }
        }
        if text == "11" { #expect(before == 11) }
        if text == "999" { socket.close() }
      })
    #expect(heard == (0..<1000).map(String.init))
  }

  @Test func pausedBeforeItStands() throws {
    let heard = Heard()
    var wasPaused = true
    let end: WebSocketEnd = try wait(loop) { done in
      heard.socket = WebSocket(
        loop, url: try url("/atonce"),
        onOpen: {
          self.loop.after(100) {
            wasPaused = false
            heard.socket?.isPaused = false
          }
        },
        onText: { bytes in
          #expect(!wasPaused)
          heard.texts.append(String(decoding: bytes, as: UTF8.self))
          if heard.texts.count == 2 { heard.socket?.close() }
        }, onEnd: { done($0) })
      heard.socket?.isPaused = true
    }
    #expect(heard.texts == ["hello", "grüß"])
    #expect(isClosed(end, 1000))
  }

  @Test func neverThere() throws {
    var options = WebSocket.Options()
    options.connectTimeout = 200
    let late = try #require(failure(try talk(try url("/hang"), options).end))
    #expect(late.kind == .timedOut(.connect))
    #expect(late.isTemporary)
    let free = try #require(failure(try talk("ws://127.0.0.1:1/x?token=SECRET").end))
    #expect(free.kind == .unreachable)
    #expect(free.isTemporary)
    #expect("\(free)".hasPrefix("WebSocket ws://127.0.0.1:1/x: cannot connect"))
    for wrong in ["nonsense", "ws://", "ws://u:p@h/"] {
      let error = try #require(failure(try talk(wrong).end))
      #expect(error.kind == .request)
      #expect(!error.isTemporary)
    }
    var secret = WebSocket.Options()
    secret.secrets = ["TOKEN"]
    let hidden = try #require(failure(try talk("ws://127.0.0.1:1/bot/TOKEN", secret).end))
    #expect(!"\(hidden)".contains("T"))
    var twice = WebSocket.Options()
    twice.headers = [("Upgrade", "h2c")]
    #expect(failure(try talk(try url("/echo"), twice).end)?.kind == .request)
  }

  @Test func closedBeforeItStands() throws {
    let heard = Heard()
    let end: WebSocketEnd = try wait(loop) { done in
      heard.socket = WebSocket(loop, url: try url("/echo"), onEnd: { done($0) })
      heard.socket?.close(code: 1001)
    }
    #expect(isClosed(end, 1001))
  }

  @Test func letGo() throws {
    let heard = Heard()
    heard.socket = WebSocket(
      loop, url: try url("/flood?100000"), onText: { _ in heard.socket = nil },
      onEnd: { _ in Issue.record("nothing is called any more") })
    loop.after(200) { self.loop.stop() }
    try loop.run()
    #expect(heard.socket == nil)
  }

  @Test func secure() throws {
    let certificate = try Certificate()
    let server = try Server(program: "websocket.py", "tls", certificate.certificate, certificate.key)
    var options = WebSocket.Options()
    let url = "wss://localhost:\(server.port)/echo"
    let refused = try #require(failure(try talk(url, options).end))
    #expect(refused.kind == .insecure)
    options.authorities = certificate.authority
    let big = String(repeating: "grüß ", count: 300_000)
    let (_, heard) = try talk(
      url, options, onOpen: { $0.send(text: Array(big.utf8)) }, onText: { socket, _ in socket.close() })
    #expect(heard == [big])
    let other = try #require(failure(try talk("wss://127.0.0.1:\(server.port)/echo", options).end))
    #expect(other.kind == .insecure)
  }

  @Test func throughAProxy() throws {
    // tinyproxy stands in the environment, for localhost alone.
    let (_, heard) = try talk(
      try url("/echo", host: "localhost"), onOpen: { $0.send(text: Array("through".utf8)) },
      onText: { socket, _ in socket.close() })
    #expect(heard == ["through"])
    #expect(Server.proxyPort != nil)
  }

  /// With a server that we did not write: `AGIM_TEST_PYTHON` names a Python that has the package websockets.
  @Test(.enabled(if: ProcessGuard.variable("AGIM_TEST_PYTHON") != nil))
  func library() throws {
    let python = try #require(ProcessGuard.variable("AGIM_TEST_PYTHON"))
    let server = try Server(program: "websocket.py", "library", python: python)
    var options = WebSocket.Options()
    options.subprotocols = ["other", "chat"]
    options.fragmentAt = 50_000
    let long = String(repeating: "grüß ", count: 100_000)
    var chosen: String?
    let (end, heard) = try talk(
      "ws://127.0.0.1:\(server.port)/x?y=z", options,
      onOpen: {
        chosen = $0.subprotocol
        for text in ["ping me", long, "", "close"] { $0.send(text: Array(text.utf8)) }
      })
    #expect(chosen == "chat")
    #expect(heard == ["pong came", long, ""])
    #expect(isClosed(end, 4002, "as you say"))
  }

  @Test func nowhereElse() throws {
    var options = WebSocket.Options()
    options.reach = .publicOnly(allowedNames: [])
    #expect(failure(try talk(try url("/echo"), options).end)?.kind == .forbidden)
  }
}

/// Percent-encoding, as far as the tests need it.
enum HTTPWords {
  static func encoded(_ text: String) -> String {
    text.utf8.reduce(into: "") { out, byte in
      let isPlain = byte > 0x20 && byte < 0x7F
      out += isPlain ? String(UnicodeScalar(byte)) : "%" + String(byte, radix: 16)
    }
  }
}
