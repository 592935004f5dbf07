package import JSON
package import Network
package import System

/// Calls of the Bot API over HTTP: parameters there, results or failures back.
package final class BotAPI {
  /// A file that a call sends along.
  package struct Upload {
    /// The parameter that it is.
    package var field: String
    /// What receivers see as its name.
    package var name: String
    /// Its MIME type.
    package var mime: String
    /// What it holds.
    package var content: Content

    /// What a file holds.
    package enum Content {
      /// So many bytes of an open file.
      case file(Descriptor, size: Int)
      /// Bytes.
      case bytes([UInt8])
    }

    /// A file.
    package init(field: String, name: String, mime: String, _ content: Content) {
      (self.field, self.name, self.mime, self.content) = (field, name, mime, content)
    }

    /// Its size in bytes.
    var size: Int {
      switch content {
      case .file(_, let size): size
      case .bytes(let bytes): bytes.count
      }
    }
  }

  /// The bot.
  package let token: BotToken
  /// The address of the server.
  package let base: String
  private let client: HTTPClient
  private let clock: Clock

  /// Where the cloud's server is.
  package static let cloud = "https://api.telegram.org"
  /// Larger than what the server puts into one answer: about 4 MiB.
  private static let answerLimit = 8 << 20

  /// The API of a bot, on a server whose address has no slash at its end.
  package init(_ client: HTTPClient, clock: Clock, base: String = BotAPI.cloud, token: BotToken) {
    self.client = client
    self.clock = clock
    self.base = base
    self.token = token
  }

  /// Calls a method; what it gives, or why it failed, goes to a handler, once, from the loop.
  ///
  /// - Parameters:
  ///   - method: Its name.
  ///   - parameters: What it is given.
  ///   - files: Files that go along.
  ///   - total: How many milliseconds it may take; without one, what is usual for its size.
  ///   - isRepeatable: Whether a second call does no harm.
  ///   - then: The handler.
  /// - Returns: the request on its way.
  @discardableResult
  package func call(
    _ method: String, _ parameters: JSONObject = JSONObject(), files: [Upload] = [], total: Int64? = nil,
    isRepeatable: Bool = false, then: @escaping (Result<JSONValue, CallFailure>) throws -> Void
  ) -> HTTPTransfer {
    var request = request(method, parameters, files)
    request.isRepeatable = isRepeatable
    request.secrets = [token.text]
    request.limits.body = Self.answerLimit
    let bytes = files.reduce(0) { $0 + $1.size }
    // A slow line sends 32 KiB a second.
    request.limits.total = total ?? 30_000 + Int64(bytes / 32)
    request.limits.idle = max(30_000, total ?? 0)
    return client.send(request) { [self] result in try then(outcome(result)) }
  }

  /// The address of a file, which holds the token and is for nobody's eyes.
  package func fileAddress(_ path: String) -> String { "\(base)/file/bot\(token.text)/\(Self.encoded(path))" }

  private func request(_ method: String, _ parameters: JSONObject, _ files: [Upload]) -> HTTPRequest {
    let url = "\(base)/bot\(token.text)/\(method)"
    if files.isEmpty {
      var json = JSONWriter()
      json.value(.object(parameters))
      return HTTPRequest("POST", url, json: json.bytes)
    }
    var form = Multipart(random: clock.random)
    for (name, value) in parameters.members { form.field(name, Self.field(value)) }
    for file in files {
      switch file.content {
      case .file(let descriptor, let size):
        form.file(file.field, filename: file.name, mime: file.mime, descriptor, count: size)
      case .bytes(let bytes): form.file(file.field, filename: file.name, mime: file.mime, bytes)
      }
    }
    return HTTPRequest("POST", url, form: form)
  }

  /// A value as a form has it: texts as they are, everything else as JSON.
  private static func field(_ value: JSONValue) -> String {
    if let text = value.string { return text }
    var json = JSONWriter()
    json.value(value)
    return String(decoding: json.bytes, as: UTF8.self)
  }

  private func outcome(_ result: Result<HTTPResponse, HTTPError>) -> Result<JSONValue, CallFailure> {
    let response: HTTPResponse
    switch result {
    case .failure(let error): return .failure(CallFailure(error, token: token))
    case .success(let got): response = got
    }
    let answer = Self.parse(response.body)
    if response.head.isSuccess, answer?["ok"]?.bool == true, let value = answer?["result"] {
      return .success(value)
    }
    let failure = CallFailure(
      status: response.status, answer: answer, retryAfter: response.head.retryAfter(now: clock.now()))
    // A server of somebody's own may say anything.
    return .failure(
      CallFailure(
        failure.kind, token.removed(from: failure.words), status: failure.status,
        mayHaveArrived: failure.mayHaveArrived, isTemporary: failure.isTemporary))
  }

  /// The object that an answer is; nil when it is none.
  package static func parse(_ body: [UInt8]) -> JSONObject? {
    try? JSONReader.parse(body, limits: JSONLimits(maxBytes: answerLimit)).object
  }

  /// A path of the server with everything encoded that an address cannot hold.
  static func encoded(_ path: String) -> String {
    var out: [UInt8] = []
    for byte in path.utf8 {
      let isPlain =
        byte >= 0x30 && byte <= 0x39 || byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A
        || "-._~/".utf8.contains(byte)
      if isPlain {
        out.append(byte)
      } else {
        let digits = String(byte, radix: 16, uppercase: true)
        out += Array((byte < 16 ? "%0" : "%").utf8) + Array(digits.utf8)
      }
    }
    return String(decoding: out, as: UTF8.self)
  }
}
