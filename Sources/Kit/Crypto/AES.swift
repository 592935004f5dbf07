internal import CCrypto

/// AES in the two forms that protocols want.
package struct AES: Sendable {
  /// Which form.
  package enum Mode: Sendable {
    /// 256 bits in a chain of blocks, after an initial vector of 16 bytes.
    case cbc256
    /// 128 bits, every block for itself.
    case ecb128
  }

  /// How the last block is filled.
  package enum Padding: Sendable {
    /// PKCS#7 for blocks of 16 bytes: added, and taken away again.
    case pkcs7
    /// Not at all: the length is a multiple of 16, or it is an error.
    case none
  }

  private let mode: Mode
  private let key: [UInt8]

  /// AES with a key.
  ///
  /// - Throws: `CryptoError` when the key has the wrong length: 32 bytes for CBC, 16 for ECB.
  package init(_ mode: Mode, key: [UInt8]) throws(CryptoError) {
    let need = mode == .cbc256 ? 32 : 16
    guard key.count == need else {
      throw CryptoError(.length, "the key has \(key.count) bytes, and AES here needs \(need)")
    }
    self.mode = mode
    self.key = key
  }

  /// Encrypts; `iv` is for CBC.
  ///
  /// - Throws: `CryptoError`.
  package func encrypt(_ data: [UInt8], iv: [UInt8] = [], padding: Padding = .pkcs7) throws(CryptoError)
    -> [UInt8]
  {
    guard padding == .pkcs7 || data.count.isMultiple(of: 16) else {
      throw CryptoError(.length, "\(data.count) bytes without padding are no whole blocks of 16")
    }
    var out: [UInt8] = []
    let status = try run(data, iv, padding, encrypts: true, into: &out)
    try CryptoError.check(status, "to encrypt")
    return out
  }

  /// Decrypts; `iv` is for CBC.
  ///
  /// All that can be wrong with the text is one and the same error, so that nobody learns from it what.
  ///
  /// - Throws: `CryptoError`.
  package func decrypt(_ data: [UInt8], iv: [UInt8] = [], padding: Padding = .pkcs7) throws(CryptoError)
    -> [UInt8]
  {
    var out: [UInt8] = []
    let isWhole = data.count.isMultiple(of: 16) && !(data.isEmpty && padding == .pkcs7)
    let refused = Int32(AGIM_CRYPTO_REFUSED)
    let status = isWhole ? try run(data, iv, padding, encrypts: false, into: &out) : refused
    guard status != refused else {
      throw CryptoError(.ciphertext, "it cannot be decrypted with this key")
    }
    try CryptoError.check(status, "to decrypt")
    return out
  }

  private func run(
    _ data: [UInt8], _ iv: [UInt8], _ padding: Padding, encrypts: Bool, into out: inout [UInt8]
  ) throws(CryptoError) -> Int32 {
    guard mode == .ecb128 || iv.count == 16 else {
      throw CryptoError(.length, "the initial vector has \(iv.count) bytes instead of 16")
    }
    let code = mode == .cbc256 ? AGIM_AES_256_CBC : AGIM_AES_128_ECB
    var written = 0
    out = [UInt8](repeating: 0, count: data.count + 16)
    let status = agim_aes(
      code, encrypts ? 1 : 0, padding == .pkcs7 ? 1 : 0, key, iv, data, data.count, &out, &written)
    out.removeLast(out.count - written)
    return status
  }
}
