import Crypto
import Testing
import Text

/// The bytes of hexadecimal digits.
private func bytes(_ hex: String) -> [UInt8] {
  let digits = hex.utf8.filter { $0 != 0x20 }.map { $0 < 0x3A ? $0 - 0x30 : $0 - 0x57 }
  return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
}

@Suite struct DigestTests {
  @Test(
    "digests of RFC 1321 and FIPS 180",
    arguments: [
      (DigestKind.md5, "", "d41d8cd98f00b204e9800998ecf8427e"),
      (.md5, "message digest", "f96b697d7cb7938d525a2f31aaf161d0"),
      (.sha1, "abc", "a9993e364706816aba3e25717850c26c9cd0d89d"),
      (
        .sha1, "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
        "84983e441c3bd26ebaae4aa1f95129e5e54670f1"
      ),
      (.sha256, "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
      (.sha256, "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    ])
  func digest(kind: DigestKind, text: String, hex: String) throws {
    #expect(hexadecimal(try kind.digest(Array(text.utf8))) == hex)
    #expect(kind.size * 2 == hex.utf8.count)
  }

  @Test(
    "HMAC of RFC 2202 and RFC 4231",
    arguments: [
      (
        DigestKind.md5, Array("Jefe".utf8), Array("what do ya want for nothing?".utf8),
        "750c783e6ab0b503eaa86e310a5db738"
      ),
      (
        .sha1, [UInt8](repeating: 0x0B, count: 20), Array("Hi There".utf8),
        "b617318655057264e28bc0b6fb378c8ef146be00"
      ),
      (
        .sha1, [UInt8](repeating: 0xAA, count: 80),
        Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8),
        "aa4ae5e15272d00e95705637ce8a3b55ed402112"
      ),
      (
        .sha256, [UInt8](repeating: 0x0B, count: 20), Array("Hi There".utf8),
        "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
      ),
      (
        .sha256, Array("Jefe".utf8), Array("what do ya want for nothing?".utf8),
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
      ),
      (
        .sha256, [UInt8](repeating: 0xAA, count: 131),
        Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8),
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
      ),
      (.sha256, [], [], "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"),
    ])
  func hmac(kind: DigestKind, key: [UInt8], data: [UInt8], hex: String) throws {
    #expect(hexadecimal(try kind.hmac(data, key: key)) == hex)
  }

  @Test("the signature of a Feishu robot: its rule has key and message the wrong way round")
  func robot() throws {
    let sign = try HMAC.sha256(key: Array("1599360473\ndemo".utf8), [])
    #expect(
      String(decoding: Base64.encode(sign), as: UTF8.self) == "l1N0gAcBjdwBvGm1xMjOF0XSyaLRpR7tuO5dHfhAYc8=")
  }
}

@Suite struct AESTests {
  private static let chainKey = bytes("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4")
  private static let blockKey = bytes("2b7e151628aed2a6abf7158809cf4f3c")
  private static let vector = bytes("000102030405060708090a0b0c0d0e0f")
  private static let plain = bytes(
    "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
      + "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710")

  @Test("CBC of NIST SP 800-38A, F.2.5 and F.2.6")
  func chain() throws {
    let aes = try AES(.cbc256, key: Self.chainKey)
    let cipher = bytes(
      "f58c4c04d6e5f1ba779eabfb5f7bfbd69cfc4e967edb808d679f777bc6702c7d"
        + "39f23369a9d9bacfa530e26304231461b2eb05e2c39be9fcda6c19078c6a9d1b")
    #expect(try aes.encrypt(Self.plain, iv: Self.vector, padding: .none) == cipher)
    #expect(try aes.decrypt(cipher, iv: Self.vector, padding: .none) == Self.plain)
  }

  @Test("ECB of NIST SP 800-38A, F.1.1 and F.1.2")
  func blocks() throws {
    let aes = try AES(.ecb128, key: Self.blockKey)
    let cipher = bytes(
      "3ad77bb40d7a3660a89ecaf32466ef97f5d3d58503b9699de785895a96fdbaaf"
        + "43b1cd7f598ece23881b00e3ed0306887b0c785e27e8ad3f8223207104725dd4")
    #expect(try aes.encrypt(Self.plain, padding: .none) == cipher)
    #expect(try aes.decrypt(cipher, padding: .none) == Self.plain)
  }

