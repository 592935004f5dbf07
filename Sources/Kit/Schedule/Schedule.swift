package import System

/// When something is to happen: once, again and again, or at times of the calendar.
package enum Schedule: Equatable, Sendable {
  /// At a moment.
  case once(Timestamp)
  /// Every so many seconds after a moment, whatever clocks do.
  case every(seconds: Int, from: Timestamp)
  /// At times of the calendar, as clocks of a zone show them.
  case calendar(Recurrence)

  /// Whether it happens again and again.
  package var isRepeated: Bool { if case .once = self { false } else { true } }

  /// The first time after a moment; nil when there is none any more.
  package func next(after moment: Timestamp, in zone: Zone) -> Timestamp? {
    switch self {
    case .once(let time): return time > moment ? time : nil
    case .every(let seconds, let from):
      let step = Int64(seconds) * 1000
      let passed = moment - from
      return from + (passed < 0 ? 1 : passed / step + 1) * step
    case .calendar(let recurrence):
      let seconds = CivilDate.floor(Int(moment.milliseconds), 1000)
      guard let local = recurrence.next(after: zone.latestLocal(upTo: seconds)) else { return nil }
      return Timestamp(milliseconds: Int64(zone.moment(ofLocal: local)) * 1000)
    }
  }

  /// How it is kept and shown: a form that `Schedule.parse` reads, or the moment as RFC 3339.
  package var text: String {
    switch self {
    case .once(let time): time.description
    case .every(let seconds, _): "every:\(Self.duration(seconds))"
    case .calendar(let recurrence): recurrence.text
    }
  }

  /// Reads what `text` wrote; `start` is the moment that `every` counts from.
  package init?(stored text: String, start: Timestamp) {
    if let time = Timestamp(rfc3339: text) {
      self = .once(time)
      return
    }
    var words = Words(text)
    guard let schedule = try? ScheduleForm.read(&words, start: start), words.isAtEnd else { return nil }
    self = schedule
  }

  private static func duration(_ seconds: Int) -> String {
    for (unit, letter) in [(86_400, "d"), (3600, "h"), (60, "m")] where seconds % unit == 0 {
      return "\(seconds / unit)\(letter)"
    }
    return "\(seconds)s"
  }
}

/// Why a text is no schedule, and what would be one.
package struct ScheduleProblem: Error, Equatable, Sendable, CustomStringConvertible {
  /// What is wrong.
  package enum Kind: Equatable, Sendable {
    /// It cannot be understood.
    case unclear
    /// It is understood, and has passed.
    case past(String)
    /// It never comes, such as February 30.
    case never(String)
    /// A part of it is wrong.
    case wrong(String)
    /// It names a day that is another weekday (1 is Monday) than it says.
    case contradicted(date: String, weekday: Int)
  }

  /// What is wrong.
  package let kind: Kind
  /// Forms that are near to what was written, the nearest first.
  package let forms: [String]

  package var description: String {
    switch kind {
    case .unclear: "the time cannot be understood"
    case .past(let time): "\(time) has passed"
    case .never(let text): "\(text) never comes"
    case .wrong(let reason): reason
    case .contradicted(let date, let weekday): "\(date) is a \(Weekday.english(weekday))"
    }
  }
}
