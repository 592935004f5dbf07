package import JSON
package import Network
package import System

/// Feishu's interface for one app: requests with its token, which is fetched when it is needed, kept, and
/// fetched anew when Feishu does not take it any more.
package final class FeishuClient {
  /// The app.
  package let app: String
  /// Where the interface is, without a slash at the end.
  package let base: String
  /// The HTTP client, for what else goes to Feishu.
  package let http: HTTPClient

  let secret: String
  private let loop: EventLoop
  private var token: (text: String, until: Int64)?
  private var waiting: [(Result<String, FeishuError>) throws -> Void] = []

  /// Feishu's own place, in China.
  package static let feishu = "https://open.feishu.cn"
  /// The place of Lark, for the rest of the world.
  package static let lark = "https://open.larksuite.com"
  /// Milliseconds before its end from which a token is not used any more.
  private static let margin: Int64 = 600_000

  /// A client of an app.
  package init(app: String, secret: String, base: String, loop: EventLoop) {
    (self.app, self.secret, self.base, self.loop) = (app, secret, base, loop)
    http = HTTPClient(loop)
  }

  /// Asks for something below `/open-apis`; `then` is called once, from the loop.
  ///
  /// `path` is such as `/im/v1/messages`; `isRepeatable` says whether doing it twice does no harm, because it
  /// has an id of its own, say.
  package func call(
    _ method: String, _ path: String, query: [(name: String, value: String)] = [], json: JSONObject? = nil,
    isRepeatable: Bool? = nil, then: @escaping (Result<FeishuAnswer, FeishuError>) throws -> Void
  ) {
    var request: HTTPRequest
    if let json {
      var writer = JSONWriter()
      writer.value(.object(json))
      request = HTTPRequest(method, url(path, query: query))
      request.headers.append(("Content-Type", "application/json; charset=utf-8"))
      request.body = [.bytes(writer.bytes)]
    } else {
      request = HTTPRequest(method, url(path, query: query))
    }
    request.limits.total = 15_000
    if let isRepeatable { request.isRepeatable = isRepeatable }
    send(request, then: then)
  }

  /// Sends a request of any kind with the app's token, such as an upload; see `url(_:query:)`.
  package func send(
    _ request: HTTPRequest, then: @escaping (Result<FeishuAnswer, FeishuError>) throws -> Void
  ) {
    let name = Self.name(of: request)
    exchange(request) { result in
      switch result {
      case .failure(let error): try then(.failure(error))
      case .success(let response):
        try then(Result { () throws(FeishuError) in try FeishuAnswer(response, request: name) })
      }
    }
  }

  /// The address of a path below `/open-apis`.
  package func url(_ path: String, query: [(name: String, value: String)] = []) -> String {
    var url = "\(base)/open-apis\(path)"
    for (index, (name, value)) in query.enumerated() {
      url += "\(index == 0 ? "?" : "&")\(Self.encoded(name))=\(Self.encoded(value))"
    }
    return url
  }

  /// A text as a part of a path or a query.
  package static func encoded(_ text: String) -> String {
    var result = ""
    for byte in text.utf8 {
      let isPlain =
        byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A || byte >= 0x30 && byte <= 0x39
        || "-._~".utf8.contains(byte)
      if isPlain {
        result.unicodeScalars.append(Unicode.Scalar(byte))
      } else {
        let digits = String(byte, radix: 16, uppercase: true)
        result += digits.utf8.count == 1 ? "%0\(digits)" : "%\(digits)"
      }
    }
    return result
  }

  /// Sends a request with the token, and once more with a fresh one where Feishu does not take it.
  func exchange(
    _ request: HTTPRequest, isAgain: Bool = false,
    then: @escaping (Result<HTTPResponse, FeishuError>) throws -> Void
  ) {
    let name = Self.name(of: request)
    withToken { [weak self] result in
      guard let self else { return }
      let token: String
      switch result {
      case .failure(let error): return try then(.failure(error))
      case .success(let text): token = text
      }
      var signed = request
      signed.headers.append(("Authorization", "Bearer \(token)"))
      signed.secrets.append(token)
      http.send(signed) { [weak self] result in
        guard let self else { return }
        switch result {
        case .failure(let error): try then(.failure(FeishuError(.network(error), request: name)))
        case .success(let response):
          if !isAgain, !response.head.isSuccess || response.body.count < 1024,
            Self.remedy(of: response, request: name) == .token
          {
            forget(token)
            return exchange(request, isAgain: true, then: then)
          }
          try then(.success(response))
        }
      }
    }
  }

  private static func remedy(of response: HTTPResponse, request: String) -> FeishuError.Remedy? {
    do throws(FeishuError) {
      _ = try FeishuAnswer(response, request: request)
      return nil
    } catch {
      return error.remedy
    }
  }

  private static func name(of request: HTTPRequest) -> String {
    let url = request.url[...]
    let path = url.utf8.firstIndex(of: UInt8(ascii: "?")).map { url[..<$0] } ?? url
    // Scheme and host are the same for all of them.
    var slashes = 0
    let start = path.utf8.firstIndex { byte in
      slashes += byte == UInt8(ascii: "/") ? 1 : 0
      return slashes == 3
    }
    return "\(request.method) \(start.map { path[$0...] } ?? path)"
  }
}

/// The token.
extension FeishuClient {
  /// Gives the token that requests carry; `then` is called once, at once where it is known.
  package func withToken(_ then: @escaping (Result<String, FeishuError>) throws -> Void) {
    if let token, loop.clock.monotonic() < token.until {
      // What a handler throws must leave the loop as all else does.
      loop.after(0) { try then(.success(token.text)) }
      return
    }
    waiting.append(then)
    guard waiting.count == 1 else { return }
    fetch()
  }

  /// Does not use a token any more that Feishu refused.
  private func forget(_ text: String) {
    if token?.text == text { token = nil }
  }

  private func fetch() {
    var json = JSONWriter()
    json.beginObject()
    json.member("app_id", app)
    json.member("app_secret", secret)
    json.endObject()
    var request = HTTPRequest("POST", url("/auth/v3/tenant_access_token/internal"))
    request.headers = [("Content-Type", "application/json; charset=utf-8")]
    request.body = [.bytes(json.bytes)]
    request.limits.total = 15_000
    // Asked twice, it gives the same token.
    request.isRepeatable = true
    let name = Self.name(of: request)
    http.send(request) { [weak self] result in
      guard let self else { return }
      let token = result.mapError { FeishuError(.network($0), request: name) }.flatMap { response in
        Result { () throws(FeishuError) in try take(response, name) }
      }
      let handlers = waiting
      waiting = []
      for handler in handlers { try handler(token) }
    }
  }

  private func take(_ response: HTTPResponse, _ name: String) throws(FeishuError) -> String {
    let answer = try FeishuAnswer(response, request: name)
    guard let text = answer.root["tenant_access_token"]?.string, !text.isEmpty, text.utf8.count <= 4096,
      text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
    else { throw FeishuError(.malformed("has no tenant_access_token"), request: name) }
    // A second of life at least, so that nobody asks without an end.
    let life = Int64(min(max(answer.root["expire"]?.int ?? 7200, 1), 86_400)) * 1000
    token = (text, loop.clock.monotonic() + max(life - Self.margin, min(life, 1000)))
    return text
  }
}
