/// The little of Base64 that is needed here.
package enum Base64 {
  /// Decodes the URL alphabet without padding; nil when it is malformed.
  static func decode(_ text: some Sequence<UInt8>) -> [UInt8]? {
    var result: [UInt8] = []
    var group = Group()
    for byte in text {
      guard byte != UInt8(ascii: "+"), byte != UInt8(ascii: "/"), let value = sextet(byte) else { return nil }
      group.take(value, &result)
    }
    return group.count == 6 ? nil : result
  }

  /// Decodes either alphabet: what belongs to none is left out, and padding may be missing.
  package static func decodeLoosely(_ text: ArraySlice<UInt8>) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(text.count / 4 * 3)
    var group = Group()
    for byte in text {
      if let value = sextet(byte) {
        group.take(value, &result)
      } else if byte == UInt8(ascii: "=") {
        // Padding ends a group; another text may follow, where two were put together.
        group = Group()
      }
    }
    return result
  }

  /// Bits that do not make a byte yet.
  private struct Group {
    var bits: UInt32 = 0
    var count = 0

    mutating func take(_ value: UInt8, _ result: inout [UInt8]) {
      bits = bits << 6 | UInt32(value)
      count += 6
      guard count >= 8 else { return }
      count -= 8
      result.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
      bits &= (1 << UInt32(count)) - 1
    }
  }

  /// What a character of either alphabet stands for; nil for all others.
  private static func sextet(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 0x41...0x5A: byte - 0x41
    case 0x61...0x7A: byte - 0x61 + 26
    case 0x30...0x39: byte - 0x30 + 52
    case UInt8(ascii: "+"), UInt8(ascii: "-"): 62
    case UInt8(ascii: "/"), UInt8(ascii: "_"): 63
    default: nil
    }
  }

  /// The characters that these bytes determine alone when `offset` (0, 1, 2) unknown ones precede them.
  static func inner(_ bytes: [UInt8], offset: Int, url: Bool) -> [UInt8] {
    let alphabet = Array(
      ("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789" + (url ? "-_" : "+/")).utf8)
    var result: [UInt8] = []
    var bits: UInt32 = 0
    var count = 0
    for byte in [UInt8](repeating: 0, count: offset) + bytes {
      bits = (bits << 8 | UInt32(byte)) & 0xFFFF
      count += 8
      while count >= 6 {
        count -= 6
        result.append(alphabet[Int(bits >> UInt32(count)) & 63])
      }
    }
    // The characters that also hold bits of the unknown bytes are not known.
    let unknown = offset == 0 ? 0 : offset + 1
    return Array(result.dropFirst(unknown))
  }
}
