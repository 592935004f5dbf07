/// A time from now: whole days, weeks, months and years of the calendar, and seconds.
struct Ahead: Equatable, Sendable {
  var months = 0
  var days = 0
  var seconds = 0
  /// Whether it is of days and more alone, so that a time of the day may be said too.
  var isOfDays: Bool { seconds == 0 }
  var isZero: Bool { months == 0 && days == 0 && seconds == 0 }
}

extension Words {
  enum Unit: Sendable {
    case second, minute, hour, day, week, month, year

    /// Halves of it in seconds; nil for what has none of a fixed length.
    var half: Int? {
      switch self {
      case .second: nil
      case .minute: 30
      case .hour: 1800
      case .day: 43_200
      case .week, .month, .year: nil
      }
    }
  }

  static let englishUnits: [(word: String, value: Unit)] = [
    ("s", .second), ("sec", .second), ("secs", .second), ("second", .second), ("seconds", .second),
    ("m", .minute), ("min", .minute), ("mins", .minute), ("minute", .minute), ("minutes", .minute),
    ("h", .hour), ("hr", .hour), ("hrs", .hour), ("hour", .hour), ("hours", .hour), ("d", .day),
    ("day", .day),
    ("days", .day), ("w", .week), ("week", .week), ("weeks", .week), ("mo", .month), ("month", .month),
    ("months", .month), ("y", .year), ("yr", .year), ("year", .year), ("years", .year),
  ]
  static let chineseUnits: [(word: String, value: Unit)] = [
    ("秒", .second), ("秒钟", .second), ("分钟", .minute), ("分", .minute), ("小时", .hour), ("个小时", .hour),
    ("個小時", .hour), ("小時", .hour), ("分鐘", .minute), ("钟头", .hour), ("个钟头", .hour), ("个钟", .hour),
    ("天", .day), ("周", .week), ("星期", .week), ("个星期", .week), ("礼拜", .week), ("个礼拜", .week),
    ("个月", .month), ("個月", .month), ("年", .year),
  ]
  static let englishNumbers: [(word: String, value: Int)] =
    englishHours + [
      ("a", 1), ("an", 1), ("a couple of", 2), ("fifteen", 15), ("twenty", 20), ("thirty", 30), ("forty", 40),
      ("forty-five", 45), ("fifty", 50), ("sixty", 60), ("ninety", 90),
    ]

  /// Takes `in 5 minutes`, `2h30m`, `half an hour later`, `3 days from now`.
  mutating func englishAhead() -> Ahead? {
    let isMarked = take(any: ["in", "after", "within"])
    guard let ahead = englishSpan(spelled: true) else { return nil }
    let isLate = take(any: ["later", "from now"])
    guard isMarked || isLate || ahead.isDigits, isBoundary else { return nil }
    return isPast(["ago", "before", "earlier"]) ? nil : ahead.ahead
  }

  /// A duration; `isDigits` where its numbers are digits, which nothing else begins with.
  mutating func englishSpan(spelled: Bool) -> (ahead: Ahead, isDigits: Bool)? {
    var ahead = Ahead()
    var isDigits = true
    var count = 0
    while count < 7 {
      let place = at
      if count > 0 {
        _ = take(",")
        _ = take("and")
      }
      if spelled, take(any: ["half an hour", "half hour", "a half hour"]) {
        ahead.seconds += 1800
        isDigits = false
      } else if let (number, isSpelled) = quantity(), let unit = take(Self.englishUnits), isUnit {
        guard ahead.add(number, unit) else { return nil }
        if isSpelled { isDigits = false }
        if take(any: ["and a half"]), let half = unit.half { ahead.seconds += half }
      } else {
        at = place
        break
      }
      count += 1
    }
    return count > 0 ? (ahead, isDigits) : nil
  }

  /// A unit ends where no letter follows.
  private var isUnit: Bool { peek.map { !Self.isLetter($0) } ?? true }

  /// A number, also with a decimal point, in hundredths.
  private mutating func quantity() -> (hundredths: Int, isSpelled: Bool)? {
    skipBlanks()
    let start = at
    if let whole = digits(1...7) {
      guard peek == "." else { return (whole * 100, false) }
      at += 1
      let place = at
      if let fraction = digits(1...2) { return (whole * 100 + fraction * (at - place == 1 ? 10 : 1), false) }
      at = start
      return nil
    }
    return take(Self.englishNumbers).map { ($0 * 100, true) }
  }

