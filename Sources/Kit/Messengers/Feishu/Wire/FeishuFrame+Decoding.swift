/// Why some bytes are no frame.
package struct FeishuFrameError: Error, Equatable, Sendable, CustomStringConvertible {
  package let description: String
  init(_ description: String) { self.description = description }
}

extension FeishuFrame {
  /// How many headers a frame may have.
  static let headerLimit = 64
  /// How many bytes a name or a value may have.
  static let textLimit = 8192

  /// Reads a frame.
  ///
  /// - Throws: `FeishuFrameError` for what is no frame, or has more than a frame needs.
  package init(_ bytes: [UInt8]) throws(FeishuFrameError) {
    var reader = ProtobufReader(bytes, bytes.startIndex..<bytes.endIndex)
    var missing: Set<UInt32> = [1, 2, 3, 4]
    while let field = try reader.field() {
      missing.remove(field.number)
      switch (field.number, field.value) {
      case (1, .number(let value)): sequence = value
      case (2, .number(let value)): log = value
      // Negative numbers fill all 64 bits.
      case (3, .number(let value)): service = Int32(truncatingIfNeeded: value)
      case (4, .number(let value)): method = Int32(truncatingIfNeeded: value)
      case (5, .bytes(let range)):
        guard headers.count < Self.headerLimit else {
          throw FeishuFrameError("more than \(Self.headerLimit) headers")
        }
        headers.append(try Self.header(bytes, range))
      case (6, .bytes(let range)): payloadEncoding = try Self.text(bytes, range)
      case (7, .bytes(let range)): payloadType = try Self.text(bytes, range)
      case (8, .bytes(let range)): payload = Array(bytes[range])
      case (9, .bytes(let range)): newLog = try Self.text(bytes, range)
      case (1...9, _): throw FeishuFrameError("field \(field.number) has the wrong kind")
      default: break
      }
    }
    if let number = missing.min() { throw FeishuFrameError("field \(number) is missing") }
  }

  private static func header(_ bytes: [UInt8], _ range: Range<Int>) throws(FeishuFrameError) -> Header {
    var reader = ProtobufReader(bytes, range)
    var key: String?
    var value: String?
    while let field = try reader.field() {
      switch (field.number, field.value) {
      case (1, .bytes(let range)): key = try text(bytes, range)
      case (2, .bytes(let range)): value = try text(bytes, range)
      case (1...2, _): throw FeishuFrameError("a header's field \(field.number) has the wrong kind")
      default: break
      }
    }
    guard let key, let value else { throw FeishuFrameError("a header lacks its name or value") }
    return Header(key, value)
  }

  private static func text(_ bytes: [UInt8], _ range: Range<Int>) throws(FeishuFrameError) -> String {
    guard range.count <= textLimit else { throw FeishuFrameError("a text of \(range.count) bytes") }
    guard let text = String(validating: bytes[range], as: UTF8.self) else {
      throw FeishuFrameError("a text is not UTF-8")
    }
    return text
  }
}

/// Reads the fields of a protobuf message one after the other.
struct ProtobufReader {
  /// What a field holds.
  enum Value {
    /// A varint.
    case number(UInt64)
    /// Bytes, at their place in the message.
    case bytes(Range<Int>)
    /// Four or eight bytes, which no field here is.
    case fixed
  }

  private let bytes: [UInt8]
  private var place: Int
  private let end: Int

  init(_ bytes: [UInt8], _ range: Range<Int>) {
    self.bytes = bytes
    (place, end) = (range.lowerBound, range.upperBound)
  }

  /// The next field; nil at the end.
  mutating func field() throws(FeishuFrameError) -> (number: UInt32, value: Value)? {
    guard place < end else { return nil }
    let tag = try varint()
    guard tag >> 3 > 0, tag >> 3 < 1 << 29 else { throw FeishuFrameError("a field has no valid number") }
    let number = UInt32(tag >> 3)
    switch tag & 7 {
    case 0: return (number, .number(try varint()))
    case 1: return (number, try fixed(8))
    case 2:
      let count = try varint()
      guard count <= UInt64(end - place) else { throw FeishuFrameError("field \(number) is cut off") }
      defer { place += Int(count) }
      return (number, .bytes(place..<place + Int(count)))
    case 5: return (number, try fixed(4))
    default: throw FeishuFrameError("field \(number) has a kind that there is not")
    }
  }

  private mutating func fixed(_ count: Int) throws(FeishuFrameError) -> Value {
    guard end - place >= count else { throw FeishuFrameError("a number is cut off") }
    place += count
    return .fixed
  }

  private mutating func varint() throws(FeishuFrameError) -> UInt64 {
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 70, by: 7) {
      guard place < end else { throw FeishuFrameError("a number is cut off") }
      let byte = bytes[place]
      place += 1
      guard shift < 63 || byte <= 1 else { break }
      value |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return value }
    }
    throw FeishuFrameError("a number is longer than 64 bits")
  }
}
