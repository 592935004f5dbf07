internal import CCrypto

/// A digest that some protocol wants.
///
/// MD5 and SHA-1 protect nothing any more and are here for protocols that cannot do without.
package enum DigestKind: Sendable {
  case md5, sha1, sha256

  var code: agim_digest {
    switch self {
    case .md5: AGIM_MD5
    case .sha1: AGIM_SHA1
    case .sha256: AGIM_SHA256
    }
  }

  /// How many bytes it has.
  package var size: Int { agim_digest_size(code) }

  /// The digest of some bytes.
  ///
  /// - Throws: `CryptoError` where libcrypto is missing or forbids this digest.
  package func digest(_ bytes: [UInt8]) throws(CryptoError) -> [UInt8] {
    var out = [UInt8](repeating: 0, count: size)
    let status = bytes.withUnsafeBytes { agim_digest(code, $0.baseAddress, $0.count, &out) }
    try CryptoError.check(status, "this digest")
    return out
  }

  /// The HMAC of some bytes (RFC 2104).
  ///
  /// - Throws: `CryptoError` where libcrypto is missing or forbids this digest.
  package func hmac(_ bytes: [UInt8], key: [UInt8]) throws(CryptoError) -> [UInt8] {
    var out = [UInt8](repeating: 0, count: size)
    let status = bytes.withUnsafeBytes { data in
      key.withUnsafeBytes { key in
        agim_hmac(code, key.baseAddress, key.count, data.baseAddress, data.count, &out)
      }
    }
    try CryptoError.check(status, "this digest")
    return out
  }
}
