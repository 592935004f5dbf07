package import JSON
internal import Network

/// What Feishu answers to a request that it did.
package struct FeishuAnswer: Sendable {
  /// All of it.
  package let root: JSONObject
  /// Its `data`; empty where there is none.
  package var data: JSONObject { root["data"]?.object ?? JSONObject() }

  /// How large an answer may be.
  static let limits = JSONLimits(maxBytes: 8 << 20, maxDepth: 128)

  /// Reads a response: an answer, or why there is none.
  ///
  /// - Throws: `FeishuError`.
  init(_ response: HTTPResponse, request: String) throws(FeishuError) {
    let head = response.head
    let logID = head.header("x-tt-logid")
    let retryAfter = Self.wait(head)
    func error(_ cause: FeishuError.Cause) -> FeishuError {
      FeishuError(cause, request: request, logID: logID, retryAfter: retryAfter)
    }
    let value: JSONValue
    do {
      value = try JSONReader.parse(response.body, limits: Self.limits)
    } catch let fault {
      throw head.isSuccess ? error(.malformed("is not JSON (\(fault))")) : error(.status(head.status))
    }
    guard let object = value.object, let code = object["code"]?.int else {
      throw head.isSuccess ? error(.malformed("has no code")) : error(.status(head.status))
    }
    guard code == 0 else { throw error(.code(code, object["msg"]?.string ?? "")) }
    guard head.isSuccess else { throw error(.status(head.status)) }
    root = object
  }

  /// For how long Feishu asks to wait: its own header has seconds, at most a day.
  private static func wait(_ head: HTTPHead) -> Int64? {
    let text = head.header("x-ogw-ratelimit-reset") ?? head.header("retry-after")
    return text.flatMap { Int64($0) }.map { min(max($0, 0), 86_400) * 1000 }
  }
}
