import JSON
import Network
import System
import TestSupport
import Testing

@Suite struct SecurityTests {
  private let loop = EventLoop(clock: .system)

  private func headers(_ response: HTTPResponse?) throws -> [String: String] {
    let echo = try JSONReader.parse(try #require(response).body)
    let pairs = (echo["headers"]?.array ?? []).compactMap { $0.array?.compactMap(\.string) }
    return Dictionary(pairs.map { ($0[0], $0[1]) }) { first, _ in first }
  }

  // MARK: - TLS

  @Test func certificatesAreVerified() throws {
    let certificate = try Certificate()
    let server = try Server("tls", certificate.certificate, certificate.key)
    var options = HTTPClient.Options()
    let request = HTTPRequest("GET", "https://localhost:\(server.port)/echo")
    // Of an authority that nobody knows.
    let unknown = try #require(try HTTPClient(loop, options).answer(loop, request).error)
    #expect(unknown.kind == .insecure)
    #expect(!unknown.isTemporary && !unknown.mayHaveArrived)
    #expect(unknown.description.contains("SSL_CERT_FILE"))
    options.authorities = certificate.authority
    #expect(try HTTPClient(loop, options).answer(loop, request).response?.status == 200)
    // For another name.
    let other = HTTPRequest("GET", "https://127.0.0.1:\(server.port)/echo")
    #expect(try HTTPClient(loop, options).answer(loop, other).error?.kind == .insecure)
    // No TLS there, and a file that is none.
    let plain = try Server.shared("http")
    let none = HTTPRequest("GET", "https://localhost:\(plain.port)/echo")
    #expect(try HTTPClient(loop, options).answer(loop, none).error?.kind == .insecure)
    options.authorities = "/nowhere/ca.pem"
    #expect(try HTTPClient(loop, options).answer(loop, request).error?.kind == .insecure)
  }

  @Test func http2() throws {
    let certificate = try Certificate()
    let server = try Server("nghttpd", certificate.certificate, certificate.key)
    var options = HTTPClient.Options()
    options.authorities = certificate.authority
    let client = HTTPClient(loop, options)
    let request = HTTPRequest("GET", "https://localhost:\(server.port)/text")
    for _ in 0..<3 {
      let response = try #require(try client.answer(loop, request).response)
      #expect(response.head.version == "HTTP/2")
      #expect(String(decoding: response.body, as: UTF8.self) == "over HTTP/2")
    }
  }

  // MARK: - Redirects

  @Test func redirectsAreRefused() throws {
    let server = try Server.shared("http")
    let client = HTTPClient(loop)
    for status in [301, 302, 303, 307, 308] {
      let url = server.url("/redirect?is=\(status)&to=/echo%3Ftoken=SECRET")
      let error = try #require(try client.answer(loop, HTTPRequest("GET", url)).error)
      #expect(error.kind == .redirected)
      #expect(error.reason == "the server sends us to \(server.url("/echo")) (status \(status))")
    }
    // What sends nowhere is a response.
    #expect(try client.answer(loop, HTTPRequest("GET", server.url("/status?is=302"))).response?.status == 302)
  }

  @Test func redirectsThatAreFollowed() throws {
    let (server, other) = (try Server.shared("http"), try Server("http"))
    let client = HTTPClient(loop)
    func ask(_ method: String, _ url: String, _ redirects: Int = 1) throws -> Result<HTTPResponse, HTTPError>
    {
      var request = HTTPRequest(method, url, headers: [("X-API-Key", "k"), ("Authorization", "Bearer t")])
      if method == "POST" { request.body = [.bytes(Array("b".utf8))] }
      request.redirects = redirects
      return try client.answer(loop, request)
    }
    let near = try ask("GET", server.url("/redirect?to=/echo")).response
    #expect(try headers(near)["x-api-key"] == "k")
    // Another port is another origin.
    let far = try headers(ask("GET", server.url("/redirect?to=\(other.url("/echo"))")).response)
    #expect(far["x-api-key"] == nil && far["authorization"] == nil)
    for (status, method, body) in [
      (303, "GET", ""), (302, "GET", ""), (307, "POST", "b"), (308, "POST", "b"),
    ] {
      let response = try ask("POST", server.url("/redirect?is=\(status)&to=/echo")).response
      let echo = try JSONReader.parse(try #require(response).body)
      #expect(echo["method"]?.string == method)
      #expect(echo["body"]?.string == body)
    }
    #expect(try ask("GET", server.url("/redirect?to=redirect%3Fto=/echo"), 1).error?.kind == .redirected)
    #expect(try ask("GET", server.url("/redirect?to=redirect%3Fto=/echo"), 2).response?.status == 200)
    #expect(try ask("GET", server.url("/loop"), 5).error?.kind == .redirected)
    #expect(try ask("GET", server.url("/redirect?to=file:///etc/passwd")).error?.kind == .malformed)
    #expect(try ask("GET", server.url("/redirect?to=http://u:p@127.0.0.1/")).error?.kind == .malformed)
  }

  @Test func neverFromHTTPSToHTTP() throws {
    let certificate = try Certificate()
    let (server, plain) = (
      try Server("tls", certificate.certificate, certificate.key), try Server.shared("http")
    )
    var options = HTTPClient.Options()
    options.authorities = certificate.authority
    var request = HTTPRequest("GET", "https://localhost:\(server.port)/redirect?to=\(plain.url("/echo"))")
    request.redirects = 3
    #expect(try HTTPClient(loop, options).answer(loop, request).error?.kind == .redirected)
  }

  // MARK: - Reach

  @Test(arguments: [
    "http://127.0.0.1:1/", "http://[::1]:1/", "http://[::ffff:127.0.0.1]:1/", "http://localhost:1/",
    "http://printer/",
    "http://x.local/", "http://metadata.google.internal/", "http://LOCALHOST./", "http://0.0.0.0:1/",
    "http://169.254.169.254/latest/meta-data/", "http://10.0.0.1/", "http://[fe80::1]/",
    "http://[64:ff9b::a00:1]/",
  ])
  func notPublic(url: String) throws {
    let client = HTTPClient(loop, HTTPClient.Options(reach: .publicOnly(allowedNames: [])))
    let error = try #require(try client.answer(loop, HTTPRequest("GET", url)).error)
    #expect(error.kind == .forbidden, "\(error)")
    #expect(!error.isTemporary && !error.mayHaveArrived)
  }

  @Test func allowedByName() throws {
    let server = try Server.shared("http")
    let client = HTTPClient(loop, HTTPClient.Options(reach: .publicOnly(allowedNames: ["127.0.0.1"])))
    #expect(try client.answer(loop, HTTPRequest("GET", server.url("/echo"))).response?.status == 200)
    // The name is allowed, not what else lives there.
    let other = HTTPRequest("GET", "http://localhost:\(server.port)/echo")
    #expect(try client.answer(loop, other).error?.kind == .forbidden)
    // Redirects are not followed, even where they are asked for.
    var request = HTTPRequest("GET", server.url("/redirect?to=/echo"))
    request.redirects = 5
    #expect(try client.answer(loop, request).error?.kind == .redirected)
  }

  /// Where a cloud's machine finds credentials is not reached by any name, nor through a proxy.
  @Test(arguments: ["169.254.169.254", "metadata.google.internal", "[fd00:ec2::254]"])
  func neverMetadata(host: String) throws {
    let names: Set<String> = ["169.254.169.254", "metadata.google.internal", "fd00:ec2::254"]
    let client = HTTPClient(loop, HTTPClient.Options(reach: .publicOnly(allowedNames: names)))
    #expect(try client.answer(loop, HTTPRequest("GET", "http://\(host)/")).error?.kind == .forbidden)
  }

  // MARK: - Proxies

  @Test func proxiesOfTheEnvironment() throws {
    let server = try Server.shared("http")
    // Tests/Network/Support.swift names a proxy for localhost.
    let proxied = HTTPRequest("GET", "http://localhost:\(server.port)/echo")
    let through = try HTTPClient(loop).answer(loop, proxied).response
    #expect(try headers(through)["via"]?.contains("tinyproxy") == true)
    let direct = try HTTPClient(loop).answer(loop, HTTPRequest("GET", server.url("/echo"))).response
    #expect(try headers(direct)["via"] == nil)
    var own = HTTPClient.Options()
    own.usesProxies = false
    let ours = HTTPClient(loop, own)
    #expect(try headers(ours.answer(loop, proxied).response)["via"] == nil)
    // An allowed host may be reached by it, too.
    let client = HTTPClient(loop, HTTPClient.Options(reach: .publicOnly(allowedNames: ["localhost"])))
    #expect(try headers(client.answer(loop, proxied).response)["via"]?.contains("tinyproxy") == true)
  }
}
