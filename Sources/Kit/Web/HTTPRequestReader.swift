/// A request as it came to a server.
package struct HTTPIncoming: Sendable {
  /// The method: `POST`.
  package var method: String
  /// The path as it stands in the request.
  package var path: String
  /// What follows the question mark; empty for nothing.
  package var query: String
  /// The header lines in their order, names in lower case.
  package var headers: [(name: String, value: String)]
  /// The body, once it is there.
  package var body: [UInt8] = []
  /// Whether the connection may serve another request.
  package var keepsAlive: Bool
  /// Whether it speaks HTTP/1.0, which must be told that a connection is kept.
  package var isOld: Bool
  /// Whether the client waits for a word before it sends the body.
  package var expectsContinue = false
  /// What is known about the body's length.
  package var length: Length = .none

  /// How a body is delimited.
  package enum Length: Equatable, Sendable {
    case none
    case bytes(Int)
    case chunks
  }

  /// The value of the first header line with a name (lower case).
  package func header(_ name: String) -> String? { headers.first { $0.name == name }?.value }
}

/// Requests out of the bytes that a client sends (RFC 9112): pure, so that anything may come.
///
/// Strict where two parsers could disagree about where a request ends: bare line feeds, folded lines, blanks
/// before a colon, more than one length, a length beside chunks, and chunks in HTTP/1.0 are refused.
package struct HTTPRequestReader: Sendable {
  /// Why it is no request that is answered, and the status that says so; the connection is of no use after it.
  package struct Fault: Error, Equatable, Sendable {
    package let status: Int
    package let reason: String
  }

  private let headerLimit: Int
  private var input: [UInt8] = []
  private var at = 0
  private var scanned = 0
  private var lineStart = 0
  private var hasForgiven = false
  private var chunks: ChunkedReader?
  /// What the body of the request under way is, whose head was given out.
  private var length: HTTPIncoming.Length = .none

  private static let targetLimit = 8 << 10
  private static let lineCountLimit = 100

  /// A reader of heads of at most so many bytes.
  package init(headerLimit: Int) { self.headerLimit = headerLimit }

  /// Whether bytes wait that were not understood yet.
  package var hasInput: Bool { at < input.count }

  /// Takes bytes that came.
  package mutating func append(_ bytes: [UInt8]) {
    if at == input.count {
      (scanned, lineStart) = (scanned - at, lineStart - at)
      (input, at) = (bytes, 0)
    } else {
      if at > 0 {
        input.removeFirst(at)
        (scanned, lineStart, at) = (scanned - at, lineStart - at, 0)
      }
      input += bytes
    }
    (scanned, lineStart) = (max(0, scanned), max(0, lineStart))
  }

  /// The head of the next request; nil when more must come first.
  package mutating func head() throws(Fault) -> HTTPIncoming? {
    guard let end = try endOfHead() else { return nil }
    let start = at
    at = end
    (scanned, lineStart) = (end, end)
    let request = try Self.parse(input[start..<end])
    length = request.length
    (chunks, hasForgiven) = (nil, false)
    return request
  }

  /// The body of that request; nil when more must come first.
  package mutating func body(limit: Int) throws(Fault) -> [UInt8]? {
    switch length {
    case .none: return []
    case .bytes(let count):
      guard count <= limit else { throw Self.tooLarge(limit) }
      guard input.count - at >= count else { return nil }
      let body = Array(input[at..<at + count])
      at += count
      (scanned, lineStart, length) = (at, at, .none)
      return body
    case .chunks:
      if chunks == nil { chunks = ChunkedReader(limit: limit) }
      do {
        guard let (count, isComplete) = try chunks?.take(input[at...]) else { return nil }
        at += count
        (scanned, lineStart) = (at, at)
        guard isComplete else { return nil }
      } catch {
        throw error.isTooLarge ? Self.tooLarge(limit) : Fault(status: 400, reason: error.reason)
      }
      defer { (chunks, length) = (nil, .none) }
      return chunks?.body ?? []
    }
  }

  static func tooLarge(_ limit: Int) -> Fault {
    Fault(status: 413, reason: "the body is larger than \(limit) bytes")
  }

  /// Behind the empty line that ends the head; nil when it has not come.
  private mutating func endOfHead() throws(Fault) -> Int? {
    // An empty line before a request is forgiven, once.
    if !hasForgiven, at < input.count, input[at] == 0x0D {
      guard input.count - at >= 2 else { return nil }
      hasForgiven = true
      if input[at + 1] == 0x0A {
        at += 2
        (scanned, lineStart) = (at, at)
      }
    }
    (scanned, lineStart) = (max(scanned, at), max(lineStart, at))
    // What stands behind the limit is not looked at: it may be here already, or not.
    let limit = min(input.count, at + headerLimit)
    while scanned < limit {
      guard input[scanned] == 0x0A else {
        scanned += 1
        continue
      }
      guard scanned > lineStart, input[scanned - 1] == 0x0D else {
        throw Fault(status: 400, reason: "a line does not end with CR LF")
      }
      scanned += 1
      if scanned - lineStart == 2 {
        guard lineStart > at else { throw Fault(status: 400, reason: "a request begins with empty lines") }
        return scanned
      }
      lineStart = scanned
    }
    guard input.count - at <= headerLimit else {
      // Without the end of its first line it is the address that is too long.
      throw lineStart == at
        ? Fault(status: 414, reason: "the address is too long")
        : Fault(status: 431, reason: "the header lines have more than \(headerLimit) bytes")
    }
    return nil
  }

  // MARK: - The head

  private static func parse(_ head: ArraySlice<UInt8>) throws(Fault) -> HTTPIncoming {
    var lines: [ArraySlice<UInt8>] = []
    var start = head.startIndex
    while let end = head[start...].firstIndex(of: 0x0A) {
      lines.append(head[start..<end - 1])
      start = end + 1
    }
    guard let first = lines.first else { throw Fault(status: 400, reason: "there is no request line") }
    // The last line is the empty one.
    guard lines.count - 2 <= lineCountLimit else {
      throw Fault(status: 431, reason: "there are more than \(lineCountLimit) header lines")
    }
    var request = try requestLine(first)
    request.headers.reserveCapacity(lines.count)
    for line in lines.dropFirst().dropLast() { request.headers.append(try field(line)) }
    try interpret(&request)
    return request
  }

  private static func requestLine(_ line: ArraySlice<UInt8>) throws(Fault) -> HTTPIncoming {
    let words = line.split(separator: 0x20, omittingEmptySubsequences: false)
    guard words.count == 3, !words[0].isEmpty, words[0].count <= 32, words[0].allSatisfy(isToken) else {
      throw Fault(status: 400, reason: "the request line is none of HTTP")
    }
    let version = words[2]
    let isOld = version.elementsEqual("HTTP/1.0".utf8)
    guard isOld || version.elementsEqual("HTTP/1.1".utf8) else {
      throw version.starts(with: "HTTP/".utf8)
        ? Fault(status: 505, reason: "only HTTP/1.1 is spoken here")
        : Fault(status: 400, reason: "the request line is none of HTTP")
    }
    let (path, query) = try target(words[1])
    return HTTPIncoming(
      method: String(decoding: words[0], as: UTF8.self), path: path, query: query, headers: [],
      keepsAlive: !isOld, isOld: isOld)
  }

  private static func target(_ bytes: ArraySlice<UInt8>) throws(Fault) -> (String, String) {
    guard bytes.count <= targetLimit else { throw Fault(status: 414, reason: "the address is too long") }
    let wrong = Fault(status: 400, reason: "the address is none that is answered here")
    guard bytes.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "#") }) else { throw wrong }
    var rest = bytes
    if rest.first != UInt8(ascii: "/") {
      // The form that proxies use.
      let colon = rest.firstIndex(of: UInt8(ascii: ":")) ?? rest.endIndex
      let scheme = String(decoding: rest[..<colon], as: UTF8.self).lowercased()
      guard scheme == "http" || scheme == "https", rest[colon...].starts(with: "://".utf8) else {
        throw wrong
      }
      rest = rest[(colon + 3)...]
      guard let slash = rest.firstIndex(of: UInt8(ascii: "/")) else { throw wrong }
      rest = rest[slash...]
    }
    guard let mark = rest.firstIndex(of: UInt8(ascii: "?")) else {
      return (String(decoding: rest, as: UTF8.self), "")
    }
    return (
      String(decoding: rest[..<mark], as: UTF8.self), String(decoding: rest[(mark + 1)...], as: UTF8.self)
    )
  }

  private static func field(_ line: ArraySlice<UInt8>) throws(Fault) -> (name: String, value: String) {
    guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > line.startIndex,
      line[..<colon].allSatisfy(isToken)
    else { throw Fault(status: 400, reason: "a header line has no proper name") }
    var value = line[(colon + 1)...]
    guard value.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }) else {
      throw Fault(status: 400, reason: "a header line holds a control character")
    }
    while let byte = value.first, byte == 0x20 || byte == 0x09 { value.removeFirst() }
    while let byte = value.last, byte == 0x20 || byte == 0x09 { value.removeLast() }
    let name = line[..<colon].map { $0 >= 0x41 && $0 <= 0x5A ? $0 | 0x20 : $0 }
    return (String(decoding: name, as: UTF8.self), String(decoding: value, as: UTF8.self))
  }

  private static func interpret(_ request: inout HTTPIncoming) throws(Fault) {
    var hosts = 0
    var lengths: [String] = []
    var codings: [String] = []
    for (name, value) in request.headers {
      switch name {
      case "host": hosts += 1
      case "content-length": lengths.append(value)
      case "transfer-encoding": codings.append(value)
      case "connection":
        let words = value.lowercased().split(separator: ",").map { $0.filter { $0 != " " && $0 != "\t" } }
        if words.contains("close") { request.keepsAlive = false }
        if request.isOld, words.contains("keep-alive") { request.keepsAlive = true }
      case "expect":
        guard value.lowercased() == "100-continue" else {
          throw Fault(status: 417, reason: "nothing but 100-continue can be expected")
        }
        request.expectsContinue = !request.isOld
      default: break
      }
    }
    guard hosts == 1 || request.isOld && hosts == 0 else {
      throw Fault(status: 400, reason: "there must be one Host")
    }
    guard lengths.count + codings.count <= 1 else {
      throw Fault(status: 400, reason: "the length of the body is said more than once")
    }
    if let coding = codings.first {
      guard !request.isOld else { throw Fault(status: 400, reason: "HTTP/1.0 has no Transfer-Encoding") }
      guard coding.lowercased() == "chunked" else {
        throw Fault(status: 501, reason: "no Transfer-Encoding but chunked is understood")
      }
      request.length = .chunks
    } else if let text = lengths.first {
      guard (1...15).contains(text.utf8.count), text.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }),
        let count = Int(text)
      else { throw Fault(status: 400, reason: "Content-Length is not a number") }
      request.length = count == 0 ? .none : .bytes(count)
    }
    if request.length == .none { request.expectsContinue = false }
  }

  private static func isToken(_ byte: UInt8) -> Bool {
    byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A || byte >= 0x30 && byte <= 0x39
      || "!#$%&'*+-.^_`|~".utf8.contains(byte)
  }
}
