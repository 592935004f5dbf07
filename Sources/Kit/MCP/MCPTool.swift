package import JSON

/// A tool as a client is told of it.
package struct MCPTool: Sendable {
  /// Its name; it stands for itself, because some clients show it without the server's.
  package let name: String
  /// A few words for people.
  package let title: String
  /// What a model reads, in English and Chinese.
  package let description: String
  /// The members of its input, in their order.
  package let fields: [Field]
  /// Whether it changes nothing.
  package let isReadOnly: Bool
  /// Whether it may undo or lose something.
  package let isDestructive: Bool
  /// Whether doing it twice is as good as once.
  package let isIdempotent: Bool
  /// Whether it reaches people or other agents.
  package let isOpen: Bool

  /// A tool of its parts.
  package init(
    _ name: String, _ title: String, _ description: String, _ fields: [Field], isReadOnly: Bool = false,
    isDestructive: Bool = false, isIdempotent: Bool = false, isOpen: Bool = false
  ) {
    (self.name, self.title, self.description, self.fields) = (name, title, description, fields)
    (self.isReadOnly, self.isDestructive) = (isReadOnly, isDestructive)
    (self.isIdempotent, self.isOpen) = (isIdempotent, isOpen)
  }

  /// One member of a tool's input.
  package struct Field: Sendable {
    /// What a value may be.
    package enum Kind: Sendable {
      /// A text of at most so many bytes.
      case text(Int)
      /// A text out of a few.
      case choice([String])
      /// A whole number.
      case number(ClosedRange<Int>)
      /// True or false.
      case flag
      /// A list of at most so many texts of at most so many bytes.
      case texts(Int, bytes: Int)
    }

    /// Its name.
    package let name: String
    /// What it may be.
    package let kind: Kind
    /// What a model reads about it.
    package let help: String
    /// Whether a call without it is wrong.
    package let isRequired: Bool

    /// A member.
    package init(_ name: String, _ kind: Kind, _ help: String, isRequired: Bool = false) {
      (self.name, self.kind, self.help, self.isRequired) = (name, kind, help, isRequired)
    }
  }

  // MARK: - As JSON

  /// The tool in a list.
  package var json: JSONValue {
    [
      "name": .string(name), "title": .string(title), "description": .string(description),
      "inputSchema": schema,
      "annotations": [
        "title": .string(title), "readOnlyHint": .bool(isReadOnly), "destructiveHint": .bool(isDestructive),
        "idempotentHint": .bool(isIdempotent), "openWorldHint": .bool(isOpen),
      ],
    ]
  }

  /// What its input must be; plain, because interfaces of models take no more.
  package var schema: JSONValue {
    var members: [(String, JSONValue)] = [("type", "object")]
    if !fields.isEmpty {
      members.append(("properties", .object(JSONObject(fields.map { ($0.name, $0.schema) }))))
    }
    let required = fields.filter(\.isRequired).map { JSONValue.string($0.name) }
    if !required.isEmpty { members.append(("required", .array(required))) }
    members.append(("additionalProperties", false))
    return .object(JSONObject(members))
  }

  // MARK: - Checking

  /// Why an input is not what the tool takes, in words that say what would be; nil for one that is.
  package func objection(to input: JSONObject) -> String? {
    for member in input.members where !fields.contains(where: { $0.name == member.name }) {
      let known = fields.map(\.name).joined(separator: ", ")
      return "'\(member.name.prefix(64))' is not a member of the input of \(name). "
        + (known.isEmpty ? "It takes none." : "It takes: \(known).")
    }
    for field in fields {
      switch input[field.name] {
      case nil, .null?:
        if field.isRequired { return "'\(field.name)' is missing: \(field.help)" }
      case let value?:
        if let expected = field.mismatch(value) {
          return "'\(field.name)' must be \(expected): \(field.help)"
        }
      }
    }
    return nil
  }
}

extension MCPTool.Field {
  var schema: JSONValue {
    var members: [(String, JSONValue)]
    switch kind {
    case .text(let most): members = [("type", "string"), ("maxLength", .number(JSONNumber(most)))]
    case .choice(let words):
      members = [("type", "string"), ("enum", .array(words.map { .string($0) }))]
    case .number(let range):
      members = [
        ("type", "integer"), ("minimum", .number(JSONNumber(range.lowerBound))),
        ("maximum", .number(JSONNumber(range.upperBound))),
      ]
    case .flag: members = [("type", "boolean")]
    case .texts(let most, let bytes):
      members = [
        ("type", "array"), ("maxItems", .number(JSONNumber(most))),
        ("items", ["type": "string", "maxLength": .number(JSONNumber(bytes))]),
      ]
    }
    members.append(("description", .string(help)))
    return .object(JSONObject(members))
  }

  /// What a value should be; nil where it is.
  func mismatch(_ value: JSONValue) -> String? {
    switch kind {
    case .text(let most):
      guard let text = value.string else { return "a text" }
      return text.utf8.count <= most ? nil : "a text of at most \(most) bytes"
    case .choice(let words):
      return value.string.map(words.contains) == true
        ? nil : "one of " + words.map { "\"\($0)\"" }.joined(separator: ", ")
    case .number(let range):
      return value.int.map(range.contains) == true
        ? nil : "a whole number from \(range.lowerBound) to \(range.upperBound)"
    case .flag: return value.bool == nil ? "true or false" : nil
    case .texts(let most, let bytes):
      guard let all = value.array, all.count <= most else { return "a list of at most \(most) texts" }
      return all.allSatisfy { ($0.string?.utf8.count ?? .max) <= bytes }
        ? nil : "a list of texts of at most \(bytes) bytes each"
    }
  }
}
