package import System

/// What is sent to a server, and what may come back.
package struct HTTPRequest {
  /// The method, upper case.
  package var method: String
  /// The whole address.
  package var url: String
  /// Header lines by name.
  package var headers: [(name: String, value: String)] = []
  /// What is sent; empty for none.
  package var body: [Part] = []
  /// How long it may take, and how much may come.
  package var limits = Limits()
  /// How many redirects are followed: none, unless asked for.
  ///
  /// Headers go along only within one origin, and never from https to http.
  package var redirects = 0
  /// Whether sending it twice does no harm.
  ///
  /// Usual for GET and the like; others are not sent a second time when a connection breaks.
  package var isRepeatable: Bool
  /// What must not be shown: a token that stands in the path.
  package var secrets: [String] = []

  /// A piece of a body.
  package enum Part {
    /// Bytes.
    case bytes([UInt8])
    /// So many bytes of an open file from its beginning; checked by whoever opened it.
    case file(Descriptor, count: Int)

    var count: Int {
      switch self {
      case .bytes(let bytes): bytes.count
      case .file(_, let count): count
      }
    }
  }

  /// The limits of a request; times in milliseconds, nil for none.
  package struct Limits: Equatable, Sendable {
    /// For looking up the name, connecting, and the handshakes.
    package var connect: Int64 = 10_000
    /// For all of it.
    package var total: Int64? = 60_000
    /// For which nothing is sent or received.
    package var idle: Int64? = 30_000
    /// Bytes of the response's body.
    package var body: Int? = 8 << 20
    /// Bytes of the response's header lines in all.
    package var headers = 128 << 10

    /// The usual ones.
    package init() {}
  }

  /// A request without a body.
  package init(_ method: String, _ url: String, headers: [(name: String, value: String)] = []) {
    self.method = method
    self.url = url
    self.headers = headers
    isRepeatable = ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"].contains(method)
  }

  /// A request with JSON as its body.
  package init(
    _ method: String, _ url: String, json: [UInt8], headers: [(name: String, value: String)] = []
  ) {
    self.init(method, url, headers: headers + [("Content-Type", "application/json")])
    body = [.bytes(json)]
  }

  /// Why it cannot be sent as it stands; nil when it can.
  package var fault: String? {
    guard !method.isEmpty, method.utf8.allSatisfy({ $0 >= 0x41 && $0 <= 0x5A }) else {
      return "the method is not a word in capital letters"
    }
    for (name, value) in headers {
      guard !name.isEmpty, name.utf8.allSatisfy(Self.isToken) else {
        return "a header's name has a character that names cannot have"
      }
      // A line break would begin a header of its own.
      guard value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }) else {
        return "the value of the header \(name) holds a control character"
      }
    }
    return nil
  }

  private static func isToken(_ byte: UInt8) -> Bool {
    byte >= 0x30 && byte <= 0x39 || byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A
      || "!#$%&'*+-.^_`|~".utf8.contains(byte)
  }
}
