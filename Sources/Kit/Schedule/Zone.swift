package import System

/// A time zone: what clocks show there, and when.
///
/// A local time that does not exist, because clocks were put forward over it, stands for the moment from
/// which they go on; one that exists twice stands for the first of the two.
package struct Zone: Equatable, Sendable {
  /// Its name, such as `Europe/Berlin`.
  package let name: String
  private let file: ZoneFile

  /// Universal time.
  package static let utc = Zone(name: "UTC", file: ZoneFile(offset: 0))

  private init(name: String, file: ZoneFile) { (self.name, self.file) = (name, file) }

  /// A zone whose compiled file was read; nil where that is none or is damaged.
  package init?(name: String, file bytes: [UInt8]) {
    guard let file = ZoneFile(bytes) else { return nil }
    self.init(name: name, file: file)
  }

  /// Whether a text can be the name of a zone: parts of letters, digits, `+`, `-` and `_` between slashes.
  package static func isName(_ text: String) -> Bool {
    let parts = text.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    guard (1...3).contains(parts.count), text.utf8.count <= 64 else { return false }
    return parts.allSatisfy { part in
      guard let first = part.first, first | 0x20 >= 0x61, first | 0x20 <= 0x7A else { return false }
      return part.allSatisfy { byte in
        byte >= 0x30 && byte <= 0x39 || byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A
          || "+-_".utf8.contains(byte)
      }
    }
  }

  /// A moment as RFC 3339 with the zone's offset, in whole seconds: `2026-11-22T09:00:00+08:00`.
  package func text(_ moment: Timestamp) -> String {
    let seconds = CivilDate.floor(Int(moment.milliseconds), 1000)
    let offset = offset(at: seconds)
    let local = LocalTime(seconds: seconds + offset)
    let minutes = abs(offset) / 60
    let zone = offset == 0 ? "Z" : "\(offset < 0 ? "-" : "+")\(padded(minutes / 60)):\(padded(minutes % 60))"
    return "\(local.date)T\(local.clock)\(zone)"
  }

  /// A moment as people there write it: `2026-11-22 09:00`, with seconds where there are some.
  package func shown(_ moment: Timestamp) -> String {
    let seconds = CivilDate.floor(Int(moment.milliseconds), 1000)
    let local = LocalTime(seconds: seconds + offset(at: seconds))
    return "\(local.date) \(local.isWholeMinute ? String(local.clock.prefix(5)) : local.clock)"
  }

  /// What clocks show, in their parts.
  struct LocalTime {
    let seconds: Int
    var days: Int { CivilDate.floor(seconds, daySeconds) }
    var secondsOfDay: Int { seconds - days * daySeconds }
    var isWholeMinute: Bool { secondsOfDay % 60 == 0 }
    var date: String {
      let date = CivilDate(days: days)
      return "\(padded(date.year, 4))-\(padded(date.month))-\(padded(date.day))"
    }
    var clock: String {
      let seconds = secondsOfDay
      return "\(padded(seconds / 3600)):\(padded(seconds / 60 % 60)):\(padded(seconds % 60))"
    }
  }

  // MARK: - Reckoning, in seconds

  /// Seconds to the east at a moment.
  func offset(at time: Int) -> Int { spans(from: time, to: time)[0].offset }

  /// What clocks show at a moment.
  func local(_ time: Int) -> Int { time + offset(at: time) }

  /// The moment that a local time stands for.
  func moment(ofLocal local: Int) -> Int {
    let spans = spans(from: local - Self.window, to: local + Self.window)
    for (index, span) in spans.enumerated() {
      let time = max(span.start, local - span.offset)
      if index + 1 == spans.count || time < spans[index + 1].start { return time }
    }
    return local - (spans.last?.offset ?? 0)
  }

  /// The latest local time whose moment is not after a moment; clocks that are put back were there before.
  func latestLocal(upTo time: Int) -> Int {
    let spans = spans(from: time - Self.window, to: time)
    var latest = local(time)
    for (index, span) in spans.enumerated().dropLast() {
      latest = max(latest, spans[index + 1].start - 1 + span.offset)
    }
    return latest
  }

  /// Longer than clocks are ever put forward or back, and than they are ever off.
  private static let window = 3 * daySeconds

  /// The spans of equal offset between two moments; the first begins at or before the earlier one.
  private func spans(from low: Int, to high: Int) -> [(start: Int, offset: Int)] {
    var spans = [(start: Int.min / 4, offset: file.first)]
    let times = file.times
    // The last transition that is not after the earlier moment.
    var (from, to) = (0, times.count)
    while from < to {
      let middle = (from + to) / 2
      if times[middle] <= low { from = middle + 1 } else { to = middle }
    }
    if from > 0 { spans = [(times[from - 1], file.offsets[from - 1])] }
    while from < times.count, times[from] <= high {
      spans.append((times[from], file.offsets[from]))
      from += 1
    }
    guard from == times.count, let rule = file.rule else { return spans }
    let last = times.last ?? Int.min / 4
    guard rule.summer != nil else {
      if spans[spans.count - 1].offset != rule.standard, times.isEmpty {
        spans = [(Int.min / 4, rule.standard)]
      }
      return spans
    }
    let first = CivilDate(days: CivilDate.floor(low, daySeconds)).year - 1
    let end = CivilDate(days: CivilDate.floor(high, daySeconds)).year + 1
    let changes = (first...end).flatMap { rule.changes(in: $0) }.sorted {
      $0.time != $1.time ? $0.time < $1.time : !$0.isSummer && $1.isSummer
    }
    for change in changes where change.time > last && change.time <= high {
      if change.time <= low {
        spans = [(change.time, change.offset)]
      } else {
        spans.append((change.time, change.offset))
      }
    }
    return spans
  }
}
