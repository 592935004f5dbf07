import System
import Testing

@testable import Schedule

@Suite struct ZoneTests {
  private func coming(_ text: String, _ name: String, after: String, _ count: Int) throws -> [String] {
    let zone = try zone(name)
    var at = try moment(after)
    let schedule = try TimeText.schedule(text, now: at, zone: zone)
    var times: [String] = []
    while times.count < count, let next = schedule.next(after: at, in: zone) {
      times.append(zone.text(next))
      at = next
    }
    return times
  }

  @Test func aTimeThatDoesNotExistRunsAtTheNextOneThatDoes() throws {
    #expect(
      try coming("daily:02:30", "Europe/Berlin", after: "2026-03-28T00:00:00Z", 3) == [
        "2026-03-28T02:30:00+01:00", "2026-03-29T03:00:00+02:00", "2026-03-30T02:30:00+02:00",
      ])
    // Half an hour is left out on this island.
    #expect(
      try coming("daily:02:15", "Australia/Lord_Howe", after: "2026-10-03T12:00:00Z", 2) == [
        "2026-10-04T02:30:00+11:00", "2026-10-05T02:15:00+11:00",
      ])
    // A whole day was left out here.
    #expect(
      try coming("daily:09:00", "Pacific/Apia", after: "2011-12-29T10:00:00-10:00", 2) == [
        "2011-12-31T00:00:00+14:00", "2011-12-31T09:00:00+14:00",
      ])
  }

  @Test func severalThatDoNotExistRunOnce() throws {
    #expect(
      try coming("*/15 2,3 * * *", "Europe/Berlin", after: "2026-03-29T00:00:00Z", 3) == [
        "2026-03-29T03:00:00+02:00", "2026-03-29T03:15:00+02:00", "2026-03-29T03:30:00+02:00",
      ])
  }

  @Test func aTimeThatExistsTwiceRunsOnce() throws {
    #expect(
      try coming("daily:02:30", "Europe/Berlin", after: "2026-10-24T12:00:00Z", 2) == [
        "2026-10-25T02:30:00+02:00", "2026-10-26T02:30:00+01:00",
      ])
    // Asked between the two.
    #expect(
      try coming("daily:02:30", "Europe/Berlin", after: "2026-10-25T00:45:00Z", 1) == [
        "2026-10-26T02:30:00+01:00"
      ])
    #expect(
      try coming("0 * * * *", "America/New_York", after: "2026-11-01T04:30:00Z", 3) == [
        "2026-11-01T01:00:00-04:00", "2026-11-01T02:00:00-05:00", "2026-11-01T03:00:00-05:00",
      ])
  }

  @Test func intervalsCountRealTime() throws {
    #expect(
      try coming("every:1h", "America/New_York", after: "2026-11-01T04:30:00Z", 3) == [
        "2026-11-01T01:30:00-04:00", "2026-11-01T01:30:00-05:00", "2026-11-01T02:30:00-05:00",
      ])
  }

  @Test func theRuleHoldsAfterTheLastTransition() throws {
    #expect(
      try coming("daily:12:00", "Europe/Berlin", after: "2126-07-01T00:00:00Z", 1) == [
        "2126-07-01T12:00:00+02:00"
      ])
    #expect(try zone("America/Nuuk").text(moment("2099-01-01T00:00:00Z")) == "2098-12-31T22:00:00-02:00")
    // Below the equator summer is at the turn of the year.
    #expect(try zone("Australia/Sydney").text(moment("2099-01-01T00:00:00Z")) == "2099-01-01T11:00:00+11:00")
    #expect(try zone("Africa/Casablanca").text(moment("2026-07-01T00:00:00Z")) == "2026-07-01T01:00:00+01:00")
  }

  @Test func theYearsBeforeTheFirstTransition() throws {
    #expect(try zone("Europe/Berlin").text(moment("1850-01-01T00:00:00Z")).hasPrefix("1850-01-01T00:53:28"))
  }

  @Test func rulesAreRead() throws {
    for text in [
      "CET-1CEST,M3.5.0,M10.5.0/3", "<+0330>-3:30", "<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "EST5EDT,J60/2,J300",
      "IST-2IDT,M3.4.4/26,M10.5.0", "XXX3EDT4,0/0,J365/23",
    ] { #expect(PosixRule(Array(text.utf8)) != nil, "\(text)") }
    for text in [
      "", "CET", "CET-1CEST", "C-1", "CET-1CEST,M13.1.0,M1.1.0", "<+03", "CET-1CEST,M3.5.0,M10.5.0/3x",
      "CET-99",
    ] {
      #expect(PosixRule(Array(text.utf8)) == nil, "\(text)")
    }
  }

  @Test func damagedFilesAreRefused() throws {
    let bytes = try Files.readRegular("/usr/share/zoneinfo/Europe/Berlin", limit: 1 << 20)
    for end in 0..<bytes.count { #expect(Zone(name: "x", file: Array(bytes[..<end])) == nil) }
    var random = SplitMix(state: 3)
    for _ in 0..<3000 {
      var damaged = bytes
      for _ in 0..<4 {
        damaged[Int(random.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: random.next())
      }
      guard let zone = Zone(name: "x", file: damaged) else { continue }
      _ = zone.text(try moment("2026-03-29T01:00:00Z"))
      _ = Schedule(stored: "daily:02:30", start: Timestamp(milliseconds: 0))?
        .next(after: try moment("2026-03-29T00:00:00Z"), in: zone)
    }
  }

  @Test func names() {
    for name in [
      "UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires", "Etc/GMT+5", "America/Port-au-Prince",
    ] {
      #expect(Zone.isName(name))
    }
    for name in [
      "", "..", "../etc/passwd", "Europe/../x", "/etc/localtime", "Europe//Berlin", "a/b/c/d", "5", "Europe/",
    ] {
      #expect(!Zone.isName(name))
    }
  }

  @Test func cronDaysAsVixie() throws {
    // Both restricted: either counts.
    #expect(
      try coming("0 0 13 * fri", "UTC", after: "2026-11-01T00:00:00Z", 3) == [
        "2026-11-06T00:00:00Z", "2026-11-13T00:00:00Z", "2026-11-20T00:00:00Z",
      ])
    // A field that begins with a star restricts nothing: both must hold.
    #expect(
      try coming("0 0 */2 * fri", "UTC", after: "2026-11-01T00:00:00Z", 2) == [
        "2026-11-13T00:00:00Z", "2026-11-27T00:00:00Z",
      ])
  }

  @Test func rareDaysAreFound() throws {
    // February 29 on a Sunday.
    #expect(try coming("0 0 29 2 */7", "UTC", after: "2026-11-01T00:00:00Z", 1) == ["2032-02-29T00:00:00Z"])
    #expect(
      try coming("yearly:02-29:09:00", "UTC", after: "2097-01-01T00:00:00Z", 1) == ["2104-02-29T09:00:00Z"])
  }
}
