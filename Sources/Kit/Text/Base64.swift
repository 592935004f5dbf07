/// The little of Base64 that is needed here.
package enum Base64 {
  /// Decodes the URL alphabet without padding; nil when it is malformed.
  static func decode(_ text: some Sequence<UInt8>) -> [UInt8]? {
    var result: [UInt8] = []
    var bits: UInt32 = 0
    var count = 0
    for byte in text {
      let value: UInt8
      switch byte {
      case 0x41...0x5A: value = byte - 0x41
      case 0x61...0x7A: value = byte - 0x61 + 26
      case 0x30...0x39: value = byte - 0x30 + 52
      case UInt8(ascii: "-"): value = 62
      case UInt8(ascii: "_"): value = 63
      default: return nil
      }
      bits = bits << 6 | UInt32(value)
      count += 6
      if count >= 8 {
        count -= 8
        result.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
        bits &= (1 << UInt32(count)) - 1
      }
    }
    return count == 6 ? nil : result
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
