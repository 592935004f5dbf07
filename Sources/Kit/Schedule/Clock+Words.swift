/// A part of the day, and the time that stands for it where no other is said.
enum DayPart: Sendable {
  case dawn, morning, noon, afternoon, evening, night, midnight

  /// Seconds since midnight.
  var standard: Int {
    switch self {
    case .dawn: 6 * 3600
    case .morning: 9 * 3600
    case .noon: 12 * 3600
    case .afternoon: 15 * 3600
    case .evening: 18 * 3600
    case .night: 20 * 3600
    case .midnight: daySeconds
    }
  }

  /// The hour of a clock of twelve hours; nil where it cannot be meant.
  ///
  /// Hours past 23 are of the next day.
  func hour(_ hour: Int) -> Int? {
    switch self {
    case .dawn: hour == 12 ? 0 : hour < 12 ? hour : nil
    case .morning: hour < 13 ? hour : nil
    case .noon: hour < 4 && hour > 0 ? hour + 12 : (10...15).contains(hour) ? hour : nil
    case .afternoon: hour > 0 && hour < 12 ? hour + 12 : hour >= 12 ? hour : nil
    case .evening: hour > 0 && hour < 12 ? hour + 12 : hour > 12 ? hour : nil
    // What is called the night goes on after midnight.
    case .night: (5...11).contains(hour) ? hour + 12 : hour == 12 ? 24 : hour < 5 ? hour + 24 : hour
    case .midnight: hour == 12 || hour == 0 ? 24 : hour < 5 ? hour + 24 : nil
    }
  }

  static let chinese: [(word: String, value: DayPart)] = [
    ("凌晨", .dawn), ("清晨", .dawn), ("清早", .dawn), ("早上", .morning), ("早晨", .morning), ("上午", .morning),
    ("早", .morning), ("中午", .noon), ("正午", .noon), ("午间", .noon), ("下午", .afternoon), ("午后", .afternoon),
    ("傍晚", .evening), ("晚上", .night), ("晚间", .night), ("夜里", .night), ("夜间", .night), ("夜晚", .night),
    ("晚", .night), ("半夜", .midnight), ("午夜", .midnight), ("深夜", .midnight),
  ]
  static let english: [(word: String, value: DayPart)] = [
    ("morning", .morning), ("afternoon", .afternoon), ("evening", .evening), ("night", .night),
  ]
}

/// A time of the day.
struct ClockTime: Sendable {
  /// Seconds since midnight; from `daySeconds` on it is of the next day.
  var seconds: Int
}

extension Words {
  /// Takes a part of the day, as `morning`, `in the morning` or `早上`.
  mutating func dayPart() -> DayPart? {
    if let part = take(DayPart.chinese) { return part }
    let start = at
    _ = take("in the") || take("this") || take("at")
    if let part = take(DayPart.english) { return part }
    at = start
    return nil
  }

  /// Takes a time of the day; `part` is what was said before it.
  mutating func clock(_ part: DayPart?) -> ClockTime? {
    first({ $0.namedClock() }, { $0.spokenClock(part) }, { $0.digitalClock(part) }, { $0.chineseClock(part) })
  }

  private mutating func namedClock() -> ClockTime? {
    _ = take("at")
    if take("noon") || take("midday") { return ClockTime(seconds: DayPart.noon.standard) }
    if take("midnight") { return ClockTime(seconds: DayPart.midnight.standard) }
    return nil
  }

  /// `half past nine`, `quarter to 10`.
  private mutating func spokenClock(_ part: DayPart?) -> ClockTime? {
    _ = take("at")
    _ = take("a")
    let shift: [(word: String, value: Int)] = [
      ("half past", 30), ("quarter past", 15), ("quarter to", -15),
    ]
    guard let minutes = take(shift) else { return nil }
    guard let hour = take(Self.englishHours) ?? number(), (1...23).contains(hour), isBoundary else {
      return nil
    }
    return finish(hour, minutes * 60, part)
  }

