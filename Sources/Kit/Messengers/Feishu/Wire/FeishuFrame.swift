internal import Text

/// One frame of Feishu's long connection: a protobuf message of the package `pbbp2`.
///
/// An answer is the frame that it answers, with another payload and one more header.
package struct FeishuFrame: Equatable, Sendable {
  /// The number of the frame.
  package var sequence: UInt64 = 0
  /// The number in the server's log.
  package var log: UInt64 = 0
  /// The service, as the address of the connection says it.
  package var service: Int32 = 0
  /// 0 for control, 1 for data.
  package var method: Int32 = 0
  /// Names and values in their order.
  package var headers: [Header] = []
  /// How the payload is encoded.
  package var payloadEncoding: String?
  /// What the payload is.
  package var payloadType: String?
  /// The payload.
  package var payload: [UInt8]?
  /// The number in the server's log, in its newer form.
  package var newLog: String?

  /// A name and a value.
  package struct Header: Equatable, Sendable {
    /// The name.
    package var key: String
    /// The value.
    package var value: String

    /// A header.
    package init(_ key: String, _ value: String) { (self.key, self.value) = (key, value) }
  }

  /// The value of `method` for control frames.
  package static let control: Int32 = 0
  /// The value of `method` for data frames.
  package static let data: Int32 = 1

  /// An empty frame.
  package init() {}

  /// The ping of a client.
  package static func ping(service: Int32) -> FeishuFrame {
    var frame = FeishuFrame()
    frame.service = service
    frame.headers = [Header("type", "ping")]
    return frame
  }

  /// The value of the first header of this name.
  package func header(_ key: String) -> String? { headers.first { $0.key == key }?.value }

  /// The answer to this frame: its result, and how long it took to make it.
  ///
  /// `status` 200 says that it is taken over, 500 that it is to come again. `result` is what a callback
  /// wants, as JSON.
  package func answer(status: Int, result: [UInt8]? = nil, milliseconds: Int64) -> FeishuFrame {
    var answer = self
    answer.headers.append(Header("biz_rt", "\(milliseconds)"))
    var payload = "{\"code\":\(status)"
    if let result {
      payload += ",\"headers\":{},\"data\":\"" + String(decoding: Base64.encode(result), as: UTF8.self) + "\""
    }
    answer.payload = Array((payload + "}").utf8)
    return answer
  }
}
