/// A day of the proleptic Gregorian calendar.
struct CivilDate: Equatable, Sendable {
  var year: Int
  var month: Int
  var day: Int

  /// The day so many days after 1970-01-01.
  ///
  /// The year begins in March here, so that the leap day is its last.
  init(days: Int) {
    let z = days + 719_468
    let era = Self.floor(z, 146_097)
    let dayOfEra = z - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let fromMarch = (5 * dayOfYear + 2) / 153
    day = dayOfYear - (153 * fromMarch + 2) / 5 + 1
    month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9
    year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  }

  init(_ year: Int, _ month: Int, _ day: Int) { (self.year, self.month, self.day) = (year, month, day) }

  /// Days since 1970-01-01.
  var days: Int {
    let y = month <= 2 ? year - 1 : year
    let era = Self.floor(y, 400)
    let yearOfEra = y - era * 400
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }

  /// 1 for Monday to 7 for Sunday.
  static func weekday(days: Int) -> Int {
    let shifted = days + 3
    return shifted - floor(shifted, 7) * 7 + 1
  }

  static func daysIn(_ month: Int, of year: Int) -> Int {
    switch month {
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }

  /// Whether the calendar has it, in a year that we reckon with.
  var isReal: Bool {
    (1970...9999).contains(year) && (1...12).contains(month) && day >= 1
      && day <= Self.daysIn(month, of: year)
  }

  /// Division that rounds down, also below zero.
  static func floor(_ number: Int, _ divisor: Int) -> Int {
    number >= 0 ? number / divisor : -((-number + divisor - 1) / divisor)
  }
}

/// Seconds of a day.
let daySeconds = 86_400

/// A local time: the seconds since 1970-01-01T00:00:00 as the clocks there show them.
func localSeconds(_ date: CivilDate, _ seconds: Int) -> Int { date.days * daySeconds + seconds }

/// Digits with zeros before them.
func padded(_ number: Int, _ width: Int = 2) -> String {
  let digits = String(number)
  return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
}
