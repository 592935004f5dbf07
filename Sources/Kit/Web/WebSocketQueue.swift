/// What waits to be sent over a WebSocket: frames are made, and masked, a piece at a time.
///
/// Control frames go before messages that have not begun, and between the frames of one that has.
struct WebSocketQueue {
  private struct Message {
    var opcode: WebSocketOpcode
    var bytes: [UInt8]
    var done = 0
    /// The frame under way: its mask, where it begins, and where it ends.
    var mask: UInt32 = 0
    var frameStart = 0
    var frameEnd: Int?
  }

  private var urgent: [[UInt8]] = []
  private var messages: [Message] = []
  private var first = 0

  /// The bytes to offer next; they stay the same until all of them are sent.
  private(set) var piece: [UInt8] = []
  /// How many of them are sent.
  private(set) var sent = 0
  /// Bytes that wait, in all.
  private(set) var count = 0

  /// How much is masked at once.
  private static let pieceSize = 64 << 10

  mutating func add(_ opcode: WebSocketOpcode, _ bytes: [UInt8], mask: UInt32) {
    count += bytes.count
    guard opcode.isControl, opcode != .close else {
      messages.append(Message(opcode: opcode, bytes: bytes))
      return
    }
    var frame = Self.head(opcode, isFinal: true, length: bytes.count, mask: mask)
    frame += bytes
    Self.apply(mask, to: &frame, from: frame.count - bytes.count, phase: 0)
    urgent.append(frame)
    count += frame.count - bytes.count
  }

  /// Adds what is sent as it stands, before anything else.
  mutating func add(raw bytes: [UInt8]) {
    urgent.append(bytes)
    count += bytes.count
  }

  /// Makes the next piece when the last one is sent; false when nothing waits.
  mutating func fill(fragmentAt: Int?, mask: () -> UInt32) -> Bool {
    if sent < piece.count { return true }
    (piece, sent) = ([], 0)
    let isInsideFrame = first < messages.count && messages[first].frameEnd != nil
    if !urgent.isEmpty, !isInsideFrame {
      piece = urgent.removeFirst()
      return true
    }
    guard first < messages.count else { return false }
    var message = messages[first]
    // No second reference while its bytes are read.
    messages[first].bytes = []
    if message.frameEnd == nil {
      let left = message.bytes.count - message.done
      let length = min(left, max(1, fragmentAt ?? left))
      message.mask = mask()
      message.frameStart = message.done
      message.frameEnd = message.done + length
      piece = Self.head(
        message.done == 0 ? message.opcode : .continuation, isFinal: length == left, length: length,
        mask: message.mask)
      count += piece.count
    }
    let end = message.frameEnd ?? message.done
    let upTo = min(end, message.done + Self.pieceSize)
    let head = piece.count
    piece += message.bytes[message.done..<upTo]
    Self.apply(message.mask, to: &piece, from: head, phase: message.done - message.frameStart)
    message.done = upTo
    if upTo == end { message.frameEnd = nil }
    if message.done == message.bytes.count, message.frameEnd == nil {
      first += 1
      if first == messages.count || first > 64 {
        messages.removeFirst(first)
        first = 0
      }
    } else {
      messages[first] = message
    }
    return true
  }

  mutating func took(_ bytes: Int) {
    sent += bytes
    count -= bytes
  }

  /// Forgets the messages that have not begun.
  mutating func clear() { self = WebSocketQueue() }

  static func head(_ opcode: WebSocketOpcode, isFinal: Bool, length: Int, mask: UInt32) -> [UInt8] {
    var head: [UInt8] = [(isFinal ? 0x80 : 0) | opcode.rawValue]
    switch length {
    case ..<126: head.append(0x80 | UInt8(length))
    case ..<65_536: head += [0x80 | 126, UInt8(length >> 8), UInt8(length & 0xFF)]
    default:
      head.append(0x80 | 127)
      for shift in stride(from: 56, through: 0, by: -8) { head.append(UInt8(length >> shift & 0xFF)) }
    }
    for shift in stride(from: 24, through: 0, by: -8) { head.append(UInt8(mask >> UInt32(shift) & 0xFF)) }
    return head
  }

  /// Masks bytes from a place on, which is so many bytes into the frame's payload.
  static func apply(_ mask: UInt32, to bytes: inout [UInt8], from start: Int, phase: Int) {
    guard start < bytes.count else { return }
    let turned = mask << UInt32(phase % 4 * 8) | (phase % 4 == 0 ? 0 : mask >> UInt32(32 - phase % 4 * 8))
    let word = UInt64(turned) << 32 | UInt64(turned)
    bytes.withUnsafeMutableBytes { all in
      let part = UnsafeMutableRawBufferPointer(rebasing: all[start...])
      var index = 0
      while index + 8 <= part.count {
        let value = part.loadUnaligned(fromByteOffset: index, as: UInt64.self)
        part.storeBytes(of: value ^ word.bigEndian, toByteOffset: index, as: UInt64.self)
        index += 8
      }
      while index < part.count {
        part[index] ^= UInt8(turned >> UInt32(24 - index % 4 * 8) & 0xFF)
        index += 1
      }
    }
  }
}
