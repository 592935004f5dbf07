/// A value with parameters: `Content-Type`, `Content-Disposition` (RFC 2045, 2231).
package struct MailParameters: Sendable, Equatable {
  /// What stands before the first semicolon, in lower case.
  package private(set) var value = ""
  /// The parameters: names in lower case, values decoded.
  package private(set) var parameters: [String: String] = [:]

  private static let limit = 100

  /// Reads a field's value; what is malformed is left out.
  package init(_ bytes: [UInt8]) {
    var pieces = Self.pieces(bytes)
    guard !pieces.isEmpty else { return }
    value = MailBytes.lower(MailBytes.trimmed(pieces.removeFirst()[...]))
    var parts: [String: [(number: Int, isEncoded: Bool, bytes: [UInt8])]] = [:]
    for piece in pieces.prefix(Self.limit) {
      guard let equals = piece.firstIndex(of: 0x3D) else { continue }
      var name = MailBytes.lower(MailBytes.trimmed(piece[..<equals]))
      let content = Self.unquoted(MailBytes.trimmed(piece[(equals + 1)...]))
      guard !name.isEmpty else { continue }
      var isEncoded = false
      var number = -1
      if name.hasSuffix("*") {
        name.removeLast()
        isEncoded = true
      }
      if let star = name.utf8.lastIndex(of: UInt8(ascii: "*")),
        let found = MailBytes.number(Array(name.utf8[star...].dropFirst()))
      {
        number = found
        name = String(Substring(name.utf8[..<star]))
      }
      parts[name, default: []].append((number, isEncoded, content))
    }
    for (name, found) in parts { parameters[name] = Self.joined(found) }
  }

  /// A parameter; nil where there is none.
  package subscript(name: String) -> String? { parameters[name] }

  private static func joined(_ found: [(number: Int, isEncoded: Bool, bytes: [UInt8])]) -> String {
    // The encoded form counts before the plain one, continuations before both.
    let numbered = found.filter { $0.number >= 0 }.sorted { $0.number < $1.number }
    if numbered.isEmpty {
      guard let whole = found.first(where: \.isEncoded) else {
        // Not allowed there, and what many programs write.
        return found.first.map { EncodedWords.decode($0.bytes) } ?? ""
      }
      let (charset, rest) = language(whole.bytes)
      return Charset.decode(percentDecoded(rest), charset)
    }
    var charset = "UTF-8"
    var bytes: [UInt8] = []
    for (index, piece) in numbered.enumerated() {
      var content = piece.bytes[...]
      if index == 0, piece.isEncoded {
        let (name, rest) = language(piece.bytes)
        charset = name
        content = rest
      }
      bytes += piece.isEncoded ? percentDecoded(content) : Array(content)
    }
    return Charset.decode(bytes, charset)
  }

  /// The set that an encoded value begins with: `set'language'value`.
  private static func language(_ bytes: [UInt8]) -> (String, ArraySlice<UInt8>) {
    guard let first = bytes.firstIndex(of: 0x27), let second = bytes[(first + 1)...].firstIndex(of: 0x27)
    else { return ("UTF-8", bytes[...]) }
    return (MailBytes.text(bytes[..<first]), bytes[(second + 1)...])
  }

  private static func percentDecoded(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
    var out: [UInt8] = []
    var place = bytes.startIndex
    while place < bytes.endIndex {
      if bytes[place] == 0x25, place + 2 < bytes.endIndex, let high = MailBytes.hex(bytes[place + 1]),
        let low = MailBytes.hex(bytes[place + 2])
      {
        out.append(high << 4 | low)
        place += 3
      } else {
        out.append(bytes[place])
        place += 1
      }
    }
    return out
  }

  private static func unquoted(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
    guard bytes.first == 0x22 else { return Array(bytes) }
    var out: [UInt8] = []
    var isEscaped = false
    for byte in bytes.dropFirst() {
      if isEscaped {
        out.append(byte)
        isEscaped = false
      } else if byte == 0x5C {
        isEscaped = true
      } else if byte == 0x22 {
        break
      } else {
        out.append(byte)
      }
    }
    return out
  }

  /// Cut at semicolons outside quotes; comments are left out.
  private static func pieces(_ bytes: [UInt8]) -> [[UInt8]] {
    var pieces: [[UInt8]] = [[]]
    var isQuoted = false
    var depth = 0
    var isEscaped = false
    for byte in bytes {
      if isEscaped {
        isEscaped = false
        if depth == 0 { pieces[pieces.count - 1].append(byte) }
        continue
      }
      switch byte {
      case 0x5C where isQuoted || depth > 0:
        isEscaped = true
        if depth == 0 { pieces[pieces.count - 1].append(byte) }
      case 0x22 where depth == 0:
        isQuoted.toggle()
        pieces[pieces.count - 1].append(byte)
      case 0x28 where !isQuoted: depth += 1
      case 0x29 where !isQuoted && depth > 0: depth -= 1
      case 0x3B where !isQuoted && depth == 0: pieces.append([])
      default: if depth == 0 { pieces[pieces.count - 1].append(byte) }
      }
    }
    return pieces
  }
}
