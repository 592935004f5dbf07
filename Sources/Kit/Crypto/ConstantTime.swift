internal import CCrypto

/// Whether two secrets are the same, in a time that does not say where they differ.
///
/// Only their lengths can be learnt from it. It needs no library and cannot fail.
package func constantTimeEqual(_ one: [UInt8], _ other: [UInt8]) -> Bool {
  one.count == other.count && agim_equal(one, other, one.count) == 1
}

/// Whether two secret texts are the same bytes, in a time that does not say where they differ.
package func constantTimeEqual(_ one: String, _ other: String) -> Bool {
  constantTimeEqual(Array(one.utf8), Array(other.utf8))
}

/// Random bytes that nobody can guess.
package enum RandomBytes {
  /// Makes so many.
  ///
  /// - Throws: `CryptoError` where libcrypto is missing or has no randomness.
  package static func make(_ count: Int) throws(CryptoError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    try CryptoError.check(agim_random_bytes(&bytes, count), "random bytes")
    return bytes
  }
}
