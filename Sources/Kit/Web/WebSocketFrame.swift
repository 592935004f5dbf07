/// The kinds of frames of RFC 6455.
package enum WebSocketOpcode: UInt8, Sendable {
  case continuation = 0
  case text = 1
  case binary = 2
  case close = 8
  case ping = 9
  case pong = 10

  var isControl: Bool { rawValue >= 8 }
}

/// What the other end did against the protocol or our limits, with the code to close with.
package struct WebSocketFault: Error, Equatable, Sendable {
  /// The code that the other end is told.
  package let code: UInt16
  /// What it did.
  package let reason: String

  static func protocolError(_ reason: String) -> WebSocketFault { WebSocketFault(code: 1002, reason: reason) }
}

/// Whole messages out of the bytes that a server sends: pure, so that anything may come.
package struct WebSocketReader: Sendable {
  /// What came.
  package enum Event: Equatable, Sendable {
    case text([UInt8])
    case binary([UInt8])
    case ping([UInt8])
    case pong([UInt8])
    /// 1005 where no code was said.
    case close(code: UInt16, reason: String)
  }

  private struct Frame {
    var opcode: WebSocketOpcode
    var isFinal: Bool
    var left: Int
  }

  private let maxMessage: Int
  private var input: [UInt8] = []
  private var at = 0
  private var frame: Frame?
  private var control: [UInt8] = []
  private var message: [UInt8] = []
  /// What the message is that has begun; nil between messages.
  private var kind: WebSocketOpcode?

  /// A reader of messages of at most so many bytes.
  package init(maxMessage: Int) { self.maxMessage = maxMessage }

  /// Takes bytes that came.
  package mutating func append(_ bytes: [UInt8]) {
    if at == input.count {
      (input, at) = (bytes, 0)
    } else {
      input.removeFirst(at)
      at = 0
      input += bytes
    }
  }

  /// The next thing that came whole; nil when more must come first.
  ///
  /// - Throws: what is wrong; nothing is to be read after it.
  package mutating func next() throws(WebSocketFault) -> Event? {
    while true {
      if frame == nil, try !begin() { return nil }
      guard var current = frame else { return nil }
      let taken = min(current.left, input.count - at)
      if current.opcode.isControl {
        control += input[at..<at + taken]
      } else {
        message += input[at..<at + taken]
      }
      at += taken
      current.left -= taken
      frame = current
      guard current.left == 0 else { return nil }
      frame = nil
      if let event = try end(current) { return event }
    }
  }

  /// Reads the head of a frame; false when it is not all there.
  private mutating func begin() throws(WebSocketFault) -> Bool {
    let rest = input[at...]
    guard rest.count >= 2 else { return false }
    let (first, second) = (rest[at], rest[at + 1])
    guard first & 0x70 == 0 else { throw .protocolError("a frame with reserved bits") }
    guard let opcode = WebSocketOpcode(rawValue: first & 0x0F) else {
      throw .protocolError("a frame of an unknown kind")
    }
    guard second & 0x80 == 0 else { throw .protocolError("a masked frame from a server") }
    let isFinal = first & 0x80 != 0
    var length = Int(second & 0x7F)
    var size = 2
    if length >= 126 {
      guard !opcode.isControl else { throw .protocolError("a control frame of more than 125 bytes") }
      size = length == 126 ? 4 : 10
      guard rest.count >= size else { return false }
      let digits = rest[(at + 2)..<(at + size)]
      guard size == 4 || digits[at + 2] & 0x80 == 0 else { throw .protocolError("a length beyond 63 bits") }
      let shortest = length == 126 ? 126 : 65_536
      length = digits.reduce(0) { $0 << 8 | Int($1) }
      guard length >= shortest else { throw .protocolError("a length that is written too long") }
    }
    try check(opcode, isFinal: isFinal, length: length)
    at += size
    frame = Frame(opcode: opcode, isFinal: isFinal, left: length)
    return true
  }

  private mutating func check(
    _ opcode: WebSocketOpcode, isFinal: Bool, length: Int
  ) throws(WebSocketFault) {
    guard !opcode.isControl else {
      guard isFinal else { throw .protocolError("a control frame in fragments") }
      control = []
      return
    }
    if opcode == .continuation {
      guard kind != nil else { throw .protocolError("a continuation of nothing") }
    } else {
      guard kind == nil else { throw .protocolError("a new message before the end of the last one") }
      kind = opcode
      message = []
    }
    guard length <= maxMessage - message.count else {
      throw WebSocketFault(code: 1009, reason: "a message of more than \(maxMessage) bytes")
    }
  }

  private mutating func end(_ frame: Frame) throws(WebSocketFault) -> Event? {
    switch frame.opcode {
    case .ping: return .ping(control)
    case .pong: return .pong(control)
    case .close: return try closing()
    case .continuation, .text, .binary:
      guard frame.isFinal, let kind else { return nil }
      let whole = message
      (message, self.kind) = ([], nil)
      guard kind == .text else { return .binary(whole) }
      guard Self.isText(whole) else {
        throw WebSocketFault(code: 1007, reason: "a text that is not UTF-8")
      }
      return .text(whole)
    }
  }

  private func closing() throws(WebSocketFault) -> Event {
    guard !control.isEmpty else { return .close(code: 1005, reason: "") }
    guard control.count >= 2 else { throw .protocolError("a close frame of one byte") }
    let code = UInt16(control[0]) << 8 | UInt16(control[1])
    switch code {
    case 1000...1003, 1007...1014, 3000...4999: break
    default: throw .protocolError("the close code \(code), which nobody may send")
    }
    let reason = Array(control[2...])
    guard Self.isText(reason) else {
      throw WebSocketFault(code: 1007, reason: "the reason of closing is not UTF-8")
    }
    return .close(code: code, reason: String(decoding: reason, as: UTF8.self))
  }

  static func isText(_ bytes: [UInt8]) -> Bool {
    let span = bytes.span
    return (try? UTF8Span(validating: span)) != nil
  }
}
