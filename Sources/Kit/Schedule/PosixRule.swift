/// The rule at the end of a time zone's file: what holds after its last transition, as POSIX writes it.
///
/// With the extension of version 3: the hours of a change may be from -167 to 167.
struct PosixRule: Equatable, Sendable {
  /// Seconds to the east in winter.
  let standard: Int
  /// The other half of the year, where there is one.
  let summer: Summer?

  struct Summer: Equatable, Sendable {
    let offset: Int
    let start: Change
    let end: Change
  }

  /// A day of the year and the local time at which clocks are changed.
  struct Change: Equatable, Sendable {
    let day: Day
    let seconds: Int

    enum Day: Equatable, Sendable {
      /// 1 to 365; February 29 is never counted.
      case julian(Int)
      /// 0 to 365; February 29 is counted.
      case ordinal(Int)
      /// A weekday (0 is Sunday) of a week (5 is the last) of a month.
      case week(month: Int, week: Int, weekday: Int)
    }

    /// Days since 1970 in a year.
    func days(in year: Int) -> Int {
      let first = CivilDate(year, 1, 1).days
      switch day {
      case .ordinal(let number): return first + number
      case .julian(let number):
        let isLeap = CivilDate.daysIn(2, of: year) == 29
        return first + number - 1 + (isLeap && number >= 60 ? 1 : 0)
      case .week(let month, let week, let weekday):
        let start = CivilDate(year, month, 1).days
        let ahead = (weekday + 7 - CivilDate.weekday(days: start) % 7) % 7
        var day = ahead + (week - 1) * 7
        if day >= CivilDate.daysIn(month, of: year) { day -= 7 }
        return start + day
      }
    }
  }

  /// The changes of a year, as seconds of universal time with the offset that holds from then on.
  func changes(in year: Int) -> [(time: Int, offset: Int, isSummer: Bool)] {
    guard let summer else { return [] }
    return [
      (summer.start.days(in: year) * daySeconds + summer.start.seconds - standard, summer.offset, true),
      (summer.end.days(in: year) * daySeconds + summer.end.seconds - summer.offset, standard, false),
    ]
  }

  /// Reads it; nil where it is none.
  init?(_ text: [UInt8]) {
    var reader = Reader(bytes: text)
    guard reader.name(), let west = reader.time(limit: 24) else { return nil }
    standard = -west
    if reader.isAtEnd {
      summer = nil
      return
    }
    guard reader.name() else { return nil }
    var offset = standard + 3600
    if reader.peek != UInt8(ascii: ",") {
      guard let west = reader.time(limit: 24) else { return nil }
      offset = -west
    }
    guard let start = reader.change(), let end = reader.change(), reader.isAtEnd else { return nil }
    summer = Summer(offset: offset, start: start, end: end)
  }

  private struct Reader {
    let bytes: [UInt8]
    var at = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    var isAtEnd: Bool { at == bytes.count }
    var peek: UInt8? { at < bytes.count ? bytes[at] : nil }

    mutating func take(_ byte: UInt8) -> Bool {
      guard peek == byte else { return false }
      at += 1
      return true
    }

    /// Three letters or more, or anything between < and >.
    mutating func name() -> Bool {
      let start = at
      if take(UInt8(ascii: "<")) {
        while let byte = peek, byte != UInt8(ascii: ">") { at += byte == 0 ? bytes.count : 1 }
        return take(UInt8(ascii: ">"))
      }
      while let byte = peek, byte | 0x20 >= 0x61, byte | 0x20 <= 0x7A { at += 1 }
      return at - start >= 3
    }

    mutating func number(_ range: ClosedRange<Int>) -> Int? {
      var value = 0
      let start = at
      while let byte = peek, byte >= 0x30, byte <= 0x39, at - start < 4 {
        value = value * 10 + Int(byte - 0x30)
        at += 1
      }
      return at > start && range.contains(value) ? value : nil
    }

    /// `[+-]h[:mm[:ss]]` in seconds.
    mutating func time(limit: Int) -> Int? {
      let sign = take(UInt8(ascii: "-")) ? -1 : 1
      if sign == 1 { _ = take(UInt8(ascii: "+")) }
      guard let hours = number(0...limit) else { return nil }
      var seconds = hours * 3600
      for unit in [60, 1] {
        guard take(UInt8(ascii: ":")) else { break }
        guard let part = number(0...59) else { return nil }
        seconds += part * unit
      }
      return sign * seconds
    }

    /// `,date[/time]`.
    mutating func change() -> Change? {
      guard take(UInt8(ascii: ",")) else { return nil }
      let day: Change.Day
      if take(UInt8(ascii: "M")) {
        guard let month = number(1...12), take(UInt8(ascii: ".")), let week = number(1...5),
          take(UInt8(ascii: ".")), let weekday = number(0...6)
        else { return nil }
        day = .week(month: month, week: week, weekday: weekday)
      } else if take(UInt8(ascii: "J")) {
        guard let number = number(1...365) else { return nil }
        day = .julian(number)
      } else {
        guard let number = number(0...365) else { return nil }
        day = .ordinal(number)
      }
      var seconds = 7200
      if take(UInt8(ascii: "/")) {
        guard let time = time(limit: 167) else { return nil }
        seconds = time
      }
      return Change(day: day, seconds: seconds)
    }
  }
}
