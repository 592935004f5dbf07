/// What a bot shows to prove who it is: `ID:SECRET`, as BotFather gives it.
package struct BotToken: Sendable, Equatable {
  /// The whole token; it stands in the path of every call, and must never be shown.
  package let text: String
  /// The bot's own user id.
  package let id: Int64

  /// Takes a token apart; nil when it has not the form that the platform accepts.
  package init?(_ text: String) {
    let bytes = Array(text.utf8)
    guard bytes.count <= 80, let colon = bytes.firstIndex(of: UInt8(ascii: ":")), bytes.first != 0x30,
      let id = Int64(String(decoding: bytes[..<colon], as: UTF8.self)), id > 0
    else { return nil }
    let secret = bytes[(colon + 1)...]
    guard !secret.isEmpty,
      secret.allSatisfy({
        $0 >= 0x30 && $0 <= 0x39 || $0 | 0x20 >= 0x61 && $0 | 0x20 <= 0x7A || $0 == 0x2D || $0 == 0x5F
      })
    else { return nil }
    self.text = text
    self.id = id
  }

  /// A text with the token, and its secret half alone, taken out.
  package func removed(from said: String) -> String {
    let secret = String(text.utf8.drop { $0 != UInt8(ascii: ":") }.dropFirst()) ?? text
    return Bytes.replace(secret, by: "***", in: Bytes.replace(text, by: "***", in: said))
  }
}
