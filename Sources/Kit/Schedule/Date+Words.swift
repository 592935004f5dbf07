/// A day, as it is named before the day is known.
enum DayName: Equatable, Sendable {
  /// So many days from today.
  case ahead(Int)
  /// A weekday (1 is Monday): the coming one, or that of the week so many weeks from this one.
  case weekday(Int, week: Int?)
  /// A date; without a year the coming one.
  case date(year: Int?, month: Int, day: Int)
  /// A day of this month, or of the next that has it.
  case dayOfMonth(Int)
  /// The last day of this month.
  case lastOfMonth
}

extension Words {
  /// Takes the name of a day, with the part of the day that is said with it.
  mutating func dayName() -> (day: DayName, part: DayPart?)? {
    first(
      { $0.namedDay() }, { words in words.weekdayName().map { ($0, nil) } },
      { words in words.numericDate().map { ($0, nil) } }, { words in words.englishDate().map { ($0, nil) } },
      { words in words.chineseDate().map { ($0, nil) } })
  }

  private mutating func namedDay() -> (day: DayName, part: DayPart?)? {
    take([
      ("today", (DayName.ahead(0), nil)), ("tonight", (.ahead(0), .night)), ("tomorrow", (.ahead(1), nil)),
      ("tmr", (.ahead(1), nil)), ("tmrw", (.ahead(1), nil)), ("the day after tomorrow", (.ahead(2), nil)),
      ("day after tomorrow", (.ahead(2), nil)), ("this morning", (.ahead(0), .morning)),
      ("this afternoon", (.ahead(0), .afternoon)), ("this evening", (.ahead(0), .evening)),
      ("今天", (.ahead(0), nil)), ("今日", (.ahead(0), nil)), ("今晚", (.ahead(0), .night)),
      ("今夜", (.ahead(0), .night)), ("今早", (.ahead(0), .morning)), ("明天", (.ahead(1), nil)),
      ("明日", (.ahead(1), nil)), ("明早", (.ahead(1), .morning)), ("明晚", (.ahead(1), .night)),
      ("后天", (.ahead(2), nil)), ("後天", (.ahead(2), nil)), ("后晚", (.ahead(2), .night)),
      ("大后天", (.ahead(3), nil)), ("大後天", (.ahead(3), nil)),
      ("月底", (.lastOfMonth, nil)), ("这个月底", (.lastOfMonth, nil)), ("本月底", (.lastOfMonth, nil)),
    ])
  }

  static let weekdayNames: [(word: String, value: Int)] = [
    ("monday", 1), ("mon", 1), ("tuesday", 2), ("tues", 2), ("tue", 2), ("wednesday", 3), ("wed", 3),
    ("thursday", 4), ("thurs", 4), ("thur", 4), ("thu", 4), ("friday", 5), ("fri", 5), ("saturday", 6),
    ("sat", 6), ("sunday", 7), ("sun", 7),
  ]
  static let chineseWeekdays: [(word: String, value: Int)] = [
    ("一", 1), ("二", 2), ("三", 3), ("四", 4), ("五", 5), ("六", 6), ("日", 7), ("天", 7), ("1", 1), ("2", 2),
    ("3", 3), ("4", 4), ("5", 5), ("6", 6), ("7", 7),
  ]
  static let chineseWeeks = ["周", "週", "星期", "礼拜", "禮拜"]

  private mutating func weekdayName() -> DayName? {
    let start = at
    _ = take("on")
    let week: Int? = take([("next", 1), ("this", 0), ("this coming", nil), ("coming", nil)]) ?? nil
    if let day = take(Self.weekdayNames), isBoundary { return .weekday(day, week: week) }
    at = start
    let weeks: [(word: String, value: Int?)] = [
      ("下下个", 2), ("下下", 2), ("下个", 1), ("下", 1), ("这个", 0), ("这", 0), ("本", 0),
    ]
    let which = take(weeks) ?? nil
    guard take(any: Self.chineseWeeks), let day = take(Self.chineseWeekdays) else { return nil }
    return .weekday(day, week: which)
  }

