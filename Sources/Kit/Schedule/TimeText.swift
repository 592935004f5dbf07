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
      guard problem.kind == .unclear, problem.forms.isEmpty else { throw problem }
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
      } catch let problem as ScheduleProblem {
        if case .wrong = problem.kind { continue }
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
    guard forms.isEmpty else { throw ScheduleProblem(kind: .unclear, forms: forms) }
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
