internal import System

/// What comes again and again, in words.
struct RepeatReader {
  let now: Timestamp

  func read(_ words: inout Words) throws -> Schedule? {
    try words.firstOrProblem({ try chinese(&$0) }, { try english(&$0) })
  }

  /// Whether a text ends with the beginning of what comes again, as `tea every other` and `开会 每月第一个`.
  static func ends(_ text: String) -> Bool {
    let words = text.lowercased().unicodeScalars.split(whereSeparator: Words.isBlank).suffix(2)
    return words.contains { $0.elementsEqual("every".unicodeScalars) || $0.first == "每" }
  }

  // MARK: - English

  private func english(_ words: inout Words) throws -> Schedule? {
    if words.take("hourly") { return try ScheduleForm.every(3600, now) }
    let isEvery = words.take("every") || words.take("each")
    if isEvery {
      let place = words.at
      if let seconds = interval(&words) {
        // every 2 days at 9:00 is no number of seconds.
        let end = words.at
        if seconds % daySeconds == 0, clock(&words, nil) != nil {
          throw Self.countedDays("every day at 9:00")
        }
        words.at = end
        return try ScheduleForm.every(seconds, now)
      }
      words.at = place
    }
    let start = words.at
    if isEvery && words.take("day") || !isEvery && words.take(any: ["daily", "everyday"]) {
      return .calendar(daily(try time(&words, words.dayPart())))
    }
    words.at = start
    if isEvery, let part = words.take(DayPart.english) { return .calendar(daily(try time(&words, part))) }
    if words.take(any: isEvery ? ["weekday", "workday"] : ["weekdays", "on weekdays", "workdays"]) {
      return .calendar(weekly([1, 2, 3, 4, 5], try time(&words, nil)))
    }
    if words.take(any: isEvery ? ["weekend"] : ["weekends", "on weekends"]) {
      return .calendar(weekly([6, 7], try time(&words, nil)))
    }
    if let days = weekdays(&words, isEvery: isEvery) { return .calendar(weekly(days, try time(&words, nil))) }
    words.at = start
    return try englishDates(&words, isEvery)
  }

  /// Days that are counted in seconds, with a time of the day.
  private static func countedDays(_ daily: String) -> ScheduleProblem {
    ScheduleProblem(
      kind: .wrong("days that are counted have no time of the day"),
      forms: ["every:2d", daily, "0 9 */2 * *"])
  }

  /// `every month on the 1st`, `every 15th`, `every year on Dec 25`.
  private func englishDates(_ words: inout Words, _ isEvery: Bool) throws -> Schedule? {
    let start = words.at
    if isEvery && words.take("month") || !isEvery && words.take("monthly") {
      _ = words.take("on")
      _ = words.take("the")
      if words.take("last day") { return .calendar(monthly([], last: true, try time(&words, nil))) }
      words.skipBlanks()
      guard let day = words.ordinal()?.number, day <= 31 else { return nil }
      return .calendar(monthly([day], last: false, try time(&words, nil)))
    }
    words.at = start
    if isEvery && words.take("year") || !isEvery && words.take(any: ["yearly", "annually"]) {
      guard case .date(nil, let month, let day)? = words.dayName()?.day else { return nil }
      return .calendar(yearly(month, day, try time(&words, nil)))
    }
    words.at = start
    words.skipBlanks()
    guard isEvery, let (day, isOrdinal) = words.ordinal(), isOrdinal, day <= 31 else { return nil }
    // every 3rd friday, every 2nd week: none of the days of the month.
    guard !words.isWeekdayOrSpan else { throw ScheduleProblem(kind: .unclear, forms: []) }
    _ = words.take("of the month") || words.take("of every month")
    return .calendar(monthly([day], last: false, try time(&words, nil)))
  }

  /// What leaves one out, and the days from one to the next.
  private static let twoOfThem: [(word: String, value: Int)] = [
    ("other day", 2), ("second day", 2), ("other week", 14), ("second week", 14),
  ]