  /// `2026-12-01`, `2026/12/1`, `12-01`, `12/1`.
  private mutating func numericDate() -> DayName? {
    _ = take("on")
    skipBlanks()
    let isYear = digits(4...4)
    if let year = isYear {
      guard let sign = peek, sign == "-" || sign == "/" || sign == "." else { return nil }
      at += 1
      guard let month = digits(1...2), peek == sign else { return nil }
      at += 1
      guard let day = digits(1...2) else { return nil }
      // 2026-12-01T09:00.
      if peek == "t" { at += 1 } else if !isBoundary { return nil }
      return .date(year: year, month: month, day: day)
    }
    guard let month = digits(1...2), let sign = peek, sign == "-" || sign == "/" else { return nil }
    at += 1
    guard let day = digits(1...2), isBoundary, peek != "/", peek != "-", (1...12).contains(month) else {
      return nil
    }
    return .date(year: nil, month: month, day: day)
  }

  static let monthNames: [(word: String, value: Int)] = [
    ("january", 1), ("jan", 1), ("february", 2), ("feb", 2), ("march", 3), ("mar", 3), ("april", 4),
    ("apr", 4),
    ("may", 5), ("june", 6), ("jun", 6), ("july", 7), ("jul", 7), ("august", 8), ("aug", 8), ("september", 9),
    ("sept", 9), ("sep", 9), ("october", 10), ("oct", 10), ("november", 11), ("nov", 11), ("december", 12),
    ("dec", 12),
  ]

  /// `Dec 1`, `1st of December 2026`, `December 1st, 2026`, `the 1st`.
  private mutating func englishDate() -> DayName? {
    let start = at
    _ = take("on")
    _ = take("the")
    if let month = take(Self.monthNames) {
      _ = take(".")
      skipBlanks()
      guard let day = ordinal()?.number else { return nil }
      return .date(year: year(), month: month, day: day)
    }
    skipBlanks()
    guard let (day, isOrdinal) = ordinal() else { return nil }
    let place = at
    _ = take("of")
    if let month = take(Self.monthNames), isBoundary { return .date(year: year(), month: month, day: day) }
    at = place
    // Only with what says that it is a day.
    guard isOrdinal, start < at, day <= 31 else { return nil }
    return .dayOfMonth(day)
  }

  private mutating func year() -> Int? {
    let start = at
    _ = take(",")
    skipBlanks()
    if let year = digits(4...4), peek != ":", isBoundary, (1970...9999).contains(year) { return year }
    at = start
    return nil
  }

  /// `1`, `1st`, `2nd`.
  mutating func ordinal() -> (number: Int, isOrdinal: Bool)? {
    guard let number = digits(1...2), number >= 1 else { return nil }
    let place = at
    for ending in ["st", "nd", "rd", "th"] where peek == ending.unicodeScalars.first {
      if take(ending) { return (number, true) }
    }
    at = place
    guard isBoundary, peek != ":" else { return nil }
    return (number, false)
  }

  /// `12月1日`, `2026年12月1号`, `十二月一日`, `15号`, `下个月3号` is left to recurrences.
  private mutating func chineseDate() -> DayName? {
    let start = at
    var year: Int?
    if let number = number(), (1970...9999).contains(number), take("年") { year = number } else { at = start }
    let place = at
    if let month = number(), take("月"), (1...12).contains(month) {
      guard let day = number(), (1...31).contains(day) else { return nil }
      _ = take(any: ["日", "号", "號"])
      return .date(year: year, month: month, day: day)
    }
    at = place
    guard year == nil else { return nil }
    _ = take(any: ["这个月", "本月", "这月"])
    guard let day = number(), (1...31).contains(day), take(any: ["日", "号", "號"]) else { return nil }
    // 3号线, 5号楼: not days.
    if let next = peek, "线楼门店位码机".unicodeScalars.contains(next) { return nil }
    return .dayOfMonth(day)
  }
}
