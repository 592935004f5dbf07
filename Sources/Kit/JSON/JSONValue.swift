/// A JSON value in memory.
package enum JSONValue: Equatable, Sendable {
  /// `null`.
  case null
  /// `true` or `false`.
  case bool(Bool)
  /// A number with its spelling.
  case number(JSONNumber)
  /// A string without its escapes.
  case string(String)
  /// An array.
  case array([JSONValue])
  /// An object.
  case object(JSONObject)

  /// The member of this name, or nil if there is none or this is not an object.
  package subscript(name: String) -> JSONValue? { object?[name] }

  /// The string, or nil if this is something else.
  package var string: String? {
    if case .string(let value) = self { value } else { nil }
  }

  /// The truth value, or nil if this is something else.
  package var bool: Bool? {
    if case .bool(let value) = self { value } else { nil }
  }

  /// The integer, or nil if this is not a number written as an integer that fits.
  package var int: Int? {
    if case .number(let value) = self { value.int } else { nil }
  }

  /// The number in double precision, or nil if this is not a number or too large for one.
  package var double: Double? {
    if case .number(let value) = self { value.double } else { nil }
  }

  /// The elements, or nil if this is not an array.
  package var array: [JSONValue]? {
    if case .array(let value) = self { value } else { nil }
  }

  /// The members, or nil if this is not an object.
  package var object: JSONObject? {
    if case .object(let value) = self { value } else { nil }
  }

  /// Whether two values are the same text: strings by bytes, numbers by spelling, members in order.
  package static func == (left: JSONValue, right: JSONValue) -> Bool {
    switch (left, right) {
    case (.null, .null): true
    case (.bool(let left), .bool(let right)): left == right
    case (.number(let left), .number(let right)): left == right
    case (.string(let left), .string(let right)): ByteName.same(left, right)
    case (.array(let left), .array(let right)): left == right
    case (.object(let left), .object(let right)): left == right
    default: false
    }
  }
}
