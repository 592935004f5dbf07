/// What the names in the configuration may look like.
enum Names {
  static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }
  static func isLower(_ byte: UInt8) -> Bool { byte >= 0x61 && byte <= 0x7A }
  static func isLetter(_ byte: UInt8) -> Bool { isLower(byte | 0x20) }

  /// `[a-z0-9][a-z0-9._-]{0,31}`: also a file name and a word of a command, so never `-x` or `..`.
  static func isAgent(_ name: String) -> Bool {
    guard let first = name.utf8.first, isLower(first) || isDigit(first), name.utf8.count <= 32 else {
      return false
    }
    return name.utf8.allSatisfy { isLower($0) || isDigit($0) || isMark($0) }
  }

  /// `[a-z][a-z0-9-]{0,31}`.
  static func isPlatform(_ name: String) -> Bool {
    guard let first = name.utf8.first, isLower(first), name.utf8.count <= 32 else { return false }
    return name.utf8.allSatisfy { isLower($0) || isDigit($0) || $0 == 0x2D }
  }

  /// `[a-z][a-z0-9_-]{0,31}` without `__`, which agents put between a server and its tools, and not as ours.
  static func isServer(_ name: String) -> Bool {
    let bytes = Array(name.utf8)
    guard let first = bytes.first, isLower(first), bytes.count <= 32, !bytes.starts(with: "agim".utf8) else {
      return false
    }
    return bytes.allSatisfy { isLower($0) || isDigit($0) || $0 == 0x5F || $0 == 0x2D }
      && !zip(bytes, bytes.dropFirst()).contains { $0 == 0x5F && $1 == 0x5F }
  }

  /// `PLATFORM:ID`.
  static func isPerson(_ name: String) -> Bool {
    let parts = name.unicodeScalars.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    return parts.count == 2 && isPlatform(String(parts[0])) && !parts[1].isEmpty && name.utf8.count <= 512
  }

  /// `[A-Za-z0-9_-]{1,64}`.
  static func isAddress(_ name: String) -> Bool {
    (1...64).contains(name.utf8.count)
      && name.utf8.allSatisfy { isLetter($0) || isDigit($0) || $0 == 0x5F || $0 == 0x2D }
  }

  /// `[A-Za-z0-9._-]{1,64}`, but not the two names that every directory has.
  static func isPipe(_ name: String) -> Bool {
    (1...64).contains(name.utf8.count) && name != "." && name != ".."
      && name.utf8.allSatisfy { isLetter($0) || isDigit($0) || isMark($0) }
  }

  /// `[A-Za-z_][A-Za-z0-9_]{0,127}`, what a shell can name.
  static func isVariable(_ name: String) -> Bool {
    guard let first = name.utf8.first, !isDigit(first), name.utf8.count <= 128 else { return false }
    return name.utf8.allSatisfy { isLetter($0) || isDigit($0) || $0 == 0x5F }
  }

  /// `[A-Za-z0-9_-]{1,64}`: what header lines are called.
  static func isHeader(_ name: String) -> Bool { isAddress(name) }

  /// The platform and the decoded account of `PLATFORM[@ACCOUNT]`; nil when the text is not that.
  static func accountPrefix(_ text: String) -> (platform: String, account: String)? {
    let parts = text.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
    guard text.utf8.count <= 256, let head = parts.first, isPlatform(String(head)) else { return nil }
    if parts.count == 1 { return (String(head), "") }
    guard let account = decoded(parts[1]), !account.isEmpty else { return nil }
    return (String(head), account)
  }

  private static func isMark(_ byte: UInt8) -> Bool { byte == 0x2E || byte == 0x5F || byte == 0x2D }

  private static func decoded(_ text: Substring) -> String? {
    var bytes: [UInt8] = []
    var rest = text.utf8
    while let byte = rest.popFirst() {
      guard byte > 0x20, byte != 0x7F, byte != 0x3A else { return nil }
      guard byte == 0x25 else {
        bytes.append(byte)
        continue
      }
      let digits = String(rest.prefix(2)) ?? ""
      rest = rest.dropFirst(2)
      guard digits.utf8.count == 2, digits.utf8.allSatisfy(isHexDigit),
        let decoded = UInt8(digits, radix: 16),
        decoded != 0
      else { return nil }
      bytes.append(decoded)
    }
    return String(validating: bytes, as: UTF8.self)
  }

  private static func isHexDigit(_ byte: UInt8) -> Bool {
    isDigit(byte) || (0x61...0x66).contains(byte | 0x20)
  }
}
