/// A number with the spelling it was read with.
///
/// JSON has no number types: `1`, `1.0` and `10e-1` are written differently by different programs, and
/// an identifier of 20 digits must survive unchanged. Two numbers are equal if their spelling is.
package struct JSONNumber: Equatable, Sendable {
  /// The number as it stands in JSON.
  package let text: String

  /// Makes the number that an integer is.
  package init(_ value: Int) {
    text = String(value)
  }

  /// Makes the number of a double-precision value; nil for one that JSON cannot say.
  package init?(_ value: Double) {
    guard value.isFinite else { return nil }
    text = "\(value)"
  }

  /// Takes text that the lexer has accepted as a number.
  init(checked text: String) {
    self.text = text
  }

  /// The value if the number is written as an integer and fits, otherwise nil.
  ///
  /// A fraction or an exponent gives nil even when the value is whole.
  package var int: Int? { Int(text) }

  /// The nearest double-precision value, or nil if the number is too large for one.
  package var double: Double? {
    guard let value = Double(text), value.isFinite else { return nil }
    return value
  }
}