  /// `5 minutes`, `hour`, `half hour`, `other day`.
  private func interval(_ words: inout Words) -> Int? {
    let place = words.at
    if let days = words.take(Self.twoOfThem), words.isBoundary { return days * daySeconds }
    words.at = place
    if let span = words.englishSpan(spelled: true), words.isBoundary {
      guard span.ahead.months == 0, !span.ahead.isZero else { return nil }
      return span.ahead.seconds + span.ahead.days * daySeconds
    }
    words.at = place
    return words.take([("second", 1), ("minute", 60), ("hour", 3600), ("week", 7 * daySeconds)])
  }

  /// `monday`, `mon, wed and fri`, `mondays`, `mon-fri`.
  private func weekdays(_ words: inout Words, isEvery: Bool) -> [Int]? {
    var days: [Int] = []
    let plural: [(word: String, value: Int)] = Words.weekdayNames.map { ("\($0.word)s", $0.value) }
    let isWeekly = !isEvery && (words.take("weekly on") || words.take("weekly"))
    if !isEvery, !isWeekly { _ = words.take("on") }
    var isRange = false
    while days.count < 7 {
      let place = words.at
      if !days.isEmpty { _ = words.take(",") ? words.take("and") : words.take("and") }
      if let range = words.weekdayRange(Words.weekdayNames + plural) {
        days += range
        isRange = true
        continue
      }
      let day =
        isEvery || isWeekly ? words.take(Words.weekdayNames + plural) : words.take(plural)
      guard let day else {
        words.at = place
        break
      }
      days.append(day)
    }
    if isRange, !isEvery, !isWeekly {
      // Without a time of the day it may be a span of days.
      var ahead = words
      guard clock(&ahead, ahead.dayPart()) != nil else { return nil }
    }
    return days.isEmpty ? nil : days
  }

  // MARK: - Chinese

  private func chinese(_ words: inout Words) throws -> Schedule? {
    let start = words.at
    let isBetween = words.take("每隔")
    if isBetween || words.take("每"), let seconds = chineseInterval(&words, isBetween) {
      let end = words.at
      _ = words.take("的")
      if seconds % daySeconds == 0, clock(&words, words.dayPart()) != nil {
        throw Self.countedDays("每天9点")
      }
      words.at = end
      return try ScheduleForm.every(seconds, now)
    }
    words.at = start
    if words.take(any: ["每天", "每日", "天天", "每一天"]) {
      return .calendar(daily(try time(&words, words.dayPart())))
    }
    if words.take("每晚") { return .calendar(daily(try time(&words, .night))) }
    if words.take(any: ["每早", "每天早"]) { return .calendar(daily(try time(&words, .morning))) }
    if words.take(any: ["每个工作日", "每工作日", "工作日"]) {
      return .calendar(weekly([1, 2, 3, 4, 5], try time(&words, words.dayPart())))
    }
    if words.take(any: ["每个周末", "每周末", "每逢周末"]) {
      return .calendar(weekly([6, 7], try time(&words, words.dayPart())))
    }
    if words.take(any: ["每逢", "每个", "每"]), words.take(any: Words.chineseWeeks),
      let days = chineseWeekdays(&words)
    {
      return .calendar(weekly(days, try time(&words, words.dayPart())))
    }
    words.at = start
    if words.take(any: ["每个月", "每月"]) {
      if words.take(any: ["最后一天", "的最后一天", "月底", "底"]) {
        return .calendar(monthly([], last: true, try time(&words, words.dayPart())))
      }
      guard let days = chineseDays(&words) else { return nil }
      return .calendar(monthly(days, last: false, try time(&words, words.dayPart())))
    }
    if words.take("每年"), case .date(nil, let month, let day)? = words.dayName()?.day {
      return .calendar(yearly(month, day, try time(&words, words.dayPart())))
    }
    return nil
  }

  private func chineseInterval(_ words: inout Words, _ isBetween: Bool) -> Int? {
    let place = words.at
    if let ahead = words.chineseSpan(), ahead.months == 0, !ahead.isZero {
      let seconds = ahead.seconds + ahead.days * daySeconds
      // 每隔一天, 每隔一周: with one between; the other numbers are said both ways.
      let isOne = ahead.days == 1 || ahead.days == 7 && "周期拜".unicodeScalars.contains(words[words.at - 1])
      return isBetween && isOne && ahead.seconds == 0 ? 2 * seconds : seconds
    }
    words.at = place
    return words.take([("小时", 3600), ("个小时", 3600), ("分钟", 60), ("秒", 1), ("秒钟", 1)])
  }

