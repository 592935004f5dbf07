/// SHA-256 as text, by OpenSSL.
package enum SHA256 {
  /// The digest of some bytes as 64 hexadecimal digits, lower case.
  ///
  /// - Throws: `CryptoError` where libcrypto is missing.
  package static func hex(_ bytes: [UInt8]) throws(CryptoError) -> String {
    hexadecimal(try DigestKind.sha256.digest(bytes))
  }

  /// The digest of a text.
  ///
  /// - Throws: `CryptoError`.
  package static func hex(_ text: String) throws(CryptoError) -> String { try hex(Array(text.utf8)) }
}

/// Bytes as hexadecimal digits, lower case.
package func hexadecimal(_ bytes: [UInt8]) -> String {
  String(unsafeUninitializedCapacity: bytes.count * 2) { buffer in
    var place = 0
    for byte in bytes {
      for nibble in [byte >> 4, byte & 15] {
        buffer[place] = nibble < 10 ? 48 + nibble : 87 + nibble
        place += 1
      }
    }
    return place
  }
}
