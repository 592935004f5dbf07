/// Paths and queries of requests, decoded.
package enum HTTPTarget {
  /// A path with its percent signs decoded; nil where that gives no text, or a NUL.
  package static func path(_ text: String) -> String? { decoded(Array(text.utf8)[...], plusIsSpace: false) }

  /// The parts of a query, or of a form: what gives no text is left out.
  package static func pairs(_ text: String) -> [(name: String, value: String)] {
    Array(text.utf8).split(separator: UInt8(ascii: "&")).compactMap { part in
      let mark = part.firstIndex(of: UInt8(ascii: "=")) ?? part.endIndex
      guard let name = decoded(part[..<mark], plusIsSpace: true),
        let value = decoded(part[mark...].dropFirst(), plusIsSpace: true)
      else { return nil }
      return (name, value)
    }
  }

  private static func decoded(_ bytes: ArraySlice<UInt8>, plusIsSpace: Bool) -> String? {
    var out: [UInt8] = []
    out.reserveCapacity(bytes.count)
    var index = bytes.startIndex
    while index < bytes.endIndex {
      switch bytes[index] {
      case UInt8(ascii: "%"):
        guard index + 2 < bytes.endIndex, let high = digit(bytes[index + 1]),
          let low = digit(bytes[index + 2])
        else { return nil }
        out.append(high << 4 | low)
        index += 3
      case UInt8(ascii: "+") where plusIsSpace:
        out.append(0x20)
        index += 1
      case let byte:
        out.append(byte)
        index += 1
      }
    }
    guard !out.contains(0), WebSocketReader.isText(out) else { return nil }
    return String(decoding: out, as: UTF8.self)
  }

  private static func digit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 0x30...0x39: byte - 0x30
    case 0x41...0x46: byte - 0x41 + 10
    case 0x61...0x66: byte - 0x61 + 10
    default: nil
    }
  }
}
