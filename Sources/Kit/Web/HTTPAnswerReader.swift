internal import Network

/// The answer to a request for an upgrade: its head, and for a refusal as much of its body as comes.
///
/// Pure, and fed with whatever comes.
struct HTTPAnswerReader {
  /// Why it is no answer.
  struct Fault: Error, Equatable { let reason: String }

  private var input: [UInt8] = []
  private(set) var head: HTTPHead?
  private(set) var body: [UInt8] = []
  private var left: Int?
  private var chunks: ChunkedReader?
  /// Whether all of the body is there, or as much as is kept.
  private(set) var isComplete = false

  static let headLimit = 64 << 10
  static let bodyLimit = 64 << 10

  /// What stands behind the head: frames, once the upgrade is granted.
  var rest: [UInt8] { input }

  mutating func append(_ bytes: [UInt8]) throws(Fault) {
    input += bytes
    while head == nil {
      guard let end = Self.endOfHead(input) else {
        guard input.starts(with: "HTTP/1.".utf8.prefix(input.count)) else {
          throw Fault(reason: "it does not begin with HTTP/1")
        }
        guard input.count <= Self.headLimit else {
          throw Fault(reason: "its header lines have more than \(Self.headLimit) bytes")
        }
        return
      }
      let parsed = try Self.parse(Array(input[..<end]))
      input.removeFirst(end)
      // Hints and the like come before the answer.
      if parsed.status >= 200 || parsed.status == 101 { begin(parsed) }
    }
    if head?.status != 101 { takeBody() }
  }

  private mutating func begin(_ parsed: HTTPHead) {
    head = parsed
    if parsed.header("transfer-encoding") != nil {
      chunks = ChunkedReader(limit: Self.bodyLimit)
    } else if let text = parsed.header("content-length") {
      left = Int(text) ?? Self.bodyLimit
    }
    isComplete = parsed.status == 101 || parsed.status == 204 || parsed.status == 304
  }

  private mutating func takeBody() {
    guard !isComplete else { return }
    if chunks != nil {
      let piece = input
      input = []
      // What is wrong with it does not matter: what came is shown.
      let progress = try? chunks?.take(piece[...])
      body = chunks?.body ?? []
      if progress == nil || progress?.isComplete == true { isComplete = true }
    } else {
      let wanted = min(left ?? Self.bodyLimit, Self.bodyLimit) - body.count
      body += input.prefix(max(0, wanted))
      input = []
      isComplete = body.count >= min(left ?? Self.bodyLimit, Self.bodyLimit)
    }
  }

  /// Behind the empty line that ends a head; nil when it has not come.
  static func endOfHead(_ bytes: [UInt8]) -> Int? {
    var index = 0
    while let found = bytes[index...].firstIndex(of: 0x0A) {
      let next = found + 1
      if next < bytes.count, bytes[next] == 0x0A { return next + 1 }
      if next + 1 < bytes.count, bytes[next] == 0x0D, bytes[next + 1] == 0x0A { return next + 2 }
      index = next
    }
    return nil
  }

  private static func parse(_ bytes: [UInt8]) throws(Fault) -> HTTPHead {
    let lines = bytes.split(separator: 0x0A).map { $0.last == 0x0D ? $0.dropLast() : $0 }
    let words = (lines.first ?? []).split(separator: 0x20, maxSplits: 2)
    guard words.count >= 2, words[0].starts(with: "HTTP/1.".utf8), words[1].count == 3,
      let status = Int(String(decoding: words[1], as: UTF8.self)), (100...599).contains(status)
    else { throw Fault(reason: "its first line is not one of HTTP") }
    var headers: [(name: String, value: String)] = []
    for line in lines.dropFirst() {
      guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { continue }
      headers.append(
        (
          String(decoding: line[..<colon], as: UTF8.self).lowercased(),
          String(decoding: HTTPTransfer.trimmed(line[(colon + 1)...]), as: UTF8.self)
        ))
    }
    return HTTPHead(status: status, version: String(decoding: words[0], as: UTF8.self), headers: headers)
  }
}
