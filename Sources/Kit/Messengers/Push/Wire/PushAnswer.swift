package import JSON
package import Journal
internal import Text

/// What a service answered.
package struct PushAnswer: Sendable {
  package let status: Int
  package let body: [UInt8]
  /// Milliseconds to wait, where the header Retry-After says so.
  package let retryAfter: Int64?
  /// The body as JSON; nil where it is none.
  package let json: JSONValue?

  package init(status: Int, body: [UInt8], retryAfter: Int64? = nil) {
    (self.status, self.body, self.retryAfter) = (status, body, retryAfter)
    json = try? JSONReader.parse(body)
  }

  package subscript(name: String) -> JSONValue? { json?[name] }

  /// The body as one line of text, without what surrounds it.
  package var text: String {
    let words = String(decoding: body.prefix(2000), as: UTF8.self).split(whereSeparator: \.isWhitespace)
    return words.joined(separator: " ")
  }

  /// The words of the service, whichever member it puts them into.
  package var words: String {
    var found: String?
    for name in [
      "errmsg", "msg", "message", "error", "errorDescription", "detail", "description", "StatusMessage",
    ] {
      found = found ?? self[name]?.string ?? self[name]?["message"]?.string
    }
    let errors = (self["errors"]?.array ?? []).compactMap(\.string)
    if !errors.isEmpty { found = errors.joined(separator: "; ") }
    // A page made for people says nothing that is worth a line.
    if found == nil, json == nil, body.first != UInt8(ascii: "<") { found = text }
    let line = (found ?? "").split(whereSeparator: \.isWhitespace).joined(separator: " ")
    return displayEscaped(line.count > 300 ? "\(line.prefix(299))…" : line)
  }

  /// The longest that a notification waits because a service wants it to.
  static let longestWait: Int64 = 600_000

  /// Refused, in the words of the service and with what to do.
  package func refused(_ code: Int? = nil, _ advice: String? = nil) -> Outcome {
    .refused(reason: line(code) + (advice.map { ": \($0)" } ?? ""))
  }

  /// To be tried again.
  package func postponed(_ code: Int? = nil, after: Int64? = nil) -> Outcome {
    .postponed(reason: line(code), after: (after ?? retryAfter).map { min(max($0, 1000), Self.longestWait) })
  }

  private func line(_ code: Int?) -> String {
    let said = words
    return "\(code.map { "error \($0)" } ?? "HTTP \(status)")\(said.isEmpty ? "" : " (\(said))")"
  }

  /// What a status alone says; nil for success.
  ///
  /// `credential`: the key that is wrong when the service does not know us.
  package func failure(check credential: String? = nil, after: Int64? = nil) -> Outcome? {
    switch status {
    case 200...299: return nil
    case 408, 425, 429, 500...599: return postponed(after: after)
    case 300...399:
      return refused(nil, "it wants us to go elsewhere, which is not followed; check the address")
    case 401, 403, 404, 410: return refused(nil, credential.map { "check \"\($0)\" of the account" })
    default: return refused()
    }
  }

  /// A success that does not look like one: something in between has answered.
  package var strange: Outcome {
    .postponed(reason: "HTTP \(status), but the answer is none of this service's", after: nil)
  }
}
