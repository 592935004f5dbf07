internal import Console
internal import JSON
internal import Network
internal import Peers
internal import Stage
internal import System
internal import Text

/// One server of the program, for one directory: its process, its calls, and its events.
final class OpenCodeServer {
  static let user = "opencode"

  /// How far it is.
  enum State: Equatable {
    case starting
    case ready
    case gone(String)
  }

  let process: PeerProcess
  let directory: String
  let fingerprint: String
  private(set) var state = State.starting
  /// Whether events arrive.
  var isListening = false
  /// The turns at work, by the ids of their sessions and of those below them.
  var runs: [String: OpenCodeRun] = [:]
  /// Who waits until it can be used.
  private var waiting: [(OpenCodeRun, (String?) throws -> Void)] = []
  /// Ends it when nobody has needed it for a while.
  var idleTimer: EventLoop.Timer?
  var users = 0
  var stream: HTTPTransfer?
  var backoff = Backoff()
  let client: HTTPClient
  let loop: EventLoop
  private let authorization: String
  private var origin: String?
  private var timers: [EventLoop.Timer] = []
  private var began: Int64

  /// Milliseconds that it has to start.
  private static let startLimit: Int64 = 60_000
  /// Bytes of an answer: all messages of a session.
  static let answerLimit = 64 << 20

  /// Starts a server.
  ///
  /// - Throws: `SystemError` that names the program.
  init(_ launch: OpenCodeLaunch, directory: String, loop: EventLoop) throws {
    self.directory = directory
    self.loop = loop
    fingerprint = launch.fingerprint
    began = loop.clock.monotonic()
    let pair = Base64.encode(Array("\(Self.user):\(launch.password)".utf8))
    authorization = "Basic " + String(decoding: pair, as: UTF8.self)
    // A server of our own: a proxy has no business with it.
    var options = HTTPClient.Options()
    options.usesProxies = false
    client = HTTPClient(loop, options)
    process = try PeerProcess(
      PeerProcess.Launch(
        launch.words, environment: launch.environment, directory: directory, mark: launch.mark,
        scope: launch.scope),
      loop: loop)
    process.closeInput()
    process.onLine = { [weak self] line in try self?.take(line) }
    timers.append(
      loop.after(Self.startLimit) { [weak self] in
        guard let self, state == .starting else { return }
        process.end(because: "it did not start within \(Self.startLimit / 1000) s")
      })
  }

  // MARK: - Starting

  /// Calls back when it can be used, with nil, or with why it cannot.
  func whenReady(_ run: OpenCodeRun, _ then: @escaping (String?) throws -> Void) throws {
    switch state {
    case .ready where isListening: try then(nil)
    case .starting, .ready: waiting.append((run, then))
    case .gone(let why): try then(why)
    }
  }

  func becameReady() throws {
    let all = waiting
    waiting = []
    for (_, then) in all { try then(nil) }
  }

  /// The process is gone.
  func ended(_ words: String) throws {
    state = .gone(words)
    stream?.cancel()
    idleTimer?.cancel()
    for timer in timers { timer.cancel() }
    let all = waiting
    waiting = []
    for (_, then) in all { try then(words) }
  }

  /// A line of its standard output: where it listens stands in one of the first.
  private func take(_ line: [UInt8]) throws {
    guard origin == nil, let text = String(validating: line.prefix(4096), as: UTF8.self) else { return }
    guard let word = text.split(separator: " ").first(where: { $0.hasPrefix("http://") }),
      let address = try? WebAddress(String(word))
    else { return }
    guard address.host == "127.0.0.1" else {
      return process.end(because: "it listens on \(address.host), where others can reach it")
    }
    origin = address.origin
    checkHealth()
  }

  private func checkHealth() {
    call("GET", "/global/health", total: 5000) { [weak self] result in
      guard let self, state == .starting, process.isAlive else { return }
      if case .success(let response) = result {
        if response.head.isSuccess, let answer = Self.json(response), answer["healthy"]?.bool == true {
          return checkPassword(answer["version"]?.string ?? "")
        }
        if response.status == 404 || response.status == 401 {
          return process.end(
            because: "it does not speak the protocol that is known here (status \(response.status))")
        }
      }
      timers.append(loop.after(100) { [weak self] in self?.checkHealth() })
    }
  }

  /// A version that does not know the password would take orders from everybody on this machine.
  private func checkPassword(_ version: String) {
    call("GET", "/session", total: 10_000, isKnown: false) { [weak self] result in
      guard let self, state == .starting, process.isAlive else { return }
      guard case .success(let response) = result, response.status == 401 else {
        return process.end(
          because:
            "this version (\(version)) lets everybody in who can reach it; OPENCODE_SERVER_PASSWORD is needed"
        )
      }
      state = .ready
      try listen()
    }
  }

  // MARK: - Calls

  /// Makes a call, scoped to the directory.
  func call(
    _ method: String, _ path: String, _ body: JSONObject? = nil, total: Int64 = 30_000, isKnown: Bool = true,
    then: @escaping (Result<HTTPResponse, HTTPError>) throws -> Void
  ) {
    client.send(request(method, path, body, total: total, isKnown: isKnown), onEnd: then)
  }

  func request(
    _ method: String, _ path: String, _ body: JSONObject? = nil, total: Int64? = nil, isKnown: Bool = true
  ) -> HTTPRequest {
    let url = "\(origin ?? "http://127.0.0.1:1")\(path)?directory=\(Self.encoded(directory))"
    var request = HTTPRequest(method, url)
    if let body {
      var json = JSONWriter()
      json.value(.object(body))
      request = HTTPRequest(method, url, json: json.bytes)
    }
    if isKnown { request.headers.append(("Authorization", authorization)) }
    (request.limits.total, request.limits.idle, request.limits.body) = (total, nil, Self.answerLimit)
    return request
  }

  /// The answer to a call as JSON; nil where it is none.
  static func json(_ response: HTTPResponse) -> JSONValue? {
    try? JSONReader.parse(response.body, limits: JSONLimits(maxBytes: answerLimit))
  }

  /// Why a call did not do what it was for, in a few words.
  static func words(_ result: Result<HTTPResponse, HTTPError>) -> String {
    switch result {
    case .failure(let error): return "\(error)"
    case .success(let response):
      let answer = json(response)
      let said =
        answer?["data"]?["message"]?.string ?? answer?["message"]?.string ?? answer?["error"]?.string ?? ""
      return "status \(response.status)" + (said.isEmpty ? "" : ": \(said.prefix(500))")
    }
  }

  /// A text as it may stand in a query or as one part of a path.
  static func encoded(_ text: String) -> String {
    let digits = Array("0123456789ABCDEF".utf8)
    var out: [UInt8] = []
    for byte in text.utf8 {
      let isPlain =
        byte >= 0x30 && byte <= 0x39 || byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A
        || "-._~".utf8.contains(byte)
      if isPlain {
        out.append(byte)
      } else {
        out += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      }
    }
    return String(decoding: out, as: UTF8.self)
  }
}
