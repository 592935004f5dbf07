import System
import Testing

@Suite struct TimestampTests {
  @Test(
    "moments are written as RFC 3339 in UTC with milliseconds, and read again",
    arguments: [
      (0, "1970-01-01T00:00:00.000Z"), (1, "1970-01-01T00:00:00.001Z"), (-1, "1969-12-31T23:59:59.999Z"),
      (951_782_400_000, "2000-02-29T00:00:00.000Z"), (951_868_800_000, "2000-03-01T00:00:00.000Z"),
      (4_107_542_399_999, "2100-02-28T23:59:59.999Z"), (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
      (1_709_164_800_000, "2024-02-29T00:00:00.000Z"), (1_795_248_000_000, "2026-11-21T08:00:00.000Z"),
      (253_402_300_799_999, "9999-12-31T23:59:59.999Z"), (-62_167_219_200_000, "0000-01-01T00:00:00.000Z"),
      (-62_162_035_200_001, "0000-02-29T23:59:59.999Z"), (-2_203_891_200_000, "1900-03-01T00:00:00.000Z"),
    ] as [(Int64, String)])
  func table(_ milliseconds: Int64, _ text: String) {
    #expect(Timestamp(milliseconds: milliseconds).description == text)
    #expect(Timestamp(rfc3339: text)?.milliseconds == milliseconds)
  }

  @Test(
    "offsets, fractions, small letters and leap seconds are read",
    arguments: [
      ("2026-11-21T16:00:00+08:00", "2026-11-21T08:00:00.000Z"),
      ("2026-11-21t08:00:00z", "2026-11-21T08:00:00.000Z"),
      ("2026-11-21T08:00:00-00:00", "2026-11-21T08:00:00.000Z"),
      ("2026-01-01T00:30:00+23:59", "2025-12-31T00:31:00.000Z"),
      ("2025-12-31T23:30:00-01:30", "2026-01-01T01:00:00.000Z"),
      ("2026-11-21T08:00:00.5Z", "2026-11-21T08:00:00.500Z"),
      ("2026-11-21T08:00:00.05Z", "2026-11-21T08:00:00.050Z"),
      ("2026-11-21T08:00:00.1239999999Z", "2026-11-21T08:00:00.123Z"),
      ("2026-11-21T08:00:00.007+00:00", "2026-11-21T08:00:00.007Z"),
      ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000Z"),
    ])
  func forms(_ text: String, _ canonical: String) {
    #expect(Timestamp(rfc3339: text)?.description == canonical)
  }

  @Test(
    "what is no moment is refused",
    arguments: [
      "", "2026", "2026-11-21", "2026-11-21T08:00:00", "2026-11-21 08:00:00Z", "2026-13-01T00:00:00Z",
      "2026-00-01T00:00:00Z", "2026-01-00T00:00:00Z", "2026-01-32T00:00:00Z", "2025-02-29T00:00:00Z",
      "2100-02-29T00:00:00Z", "1900-02-29T00:00:00Z", "2026-04-31T00:00:00Z", "2026-11-21T24:00:00Z",
      "2026-11-21T08:60:00Z", "2026-11-21T08:00:61Z", "2026-11-21T08:00:00.Z", "2026-11-21T08:00:00.5",
      "2026-11-21T08:00:00ZZ", "2026-11-21T08:00:00+0800", "2026-11-21T08:00:00+24:00",
      "2026-11-21T08:00:00+08:60", "2026-11-21T08:00:00+8:00", "2026-11-21T08:00:00+08:00Z",
      "+026-11-21T08:00:00Z", "2026-1 -21T08:00:00Z", "20261121T080000Z", " 2026-11-21T08:00:00Z",
      "2026-11-21T08:00:00Z\0", "２０２６-11-21T08:00:00Z", "2026-11-21T08:00:00\u{2212}08:00",
      "2026-11-21T08:00:00." + String(repeating: "1", count: 50) + "Z",
    ])
  func refused(_ text: String) { #expect(Timestamp(rfc3339: text) == nil) }

  @Test("every moment of ten thousand years is read as it was written, and sorts as its text")
  func property() {
    var numbers = Numbers(1)
    var last = Timestamp(milliseconds: 0)
    var wrong = 0
    for _ in 0..<20_000 {
      let moment = Timestamp(
        milliseconds: .random(in: -62_167_219_200_000...253_402_300_799_999, using: &numbers))
      let text = moment.description
      if Timestamp(rfc3339: text) != moment || (moment < last) != (text < last.description) { wrong += 1 }
      last = moment
    }
    // Every day of 1970 to 2110, with a century that is a leap year and one that is none.
    for day in 0..<51_500 as Range<Int64> {
      let moment = Timestamp(milliseconds: day * 86_400_000)
      if Timestamp(rfc3339: moment.description) != moment { wrong += 1 }
    }
    #expect(wrong == 0)
    #expect(Timestamp(milliseconds: 5) + 7 == Timestamp(milliseconds: 12))
    #expect(Timestamp(milliseconds: 5) - Timestamp(milliseconds: 7) == -2)
    for extreme in [Int64.min, .max] { #expect(!Timestamp(milliseconds: extreme).description.isEmpty) }
  }
}

@Suite struct IdentifierTests {
  private static func clock(_ seed: UInt64, _ now: @escaping () -> Int64) -> Clock {
    var clock = Clock.fixed(start: nil, seed: seed)
    clock.now = { Timestamp(milliseconds: now()) }
    return clock
  }

  @Test(
    "ids are of version 7, unique, and sort as they were made, also when the clock stands still or goes back")
  func order() {
    var now: Int64 = 1_795_248_000_000
    var maker = UUIDMaker(clock: Self.clock(7) { now })
    var ids: [String] = []
    for index in 0..<100_000 {
      switch index {
      case 20_000..<40_000: if index % 3 == 0 { now -= 1 }
      case 60_000: now -= 86_400_000
      case 80_000: now += 2 * 86_400_000
      default: if index % 50 == 0 { now += 1 }
      }
      ids.append(maker.next())
    }
    #expect(Set(ids).count == ids.count)
    // Not the arrays themselves: a failure would show all of both.
    let isSorted = ids == ids.sorted()
    #expect(isSorted)
    var wrong = 0
    for id in ids.prefix(10_000) {
      let bytes = Array(id.utf8)
      let dashes = [8, 13, 18, 23]
      let isShaped =
        bytes.count == 36
        && bytes.indices.allSatisfy { index in
          dashes.contains(index)
            ? bytes[index] == 0x2D
            : (0x30...0x39).contains(bytes[index]) || (0x61...0x66).contains(bytes[index])
        }
      // Version 7, and the variant whose first bits are 10.
      if !isShaped || bytes[14] != 0x37 || ![0x38, 0x39, 0x61, 0x62].contains(bytes[19]) { wrong += 1 }
    }
    #expect(wrong == 0)
  }

  @Test("an id begins with its time, and the same seed gives the same ids")
  func reproducible() {
    var one = UUIDMaker(clock: Self.clock(42) { 0x0192_3456_789A })
    var same = UUIDMaker(clock: Self.clock(42) { 0x0192_3456_789A })
    var other = UUIDMaker(clock: Self.clock(43) { 0x0192_3456_789A })
    let first = one.next()
    #expect(first.hasPrefix("01923456-789a-7"))
    #expect(same.next() == first)
    #expect(other.next() != first)
    #expect((0..<100).map { _ in one.next() } == (0..<100).map { _ in same.next() })
  }

  @Test("a fixed clock stands where it was put when it has a seed, and goes on when it has none")
  func fixed() {
    let start = Timestamp(milliseconds: 1000)
    let seeded = Clock.fixed(start: start, seed: 1)
    let going = Clock.fixed(start: start, seed: nil)
    let began = Clock.system.monotonic()
    while Clock.system.monotonic() < began + 20 {}
    #expect(seeded.now() == start)
    #expect((1010...60_000).contains(going.now().milliseconds))
    // The generator's published first numbers for seed 0.
    var numbers = SplitMix(state: 0)
    #expect(numbers.next() == 0xE220_A839_7B1D_CDAF)
    #expect(numbers.next() == 0x6E78_9E6A_A1B9_65F4)
  }
}
