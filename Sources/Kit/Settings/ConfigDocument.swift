internal import Console
internal import JSON

/// The text of `config.json` and what it holds.
struct ConfigDocument {
  static let limit = 1 << 20

  let root: JSONObject
  let locator: Locator

  /// Reads the text; the keys are checked by `ConfigCheck`.
  ///
  /// - Throws: `Failure` with status 78 and the position.
  init(_ bytes: [UInt8]) throws {
    let value: JSONValue
    do throws(JSONError) {
      value = try JSONReader.parse(
        bytes, limits: JSONLimits(maxBytes: Self.limit, maxDepth: 64), dialect: .relaxed)
    } catch {
      throw Failure(.configuration, "config.json:\(error.line):\(error.column): \(Self.safe(error.message))")
    }
    locator = Locator(bytes)
    guard let root = value.object else {
      let (line, column) = locator.position(of: [], atName: false)
      throw Failure(
        .configuration, "config.json:\(line):\(column): expected an object, found \(Self.kind(of: value))")
    }
    self.root = root
  }

  /// A failure at a value, or at the name of a member.
  func failure(_ place: Place, atName: Bool = false, _ message: String, hint: String? = nil) -> Failure {
    Self.failure(locator, place, atName: atName, message, hint: hint)
  }

  static func failure(
    _ locator: Locator, _ place: Place, atName: Bool = false, _ message: String, hint: String? = nil
  ) -> Failure {
    let (line, column) = locator.position(of: place, atName: atName)
    return Failure(.configuration, "config.json:\(line):\(column): \(place.words): \(message)", hint: hint)
  }

  /// What a value is, without its content.
  static func kind(of value: JSONValue) -> String {
    switch value {
    case .null: "null"
    case .bool(let flag): "\(flag)"
    case .number: "a number"
    case .string(let text): text.isEmpty ? "an empty string" : "a string"
    case .array(let elements): elements.isEmpty ? "an empty array" : "an array"
    case .object: "an object"
    }
  }

  /// The reader's message without the word it found: that may be a secret without its quotes.
  private static func safe(_ message: String) -> String {
    let expectation = "expected true, false or null"
    return message.hasPrefix(expectation) ? "\(expectation), found another word (texts need quotes)" : message
  }
}
