package import System

/// What people write to say when: `1m 喝水`, `tomorrow at 9am call Ann`, `weekly:1,3,5:09:00 stand-up`.
///
///     let parsed = try TimeText.parse("明天早上9点 开会", now: now, zone: zone)
///     parsed.schedule.next(after: now, in: zone)  // tomorrow at nine
///     parsed.rest                                 // 开会
package struct TimeText: Equatable, Sendable {
  /// When.
  package let schedule: Schedule
  /// What is said besides; empty where nothing is.
  package let rest: String

  /// Bytes of a text that is looked at: what a reminder may say, and its time.
  package static let limit = 17_000

  /// Reads a time and what follows it, or a text that ends with a time.
  ///
  /// - Throws: `ScheduleProblem`.
  package static func parse(_ text: String, now: Timestamp, zone: Zone) throws(ScheduleProblem) -> TimeText {
    do {
      return try read(text, now, zone)
    } catch let problem as ScheduleProblem {
      guard problem.kind == .unclear else { throw problem }
      throw ScheduleProblem(kind: .unclear, forms: NearestForm.of(text, now, zone))
    } catch {
      throw ScheduleProblem(kind: .unclear, forms: [])
    }
  }

  /// Reads a text that is a time and nothing else.
  ///
  /// - Throws: `ScheduleProblem`.
  package static func schedule(_ text: String, now: Timestamp, zone: Zone) throws(ScheduleProblem) -> Schedule
  {
    let parsed = try parse(text, now: now, zone: zone)
    guard parsed.rest.isEmpty else {
      throw ScheduleProblem(kind: .unclear, forms: NearestForm.of(text, now, zone))
    }
    return parsed.schedule
  }

  /// The same without looking for near forms.
  static func read(_ text: String, _ now: Timestamp, _ zone: Zone) throws -> TimeText {
    guard text.utf8.count <= limit else {
      throw ScheduleProblem(kind: .wrong("longer than \(limit) bytes"), forms: [])
    }
    if let parsed = try first(text, now, zone) { return parsed }
    // A day that is misspelt must not become a part of what is said.
    guard NearestForm.mended(text, now, zone) == nil else { throw ScheduleProblem(kind: .unclear, forms: []) }
    var words = Words(text)
    let reader = TimeReader(now: now, zone: zone)
    skipAddress(&words)
    let start = words.at
    // Behind what is to be done: only where it goes on to the end, and no time is longer than this.
    let first = max(start + 1, words.count - 120)
    for place in first..<max(first, words.count) where Words.isBlank(words[place - 1]) {
      words.at = place
      if Words.isBlank(words[place]) { continue }
      let read: Schedule?
      do {
        read = try reader.read(&words)
      } catch let problem as ScheduleProblem where problem.kind == .unclear {
        // Its end alone would be another time than the one that is meant.
        throw problem
      } catch {
        continue
      }
      guard let schedule = read else { continue }
      while let next = words.peek, Words.isBlank(next) || "。.!！".unicodeScalars.contains(next) {
        words.at += 1
      }
      guard words.isAtEnd else { continue }
      let whole = words.rest(from: start)
      let rest = String(String.UnicodeScalarView(whole.unicodeScalars.prefix(place - start)))
      // A repetition that is not understood must not come once.
      if RepeatReader.ends(rest) { throw ScheduleProblem(kind: .unclear, forms: []) }
      return try checked(schedule, trimmed(rest), now, zone)
    }
    throw ScheduleProblem(kind: .unclear, forms: [])
  }

  /// Reads a text that begins with a time.
  static func first(_ text: String, _ now: Timestamp, _ zone: Zone) throws -> TimeText? {
    var words = Words(text)
    let reader = TimeReader(now: now, zone: zone)
    skipAddress(&words)
    guard let schedule = try reader.read(&words) else { return nil }
    let forms = BareHour.forms(of: text, behind: words.at) { words in
      skipAddress(&words)
      return try reader.read(&words)
    }
    guard forms.isEmpty else {
      throw ScheduleProblem(
        kind: .wrong("a number alone may be the hour, or belong to the text"), forms: forms)
    }
    return try checked(schedule, words.rest(from: afterSigns(words)), now, zone)
  }

  private static func checked(_ schedule: Schedule, _ rest: String, _ now: Timestamp, _ zone: Zone) throws
    -> TimeText
  {
    guard schedule.next(after: now, in: zone) != nil else {
      if case .once(let time) = schedule {
        throw ScheduleProblem(kind: .past(zone.shown(time)), forms: ["tomorrow 9:00", "明天9点", "10m"])
      }
      throw ScheduleProblem(kind: .never(schedule.text), forms: ["monthly:last:09:00", "0 9 1 * *"])
    }
    return TimeText(schedule: schedule, rest: rest)
  }

  /// "Remind me", before a time.
  private static func skipAddress(_ words: inout Words) {
    _ = words.take(any: ["please", "请", "麻烦"])
    _ = words.take(any: ["remind me to", "remind me", "提醒我", "提醒一下我", "提醒", "叫我"])
    words.skipBlanks()
    _ = words.take(any: [",", ":"])
  }

  /// The place where what is to be said begins.
  private static func afterSigns(_ words: Words) -> Int {
    var words = words
    while let next = words.peek, Words.isBlank(next) || ",;、。-—.:".unicodeScalars.contains(next) {
      words.at += 1
    }
    _ = words.take(any: ["remind me to", "remind me", "to"])
    _ = words.take(any: ["提醒我", "提醒", "叫我"])
    while let next = words.peek, Words.isBlank(next) || ",:".unicodeScalars.contains(next) { words.at += 1 }
    return words.at
  }

  private static func trimmed(_ text: String) -> String {
    var view = text.unicodeScalars[...]
    while let last = view.last, Words.isBlank(last) || ",，、:：".unicodeScalars.contains(last) {
      view.removeLast()
    }
    while let first = view.first, Words.isBlank(first) { view.removeFirst() }
    return String(view)
  }
}

