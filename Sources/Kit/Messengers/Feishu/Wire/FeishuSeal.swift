package import Crypto
internal import Text

/// How pushes over HTTP are encrypted and signed with an app's Encrypt Key.
package struct FeishuSeal: Sendable {
  private let key: [UInt8]
  private let aes: AES

  /// The seal of an Encrypt Key.
  ///
  /// - Throws: `CryptoError` where libcrypto is missing.
  package init(key: String) throws(CryptoError) {
    self.key = Array(key.utf8)
    aes = try AES(.cbc256, key: try DigestKind.sha256.digest(self.key))
  }

  /// The signature of a body as it was sent: a plain hash over the time, the nonce, the key and the body.
  ///
  /// - Throws: `CryptoError`.
  package func signature(time: String, nonce: String, body: [UInt8]) throws(CryptoError) -> String {
    try SHA256.hex(Array(time.utf8) + Array(nonce.utf8) + key + body)
  }

  /// Whether a signature is that of a body.
  ///
  /// - Throws: `CryptoError`.
  package func verifies(
    _ signature: String, time: String, nonce: String, body: [UInt8]
  ) throws(CryptoError) -> Bool {
    constantTimeEqual(try self.signature(time: time, nonce: nonce, body: body), signature)
  }

  /// The plain text of `encrypt`: Base64 of the initial vector and what was encrypted.
  ///
  /// - Throws: `CryptoError` for what this key did not encrypt.
  package func open(_ text: String) throws(CryptoError) -> [UInt8] {
    guard let bytes = Base64.decodeStandard(text), bytes.count > 16 else {
      // Whatever is wrong with it: it is not ours.
      return try aes.decrypt([], iv: [UInt8](repeating: 0, count: 16))
    }
    return try aes.decrypt(Array(bytes[16...]), iv: Array(bytes[..<16]))
  }
}
