internal import System

/// The forms with colons, as `daily:08:00`, and five-field cron: what schedules are kept as.
enum ScheduleForm {
  /// The shortest time from one to the next, in seconds.
  static let shortest = 10
  /// Ten years.
  static let longest = 3650 * daySeconds

  /// Takes one of them; nil where the text begins otherwise.
  ///
  /// - Throws: `ScheduleProblem` where it begins so and goes on wrongly.
  static func read(_ words: inout Words, start: Timestamp) throws -> Schedule? {
    let place = words.at
    words.skipBlanks()
    if words.take("every:") { return try every(&words, start) }
    if words.take("daily:") {
      return .calendar(try recurrence(&words, "daily:", days: "") { Recurrence(times: $0, text: $1) })
    }
    if words.take("weekly:") {
      let (bits, text) = try list(&words, "weekly", 1...7, names: weekdayNames)
      return .calendar(
        try recurrence(&words, "weekly:", days: "\(text):") {
          Recurrence(times: $0, weekdays: UInt8(bits & 0xFE), text: $1)
        })
    }
    if words.take("monthly:") {
      let (bits, text) = try list(&words, "monthly", 1...31, last: true)
      return .calendar(
        try recurrence(&words, "monthly:", days: "\(text):") { Recurrence(times: $0, days: bits, text: $1) })
    }
    if words.take("yearly:") {
      let forms = ["yearly:12-25:09:00"]
      guard let month = words.digits(1...2), (1...12).contains(month), words.take("-"),
        let day = words.digits(1...2), (1...31).contains(day), words.take(":")
      else { throw ScheduleProblem(kind: .wrong("yearly: expected MONTH-DAY:HH:MM"), forms: forms) }
      return .calendar(
        try recurrence(&words, "yearly:", days: "\(padded(month))-\(padded(day)):") {
          Recurrence(times: $0, months: 1 << UInt16(month), days: 1 << UInt64(day), text: $1)
        })
    }
    words.at = place
    return try CronForm.read(&words).map { .calendar($0) }
  }

  private static func every(_ words: inout Words, _ start: Timestamp) throws -> Schedule {
    var seconds = 0
    var isEmpty = true
    while let number = words.digits(1...9) {
      guard
        let unit = words.take([("s", 1), ("m", 60), ("h", 3600), ("d", daySeconds), ("w", 7 * daySeconds)])
      else { break }
      seconds += number * unit
      isEmpty = false
    }
    guard !isEmpty, words.isBoundary else {
      throw ScheduleProblem(
        kind: .wrong("every: expected a number with s, m, h, d or w"), forms: ["every:5m", "every:2h"])
    }
    return try every(seconds, start)
  }

  /// - Throws: `ScheduleProblem` where it is too often or too rare.
  static func every(_ seconds: Int, _ start: Timestamp) throws -> Schedule {
    guard (shortest...longest).contains(seconds) else {
      throw ScheduleProblem(
        kind: .wrong("every: from \(shortest) seconds to ten years"), forms: ["every:5m", "every:2h"])
    }
    return .every(seconds: seconds, from: start)
  }

  /// Times of the day between commas, and what is made of them.
  private static func recurrence(
    _ words: inout Words, _ name: String, days: String, _ make: ([Int], String) -> Recurrence
  ) throws -> Recurrence {
    var times: [Int] = []
    repeat {
      guard let hour = words.digits(1...2), hour < 24, words.take(":"), let minute = words.digits(2...2),
        minute < 60, times.count < 100
      else {
        throw ScheduleProblem(
          kind: .wrong("\(name) expected HH:MM"),
          forms: ["daily:08:00", "weekly:1,3,5:09:00", "monthly:1:09:00"])
      }
      times.append(hour * 3600 + minute * 60)
    } while words.take(",")
    return make(times, name + days + shown(times))
  }

  /// Times as they are written between commas.
  static func shown(_ times: [Int]) -> String {
    Set(times).sorted().map { "\(padded($0 / 3600)):\(padded($0 / 60 % 60))" }.joined(separator: ",")
  }

  static let weekdayNames = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]

  /// Numbers, names and ranges between commas, and the colon behind them.
  private static func list(
    _ words: inout Words, _ name: String, _ range: ClosedRange<Int>, names: [String] = [], last: Bool = false
  ) throws -> (UInt64, String) {
    let problem = ScheduleProblem(
      kind: .wrong(
        "\(name): expected numbers from \(range.lowerBound) to \(range.upperBound)"
          + (names.isEmpty ? "" : " (1 is Monday)") + ", then :HH:MM"),
      forms: [last ? "monthly:1:09:00" : "weekly:1,3,5:09:00"])
    func number(_ words: inout Words) -> Int? {
      if let index = names.firstIndex(where: { words.take($0) }) { return index + 1 }
      return words.digits(1...2).flatMap { range.contains($0) ? $0 : nil }
    }
    var bits: UInt64 = 0
    repeat {
      if last, words.take("last") {
        bits |= Recurrence.lastDay
        continue
      }
      guard let low = number(&words) else { throw problem }
      let high = words.take("-") ? number(&words) : low
      guard let high, low <= high else { throw problem }
      for value in low...high { bits |= 1 << UInt64(value) }
    } while words.take(",")
    guard words.take(":") else { throw problem }
    var shown = range.filter { bits >> UInt64($0) & 1 == 1 }.map(String.init)
    if bits & Recurrence.lastDay != 0 { shown.append("last") }
    return (bits, shown.joined(separator: ","))
  }
}
