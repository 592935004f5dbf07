/// A server's answer to a command: its code and its lines.
struct SMTPReply: Equatable {
  var code: Int
  /// The texts of its lines, without code and control characters.
  var lines: [String]

  /// The first digit, which says what it means.
  var kind: Int { code / 100 }
  /// For people: all of it on one line, at most 300 bytes.
  var words: String { String("\(code) \(lines.joined(separator: " "))".prefix(300)) }
}

/// Cuts what comes into answers.
struct SMTPReader {
  /// What is not SMTP, or is too much.
  struct Fault: Error, Equatable {
    let reason: String
  }

  private var buffer: [UInt8] = []
  private var code: Int?
  private var lines: [String] = []

  /// The limits: RFC 5321 has 512 bytes a line.
  private static let lineLimit = 4096
  private static let countLimit = 100

  /// Adds what has come; the answers that are complete now.
  mutating func feed(_ bytes: [UInt8]) throws(Fault) -> [SMTPReply] {
    buffer += bytes
    var replies: [SMTPReply] = []
    var start = 0
    while let end = buffer[start...].firstIndex(of: 0x0A) {
      var line = buffer[start..<end]
      start = end + 1
      if line.last == 0x0D { line.removeLast() }
      guard line.count <= Self.lineLimit else {
        throw Fault(reason: "an answer longer than \(Self.lineLimit) bytes")
      }
      if let reply = try take(line) { replies.append(reply) }
    }
    buffer.removeFirst(start)
    guard buffer.count <= Self.lineLimit else {
      throw Fault(reason: "an answer longer than \(Self.lineLimit) bytes")
    }
    return replies
  }

  private mutating func take(_ line: ArraySlice<UInt8>) throws(Fault) -> SMTPReply? {
    let digits = line.prefix(3)
    guard digits.count == 3, digits.allSatisfy({ $0 &- 0x30 < 10 }),
      let number = Int(String(decoding: digits, as: UTF8.self)), (200...599).contains(number)
    else { throw Fault(reason: "an answer without a code") }
    let rest = line.dropFirst(3)
    guard rest.first ?? 0x20 == 0x20 || rest.first == 0x2D else {
      throw Fault(reason: "an answer without a code")
    }
    guard code ?? number == number else { throw Fault(reason: "an answer with two codes") }
    let text = rest.dropFirst().map { $0 < 0x20 || $0 == 0x7F ? UInt8(ascii: "?") : $0 }
    lines.append(String(decoding: text, as: UTF8.self))
    guard lines.count <= Self.countLimit else {
      throw Fault(reason: "an answer of more than \(Self.countLimit) lines")
    }
    guard rest.first != 0x2D else {
      code = number
      return nil
    }
    defer { (code, lines) = (nil, []) }
    return SMTPReply(code: number, lines: lines)
  }
}
