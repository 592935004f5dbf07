/// HMAC under the names of its digests (RFC 2104).
package enum HMAC {
  /// With SHA-1: 20 bytes.
  ///
  /// - Throws: `CryptoError` where libcrypto is missing.
  package static func sha1(key: [UInt8], _ bytes: [UInt8]) throws(CryptoError) -> [UInt8] {
    try DigestKind.sha1.hmac(bytes, key: key)
  }

  /// With SHA-256: 32 bytes.
  ///
  /// - Throws: `CryptoError` where libcrypto is missing.
  package static func sha256(key: [UInt8], _ bytes: [UInt8]) throws(CryptoError) -> [UInt8] {
    try DigestKind.sha256.hmac(bytes, key: key)
  }
}
