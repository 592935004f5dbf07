extension Base64 {
  /// Bytes in the standard alphabet with padding (RFC 4648, section 4).
  package static func encode(_ bytes: [UInt8]) -> [UInt8] {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    var result: [UInt8] = []
    result.reserveCapacity((bytes.count + 2) / 3 * 4)
    var place = 0
    while place < bytes.count {
      let left = bytes.count - place
      let second = left > 1 ? bytes[place + 1] : 0
      let third = left > 2 ? bytes[place + 2] : 0
      let bits = Int(bytes[place]) << 16 | Int(second) << 8 | Int(third)
      result.append(alphabet[bits >> 18])
      result.append(alphabet[bits >> 12 & 63])
      result.append(left > 1 ? alphabet[bits >> 6 & 63] : UInt8(ascii: "="))
      result.append(left > 2 ? alphabet[bits & 63] : UInt8(ascii: "="))
      place += 3
    }
    return result
  }
}
