/// The kind of a JSON value.
package enum MemberKind: UInt8, Equatable, Sendable {
  /// A string.
  case string
  /// A number.
  case number
  /// An object.
  case object
  /// An array.
  case array
  /// `true` or `false`.
  case bool
  /// `null`.
  case null
}

/// One top-level member of a line, as byte offsets into it.
package struct Member: Equatable, Sendable {
  /// The first byte of the name, after the quote.
  package let nameStart: Int

  /// The closing quote of the name.
  package let nameEnd: Int

  /// The first byte of the value; for a string, its opening quote.
  package let valueStart: Int

  /// The byte after the value; for a string, after its closing quote.
  package let valueEnd: Int

  /// What the value is.
  package let kind: MemberKind

  /// Whether the value is a string that holds a backslash.
  package let escaped: Bool

  /// Whether the name holds a backslash.
  package let nameEscaped: Bool

  /// The first eight bytes of the decoded name; see `Fingerprint`.
  let fingerprint: UInt64
}
