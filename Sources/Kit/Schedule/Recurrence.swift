/// Times of the calendar that come again: months, days, weekdays, and times of the day.
package struct Recurrence: Equatable, Sendable {
  /// Seconds since midnight, each greater than the one before.
  let times: [Int]
  /// A bit for each month, from bit 1 on.
  let months: UInt16
  /// A bit for each day of the month, from bit 1 on; bit 32 for the last one.
  let days: UInt64
  /// A bit for each weekday, from bit 1 (Monday) to bit 7.
  let weekdays: UInt8
  /// Whether a day counts that is one of `days` or of `weekdays`; otherwise it must be both.
  let isEither: Bool
  /// How it is written.
  let text: String

  static let allMonths: UInt16 = 0b1_1111_1111_1110
  static let allDays: UInt64 = 0xFFFF_FFFE
  static let allWeekdays: UInt8 = 0b1111_1110
  static let lastDay: UInt64 = 1 << 32

  init(
    times: some Sequence<Int>, months: UInt16 = allMonths, days: UInt64 = allDays,
    weekdays: UInt8 = allWeekdays, isEither: Bool = false, text: String
  ) {
    self.times = Set(times).sorted()
    self.months = months
    self.days = days
    self.weekdays = weekdays
    self.isEither = isEither
    self.text = text
  }

  /// The first local time after another; nil where there is none within sixty years or the year is past 9999.
  ///
  /// February 29 on a given weekday may take forty years.
  func next(after local: Int) -> Int? {
    guard let earliest = times.first else { return nil }
    var day = CivilDate.floor(local, daySeconds)
    let today = CivilDate(days: day)
    if matches(today, day), let time = times.first(where: { day * daySeconds + $0 > local }) {
      return day * daySeconds + time
    }
    var date = today
    let end = min(today.year + 60, 9999)
    while true {
      day += 1
      if date.day < CivilDate.daysIn(date.month, of: date.year) {
        date.day += 1
      } else {
        date = CivilDate(date.month == 12 ? date.year + 1 : date.year, date.month % 12 + 1, 1)
      }
      while months >> UInt16(date.month) & 1 == 0 {
        day += CivilDate.daysIn(date.month, of: date.year) - date.day + 1
        date = CivilDate(date.month == 12 ? date.year + 1 : date.year, date.month % 12 + 1, 1)
        if date.year > end { return nil }
      }
      if date.year > end { return nil }
      if matches(date, day) { return day * daySeconds + earliest }
    }
  }

  private func matches(_ date: CivilDate, _ day: Int) -> Bool {
    guard months >> UInt16(date.month) & 1 == 1 else { return false }
    let isLast = days & Self.lastDay != 0 && date.day == CivilDate.daysIn(date.month, of: date.year)
    let isDay = days >> UInt64(date.day) & 1 == 1 || isLast
    let isWeekday = weekdays >> UInt8(CivilDate.weekday(days: day)) & 1 == 1
    return isEither ? isDay || isWeekday : isDay && isWeekday
  }
}
