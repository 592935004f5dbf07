/// A body in chunks (RFC 9112, section 7.1): strict, because two parsers that disagree here are a hole.
struct ChunkedReader {
  /// What is wrong, and whether it is only too much.
  struct Fault: Error, Equatable {
    let isTooLarge: Bool
    let reason: String
  }

  private enum State { case size, data, dataEnd, trailer, done }

  private let limit: Int
  private var state = State.size
  private var line: [UInt8] = []
  private var left = 0
  private var trailerBytes = 0
  /// The bytes so far.
  private(set) var body: [UInt8] = []

  private static let lineLimit = 256
  private static let trailerLimit = 8 << 10

  init(limit: Int) { self.limit = limit }

  var isComplete: Bool { state == .done }

  /// Takes bytes as far as they belong to the body: how many, and whether it is complete.
  mutating func take(_ bytes: ArraySlice<UInt8>) throws(Fault) -> (count: Int, isComplete: Bool) {
    var at = bytes.startIndex
    while at < bytes.endIndex, state != .done {
      if state == .data {
        let count = min(left, bytes.endIndex - at)
        body += bytes[at..<at + count]
        at += count
        left -= count
        if left == 0 { state = .dataEnd }
        continue
      }
      let byte = bytes[at]
      at += 1
      guard byte == 0x0A else {
        // A carriage return stands only at the end of a line.
        if line.last == 0x0D || byte != 0x0D && byte != 0x09 && (byte < 0x20 || byte == 0x7F) {
          throw Fault(isTooLarge: false, reason: "a chunk's line holds a control character")
        }
        line.append(byte)
        trailerBytes += state == .trailer ? 1 : 0
        guard line.count <= (state == .trailer ? Self.trailerLimit : Self.lineLimit),
          trailerBytes <= Self.trailerLimit
        else { throw Fault(isTooLarge: false, reason: "a chunk's line is too long") }
        continue
      }
      guard line.popLast() == 0x0D else {
        throw Fault(isTooLarge: false, reason: "a chunk's line does not end with CR LF")
      }
      try endLine()
    }
    return (at - bytes.startIndex, isComplete)
  }

  private mutating func endLine() throws(Fault) {
    defer { line = [] }
    switch state {
    case .size:
      let digits = line.prefix { $0 != UInt8(ascii: ";") && $0 != 0x20 && $0 != 0x09 }
      let extra = line[digits.endIndex...].drop { $0 == 0x20 || $0 == 0x09 }
      guard (1...8).contains(digits.count), extra.isEmpty || extra.first == UInt8(ascii: ";"),
        digits.allSatisfy({ Self.value($0) != nil })
      else { throw Fault(isTooLarge: false, reason: "a chunk's size is not a number") }
      left = digits.reduce(0) { $0 << 4 | (Self.value($1) ?? 0) }
      guard left <= limit - body.count else {
        throw Fault(isTooLarge: true, reason: "the body is larger than \(limit) bytes")
      }
      state = left == 0 ? .trailer : .data
    case .dataEnd:
      guard line.isEmpty else { throw Fault(isTooLarge: false, reason: "a chunk is longer than its size") }
      state = .size
    case .trailer: if line.isEmpty { state = .done }
    case .data, .done: break
    }
  }

  private static func value(_ byte: UInt8) -> Int? {
    switch byte {
    case 0x30...0x39: Int(byte - 0x30)
    case 0x41...0x46: Int(byte - 0x41 + 10)
    case 0x61...0x66: Int(byte - 0x61 + 10)
    default: nil
    }
  }
}
