internal import JSON

/// Limits in US dollars, kept as whole millionths.
enum AmountText {
  /// The least that a limit may be: less is a slip of the pen.
  static let least = 0.01
  /// The most that a limit may be.
  static let most = 1_000_000

  /// Reads a number of dollars; nil for one that is too small or too large, or is none.
  static func parse(_ value: JSONValue) -> Int64? {
    guard let dollars = value.double, dollars >= least, dollars <= Double(most) else { return nil }
    return Int64((dollars * 1e6).rounded())
  }
}
