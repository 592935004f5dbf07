internal import Glibc

/// A moment of the wall clock: milliseconds since 1970-01-01T00:00:00Z.
package struct Timestamp: Comparable, Hashable, Sendable, CustomStringConvertible {
  /// Milliseconds since the epoch.
  package var milliseconds: Int64

  /// The moment so many milliseconds after the epoch.
  package init(milliseconds: Int64) { self.milliseconds = milliseconds }

  package static func < (one: Timestamp, other: Timestamp) -> Bool { one.milliseconds < other.milliseconds }

  /// The moment later by a number of milliseconds.
  package static func + (moment: Timestamp, milliseconds: Int64) -> Timestamp {
    Timestamp(milliseconds: moment.milliseconds &+ milliseconds)
  }

  /// The milliseconds from one moment to another.
  package static func - (one: Timestamp, other: Timestamp) -> Int64 {
    one.milliseconds &- other.milliseconds
  }

  /// RFC 3339 in UTC with milliseconds: `2026-11-21T08:00:00.000Z`.
  package var description: String {
    var days = milliseconds / 86_400_000
    var rest = milliseconds % 86_400_000
    if rest < 0 {
      rest += 86_400_000
      days -= 1
    }
    let (year, month, day) = Self.civil(fromDays: days)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(24)
    func put(_ value: Int64, _ width: Int) {
      var divisor: Int64 = 1
      for _ in 1..<width { divisor *= 10 }
      while divisor > 0 {
        bytes.append(UInt8(48 + (value / divisor) % 10))
        divisor /= 10
      }
    }
    put(max(0, min(9999, year)), 4)
    bytes.append(0x2D)
    put(month, 2)
    bytes.append(0x2D)
    put(day, 2)
    bytes.append(0x54)
    put(rest / 3_600_000, 2)
    bytes.append(0x3A)
    put(rest / 60_000 % 60, 2)
    bytes.append(0x3A)
    put(rest / 1000 % 60, 2)
    bytes.append(0x2E)
    put(rest % 1000, 3)
    bytes.append(0x5A)
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Reads RFC 3339 with any offset and any number of fractional digits; nil when it is not one.
  package init?(rfc3339 text: String) {
    let bytes = Array(text.utf8)
    func number(_ from: Int, _ count: Int) -> Int64? {
      guard from + count <= bytes.count else { return nil }
      var value: Int64 = 0
      for byte in bytes[from..<from + count] {
        guard byte >= 48, byte <= 57 else { return nil }
        value = value * 10 + Int64(byte - 48)
      }
      return value
    }
    guard bytes.count >= 20, bytes.count <= 64, bytes[4] == 0x2D, bytes[7] == 0x2D,
      bytes[10] | 0x20 == 0x74, bytes[13] == 0x3A, bytes[16] == 0x3A,
      let year = number(0, 4), let month = number(5, 2), let day = number(8, 2),
      let hour = number(11, 2), let minute = number(14, 2), let second = number(17, 2),
      (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60, second <= 60
    else { return nil }
    var at = 19
    var fraction: Int64 = 0
    if bytes[at] == 0x2E {
      at += 1
      let start = at
      while at < bytes.count, bytes[at] >= 48, bytes[at] <= 57 { at += 1 }
      guard at > start else { return nil }
      for index in start..<start + 3 {
        fraction = fraction * 10 + (index < at ? Int64(bytes[index] - 48) : 0)
      }
    }
    guard at < bytes.count else { return nil }
    var offset: Int64 = 0
    if bytes[at] | 0x20 == 0x7A {
      at += 1
    } else {
      guard bytes[at] == 0x2B || bytes[at] == 0x2D, at + 6 <= bytes.count, bytes[at + 3] == 0x3A,
        let hours = number(at + 1, 2), let minutes = number(at + 4, 2), hours < 24, minutes < 60
      else { return nil }
      offset = (hours * 60 + minutes) * (bytes[at] == 0x2B ? 1 : -1)
      at += 6
    }
    guard at == bytes.count else { return nil }
    let days = Self.days(year, month, day)
    guard Self.civil(fromDays: days) == (year, month, day) else { return nil }
    milliseconds = ((days * 24 + hour) * 60 + minute - offset) * 60_000 + second * 1000 + fraction
  }

  // Days since the epoch and back, in the proleptic Gregorian calendar; the year begins in March, so
  // that the leap day is its last.
  private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
    let y = month <= 2 ? year - 1 : year
    let era = (y >= 0 ? y : y - 399) / 400
    let yearOfEra = y - era * 400
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return era * 146_097 + dayOfEra - 719_468
  }

  private static func civil(fromDays days: Int64) -> (Int64, Int64, Int64) {
    let z = days + 719_468
    let era = (z >= 0 ? z : z - 146_096) / 146_097
    let dayOfEra = z - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
    let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
  }
}
