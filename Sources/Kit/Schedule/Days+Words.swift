/// Several names of days, one behind the other.
extension Words {
  /// Takes a second name of the day that was named: `friday Dec 4`, `12月4日（周五）`, `tomorrow tuesday`.
  ///
  /// - Returns: the name that says which day it is, and the weekday that it is to be.
  /// - Throws: `ScheduleProblem` where two weekdays are named.
  mutating func sameDay(as first: DayName) throws -> (day: DayName, weekday: Int)? {
    let start = at
    let isBracketed = take(",") ? false : take("(")
    guard let second = dayName()?.day, isBoundary || self[at - 1] == "t" else {
      at = start
      return nil
    }
    if isBracketed, !take(")") {
      at = start
      return nil
    }
    switch (first, second) {
    case (.weekday, .weekday): throw ScheduleProblem(kind: .unclear, forms: [])
    case (_, .weekday(let weekday, _)): return (first, weekday)
    // 周一 1号会议室: a day only where it is English, as in friday the 13th.
    case (.weekday, .dayOfMonth) where !self[at - 1].isASCII: break
    case (.weekday(let weekday, _), _): return (second, weekday)
    default: break
    }
    at = start
    return nil
  }

  /// Whether another day or time follows that belongs to what was taken: `and friday`, `和18点`, `to friday`.
  func goesOnWithAnother(isDay: Bool) -> Bool {
    var ahead = self
    if ahead.take(any: ["and", "和", "、", "&"]) {
      var other = ahead
      return isDay && ahead.dayName() != nil && ahead.isBoundary
        || other.clock(nil) != nil && other.isBoundary
    }
    guard isDay, ahead.take(any: Self.until) else { return false }
    let weekday = ahead.take(Self.weekdayNames) != nil
    return weekday && ahead.isBoundary || ahead.take(any: Self.chineseWeeks)
  }

  /// Takes `mon-fri` or `Monday to Friday`: the days from one to the other.
  mutating func weekdayRange(_ names: [(word: String, value: Int)]) -> [Int]? {
    let start = at
    guard let first = take(names), take(any: Self.until), let last = take(names), isBoundary else {
      at = start
      return nil
    }
    var days = [first]
    var day = first
    while day != last {
      day = day % 7 + 1
      days.append(day)
    }
    return days
  }

  private static let until = ["-", "–", "—", "~", "to", "through", "thru", "till", "until", "到", "至"]

  /// Whether a weekday follows, or what is counted.
  var isWeekdayOrSpan: Bool {
    var ahead = self
    return ahead.take(Self.weekdayNames) != nil
      || ahead.take(any: [
        "day", "days", "weekday", "weekdays", "workday", "week", "weeks", "weekend", "weekends", "month",
        "months", "year", "years", "hour", "hours", "minute", "minutes",
      ])
  }
}
