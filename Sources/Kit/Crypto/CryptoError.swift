internal import CCrypto

/// Something that cryptography could not do.
package struct CryptoError: Error, Equatable, Sendable, CustomStringConvertible {
  /// What kind of thing happened.
  package enum Kind: Equatable, Sendable {
    /// libcrypto is not there.
    case library
    /// A key, a signature or an initial vector has the wrong length.
    case length
    /// What was to be decrypted is not what this key encrypted.
    case ciphertext
    /// libcrypto refuses it.
    case refused
  }

  /// What kind of thing happened.
  package let kind: Kind
  package let description: String

  init(_ kind: Kind, _ description: String) {
    self.kind = kind
    self.description = description
  }

  /// Throws what a status of the library stands for, unless it is good.
  static func check(_ status: Int32, _ what: StaticString) throws(CryptoError) {
    if status >= 0 { return }
    if status == Int32(AGIM_CRYPTO_MISSING) {
      throw CryptoError(
        .library, "libcrypto.so.3 (OpenSSL) cannot be used: install the Debian package libssl3")
    }
    throw CryptoError(.refused, "libcrypto refuses \(what)")
  }
}
