internal import JSON

/// Durations as people write them: `90` or `90s`, `30m`, `24h`, `7d`.
package enum DurationText {
  /// Ten years: more is a slip of the pen, and additions to the time of day stay far from overflow.
  static let longest = 3650 * 86_400

  /// Reads a whole number with `s`, `m`, `h`, `d` or no unit (seconds); nil when it is something else.
  package static func parse(_ text: String) -> Duration? {
    guard text.utf8.count <= 16, let last = text.utf8.last else { return nil }
    var unit = 1
    var digits = Substring(text)
    if !Names.isDigit(last) {
      guard let known = units.first(where: { $0.letter == last }) else { return nil }
      unit = known.seconds
      digits = digits.dropLast()
    }
    guard digits.utf8.allSatisfy(Names.isDigit), let number = Int(digits) else { return nil }
    return duration(number, unit)
  }

  /// Writes a duration with the largest unit that keeps it whole.
  package static func format(_ duration: Duration) -> String {
    let seconds = duration.components.seconds
    for unit in units where seconds >= unit.seconds && seconds % Int64(unit.seconds) == 0 {
      return "\(seconds / Int64(unit.seconds))\(Character(Unicode.Scalar(unit.letter)))"
    }
    return "\(seconds)s"
  }

  /// Reads a number of seconds or a text with a unit.
  static func parse(_ value: JSONValue) -> Duration? {
    if let number = value.int { return duration(number, 1) }
    return value.string.flatMap { parse($0) }
  }

  private static let units: [(letter: UInt8, seconds: Int)] = [
    (UInt8(ascii: "d"), 86_400), (UInt8(ascii: "h"), 3600), (UInt8(ascii: "m"), 60), (UInt8(ascii: "s"), 1),
  ]

  private static func duration(_ number: Int, _ unit: Int) -> Duration? {
    let (seconds, overflow) = number.multipliedReportingOverflow(by: unit)
    guard !overflow, seconds >= 0, seconds <= longest else { return nil }
    return .seconds(seconds)
  }
}

extension Duration {
  /// The whole milliseconds, as the event loop's timers take them.
  package var milliseconds: Int64 {
    let (seconds, attoseconds) = components
    let (product, overflow) = seconds.multipliedReportingOverflow(by: 1000)
    if overflow { return seconds < 0 ? .min : .max }
    let (sum, carried) = product.addingReportingOverflow(attoseconds / 1_000_000_000_000_000)
    return carried ? (seconds < 0 ? .min : .max) : sum
  }
}