  /// Takes `5分钟后`, `一个半小时之后`, `过半小时`, `三天后`.
  mutating func chineseAhead() -> Ahead? {
    let isMarked = take(any: ["再过", "过", "等"])
    guard let ahead = chineseSpan() else { return nil }
    let isLate = take(any: ["之后", "以后", "后", "之後", "以後", "後"])
    // 5分钟前, but not 5分钟 前台见.
    if !isLate, isPast(["之前", "以前"]) || peek == "前" && !isNext("台门面往排厅", at: at + 1) { return nil }
    // 一小时三刻后: what goes on belongs to it.
    if !isLate, let next = peek, Self.isDigit(next) || "一二三四五六七八九十两".unicodeScalars.contains(next) {
      return nil
    }
    // 3天, 2年: alone they are no moment.
    guard isMarked || isLate || ahead.isOfDays == false && ahead.days == 0 && ahead.months == 0 else {
      return nil
    }
    return ahead
  }

  /// Whether one of some words follows by which a time from now would be one that has passed.
  private func isPast(_ words: [String]) -> Bool {
    var rest = self
    return rest.take(any: words)
  }

  /// Whether one of some signs stands at a place.
  private func isNext(_ signs: String, at place: Int) -> Bool {
    place < count && signs.unicodeScalars.contains(self[place])
  }

  mutating func chineseSpan() -> Ahead? {
    var ahead = Ahead()
    var count = 0
    while count < 6 {
      let place = at
      if count > 0 { _ = take(any: ["零", "又", "加"]) }
      guard chinesePart(&ahead) else {
        at = place
        break
      }
      count += 1
    }
    return count > 0 ? ahead : nil
  }

  private mutating func chinesePart(_ ahead: inout Ahead) -> Bool {
    if let seconds = take([
      ("半小时", 1800), ("半个小时", 1800), ("半個小時", 1800), ("半个钟头", 1800), ("半个钟", 1800), ("一刻钟", 900),
      ("三刻钟", 2700), ("半分钟", 30), ("半天", 43_200),
    ]) {
      ahead.seconds += seconds
      return true
    }
    skipBlanks()
    guard let (number, _) = chineseQuantity() else { return false }
    let isHalf = take("个半") || take("個半")
    guard let unit = take(Self.chineseUnits), ahead.add(number, unit) else { return false }
    let place = at
    // 两小时半, but not 5分钟半小时.
    let isMore = !isHalf && take("半")
    if isMore, let next = peek, "小个個天分".unicodeScalars.contains(next) {
      at = place
    } else if isHalf || isMore {
      if unit == .month {
        ahead.days += 15
      } else {
        guard let half = unit.half else { return false }
        ahead.seconds += half
      }
    }
    return true
  }

  private mutating func chineseQuantity() -> (hundredths: Int, isSpelled: Bool)? {
    let start = at
    if let whole = digits(1...7) {
      guard peek == "." else { return (whole * 100, false) }
      at += 1
      let place = at
      if let fraction = digits(1...2) { return (whole * 100 + fraction * (at - place == 1 ? 10 : 1), false) }
      at = start
      return nil
    }
    return number().map { ($0 * 100, true) }
  }
}

extension Ahead {
  /// Adds hundredths of a unit; false where that is too much, or no whole number of what cannot be parted.
  mutating func add(_ hundredths: Int, _ unit: Words.Unit) -> Bool {
    guard hundredths <= 400_000_000 else { return false }
    switch unit {
    case .second: seconds += hundredths / 100
    case .minute: seconds += hundredths * 60 / 100
    case .hour: seconds += hundredths * 3600 / 100
    case .day:
      days += hundredths / 100
      seconds += hundredths % 100 * daySeconds / 100
    case .week, .month, .year:
      guard hundredths % 100 == 0 else { return false }
      let number = hundredths / 100
      if unit == .week { days += number * 7 } else { months += unit == .month ? number : number * 12 }
    }
    // A hundred years.
    return seconds <= 36_525 * daySeconds && days <= 36_525 && months <= 1200
  }
}
