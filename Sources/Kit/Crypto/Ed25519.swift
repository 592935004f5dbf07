internal import CCrypto

/// Signatures of RFC 8032, as some platforms put them on what they send.
package enum Ed25519 {
  /// Whether a signature is that of these bytes.
  ///
  /// - Throws: `CryptoError` when the key has not 32 bytes or is none, or libcrypto is missing.
  package static func verifies(_ bytes: [UInt8], signature: [UInt8], key: [UInt8]) throws(CryptoError) -> Bool
  {
    guard key.count == 32 else {
      throw CryptoError(.length, "an Ed25519 key has 32 bytes, and this one \(key.count)")
    }
    // A signature comes from outside: of the wrong length it is simply none.
    guard signature.count == 64 else { return false }
    let status = bytes.withUnsafeBytes { agim_ed25519_verify(key, signature, $0.baseAddress, $0.count) }
    try CryptoError.check(status, "this Ed25519 key")
    return status == 1
  }
}
