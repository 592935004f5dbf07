internal import Network

/// A file that came with a message.
package struct FeishuDownload: Sendable {
  /// Its content.
  package let content: [UInt8]
  /// What Feishu says it is.
  package let type: String?
}

extension FeishuClient {
  /// Fetches a file of a received message.
  ///
  /// `type` is `image`, or `file` for all else; `limit` says how many bytes it may have.
  package func download(
    message: String, key: String, type: String, limit: Int,
    then: @escaping (Result<FeishuDownload, FeishuError>) throws -> Void
  ) {
    let path = "/im/v1/messages/\(Self.encoded(message))/resources/\(Self.encoded(key))"
    var request = HTTPRequest("GET", url(path, query: [("type", type)]))
    request.limits.body = limit
    request.limits.total = 120_000
    exchange(request) { result in
      try then(
        result.flatMap { response in
          // What went wrong is said in JSON, which has no name.
          let isContent = response.head.isSuccess && response.head.header("content-disposition") != nil
          do throws(FeishuError) {
            if !isContent { _ = try FeishuAnswer(response, request: "GET \(path)") }
          } catch {
            guard response.head.isSuccess, case .malformed = error.cause else { return .failure(error) }
          }
          return .success(FeishuDownload(content: response.body, type: response.head.mediaType))
        })
    }
  }

  /// Fetches a message: the one that another one quotes, the original of a card, the parts of a merged forward.
  package func message(
    _ id: String, then: @escaping (Result<FeishuAnswer, FeishuError>) throws -> Void
  ) {
    call("GET", "/im/v1/messages/\(Self.encoded(id))", query: [("user_id_type", "open_id")], then: then)
  }
}