/// Reads a time at the beginning of a text.
struct TimeReader {
  let now: Timestamp
  let zone: Zone

  func read(_ words: inout Words) throws -> Schedule? {
    let schedule = try words.firstOrProblem(
      { try ScheduleForm.read(&$0, start: now) }, { try RepeatReader(now: now).read(&$0) },
      { exact(&$0) }, { try ahead(&$0) }, { point(&$0) })
    guard words.isBoundary else { return nil }
    return schedule
  }

  private var today: Int { CivilDate.floor(zone.local(seconds), daySeconds) }
  private var seconds: Int { CivilDate.floor(Int(now.milliseconds), 1000) }

  /// RFC 3339 with its offset.
  private func exact(_ words: inout Words) -> Schedule? {
    words.skipBlanks()
    let rest = words.rest(from: words.at).unicodeScalars
    let word = rest.prefix { !Words.isBlank($0) && $0.value < 0x80 }
    guard let time = Timestamp(rfc3339: String(word)) else { return nil }
    words.at += word.count
    return .once(time)
  }

  /// A time from now, for days and more with a time of the day too.
  private func ahead(_ words: inout Words) throws -> Schedule? {
    guard let ahead = words.first({ $0.chineseAhead() }, { $0.englishAhead() }), !ahead.isZero else {
      return nil
    }
    let local = zone.local(seconds)
    guard ahead.days != 0 || ahead.months != 0 else { return .once(now + Int64(ahead.seconds) * 1000) }
    var date = CivilDate(days: today)
    let months = date.month - 1 + ahead.months
    date = CivilDate(date.year + months / 12, months % 12 + 1, date.day)
    date.day = min(date.day, CivilDate.daysIn(date.month, of: date.year))
    let day = date.days + ahead.days
    guard CivilDate(days: day).isReal else { return nil }
    if ahead.isOfDays {
      let place = words.at
      _ = words.take(any: ["的", "at", "on", ","])
      let part = words.dayPart()
      if let clock = words.clock(part), words.isBoundary { return once(day * daySeconds + clock.seconds) }
      if let part { return once(day * daySeconds + part.standard) }
      words.at = place
      // in two weeks on Monday, 两周后的周一: not the day that was reckoned.
      let isJoined = words.take(any: ["on", "的"]) || words.peek.map { !Words.isBlank($0) } ?? false
      if isJoined, case .weekday? = words.dayName()?.day { throw ScheduleProblem(kind: .unclear, forms: []) }
      words.at = place
    }
    return once(day * daySeconds + local - today * daySeconds + ahead.seconds)
  }

