internal import System

/// Reads a time at the beginning of a text.
struct TimeReader {
  let now: Timestamp
  let zone: Zone

  func read(_ words: inout Words) throws -> Schedule? {
    let schedule = try words.firstOrProblem(
      { try ScheduleForm.read(&$0, start: now) }, { try RepeatReader(now: now).read(&$0) },
      { exact(&$0) }, { try ahead(&$0) }, { try point(&$0) })
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
  private func point(_ words: inout Words) throws -> Schedule? {
    var day: DayName?
    var part: DayPart?
    var clock: ClockTime?
    var isStrong = false
    var weekday: Int?
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
        if let first = day, let (name, said) = try words.sameDay(as: first) {
          (day, weekday) = (name, said)
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
    // Only one of them would come.
    guard !words.goesOnWithAnother(isDay: day != nil) else {
      throw ScheduleProblem(kind: .unclear, forms: [])
    }
    let time = clock?.seconds ?? part?.standard
    let moment = moment(day, time)
    if let weekday, case .once(let found)? = moment {
      let isChinese = words.rest(from: 0).unicodeScalars.prefix(words.at).contains(where: Words.isChinese)
      try check(found, time, is: weekday, isChinese)
    }
    return moment
  }

  /// Whether what was found by its date is the weekday that was said with it.
  private func check(_ found: Timestamp, _ time: Int?, is weekday: Int, _ isChinese: Bool) throws {
    let local = zone.local(CivilDate.floor(Int(found.milliseconds), 1000))
    let days = CivilDate.floor(local, daySeconds) - (time ?? 0) / daySeconds
    let own = CivilDate.weekday(days: days)
    guard own != weekday else { return }
    let date = CivilDate(days: days)
    let shown = "\(date.year)-\(padded(date.month))-\(padded(date.day))"
    throw ScheduleProblem(
      kind: .contradicted(date: shown, weekday: own),
      forms: ["\(shown) 9:00", "\(isChinese ? Weekday.chinese(weekday) : Weekday.english(weekday)) 9:00"])
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
