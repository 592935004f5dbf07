package import System

/// The head of a response: what comes before its body.
package struct HTTPHead: Sendable {
  /// The status, 200 to 599.
  package internal(set) var status: Int
  /// The version that was spoken: `HTTP/1.1`, `HTTP/2`.
  package internal(set) var version: String
  /// The header lines in their order, names in lower case.
  package internal(set) var headers: [(name: String, value: String)] = []

  /// The head of a response, in its parts; names of headers in lower case.
  package init(status: Int, version: String, headers: [(name: String, value: String)] = []) {
    (self.status, self.version, self.headers) = (status, version, headers)
  }

  /// The value of the first header with a name (lower case).
  package func header(_ name: String) -> String? { headers.first { $0.name == name }?.value }

  /// The media type of the body, lower case and without parameters.
  package var mediaType: String? {
    header("content-type").map { value in
      let type = value.prefix { $0 != ";" && $0 != " " && $0 != "\t" }
      return type.lowercased()
    }
  }

  /// For how many milliseconds the server asks to wait, at most a day; nil where it does not say.
  package func retryAfter(now: Timestamp) -> Int64? {
    header("retry-after").flatMap { HTTPDate.delay($0, now: now) }
  }

  /// Whether the request was done.
  package var isSuccess: Bool { (200...299).contains(status) }
}

/// A whole response.
package struct HTTPResponse: Sendable {
  /// Its head.
  package let head: HTTPHead
  /// Its body.
  package let body: [UInt8]

  /// A response of its parts.
  package init(head: HTTPHead, body: [UInt8]) { (self.head, self.body) = (head, body) }

  /// The status.
  package var status: Int { head.status }
}