  /// `9:00`, `21:30:15`, `9am`, `9:30 p.m.`, `at 9`, `9 o'clock`.
  private mutating func digitalClock(_ part: DayPart?) -> ClockTime? {
    let isMarked = take("at") || take("@") || take("around")
    skipBlanks()
    let spoken = isMarked ? take(Self.englishHours) : nil
    guard let hour = spoken ?? digits(1...2) else { return nil }
    var seconds = 0
    var isClock = false
    if peek == ":" {
      at += 1
      guard let minute = digits(2...2), minute < 60 else { return nil }
      seconds = minute * 60
      isClock = true
      if peek == ":" {
        at += 1
        guard let second = digits(2...2), second < 60 else { return nil }
        seconds += second
      }
    }
    let half: [(word: String, value: Int)] = [("am", 0), ("a.m.", 0), ("pm", 12), ("p.m.", 12), ("p", 12)]
    if let half = take(half.filter { $0.word != "p" }) {
      guard (1...12).contains(hour), isBoundary else { return nil }
      return ClockTime(seconds: (hour % 12 + half) * 3600 + seconds)
    }
    if take("o'clock") || take("o’clock") || take("oclock") { isClock = true }
    // A number alone may be of anything.
    guard isClock || isMarked && isEndOfNumber else { return nil }
    guard isBoundary, hour < 24 || hour == 24 && seconds == 0 else { return nil }
    let start = at
    // 9:00 in the morning.
    if part == nil, let later = dayPart(), isBoundary, let time = finish(hour, seconds, later) { return time }
    at = start
    return finish(hour, seconds, part)
  }

  /// Whether a number that was taken is not a part of something else, as 9 is of 9% and 9.5.
  private var isEndOfNumber: Bool {
    guard let next = peek else { return true }
    if "%/-.:".unicodeScalars.contains(next) {
      guard next == ".", at + 1 < count else { return at + 1 == count }
      return Self.isBlank(self[at + 1])
    }
    return !Self.isLetter(next) && !Self.isDigit(next)
  }

  /// `9点`, `九点半`, `3点15分`, `八点一刻`, `14时30分`.
  private mutating func chineseClock(_ part: DayPart?) -> ClockTime? {
    guard let hour = number(), hour <= 24 else { return nil }
    guard take(any: ["点钟", "點鐘", "点整", "點整", "点", "點", "时", "時"]) else { return nil }
    // 9时候, 9点了.
    if peek == "候" || peek == "间" { return nil }
    let start = at
    var minutes = 0
    if take("半") {
      minutes = 30
      // 半小时 belongs to what follows.
      if let next = peek, next == "小" || next == "天" || next == "个" { (minutes, at) = (0, start) }
    } else if let quarter = take([("一刻钟", 15), ("一刻", 15), ("三刻", 45)]) {
      minutes = quarter
    } else if take("整") {
      minutes = 0
    } else if let number = number() {
      // 9点05, 九点五十; a single numeral may be of what follows.
      let length = at - start
      if number < 60, !Self.isBlank(self[start]), take("分") || length > 1 {
        _ = take("钟")
        minutes = number
      } else {
        at = start
      }
    }
    guard hour < 24 || minutes == 0 else { return nil }
    return finish(hour, minutes * 60, part)
  }

  private func finish(_ hour: Int, _ seconds: Int, _ part: DayPart?) -> ClockTime? {
    guard let part else { return ClockTime(seconds: hour * 3600 + seconds) }
    guard let hour = part.hour(hour) else { return nil }
    return ClockTime(seconds: hour * 3600 + seconds)
  }

  static let englishHours: [(word: String, value: Int)] = [
    ("one", 1), ("two", 2), ("three", 3), ("four", 4), ("five", 5), ("six", 6), ("seven", 7), ("eight", 8),
    ("nine", 9), ("ten", 10), ("eleven", 11), ("twelve", 12),
  ]
}
