import Glibc
import Network
import System
import Testing
import Web

@Suite struct HTTPServerTests {
  private let loop = EventLoop(clock: .system)

  /// Lets requests.py talk to a server; what it says about it.
  private func result(_ scenario: String, _ options: HTTPServer.Options = HTTPServer.Options()) throws
    -> String
  {
    let server = try HTTPServer(loop, address: "127.0.0.1:0", options)
    route(server)
    let port = server.address.split(separator: ":").last.map(String.init) ?? ""
    let folder = "\(#filePath)".split(separator: "/").dropLast().joined(separator: "/")
    let child = try Child(
      ["python3", "/\(folder)/requests.py", port, scenario],
      environment: ["PATH=\(ProcessGuard.variable("PATH") ?? "")", "HOME=/tmp"], input: .null, output: .pipe)
    let output = try #require(child.output)
    var said: [UInt8] = []
    let text: String = try wait(loop) { done in
      var watch: EventLoop.Watch?
      watch = loop.watch(output.number) {
        guard let bytes = try output.read(upTo: 4096, subject: "requests.py") else { return }
        said += bytes
        guard bytes.isEmpty else { return }
        watch?.cancel()
        done(String(decoding: said, as: UTF8.self))
      }
    }
    _ = child.wait()
    server.close()
    return text
  }

  private func route(_ server: HTTPServer) {
    server.route("GET", "/text") { $0.respond(200, text: "hello") }
    server.route("POST", "/echo") { $0.respond(200, $0.body) }
    server.route("POST", "/small", bodyLimit: 10) { $0.respond(200, $0.body) }
    server.route("POST", "/later") { exchange in
      loop.after(20) { exchange.respond(200, exchange.body) }
    }
    server.route("GET", "/query") { exchange in
      exchange.respond(200, text: exchange.query.map { "\($0.name)=\($0.value)" }.joined(separator: "|"))
    }
    var kept: [HTTPExchange] = []
    server.route("GET", "/never") { kept.append($0) }
    server.route("GET", "/dropped") { _ in }
    server.route("GET", "/twice") { exchange in
      exchange.respond(200, text: "first")
      exchange.respond(500, text: "second")
    }
    server.route("GET", "/large") { $0.respond(200, [UInt8](repeating: 0x78, count: 20_000_000)) }
    server.route("GET", "/peer") { $0.respond(200, text: $0.peer) }
  }

  @Test(arguments: [
    "simple", "head", "not_there", "query", "keep_alive", "pipelined", "drip", "chunked", "too_large",
    "expect",
    "malformed", "smuggled", "header_limits", "gone", "large_answer", "forwarded",
  ])
  func usual(scenario: String) throws { #expect(try result(scenario) == "ok\n") }

  @Test(arguments: ["slow_head", "slow_body", "idle", "no_answer"])
  func late(scenario: String) throws {
    var options = HTTPServer.Options()
    (options.headerWithin, options.bodyWithin, options.idle, options.answerWithin) = (1000, 1000, 1000, 1000)
    #expect(try result(scenario, options) == "ok\n")
  }

  @Test func rate() throws {
    var options = HTTPServer.Options()
    options.perAddress = 0.01
    #expect(try result("rate", options) != "ok\n")
    options.perAddress = 5
    #expect(try result("rate", options) == "ok\n")
  }

  @Test func prefixed() throws {
    var options = HTTPServer.Options()
    options.prefix = "/agim"
    #expect(try result("prefix", options) == "ok\n")
  }

  @Test func behindAProxy() throws {
    var options = HTTPServer.Options()
    options.trustsProxy = true
    #expect(try result("trusted", options) == "ok\n")
  }

  @Test func crowded() throws {
    var options = HTTPServer.Options()
    options.connections = 4
    #expect(try result("crowded", options) == "ok\n")
  }

  @Test func manyFromOneAddress() throws {
    var options = HTTPServer.Options()
    options.connectionsPerAddress = 4
    #expect(try result("no_address", options) == "ok\n")
    options.sparesLoopback = false
    #expect(try result("one_address", options) == "ok\n")
    // Who asks there is known by the proxy's word alone.
    options.trustsProxy = true
    #expect(try result("no_address", options) == "ok\n")
  }

  @Test(arguments: [
    "", "8080", "localhost", "example.com:80", "::1:80", "127.0.0.1:", "127.0.0.1:65536", "x:y",
  ])
  func wrongAddresses(text: String) throws {
    let error = #expect(throws: ListenError.self) { try HTTPServer(loop, address: text) }
    #expect(error?.isMalformed == true)
  }

  @Test func addresses() throws {
    for text in [":0", "localhost:0", "127.0.0.1:0"] {
      let server = try HTTPServer(loop, address: text)
      #expect(server.address.hasPrefix("127.0.0.1:"))
      #expect(!server.address.hasSuffix(":0"))
      #expect(!server.isExposed)
      let taken = #expect(throws: ListenError.self) { try HTTPServer(loop, address: server.address) }
      #expect(taken?.isMalformed == false)
      #expect(taken?.description == "\(server.address): Address already in use")
    }
    #expect(try HTTPServer(loop, address: "0.0.0.0:0").isExposed)
  }

  @Test func rates() throws {
    var rates = AddressRates(perSecond: 2, sparesLoopback: true)
    let (one, other) = (NetworkAddress("192.0.2.1"), NetworkAddress("192.0.2.2"))
    for _ in 0..<8 { #expect(rates.refusal(one, at: 0) == nil) }
    #expect(rates.refusal(one, at: 0) == 1)
    #expect(rates.refusal(other, at: 0) == nil)
    #expect(rates.refusal(one, at: 500) == nil)
    #expect(rates.refusal(one, at: 500) == 1)
    #expect(rates.refusal(NetworkAddress("127.0.0.1"), at: 0) == nil)
    // An IPv6 network counts as one.
    for part in 0..<8 { #expect(rates.refusal(NetworkAddress("2001:db8::\(part)"), at: 0) == nil) }
    #expect(rates.refusal(NetworkAddress("2001:db8::ffff"), at: 0) == 1)
    #expect(rates.refusal(NetworkAddress("2001:db8:0:1::1"), at: 0) == nil)
    // Many addresses do not fill the memory, and do not free each other.
    for number in 0..<10_000 {
      _ = rates.refusal(NetworkAddress("10.0.\(number / 256).\(number % 256)"), at: 0)
    }
    #expect(rates.refusal(NetworkAddress("10.1.0.1"), at: 0) != nil)
    #expect(rates.refusal(NetworkAddress("10.1.0.1"), at: 100_000) == nil)
  }
}
