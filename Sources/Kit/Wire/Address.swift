/// Where a message comes from or goes to: `PLATFORM[@ACCOUNT]:CHANNEL[:THREAD]`, see agim-address(7).
package struct Address: Equatable, Hashable, Sendable, CustomStringConvertible {
  /// The platform: lower-case letters, digits and `-`.
  package var platform: String
  /// The account on it, empty for the only one.
  package var account: String
  /// The chat, decoded.
  package var channel: String
  /// The thread in it, decoded; nil for the chat itself.
  package var thread: String?

  /// An address of its parts.
  package init(platform: String, account: String = "", channel: String, thread: String? = nil) {
    self.platform = platform
    self.account = account
    self.channel = channel
    self.thread = thread
  }

  /// Reads an address; nil when the text is none, or is longer than 1024 bytes.
  package init?(_ text: String) {
    guard text.utf8.count <= 1024 else { return nil }
    // By scalars: a combining mark would make one character of itself and the colon before it.
    let parts = text.unicodeScalars.split(separator: ":", omittingEmptySubsequences: false).map(
      Substring.init)
    guard parts.count == 2 || parts.count == 3 else { return nil }
    let head = parts[0].unicodeScalars.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
      .map(Substring.init)
    let platform = String(head[0])
    guard Self.isPlatform(platform) else { return nil }
    var account = ""
    if head.count == 2 {
      guard let decoded = Self.decode(head[1]), !decoded.isEmpty else { return nil }
      account = decoded
    }
    guard let channel = Self.decode(parts[1]), !channel.isEmpty else { return nil }
    var thread: String?
    if parts.count == 3 {
      guard let decoded = Self.decode(parts[2]), !decoded.isEmpty else { return nil }
      thread = decoded
    }
    self.init(platform: platform, account: account, channel: channel, thread: thread)
  }

  /// The canonical text: `:`, `%`, `@` in the account, blanks and control characters are percent-encoded.
  package var description: String {
    var text = platform
    if !account.isEmpty { text += "@" + Self.encode(account) }
    text += ":" + Self.encode(channel)
    if let thread { text += ":" + Self.encode(thread) }
    return text
  }

  /// Whether a word can be the name of a platform.
  package static func isPlatform(_ word: String) -> Bool {
    guard let first = word.utf8.first, word.utf8.count <= 32, first >= 0x61, first <= 0x7A else {
      return false
    }
    return word.utf8.allSatisfy { $0 >= 0x61 && $0 <= 0x7A || $0 >= 0x30 && $0 <= 0x39 || $0 == 0x2D }
  }

  private static func encode(_ text: String) -> String {
    var bytes: [UInt8] = []
    for byte in text.utf8 {
      if byte <= 0x20 || byte == 0x7F || byte == 0x25 || byte == 0x3A || byte == 0x40 {
        bytes.append(0x25)
        bytes.append(hex(byte >> 4))
        bytes.append(hex(byte & 15))
      } else {
        bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func decode(_ text: Substring) -> String? {
    var bytes: [UInt8] = []
    var rest = text.utf8[...]
    while let byte = rest.popFirst() {
      guard byte > 0x20, byte != 0x7F else { return nil }
      guard byte == 0x25 else {
        bytes.append(byte)
        continue
      }
      guard let high = rest.popFirst().flatMap(digit), let low = rest.popFirst().flatMap(digit) else {
        return nil
      }
      let decoded = high << 4 | low
      // A NUL would end the text in every C interface that it reaches.
      guard decoded != 0 else { return nil }
      bytes.append(decoded)
    }
    return String(validating: bytes, as: UTF8.self)
  }

  private static func hex(_ nibble: UInt8) -> UInt8 { nibble < 10 ? 0x30 + nibble : 0x37 + nibble }

  private static func digit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 0x30...0x39: byte - 0x30
    case 0x41...0x46: byte - 0x37
    case 0x61...0x66: byte - 0x57
    default: nil
    }
  }
}
