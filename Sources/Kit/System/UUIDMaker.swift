/// Makes UUIDs of version 7 (RFC 9562): time first, so that ids sort as they were made.
package struct UUIDMaker {
  private let clock: Clock
  private var last: Int64 = 0
  private var counter: UInt64 = 0

  /// Takes time and random bits from a clock.
  package init(clock: Clock) { self.clock = clock }

  /// The next id, lower case, 36 bytes; later than every one before, also within a millisecond and
  /// when the clock goes back.
  package mutating func next() -> String {
    let now = clock.now().milliseconds
    let random = clock.random()
    if now > last {
      last = now
      // The upper bit stays free, so that the counter has room to count.
      counter = random & 0x7FF
    } else {
      counter += 1
      if counter > 0xFFF {
        last += 1
        counter = 0
      }
    }
    let high = UInt64(truncatingIfNeeded: last) << 16 | 0x7000 | counter
    let low = clock.random() & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
    return Self.text(high, low)
  }

  private static func text(_ high: UInt64, _ low: UInt64) -> String {
    String(unsafeUninitializedCapacity: 36) { buffer in
      var at = 0
      for nibble in 0..<32 {
        if nibble == 8 || nibble == 12 || nibble == 16 || nibble == 20 {
          buffer[at] = 0x2D
          at += 1
        }
        let word = nibble < 16 ? high : low
        let digit = UInt8(truncatingIfNeeded: word >> UInt64(60 - 4 * (nibble % 16)) & 0xF)
        buffer[at] = digit < 10 ? 48 + digit : 87 + digit
        at += 1
      }
      return 36
    }
  }
}
