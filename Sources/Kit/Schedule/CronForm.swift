/// The five fields of crontab(5): minute, hour, day of the month, month, day of the week.
enum CronForm {
  /// Short forms of crontab(5), and the fields that they stand for.
  static let nicknames: [(word: String, value: String)] = [
    ("@hourly", "0 * * * *"), ("@daily", "0 0 * * *"), ("@midnight", "0 0 * * *"), ("@weekly", "0 0 * * 0"),
    ("@monthly", "0 0 1 * *"), ("@yearly", "0 0 1 1 *"), ("@annually", "0 0 1 1 *"),
  ]

  static let months = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
  ]
  static let weekdays = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]

  /// Takes five fields, where the text begins with what can only be meant as such.
  ///
  /// - Throws: `ScheduleProblem` where a field is wrong.
  static func read(_ words: inout Words) throws -> Recurrence? {
    if let fields = words.take(nicknames) {
      return try recurrence(fields.split(separator: " ").map(String.init))
    }
    let start = words.at
    let isMarked = words.take("cron:") || words.take("cron")
    var fields: [String] = []
    while fields.count < 5, let field = field(&words) { fields.append(field) }
    let isSigned = fields.contains { field in
      field.unicodeScalars.contains { "*/,-?".unicodeScalars.contains($0) }
    }
    guard fields.count == 5 || isMarked else {
      words.at = start
      return nil
    }
    // Five numbers may be anything.
    guard isSigned || isMarked else {
      words.at = start
      return nil
    }
    guard fields.count == 5 else {
      throw wrong("a cron expression has five fields: minute, hour, day of the month, month, day of the week")
    }
    return try recurrence(fields)
  }

  /// A word of signs that fields are made of.
  private static func field(_ words: inout Words) -> String? {
    let start = words.at
    words.skipBlanks()
    var text = String.UnicodeScalarView()
    while let next = words.peek, !Words.isBlank(next) {
      guard Words.isDigit(next) || Words.isLetter(next) || "*/,-?".unicodeScalars.contains(next) else {
        words.at = start
        return nil
      }
      text.append(next)
      words.at += 1
    }
    let field = String(text)
    guard !text.isEmpty, text.count <= 256, isField(field) else {
      words.at = start
      return nil
    }
    return field
  }

  /// Whether each word in it is a number or a name of a month or weekday.
  private static func isField(_ field: String) -> Bool {
    let parts = field.unicodeScalars.split { "*/,-?".unicodeScalars.contains($0) }
    return parts.allSatisfy { part in
      part.allSatisfy(Words.isDigit) || months.contains(String(part)) || weekdays.contains(String(part))
        || part.elementsEqual("l".unicodeScalars)
    }
  }

  static func recurrence(_ fields: [String]) throws -> Recurrence {
    let minutes = try bits(fields[0], 0...59, "minute")
    let hours = try bits(fields[1], 0...23, "hour")
    var dayField = fields[2]
    var last: UInt64 = 0
    if dayField == "l" {
      last = Recurrence.lastDay
    } else if dayField.hasSuffix(",l") {
      last = Recurrence.lastDay
      dayField = String(dayField.dropLast(2))
    }
    let days = dayField == "l" ? 0 : try bits(dayField, 1...31, "day of the month")
    let months = try bits(fields[3], 1...12, "month", names: Self.months, first: 1)
    let week = try bits(fields[4], 0...7, "day of the week", names: weekdays, first: 0)
    // Both 0 and 7 are Sunday.
    let weekdays = UInt8(week & 0b1111_1110) | (week & 1 == 1 ? 0b1000_0000 : 0)
    // As Vixie cron has it: a field that begins with a star restricts nothing, however it goes on.
    let isStar = [fields[2], fields[4]].contains { $0.hasPrefix("*") || $0.hasPrefix("?") }
    var times: [Int] = []
    for hour in 0...23 where hours >> UInt64(hour) & 1 == 1 {
      for minute in 0...59 where minutes >> UInt64(minute) & 1 == 1 {
        times.append(hour * 3600 + minute * 60)
      }
    }
    let shown = fields.map { $0 == "l" ? "L" : $0.hasSuffix(",l") ? "\($0.dropLast())L" : $0 }
      .joined(separator: " ")
    return Recurrence(
      times: times, months: UInt16(months), days: days | last, weekdays: weekdays, isEither: !isStar,
      // Numbers alone have to be marked.
      text: shown.unicodeScalars.contains { "*/,-?".unicodeScalars.contains($0) } ? shown : "cron \(shown)")
  }

  /// A bit for each number of a field.
  private static func bits(
    _ field: String, _ range: ClosedRange<Int>, _ name: String, names: [String] = [], first: Int = 0
  ) throws -> UInt64 {
    func number(_ text: Substring) throws -> Int {
      if let index = names.firstIndex(of: String(text)) { return index + first }
      guard let number = Int(text), range.contains(number) else {
        throw wrong("cron: '\(text)' is not a \(name) from \(range.lowerBound) to \(range.upperBound)")
      }
      return number
    }
    var bits: UInt64 = 0
    for part in field.split(separator: ",", omittingEmptySubsequences: false) {
      let halves = part.split(separator: "/", omittingEmptySubsequences: false)
      guard halves.count <= 2, let body = halves.first, !body.isEmpty else {
        throw wrong("cron: '\(field)' is not a \(name)")
      }
      var step = 1
      if halves.count == 2 {
        guard let number = Int(halves[1]), (1...range.upperBound).contains(number) else {
          throw wrong("cron: '\(halves[1])' is not a step of a \(name) field")
        }
        step = number
      }
      let ends = body.split(separator: "-", omittingEmptySubsequences: false)
      var (low, high) = (range.lowerBound, range.upperBound)
      if body == "*" || body == "?" {
        // Sunday once.
        if range.upperBound == 7 { high = 6 }
      } else if ends.count == 2 {
        (low, high) = (try number(ends[0]), try number(ends[1]))
        if range.upperBound == 7, high == 0, low > 0 { high = 7 }
        guard low <= high else { throw wrong("cron: '\(body)' ends before it begins") }
      } else {
        guard ends.count == 1 else { throw wrong("cron: '\(body)' is not a \(name)") }
        low = try number(body)
        high = halves.count == 2 ? (range.upperBound == 7 ? max(6, low) : range.upperBound) : low
      }
      for value in stride(from: low, through: high, by: step) { bits |= 1 << UInt64(value) }
    }
    return bits
  }

  private static func wrong(_ reason: String) -> ScheduleProblem {
    ScheduleProblem(kind: .wrong(reason), forms: ["0 9 * * 1-5", "*/15 * * * *", "0 8 1 * *"])
  }
}
