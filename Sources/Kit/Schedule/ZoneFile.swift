/// What a compiled time zone (RFC 9636, versions 1 to 4) says, read from its bytes.
struct ZoneFile: Equatable, Sendable {
  /// When offsets change, in seconds of universal time; each is greater than the one before.
  private(set) var times: [Int] = []
  /// The offset from each of these times on, in seconds to the east.
  private(set) var offsets: [Int] = []
  /// The offset before the first of them.
  private(set) var first = 0
  /// What holds after the last of them.
  private(set) var rule: PosixRule?

  /// A zone that is always the same.
  init(offset: Int) { first = offset }

  /// Reads a file; nil where it is none or is damaged.
  init?(_ bytes: [UInt8]) {
    guard let head = Head(bytes, at: 0) else { return nil }
    guard head.version >= UInt8(ascii: "2") else {
      guard read(bytes, head, wide: false) != nil else { return nil }
      return
    }
    // The first block is for programs that know only 32 bits.
    let next = Head.size + head.length(wide: false)
    guard let wide = Head(bytes, at: next), let end = read(bytes, wide, wide: true) else { return nil }
    // The rule stands between two newlines, and may be empty.
    guard end < bytes.count, bytes[end] == 0x0A, let close = bytes[(end + 1)...].firstIndex(of: 0x0A) else {
      return nil
    }
    let text = Array(bytes[(end + 1)..<close])
    guard !text.isEmpty else { return }
    guard let rule = PosixRule(text) else { return nil }
    self.rule = rule
    if times.isEmpty { first = rule.standard }
  }

  private struct Head {
    static let size = 44
    let start: Int
    let version: UInt8
    let indicators: Int
    let standards: Int
    let leaps: Int
    let times: Int
    let types: Int
    let letters: Int

    init?(_ bytes: [UInt8], at start: Int) {
      guard start >= 0, start + Self.size <= bytes.count,
        bytes[start..<start + 4].elementsEqual([0x54, 0x5A, 0x69, 0x66])
      else { return nil }
      let counts = (0..<6).map { ZoneFile.number(bytes, start + 20 + $0 * 4, 4) }
      // More than any zone has; sums of these stay far from overflow.
      guard counts.allSatisfy({ (0...100_000).contains($0) }), counts[4] >= 1, counts[4] <= 256 else {
        return nil
      }
      self.start = start
      version = bytes[start + 4]
      (indicators, standards, leaps) = (counts[0], counts[1], counts[2])
      (times, types, letters) = (counts[3], counts[4], counts[5])
    }

    func length(wide: Bool) -> Int {
      let size = wide ? 8 : 4
      return times * (size + 1) + types * 6 + letters + leaps * (size + 4) + standards + indicators
    }
  }

  /// Reads a block; the place behind it.
  private mutating func read(_ bytes: [UInt8], _ head: Head, wide: Bool) -> Int? {
    let size = wide ? 8 : 4
    let start = head.start + Head.size
    let end = start + head.length(wide: wide)
    guard end <= bytes.count else { return nil }
    let indexes = start + head.times * size
    let types = indexes + head.times
    var known: [Int] = []
    for number in 0..<head.types {
      let offset = Self.number(bytes, types + number * 6, 4)
      guard (-93_600...93_600).contains(offset) else { return nil }
      known.append(offset)
    }
    first = known[0]
    for number in 0..<head.times {
      let time = Self.number(bytes, start + number * size, size)
      let type = Int(bytes[indexes + number])
      guard type < known.count, times.last.map({ time > $0 }) ?? true else { return nil }
      // Far from overflow; nothing that we are asked about lies there.
      guard (-(1 << 59)...(1 << 59)).contains(time) else { return nil }
      times.append(time)
      offsets.append(known[type])
    }
    return end
  }

  /// A signed number, most significant byte first.
  private static func number(_ bytes: [UInt8], _ at: Int, _ size: Int) -> Int {
    var value = Int(Int8(bitPattern: bytes[at]))
    for byte in bytes[(at + 1)..<(at + size)] { value = value << 8 | Int(byte) }
    return value
  }
}