  @Test("every length comes back through the padding", arguments: 0...33)
  func padding(length: Int) throws {
    let text = (0..<length).map { UInt8($0) }
    for aes in [try AES(.cbc256, key: Self.chainKey), try AES(.ecb128, key: Self.blockKey)] {
      let cipher = try aes.encrypt(text, iv: Self.vector)
      #expect(cipher.count == (length / 16 + 1) * 16)
      #expect(try aes.decrypt(cipher, iv: Self.vector) == text)
    }
  }

  @Test("what is wrong with a text is always the same error", arguments: [0, 1, 15, 17, 48])
  func garbage(length: Int) throws {
    let aes = try AES(.cbc256, key: Self.chainKey)
    let error = #expect(throws: CryptoError.self) {
      try aes.decrypt([UInt8](repeating: 7, count: length), iv: Self.vector)
    }
    #expect(error?.kind == .ciphertext)
    #expect(error?.description == "it cannot be decrypted with this key")
  }

  @Test("lengths of keys, vectors and unpadded text are checked")
  func lengths() throws {
    #expect(throws: CryptoError.self) { try AES(.cbc256, key: Self.blockKey) }
    #expect(throws: CryptoError.self) { try AES(.ecb128, key: []) }
    let aes = try AES(.cbc256, key: Self.chainKey)
    for vector in [[], Array(Self.vector.dropLast()), Self.vector + [0]] {
      #expect(throws: CryptoError.self) { try aes.encrypt([1], iv: vector) }
      #expect(throws: CryptoError.self) { try aes.decrypt(Self.plain, iv: vector, padding: .none) }
    }
    let error = #expect(throws: CryptoError.self) {
      try aes.encrypt([1], iv: Self.vector, padding: .none)
    }
    #expect(error?.kind == .length)
  }
}

@Suite struct SignatureTests {
  /// RFC 8032, section 7.1: tests 1, 2 and 3.
  static let vectors = [
    (
      "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
      "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
        + "d25bf5f0595bbe24655141438e7a100b"
    ),
    (
      "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
      "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c"
        + "387b2eaeb4302aeeb00d291612bb0c00"
    ),
    (
      "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
      "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc659"
        + "4a7c15e9716ed28dc027beceea1ec40a"
    ),
  ]

  @Test("Ed25519 of RFC 8032", arguments: vectors)
  func good(key: String, text: String, signature: String) throws {
    let (key, text, signature) = (bytes(key), bytes(text), bytes(signature))
    #expect(try Ed25519.verifies(text, signature: signature, key: key))
    #expect(try !Ed25519.verifies(text + [0], signature: signature, key: key))
    for place in [0, 31, 32, 63] {
      var wrong = signature
      wrong[place] ^= 1
      #expect(try !Ed25519.verifies(text, signature: wrong, key: key))
    }
    #expect(try !Ed25519.verifies(text, signature: signature.dropLast(), key: key))
    #expect(try !Ed25519.verifies(text, signature: [], key: key))
    #expect(throws: CryptoError.self) { try Ed25519.verifies(text, signature: signature, key: [1]) }
  }

  @Test("secrets are compared whole")
  func equality() {
    #expect(constantTimeEqual("secret", "secret"))
    #expect(constantTimeEqual("", ""))
    #expect(!constantTimeEqual("secret", "secreT"))
    #expect(!constantTimeEqual("Secret", "secret"))
    #expect(!constantTimeEqual("secret", "secret1"))
    #expect(!constantTimeEqual("", "s"))
  }

  @Test("random bytes differ")
  func random() throws {
    let one = try RandomBytes.make(32)
    #expect(one.count == 32)
    #expect(one != (try RandomBytes.make(32)))
    #expect(try RandomBytes.make(0) == [])
  }
}
