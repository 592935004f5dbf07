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

  /// Bytes in the URL alphabet without padding (RFC 4648, section 5).
  package static func url(_ bytes: [UInt8]) -> String {
    var text = ""
    for character in encode(bytes) where character != UInt8(ascii: "=") {
      let safe =
        character == UInt8(ascii: "+")
        ? UInt8(ascii: "-") : character == UInt8(ascii: "/") ? UInt8(ascii: "_") : character
      text.unicodeScalars.append(Unicode.Scalar(safe))
    }
    return text
  }

  /// Reads the URL alphabet without padding; nil for anything else.
  package static func decodeURL(_ text: String) -> [UInt8]? { decode(text.utf8) }

  /// Reads the standard alphabet with its padding; nil for anything else.
  package static func decodeStandard(_ text: String) -> [UInt8]? {
    guard text.utf8.count % 4 == 0, !text.utf8.contains(where: { $0 == 0x2D || $0 == 0x5F }) else {
      return nil
    }
    var characters = text.utf8[...]
    for _ in 0..<2 where characters.last == UInt8(ascii: "=") { characters.removeLast() }
    return decode(
      characters.lazy.map { $0 == 0x2B ? 0x2D : $0 == 0x2F ? 0x5F : $0 })
  }
}
