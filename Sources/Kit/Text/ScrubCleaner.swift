/// Takes terminal escape sequences and invisible characters out of text, so that they hide nothing.
struct ScrubCleaner {
  /// The text without them.
  private(set) var bytes: [UInt8] = []
  /// For each byte its place in the original.
  private(set) var places: [Int] = []
  /// Where an escape sequence begins that the end of the text cuts off; else the length of the text.
  private(set) var cut: Int

  /// A longer control string is taken for ordinary text: a stray introducer must not hide everything.
  private static let longestString = 4096

  init(_ raw: [UInt8]) {
    cut = raw.count
    bytes.reserveCapacity(raw.count)
    places.reserveCapacity(raw.count)
    var index = 0
    while index < raw.count {
      let end = Self.hidden(raw, at: index)
      guard let end else {
        cut = index
        return
      }
      if end == index {
        bytes.append(raw[index])
        places.append(index)
        index += 1
      } else {
        index = end
      }
    }
  }

  /// The end of what is hidden at this place; the place itself if nothing is, nil if it is cut off.
  static func hidden(_ raw: [UInt8], at index: Int) -> Int? {
    switch raw[index] {
    case 0x1B:
      guard index + 1 < raw.count else { return nil }
      return escape(raw, kind: raw[index + 1], from: index + 2)
    case 0xC2:
      guard index + 1 < raw.count else { return index }
      switch raw[index + 1] {
      case 0xAD: return index + 2  // soft hyphen
      case 0x90, 0x98, 0x9B, 0x9D, 0x9E, 0x9F:
        // The one-character forms of the introducers below.
        return escape(raw, kind: raw[index + 1] - 0x40, from: index + 2)
      default: return index
      }
    case 0xE2:
      guard index + 2 < raw.count else { return index }
      let invisible =
        switch (raw[index + 1], raw[index + 2]) {
        case (0x80, 0x8B...0x8F), (0x80, 0xAA...0xAE), (0x81, 0xA0...0xAF): true
        default: false
        }
      return invisible ? index + 3 : index
    case 0xEF:
      guard index + 2 < raw.count else { return index }
      return raw[index + 1] == 0xBB && raw[index + 2] == 0xBF ? index + 3 : index
    default: return index
    }
  }

  private static func escape(_ raw: [UInt8], kind: UInt8, from start: Int) -> Int? {
    var index = start
    switch kind {
    case UInt8(ascii: "["):
      while index < raw.count, (0x20...0x3F).contains(raw[index]) { index += 1 }
      guard index < raw.count else { return nil }
      return (0x40...0x7E).contains(raw[index]) ? index + 1 : index
    case UInt8(ascii: "]"), UInt8(ascii: "P"), UInt8(ascii: "X"), UInt8(ascii: "^"), UInt8(ascii: "_"):
      return string(raw, from: start)
    case 0x20...0x2F:
      while index < raw.count, (0x20...0x2F).contains(raw[index]) { index += 1 }
      guard index < raw.count else { return nil }
      return (0x30...0x7E).contains(raw[index]) ? index + 1 : index
    case 0x30...0x7E: return start
    default: return start - 1
    }
  }

  /// A control string ends with BEL or ST.
  ///
  /// Any other control character breaks it off; then only the
  /// introducer is left out. It stops at ESC also because reading on from each one would be quadratic.
  private static func string(_ raw: [UInt8], from start: Int) -> Int? {
    let limit = start + longestString
    var index = start
    while index < raw.count, index < limit {
      switch raw[index] {
      case 0x07: return index + 1
      case 0x1B:
        guard index + 1 < raw.count else { return nil }
        return raw[index + 1] == UInt8(ascii: "\\") ? index + 2 : start
      case 0xC2 where index + 1 < raw.count && raw[index + 1] == 0x9C: return index + 2
      case 0x00..<0x20: return start
      default: index += 1
      }
    }
    return index < limit ? nil : start
  }
}
