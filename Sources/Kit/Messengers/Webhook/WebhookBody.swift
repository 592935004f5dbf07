internal import JSON
internal import Web

/// What was posted, read: JSON, the fields of a form, or plain text.
struct WebhookBody {
  /// It as JSON, the fields of a form as an object; null for plain text.
  let value: JSONValue
  private let isForm: Bool
  private let bytes: [UInt8]

  /// Reads a body.
  ///
  /// `isParsed`: whether something is to be found in it, so that it must be JSON where it is no form.
  ///
  /// - Throws: `JSONError`.
  init(_ exchange: HTTPExchange, isParsed: Bool) throws {
    bytes = exchange.body
    let type = exchange.header("content-type")?.lowercased() ?? ""
    let kind = type.split(separator: ";").first.map { String($0.filter { $0 != " " }) } ?? ""
    isForm = kind == "application/x-www-form-urlencoded"
    if isForm {
      value = .object(Self.fields(bytes))
    } else if isParsed || type.hasPrefix("application/json") || kind.hasSuffix("+json") {
      value = try JSONReader.parse(bytes, limits: Self.limits)
    } else {
      value = .null
    }
  }

  /// Its words where no template says which they are.
  ///
  /// `isWhole`: whether all of it may be shown as it came; else it is written anew, so that no escape hides
  /// what is not to be seen.
  func words(isWhole: Bool) -> String {
    for name in ["text", "message", "content"] {
      if let text = value[name]?.string { return text }
    }
    guard isForm || !isWhole else { return String(decoding: bytes, as: UTF8.self) }
    var json = JSONWriter()
    json.value(value)
    return String(decoding: json.bytes, as: UTF8.self)
  }

  private static let limits = JSONLimits(maxBytes: 8 << 20)
  private static let fieldLimit = 1000

  /// The fields of a form: of several with one name the first.
  ///
  /// Some programs put JSON into one that is called `payload`.
  private static func fields(_ bytes: [UInt8]) -> JSONObject {
    var fields = JSONObject()
    for (name, value) in HTTPTarget.pairs(String(decoding: bytes, as: UTF8.self)).prefix(fieldLimit)
    where fields[name] == nil {
      let inner = name == "payload" ? try? JSONReader.parse(Array(value.utf8), limits: limits) : nil
      fields[name] = inner ?? .string(value)
    }
    return fields
  }
}
