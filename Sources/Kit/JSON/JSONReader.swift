/// Reads JSON strictly: for the boundaries where input is not yet trusted.
///
/// The whole of RFC 8259 is checked, and what the RFC leaves open is refused: duplicate member names,
/// escapes of half a surrogate pair, a byte order mark, and invalid UTF-8. Nothing but white space may
/// follow the value. Time grows with the length of the input, whatever it holds.
package enum JSONReader {
  /// Reads one value.
  ///
  /// - Parameters:
  ///   - bytes: The text in UTF-8.
  ///   - limits: How long and how deep the text may be.
  ///   - dialect: Whether comments and trailing commas are accepted.
  /// - Returns: The value, object members in their order.
  /// - Throws: `JSONError` at the first byte that breaks a rule.
  package static func parse(
    _ bytes: Span<UInt8>, limits: JSONLimits = .line, dialect: JSONDialect = .strict
  ) throws(JSONError) -> JSONValue {
    do throws(Fault) {
      var parser = Parser(maxDepth: limits.maxDepth, dialect: dialect)
      guard bytes.count <= limits.maxBytes else {
        throw Fault(.tooLong(limit: limits.maxBytes), at: limits.maxBytes)
      }
      return try parser.document(bytes)
    } catch {
      throw JSONError(error, in: bytes)
    }
  }

  /// Reads one value from an array of bytes; see `parse(_:limits:dialect:)` for spans.
  package static func parse(
    _ bytes: [UInt8], limits: JSONLimits = .line, dialect: JSONDialect = .strict
  ) throws(JSONError) -> JSONValue {
    try parse(bytes.span, limits: limits, dialect: dialect)
  }

  /// Reads one value from a string; see `parse(_:limits:dialect:)` for spans.
  package static func parse(
    _ text: String, limits: JSONLimits = .line, dialect: JSONDialect = .strict
  ) throws(JSONError) -> JSONValue {
    try parse(text.utf8.span, limits: limits, dialect: dialect)
  }
}
