/// Joins payloads that Feishu sends in several frames.
///
/// A set that gets no further piece for 5 s is dropped, as Feishu's own clients do: unanswered, it comes again.
package struct FeishuFragments {
  private struct Parts {
    var pieces: [[UInt8]?]
    var bytes = 0
    var last: Int64
  }

  private var open: [String: Parts] = [:]

  /// How many pieces a payload may have.
  static let pieceLimit = 256
  /// How many bytes a payload may have.
  static let byteLimit = 4 << 20
  /// How many payloads may be incomplete at one time.
  static let openLimit = 16
  /// Milliseconds after which an incomplete payload is dropped.
  static let patience: Int64 = 5000

  /// Nothing collected yet.
  package init() {}

  /// Adds a data frame at a monotonic time in milliseconds; gives the whole payload once all of it is there.
  ///
  /// - Returns: the payload; nil where pieces are missing.
  /// - Throws: `FeishuFrameError` for numbers that cannot be.
  package mutating func add(_ frame: FeishuFrame, now: Int64) throws(FeishuFrameError) -> [UInt8]? {
    let payload = frame.payload ?? []
    let sum = try Self.number(frame, "sum") ?? 1
    guard sum > 1 else { return payload }
    guard sum <= Self.pieceLimit else { throw FeishuFrameError("a payload in \(sum) pieces") }
    guard let seq = try Self.number(frame, "seq"), seq < sum else {
      throw FeishuFrameError("a piece whose number is not below \(sum)")
    }
    guard let id = frame.header("message_id"), !id.isEmpty else {
      throw FeishuFrameError("a piece without message_id")
    }
    open = open.filter { now - $0.value.last <= Self.patience }
    if open[id] == nil, open.count >= Self.openLimit,
      let oldest = open.min(by: { $0.value.last < $1.value.last })?.key
    {
      open[oldest] = nil
    }
    var parts = open[id] ?? Parts(pieces: Array(repeating: nil, count: sum), last: now)
    guard parts.pieces.count == sum else {
      open[id] = nil
      throw FeishuFrameError("pieces of one payload that do not agree on how many there are")
    }
    parts.bytes += payload.count - (parts.pieces[seq]?.count ?? 0)
    parts.pieces[seq] = payload
    parts.last = now
    guard parts.bytes <= Self.byteLimit else {
      open[id] = nil
      throw FeishuFrameError("a payload of more than \(Self.byteLimit) bytes")
    }
    let whole = parts.pieces.compactMap { $0 }
    guard whole.count == sum else {
      open[id] = parts
      return nil
    }
    open[id] = nil
    return Array(whole.joined())
  }

  private static func number(_ frame: FeishuFrame, _ name: String) throws(FeishuFrameError) -> Int? {
    guard let text = frame.header(name) else { return nil }
    guard text.utf8.count <= 9, text.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), let number = Int(text)
    else { throw FeishuFrameError("the header \"\(name)\" is not a number") }
    return number
  }
}
