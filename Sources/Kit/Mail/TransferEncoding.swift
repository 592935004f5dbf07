internal import Text

/// How the bytes of a part were made fit for lines of ASCII.
package enum TransferEncoding: Equatable, Sendable {
  case plain, base64, quotedPrintable
  /// One that nobody knows: the bytes are taken as they are, and are no text.
  case unknown

  /// Reads the value of a header field.
  init(_ value: String) {
    switch MailBytes.lower(MailBytes.trimmed(Array(value.utf8)[...])) {
    case "", "7bit", "8bit", "binary": self = .plain
    case "base64": self = .base64
    case "quoted-printable": self = .quotedPrintable
    default: self = .unknown
    }
  }

  /// The bytes that were meant.
  package func decode(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
    switch self {
    case .plain, .unknown: Array(bytes)
    // What is not of its alphabet is left out, and padding may be missing.
    case .base64: Base64.decodeLoosely(bytes)
    case .quotedPrintable: Self.quotedPrintable(bytes)
    }
  }

  /// Quoted-printable: what is malformed stays as it is, blanks at the end of a line are the transport's.
  package static func quotedPrintable(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
    var out: [UInt8] = []
    out.reserveCapacity(bytes.count)
    var start = bytes.startIndex
    while start < bytes.endIndex {
      let end = bytes[start...].firstIndex(of: 0x0A)
      var line = bytes[start..<(end ?? bytes.endIndex)]
      while let last = line.last, MailBytes.isBlank(last) || last == 0x0D { line.removeLast() }
      let isSoft = decodeLine(line, into: &out)
      if !isSoft, end != nil { out += [0x0D, 0x0A] }
      start = end.map { $0 + 1 } ?? bytes.endIndex
    }
    return out
  }

  /// Decodes a line; whether it goes on in the next one.
  private static func decodeLine(_ line: ArraySlice<UInt8>, into out: inout [UInt8]) -> Bool {
    var place = line.startIndex
    while place < line.endIndex {
      let byte = line[place]
      if byte == 0x3D {
        if place + 1 == line.endIndex { return true }
        if place + 2 < line.endIndex, let high = MailBytes.hex(line[place + 1]),
          let low = MailBytes.hex(line[place + 2])
        {
          out.append(high << 4 | low)
          place += 3
          continue
        }
      }
      out.append(byte)
      place += 1
    }
    return false
  }
}
