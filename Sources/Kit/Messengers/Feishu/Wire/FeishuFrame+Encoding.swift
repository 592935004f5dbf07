extension FeishuFrame {
  /// The frame as it is sent.
  ///
  /// The numbers are required fields and stand there even when they are 0.
  package var bytes: [UInt8] {
    var out: [UInt8] = []
    out.reserveCapacity(64 + headers.count * 32 + (payload?.count ?? 0))
    Self.number(1, sequence, &out)
    Self.number(2, log, &out)
    Self.number(3, UInt64(truncatingIfNeeded: Int64(service)), &out)
    Self.number(4, UInt64(truncatingIfNeeded: Int64(method)), &out)
    for header in headers {
      var inner: [UInt8] = []
      Self.bytes(1, Array(header.key.utf8), &inner)
      Self.bytes(2, Array(header.value.utf8), &inner)
      Self.bytes(5, inner, &out)
    }
    if let payloadEncoding { Self.bytes(6, Array(payloadEncoding.utf8), &out) }
    if let payloadType { Self.bytes(7, Array(payloadType.utf8), &out) }
    if let payload { Self.bytes(8, payload, &out) }
    if let newLog { Self.bytes(9, Array(newLog.utf8), &out) }
    return out
  }

  private static func number(_ field: UInt8, _ value: UInt64, _ out: inout [UInt8]) {
    out.append(field << 3)
    varint(value, &out)
  }

  private static func bytes(_ field: UInt8, _ value: [UInt8], _ out: inout [UInt8]) {
    out.append(field << 3 | 2)
    varint(UInt64(value.count), &out)
    out += value
  }

  private static func varint(_ value: UInt64, _ out: inout [UInt8]) {
    var rest = value
    while rest >= 0x80 {
      out.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    out.append(UInt8(rest))
  }
}
