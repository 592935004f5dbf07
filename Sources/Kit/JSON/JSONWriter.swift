/// Appends JSON to a byte buffer.
///
/// The writer places the commas. It does not check that containers are closed and that members are in
/// objects: that is the caller's part, and the order of the calls is the order of the text.
///
///     var writer = JSONWriter()
///     writer.beginObject()
///     writer.member("type", "message")
///     writer.endObject()
///     writer.newline()
package struct JSONWriter: Sendable {
  /// What was written so far.
  package var bytes: [UInt8] = []

  /// Whether a value was written before in the innermost container.
  ///
  /// One flag is enough for all levels: a container that was just closed is itself such a value.
  private var needsComma = false

  /// Makes a writer with an empty buffer.
  package init() {}

  /// Makes a writer with an empty buffer that has room for some bytes.
  package init(reserving capacity: Int) { bytes.reserveCapacity(capacity) }

  /// Empties the buffer and starts anew.
  package mutating func removeAll(keepingCapacity: Bool = true) {
    bytes.removeAll(keepingCapacity: keepingCapacity)
    needsComma = false
  }

  /// Writes `{`.
  package mutating func beginObject() { open(Ascii.openBrace) }

  /// Writes `}`.
  package mutating func endObject() { close(Ascii.closeBrace) }

  /// Writes `[`.
  package mutating func beginArray() { open(Ascii.openBracket) }

  /// Writes `]`.
  package mutating func endArray() { close(Ascii.closeBracket) }

  /// Writes a line feed; what follows is a new text.
  package mutating func newline() {
    bytes.append(Ascii.lineFeed)
    needsComma = false
  }

  /// Writes a member name and its colon.
  ///
  /// The name is written as it is: it stands in the source, and has nothing to escape.
  package mutating func name(_ name: StaticString) {
    separate()
    bytes.append(Ascii.quote)
    name.withUTF8Buffer { bytes.append(contentsOf: $0) }
    bytes.append(Ascii.quote)
    bytes.append(Ascii.colon)
    needsComma = false
  }

  /// Writes a member name known only at run time, and its colon.
  // A literal is meant for the other one, which makes no string.
  @_disfavoredOverload
  package mutating func name(_ name: String) {
    separate()
    appendString(name.utf8.span)
    bytes.append(Ascii.colon)
    needsComma = false
  }

  /// Writes a string.
  package mutating func value(_ value: String) {
    separate()
    appendString(value.utf8.span)
    needsComma = true
  }

  /// Writes an integer.
  package mutating func value(_ value: Int) {
    separate()
    bytes.append(contentsOf: String(value).utf8)
    needsComma = true
  }

  /// Writes `true` or `false`.
  package mutating func value(_ value: Bool) {
    separate()
    bytes.append(contentsOf: (value ? "true" : "false").utf8)
    needsComma = true
  }

  /// Writes `null`.
  package mutating func null() {
    separate()
    bytes.append(contentsOf: "null".utf8)
    needsComma = true
  }

  /// Writes bytes that are one JSON value already; they are not checked.
  package mutating func raw(_ value: some Sequence<UInt8>) {
    separate()
    bytes.append(contentsOf: value)
    needsComma = true
  }

  /// Writes a span of bytes that are one JSON value already; they are not checked.
  package mutating func raw(_ value: Span<UInt8>) {
    separate()
    append(value)
    needsComma = true
  }

  /// Writes a value with all that is in it.
  package mutating func value(_ value: JSONValue) {
    switch value {
    case .null: null()
    case .bool(let bool): self.value(bool)
    case .number(let number): raw(number.text.utf8.span)
    case .string(let string): self.value(string)
    case .array(let elements):
      beginArray()
      for element in elements { self.value(element) }
      endArray()
    case .object(let object):
      beginObject()
      for member in object.members {
        name(member.name)
        self.value(member.value)
      }
      endObject()
    }
  }

  private mutating func open(_ bracket: UInt8) {
    separate()
    bytes.append(bracket)
    needsComma = false
  }

  private mutating func close(_ bracket: UInt8) {
    bytes.append(bracket)
    needsComma = true
  }

  private mutating func separate() {
    if needsComma { bytes.append(Ascii.comma) }
  }
}