  private func once(_ local: Int) -> Schedule {
    .once(Timestamp(milliseconds: Int64(zone.moment(ofLocal: local)) * 1000))
  }

  /// A day, a time of the day, or both, in either order.
  private func point(_ words: inout Words) -> Schedule? {
    var day: DayName?
    var part: DayPart?
    var clock: ClockTime?
    var isStrong = false
    while true {
      let place = words.at
      if place > 0, day != nil || clock != nil || part != nil { _ = words.take(any: [",", "的", "在", "at"]) }
      if day == nil, let (name, said) = words.dayName(), words.isBoundary || words[words.at - 1] == "t" {
        day = name
        if let said { part = part ?? said }
        // 9 tonight.
        if let said, let time = clock, time.seconds < 43_200, let hour = said.hour(time.seconds / 3600) {
          clock = ClockTime(seconds: hour * 3600 + time.seconds % 3600)
        }
        continue
      }
      words.at = place
      if clock == nil {
        if place > 0, day != nil { _ = words.take(any: [",", "的", "在"]) }
        let start = words.at
        if let time = words.clock(part), words.isBoundary {
          clock = time
          continue
        }
        words.at = start
        if part == nil, let said = words.dayPart(), words.isBoundary {
          part = said
          isStrong = start > 0 && day != nil || said == .noon || said == .midnight || words.at - start > 1
          continue
        }
      }
      words.at = place
      break
    }
    guard day != nil || clock != nil || part != nil && isStrong else { return nil }
    return moment(day, clock?.seconds ?? part?.standard)
  }

  private func moment(_ day: DayName?, _ clock: Int?) -> Schedule? {
    let standard = clock ?? 9 * 3600
    func isAhead(_ day: Int) -> Bool { zone.moment(ofLocal: day * daySeconds + standard) > seconds }
    switch day {
    case nil:
      // Past midnight, and meant of the night that has begun.
      if standard >= daySeconds, isAhead(today - 1) { return once((today - 1) * daySeconds + standard) }
      return once((isAhead(today) ? today : today + 1) * daySeconds + standard)
    case .ahead(let days):
      // "Today" says nothing about when.
      guard days > 0 || clock != nil else { return nil }
      return once((today + days) * daySeconds + standard)
    case .weekday(let weekday, let week):
      let own = CivilDate.weekday(days: today)
      if let week { return once((today - own + weekday + week * 7) * daySeconds + standard) }
      let next = today + (weekday - own + 7) % 7
      return once((isAhead(next) ? next : next + 7) * daySeconds + standard)
    case .date(let year, let month, let day):
      if let year {
        let date = CivilDate(year, month, day)
        return date.isReal ? once(date.days * daySeconds + standard) : nil
      }
      let first = CivilDate(days: today).year
      for year in first...(first + 8) {
        let date = CivilDate(year, month, day)
        if date.isReal, isAhead(date.days) { return once(date.days * daySeconds + standard) }
      }
      return nil
    case .dayOfMonth(let number): return coming(standard) { $0 >= number ? number : nil }
    case .lastOfMonth: return coming(standard) { $0 }
    }
  }

  /// The coming day of this month or of one of the next.
  private func coming(_ standard: Int, _ day: (Int) -> Int?) -> Schedule? {
    var date = CivilDate(days: today)
    for _ in 0..<13 {
      if let number = day(CivilDate.daysIn(date.month, of: date.year)) {
        let days = CivilDate(date.year, date.month, number).days
        if zone.moment(ofLocal: days * daySeconds + standard) > seconds {
          return once(days * daySeconds + standard)
        }
      }
      date = CivilDate(date.month == 12 ? date.year + 1 : date.year, date.month % 12 + 1, 1)
    }
    return nil
  }
}
