package import JSON
internal import Network

/// Where the long connection is, and how its server wants it to be kept.
package struct FeishuEndpoint: Equatable, Sendable {
  /// The address; it holds credentials and is good for one connection.
  package let url: String
  /// The service, which pings name.
  package let service: Int32
  /// The id of the connection, for the log.
  package let device: String
  /// How the server wants it to be kept.
  package let pace: Pace

  /// What the server asks of its clients, in milliseconds.
  package struct Pace: Equatable, Sendable {
    /// From one ping to the next.
    package var ping: Int64 = 120_000
    /// Between two tries to connect.
    package var interval: Int64 = 120_000
    /// The greatest wait before the first of them.
    package var nonce: Int64 = 30_000
    /// How many tries; nil for no limit.
    package var count: Int?

    /// What Feishu's own clients assume where the server says nothing.
    package init() {}

    /// Takes what an object says, in seconds; what cannot be stays as it was.
    package mutating func apply(_ value: JSONValue?) {
      func seconds(_ name: String, _ range: ClosedRange<Int>) -> Int64? {
        value?[name]?.int.flatMap { range.contains($0) ? Int64($0) * 1000 : nil }
      }
      ping = seconds("PingInterval", 1...3600) ?? ping
      interval = seconds("ReconnectInterval", 1...3600) ?? interval
      nonce = seconds("ReconnectNonce", 0...3600) ?? nonce
      if let number = value?["ReconnectCount"]?.int { count = number < 0 ? nil : number }
    }
  }

  /// Reads what the interface answers when it is asked for a connection.
  ///
  /// - Throws: `FeishuError` where it refuses, or names no place.
  package init(_ answer: FeishuAnswer, request: String) throws(FeishuError) {
    guard let url = answer.data["URL"]?.string else {
      throw FeishuError(.malformed("names no place for the connection"), request: request)
    }
    guard url.hasPrefix("wss://") || url.hasPrefix("ws://"), url.utf8.count <= 4096 else {
      throw FeishuError(.malformed("names a place that is no WebSocket"), request: request)
    }
    let query = url.utf8.firstIndex(of: UInt8(ascii: "?")).map { url[url.index(after: $0)...] } ?? ""
    var values: [Substring: Substring] = [:]
    for part in query.split(separator: "&") {
      let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      if pair.count == 2 { values[pair[0]] = pair[1] }
    }
    self.url = url
    service = values["service_id"].flatMap { Int32($0) } ?? 0
    device = values["device_id"].map { String($0.prefix(64)) } ?? ""
    var pace = Pace()
    pace.apply(answer.data["ClientConfig"])
    self.pace = pace
  }
}

extension FeishuClient {
  /// Asks for a long connection.
  package func endpoint(_ then: @escaping (Result<FeishuEndpoint, FeishuError>) throws -> Void) {
    var json = JSONWriter()
    json.beginObject()
    json.member("AppID", app)
    json.member("AppSecret", secret)
    json.endObject()
    var request = HTTPRequest("POST", "\(base)/callback/ws/endpoint")
    request.headers = [("Content-Type", "application/json"), ("locale", "zh")]
    request.body = [.bytes(json.bytes)]
    request.limits.total = 15_000
    request.isRepeatable = true
    let name = "POST /callback/ws/endpoint"
    http.send(request) { result in
      try then(
        result.mapError { FeishuError(.network($0), request: name) }.flatMap { response in
          Result { () throws(FeishuError) in
            // Every status but 200 is tried again, whatever the words.
            guard response.status == 200 else {
              throw FeishuError(.status(max(response.status, 500)), request: name)
            }
            return try FeishuEndpoint(FeishuAnswer(response, request: name), request: name)
          }
        })
    }
  }
}
