/// A set of ASCII bytes, small enough to be copied.
struct ByteSet: Sendable, Equatable {
  private var low: UInt64 = 0
  private var high: UInt64 = 0

  init() {}

  /// The bytes of a string, for example `ByteSet("+/=")`; bytes above 127 are left out.
  init(_ members: String) {
    for byte in members.utf8 { insert(byte) }
  }

  /// Whether the byte is in the set; bytes above 127 never are.
  @inline(__always)
  func contains(_ byte: UInt8) -> Bool {
    let word = byte < 64 ? low : high
    return byte < 128 && (word &>> UInt64(byte & 63)) & 1 == 1
  }

  mutating func insert(_ byte: UInt8) {
    guard byte < 128 else { return }
    if byte < 64 { low |= 1 &<< UInt64(byte) } else { high |= 1 &<< UInt64(byte & 63) }
  }

  func union(_ other: ByteSet) -> ByteSet {
    var result = self
    result.low |= other.low
    result.high |= other.high
    return result
  }

  static let digit = ByteSet("0123456789")
  static let letter = ByteSet("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
  static let alnum = digit.union(letter)
  static let hex = digit.union(ByteSet("abcdefABCDEF"))
  static let word = alnum.union(ByteSet("_"))
  static let base64url = word.union(ByteSet("-"))
  /// Characters of a name in an assignment.
  static let name = base64url.union(ByteSet("."))
  static let white = ByteSet(" \t\n\r\u{0B}\u{0C}")
  static let quote = ByteSet("\"'`")
}

extension UInt8 {
  /// The value of a hexadecimal digit.
  var hexValue: UInt8? {
    switch self {
    case 0x30...0x39: self - 0x30
    case 0x41...0x46: self - 0x41 + 10
    case 0x61...0x66: self - 0x61 + 10
    default: nil
    }
  }

  /// The lower-case form of an ASCII letter, anything else unchanged.
  @inline(__always) var lowered: UInt8 { self >= 0x41 && self <= 0x5A ? self | 0x20 : self }
}
