/// An address with the name of whose it is.
package struct MailAddress: Sendable, Equatable {
  /// The name; nil where there is none.
  package var name: String?
  /// What stands before the at sign, and the domain in lower case.
  package var local: String
  package var domain: String

  /// Both with the at sign between them.
  package var address: String { "\(local)@\(domain)" }

  /// Reads the addresses of a field like `From` (RFC 5322); members of groups count as well.
  ///
  /// - Returns: nil when something there is no address, so that nobody takes half of it.
  package static func list(_ bytes: [UInt8], limit: Int = 200) -> [MailAddress]? {
    var reader = AddressReader(bytes)
    var found: [MailAddress] = []
    for piece in reader.pieces() {
      guard found.count < limit else { return nil }
      switch piece {
      case .empty: continue
      case .fault: return nil
      case .address(let address): found.append(address)
      }
    }
    return found
  }
}

/// The parts of a field with addresses.
private struct AddressReader {
  enum Piece {
    case empty, fault
    case address(MailAddress)
  }

  private enum Token {
    case word([UInt8])
    case quoted([UInt8])
    case angle([UInt8])
  }

  private let bytes: [UInt8]
  private var place = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  mutating func pieces() -> [Piece] {
    var pieces: [Piece] = []
    var tokens: [Token] = []
    while place < bytes.count {
      let byte = bytes[place]
      switch byte {
      case 0x2C, 0x3B:
        pieces.append(Self.piece(tokens))
        tokens = []
        place += 1
      case 0x3A:
        // The name of a group ends here; its members follow.
        tokens = []
        place += 1
      case 0x28:
        guard skipComment() else { return [.fault] }
      case 0x22:
        guard let text = quoted() else { return [.fault] }
        tokens.append(.quoted(text))
      case 0x3C:
        guard let text = angle() else { return [.fault] }
        tokens.append(.angle(text))
      case 0x20, 0x09, 0x0D, 0x0A: place += 1
      default: tokens.append(.word(word()))
      }
    }
    pieces.append(Self.piece(tokens))
    return pieces
  }

  private mutating func skipComment() -> Bool {
    var depth = 0
    while place < bytes.count {
      switch bytes[place] {
      case 0x28: depth += 1
      case 0x29: depth -= 1
      case 0x5C: place += 1
      default: break
      }
      place += 1
      if depth == 0 { return true }
    }
    return false
  }

  private mutating func quoted() -> [UInt8]? {
    var out: [UInt8] = []
    place += 1
    while place < bytes.count {
      let byte = bytes[place]
      if byte == 0x22 {
        place += 1
        // The local part of an address may be quoted.
        if place < bytes.count, bytes[place] == 0x40 { return [0x22] + out + [0x22] + word() }
        return out
      }
      if byte == 0x5C { place += 1 }
      if place < bytes.count { out.append(bytes[place]) }
      place += 1
    }
    return nil
  }

  private mutating func angle() -> [UInt8]? {
    place += 1
    var isQuoted = false
    var out: [UInt8] = []
    while place < bytes.count {
      let byte = bytes[place]
      place += 1
      if byte == 0x22 { isQuoted.toggle() }
      if byte == 0x3E, !isQuoted { return out }
      if byte == 0x3C, !isQuoted { return nil }
      if isQuoted || ![0x20, 0x09, 0x0D, 0x0A].contains(byte) { out.append(byte) }
    }
    return nil
  }

  private mutating func word() -> [UInt8] {
    let start = place
    while place < bytes.count, !" \t\r\n,;:<\"(".utf8.contains(bytes[place]) { place += 1 }
    if place == start { place += 1 }
    return Array(bytes[start..<place])
  }

  private static func piece(_ tokens: [Token]) -> Piece {
    guard !tokens.isEmpty else { return .empty }
    var words: [[UInt8]] = []
    var inBrackets: [UInt8]?
    for token in tokens {
      switch token {
      case .word(let text), .quoted(let text):
        // Behind the brackets nothing may stand: it would be another address to another program.
        guard inBrackets == nil else { return .fault }
        words.append(text)
      case .angle(let text):
        guard inBrackets == nil else { return .fault }
        inBrackets = text
      }
    }
    if let inBrackets {
      guard let (local, domain) = split(inBrackets) else { return .fault }
      let name = EncodedWords.decode(Array(words.joined(separator: [0x20])))
      return .address(MailAddress(name: name.isEmpty ? nil : name, local: local, domain: domain))
    }
    guard words.count == 1, let (local, domain) = split(words[0]) else { return .fault }
    return .address(MailAddress(name: nil, local: local, domain: domain))
  }

  private static func split(_ bytes: [UInt8]) -> (String, String)? {
    guard bytes.count <= 320, let at = bytes.lastIndex(of: 0x40), at > 0, at + 1 < bytes.count else {
      return nil
    }
    let (local, domain) = (bytes[..<at], bytes[(at + 1)...])
    // Beyond ASCII (SMTPUTF8) two spellings may look the same.
    guard local.count <= 64, domain.count <= 253,
      local.first == 0x22
        || local.allSatisfy({ $0 > 0x20 && $0 < 0x7F && !"@<>,;:\\\"()[]".utf8.contains($0) }),
      !local.contains(where: { $0 < 0x20 || $0 >= 0x7F }),
      domain.allSatisfy({
        MailBytes.isDigit($0) || MailBytes.isLetter($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".")
      }), domain.first != UInt8(ascii: "."), domain.last != UInt8(ascii: ".")
    else { return nil }
    return (MailBytes.text(local), MailBytes.lower(domain))
  }
}