  /// `一`, `一三五`, `一、三和五`, `一到五`, `1至5`.
  private func chineseWeekdays(_ words: inout Words) -> [Int]? {
    var days: [Int] = []
    while days.count < 7 {
      let place = words.at
      let isRange = !days.isEmpty && words.take(any: ["到", "至", "-", "~", "—"])
      if !days.isEmpty, !isRange { _ = words.take(any: ["、", ",", "和", "及", "跟"]) }
      _ = words.take(any: Words.chineseWeeks)
      guard let day = words.take(Words.chineseWeekdays), !isClock(words) else {
        words.at = place
        break
      }
      if isRange, let last = days.last, last < day { days += (last + 1)...day } else { days.append(day) }
    }
    return days.isEmpty ? nil : days
  }

  /// Whether the number that was taken is the beginning of a time of the day, as in 每周一10点.
  private func isClock(_ words: Words) -> Bool {
    guard let next = words.peek else { return false }
    return "点點时時:次十".unicodeScalars.contains(next)
      || Words.isDigit(next) && Words.isDigit(words[words.at - 1])
  }

  /// `1号`, `1日和15日`, `1、15号`.
  private func chineseDays(_ words: inout Words) -> [Int]? {
    var days: [Int] = []
    var isMarked = false
    while days.count < 31 {
      let place = words.at
      if !days.isEmpty { _ = words.take(any: ["、", ",", "和", "及"]) }
      guard let day = words.number(), (1...31).contains(day) else {
        words.at = place
        break
      }
      isMarked = words.take(any: ["号", "號", "日"])
      if !isMarked, let next = words.peek, next != "、", next != ",", next != "和", next != "及" {
        words.at = place
        break
      }
      days.append(day)
    }
    return days.isEmpty ? nil : days
  }

  // MARK: - Times

  /// Times of the day that follow; nine o'clock, or the part's own, where there are none.
  private func time(_ words: inout Words, _ part: DayPart?) throws -> [Int] {
    var times: [Int] = []
    var part = part
    while times.count < 24 {
      let place = words.at
      if times.isEmpty {
        _ = words.take("的")
      } else {
        guard words.take(any: ["、", ",", "和", "and", "&"]) else { break }
      }
      if let later = words.dayPart() { part = later }
      guard let clock = clock(&words, part) else {
        // at 7 and 9: only one of them would come.
        if !times.isEmpty, words.isBareHour { throw ScheduleProblem(kind: .unclear, forms: []) }
        words.at = place
        break
      }
      guard clock % 60 == 0 else {
        throw ScheduleProblem(
          kind: .wrong("what comes again does so at whole minutes"),
          forms: ["every day at 9:00", "every:90s"])
      }
      times.append(clock % daySeconds)
    }
    return times.isEmpty ? [(part?.standard ?? 9 * 3600) % daySeconds] : times
  }

  private func clock(_ words: inout Words, _ part: DayPart?) -> Int? { words.clock(part)?.seconds }

  private func daily(_ times: [Int]) -> Recurrence {
    Recurrence(times: times, text: "daily:\(ScheduleForm.shown(times))")
  }

  private func weekly(_ days: [Int], _ times: [Int]) -> Recurrence {
    var bits: UInt8 = 0
    for day in days { bits |= 1 << UInt8(day) }
    let shown = Set(days).sorted().map(String.init).joined(separator: ",")
    return Recurrence(times: times, weekdays: bits, text: "weekly:\(shown):\(ScheduleForm.shown(times))")
  }

  private func monthly(_ days: [Int], last: Bool, _ times: [Int]) -> Recurrence {
    var bits: UInt64 = last ? Recurrence.lastDay : 0
    for day in days { bits |= 1 << UInt64(day) }
    let shown = Set(days).sorted().map(String.init) + (last ? ["last"] : [])
    return Recurrence(
      times: times, days: bits,
      text: "monthly:\(shown.joined(separator: ",")):\(ScheduleForm.shown(times))")
  }

  private func yearly(_ month: Int, _ day: Int, _ times: [Int]) -> Recurrence {
    Recurrence(
      times: times, months: 1 << UInt16(month), days: 1 << UInt64(day),
      text: "yearly:\(padded(month))-\(padded(day)):\(ScheduleForm.shown(times))")
  }
}
