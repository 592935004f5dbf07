import Glibc
import Network
import System
import TestSupport
import Testing

/// A server of server.py, gone when it is let go.
final class Server {
  let port: Int
  private let child: Child?

  convenience init(_ words: String...) throws {
    // The environment must not change any more once libcurl reads it.
    _ = try #require(Self.proxyPort)
    try self.init(words: words)
  }

  /// A server of another program beside this file.
  init(program: String, _ words: String..., python: String = "python3") throws {
    _ = try #require(Self.proxyPort)
    (port, child) = try Self.begin(program, words, python)
  }

  private init(words: [String]) throws { (port, child) = try Self.begin("server.py", words) }

  private static func begin(
    _ program: String, _ words: [String], _ python: String = "python3"
  ) throws -> (Int, Child) {
    let folder = "\(#filePath)".split(separator: "/").dropLast().joined(separator: "/")
    let child = try Child(
      [python, "/\(folder)/\(program)"] + words,
      environment: ["PATH=\(ProcessGuard.variable("PATH") ?? ""):/usr/sbin:/usr/bin", "HOME=/tmp"],
      input: .pipe, output: .pipe)
    var line: [UInt8] = []
    let output = try #require(child.output)
    while line.last != 0x0A {
      var ready = pollfd(fd: output.number, events: Int16(POLLIN), revents: 0)
      poll(&ready, 1, -1)
      guard let piece = try output.read(upTo: 64, subject: "server") else { continue }
      try #require(!piece.isEmpty, "the server has ended")
      line += piece
    }
    return (try #require(Int(String(decoding: line.dropLast(), as: UTF8.self))), child)
  }

  deinit {
    child?.input?.close()
    _ = child?.wait()
  }

  func url(_ path: String) -> String { "http://127.0.0.1:\(port)\(path)" }

  /// One that other tests use at the same time: for those that count nothing.
  static func shared(_ kind: String) throws -> Server {
    _ = try #require(proxyPort)
    return Server(port: try #require(kind == "raw" ? rawPort : httpPort))
  }

  private init(port: Int) { (self.port, child) = (port, nil) }

  /// The one for WebSockets.
  static func webSocket() throws -> Server {
    _ = try #require(proxyPort)
    return Server(port: try #require(webSocketPort))
  }

  private static let webSocketPort: Int? = {
    guard let server = try? Server(program: "websocket.py", "plain") else { return nil }
    _ = Unmanaged.passRetained(server)
    return server.port
  }()
  private static let rawPort = lasting("raw")
  private static let httpPort = lasting("http")

  private static func lasting(_ kind: String) -> Int? {
    guard let server = try? Server(words: [kind]) else { return nil }
    _ = Unmanaged.passRetained(server)
    return server.port
  }

  /// A proxy for `localhost` alone, which lives as long as the tests.
  static let proxyPort: Int? = {
    guard let port = lasting("tinyproxy") else { return nil }
    setenv("http_proxy", "http://127.0.0.1:\(port)", 1)
    setenv("no_proxy", "127.0.0.1", 1)
    return port
  }()
}

/// A directory with an authority (`ca.pem`) and a certificate of it for localhost.
struct Certificate {
  let scratch: Scratch
  var authority: String { scratch.path + "/ca.pem" }
  var certificate: String { scratch.path + "/cert.pem" }
  var key: String { scratch.path + "/key.pem" }

  init() throws {
    scratch = try Scratch()
    _ = try Server("certificate", scratch.path)
  }
}

/// Turns a loop until something is answered; a test that waits for ever fails after a minute.
func wait<Answer>(_ loop: EventLoop, _ begin: (@escaping (Answer) -> Void) throws -> Void) throws -> Answer {
  var answer: Answer?
  let guardian = loop.after(60_000) { throw SystemError("wait", "an answer", errno: ETIMEDOUT) }
  defer { guardian.cancel() }
  try begin { given in
    answer = given
    loop.stop()
  }
  if answer == nil { try loop.run() }
  return try #require(answer)
}

extension HTTPClient {
  /// The response to a request, waiting for it.
  func answer(_ loop: EventLoop, _ request: HTTPRequest) throws -> Result<HTTPResponse, HTTPError> {
    try wait(loop) { done in send(request) { done($0) } }
  }
}

extension Result where Success == HTTPResponse, Failure == HTTPError {
  var response: HTTPResponse? { try? get() }
  var error: HTTPError? { if case .failure(let error) = self { error } else { nil } }
  var text: String? { response.map { String(decoding: $0.body, as: UTF8.self) } }
}
