internal import CCrypto

/// The crypto library is not there.
package struct CryptoError: Error, Equatable, Sendable, CustomStringConvertible {
  package let description: String
}

/// SHA-256, by OpenSSL.
package enum SHA256 {
  /// The digest of some bytes as 64 hexadecimal digits, lower case.
  ///
  /// - Throws: `CryptoError` where libcrypto is missing.
  package static func hex(_ bytes: [UInt8]) throws(CryptoError) -> String {
    var digest = [UInt8](repeating: 0, count: 32)
    let status = bytes.withUnsafeBytes { agim_sha256($0.baseAddress, $0.count, &digest) }
    guard status == 0 else {
      throw CryptoError(
        description: "libcrypto.so.3 (OpenSSL) cannot be used: install the Debian package libssl3")
    }
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    text.reserveCapacity(64)
    for byte in digest {
      text.append(digits[Int(byte >> 4)])
      text.append(digits[Int(byte & 15)])
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// The digest of a text.
  ///
  /// - Throws: `CryptoError`.
  package static func hex(_ text: String) throws(CryptoError) -> String { try hex(Array(text.utf8)) }
}
