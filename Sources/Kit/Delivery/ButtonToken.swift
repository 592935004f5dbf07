internal import Crypto
internal import Glibc
package import Store
internal import Text

/// What a button carries: which request it answers and how, and a proof that we made it.
///
/// 46 characters of `A-Z a-z 0-9 - _`, so that every platform takes it. It is good for one decision: a
/// request that is settled takes no other. Nobody can make one who does not have the store's own key,
/// so that a client that sends what it likes decides nothing.
package enum ButtonToken {
  private static let codes: [(code: UInt8, choice: String)] = [
    (UInt8(ascii: "o"), "once"), (UInt8(ascii: "s"), "session"), (UInt8(ascii: "a"), "always"),
    (UInt8(ascii: "n"), "deny"), (UInt8(ascii: "x"), "decline"),
  ]

  /// The token of a request's choice; nil for an id that is no UUID, whose buttons cannot be made.
  ///
  /// - Throws: `StoreError`, `CryptoError`.
  package static func make(request: String, choice: String, _ store: Store) throws -> String? {
    guard let id = bytes(ofUUID: request), let code = code(of: choice) else { return nil }
    let body = id + [code]
    return Base64.url(body + (try proof(body, store)))
  }

  /// The request and the choice that a token is for; nil where we did not make it.
  ///
  /// - Throws: `StoreError`, `CryptoError`.
  package static func read(_ token: String, _ store: Store) throws -> (request: String, choice: String)? {
    guard token.utf8.count == 46, let bytes = Base64.decodeURL(token), bytes.count == 34 else { return nil }
    let body = Array(bytes[..<17])
    guard constantTimeEqual(Array(bytes[17...]), try proof(body, store)), let code = body.last,
      let choice = choice(of: code)
    else { return nil }
    return (uuid(Array(body[..<16])), choice)
  }

  /// 17 bytes: together with the body they fill whole characters.
  private static func proof(_ body: [UInt8], _ store: Store) throws -> [UInt8] {
    let key = try store.secret("button") { Base64.url((0..<32).map { _ in UInt8.random(in: 0...255) }) }
    return Array(try HMAC.sha256(key: Array(key.utf8), body)[..<17])
  }

  /// Options of questions have the numbers from 1; the codes of letters stand above.
  private static func code(of choice: String) -> UInt8? {
    if let number = UInt8(choice) { return number > 0 && number < 64 ? number : nil }
    return codes.first { $0.choice == choice }?.code
  }

  private static func choice(of code: UInt8) -> String? {
    if code > 0, code < 64 { return "\(code)" }
    return codes.first { $0.code == code }?.choice
  }

  private static func bytes(ofUUID text: String) -> [UInt8]? {
    let digits = text.utf8.filter { $0 != UInt8(ascii: "-") }
    guard text.utf8.count == 36, digits.count == 32 else { return nil }
    var bytes: [UInt8] = []
    var high: UInt8?
    for digit in digits {
      let value: UInt8
      switch digit {
      case 0x30...0x39: value = digit - 0x30
      case 0x61...0x66: value = digit - 0x57
      default: return nil
      }
      if let first = high {
        bytes.append(first << 4 | value)
        high = nil
      } else {
        high = value
      }
    }
    // Only the usual form: another one would come back changed.
    return uuid(bytes) == text ? bytes : nil
  }

  private static func uuid(_ bytes: [UInt8]) -> String {
    var text = ""
    for (index, byte) in bytes.enumerated() {
      if [4, 6, 8, 10].contains(index) { text += "-" }
      for nibble in [byte >> 4, byte & 15] {
        text.unicodeScalars.append(Unicode.Scalar(nibble < 10 ? 0x30 + nibble : 0x57 + nibble))
      }
    }
    return text
  }
}
