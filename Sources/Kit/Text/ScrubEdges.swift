extension ScrubScanner {
  /// Whether a token may begin here: not after one of the forbidden bytes, unless that byte only looks
  /// like a part of the text but belongs to an escape (`\n`, `\u000a`, `%3D`, `[31m`).
  func isEdge(before index: Int, _ forbidden: ByteSet) -> Bool {
    guard index > 0, index <= bytes.count, forbidden.contains(bytes[index - 1]) else { return true }
    return isGap(index) || isEscape(before: index)
  }

  /// Whether a token may end here.
  func isEdge(after index: Int, _ forbidden: ByteSet) -> Bool {
    guard index < bytes.count, forbidden.contains(bytes[index]) else { return true }
    return isGap(index)
  }

  /// Whether something was left out of the original before this byte.
  private func isGap(_ index: Int) -> Bool {
    guard let places, index > 0, index < places.count else { return false }
    return places[index] != places[index - 1] + 1
  }

  private func isEscape(before index: Int) -> Bool {
    func back(_ count: Int) -> UInt8 { index >= count ? bytes[index - count] : 0 }
    let backslash = UInt8(ascii: "\\")
    let last = back(1)
    if back(2) == backslash { return ByteSet("abefnrtv0").contains(last) }
    if last.hexValue != nil, back(2).hexValue != nil {
      if back(3) == UInt8(ascii: "%") { return true }
      if back(3) == UInt8(ascii: "x"), back(4) == backslash { return true }
      if back(5) == UInt8(ascii: "u"), back(6) == backslash {
        return back(3).hexValue != nil && back(4).hexValue != nil
      }
    }
    guard last == UInt8(ascii: "m") else { return false }
    // The rest of a colour sequence whose ESC is written `\u001b`, `\033` or lost.
    var place = index - 2
    while place >= 0, index - place < 16,
      bytes[place] == UInt8(ascii: ";") || ByteSet.digit.contains(bytes[place])
    {
      place -= 1
    }
    return place >= 0 && bytes[place] == UInt8(ascii: "[")
  }

  /// Matches bytes each of which may be plain, percent-encoded or JSON-escaped.
  mutating func encoded(_ plain: [UInt8], at start: Int) -> Outcome {
    var place = start
    for byte in plain {
      guard place < bytes.count else { return .more }
      work += 1
      switch unit(at: place) {
      case .none: return .more
      case .some(let unit) where unit.byte == byte: place = unit.end
      default:
        // Forms write a space as a plus sign.
        guard bytes[place] == byte || (byte == 0x20 && bytes[place] == UInt8(ascii: "+")) else {
          return .none
        }
        place += 1
      }
    }
    return .match(end: place)
  }

  /// The byte that an escape at this place stands for, or the byte itself; nil if it is cut off.
  private func unit(at start: Int) -> (byte: UInt8, end: Int)? {
    func hex(_ first: Int) -> UInt8? {
      guard first + 1 < bytes.count, let high = bytes[first].hexValue,
        let low = bytes[first + 1].hexValue
      else { return nil }
      return high << 4 | low
    }
    let byte = bytes[start]
    if byte == UInt8(ascii: "%") {
      if start + 2 >= bytes.count { return nil }
      return hex(start + 1).map { ($0, start + 3) } ?? (byte, start + 1)
    }
    guard byte == UInt8(ascii: "\\") else { return (byte, start + 1) }
    guard start + 1 < bytes.count else { return nil }
    switch bytes[start + 1] {
    case UInt8(ascii: "n"): return (0x0A, start + 2)
    case UInt8(ascii: "r"): return (0x0D, start + 2)
    case UInt8(ascii: "t"): return (0x09, start + 2)
    case UInt8(ascii: "b"): return (0x08, start + 2)
    case UInt8(ascii: "f"): return (0x0C, start + 2)
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return (bytes[start + 1], start + 2)
    case UInt8(ascii: "u"):
      if start + 5 >= bytes.count { return nil }
      guard hex(start + 2) == 0, let low = hex(start + 4) else { return (byte, start + 1) }
      return (low, start + 6)
    default: return (byte, start + 1)
    }
  }
}
