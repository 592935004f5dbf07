internal import JSON
internal import Text

/// Problems as endpoints tell them, in all the forms that there are.
extension ModelProblem {
  /// Characters of an endpoint's words that are shown.
  static let wordLimit = 400

  /// What an answer with the status of an error means.
  init(status: Int, body: [UInt8], mediaType: String?, retryAfter: Int64? = nil) {
    let value = try? JSONReader.parse(body, limits: JSONLimits(maxBytes: 1 << 20))
    let told = value.flatMap { Told($0) }
    let message = told?.message ?? Self.words(body, mediaType)
    self.init(Self.kind(status, told), message, status: status)
    if kind == .invalid, Self.isAboutLength(message) { kind = .tooLong }
    parameter = told?.parameter
    self.retryAfter = retryAfter
  }

  /// What an object in the middle of an answer means; nil where it is no error.
  init?(inside value: JSONValue) {
    guard
      value["error"] != nil && value["error"] != .null || value["type"] == "error"
        || value["object"] == "error", let told = Told(value)
    else { return nil }
    let status = told.status ?? 0
    let kind = status >= 400 ? Self.kind(status, told) : Self.kind(0, told)
    self.init(kind, told.message, status: status >= 400 ? status : nil)
    if self.kind == .invalid, Self.isAboutLength(message) { self.kind = .tooLong }
    parameter = told.parameter
  }

  /// What an endpoint says about an error.
  private struct Told {
    var message: String
    /// Codes and types, one after the other, in lower case.
    var marks: [String] = []
    var parameter: String?
    var status: Int?

    init?(_ value: JSONValue) {
      // Some give an array of one error.
      let value = value.array?.first ?? value
      if let text = value.string {
        message = ModelProblem.shown(text)
        return
      }
      guard let object = value.object else { return nil }
      let inner = object["error"]
      let error = inner?.object ?? object
      let words =
        inner?.string ?? error["message"]?.string ?? error["detail"]?.string ?? Self.details(error["detail"])
        ?? object["message"]?.string ?? object["detail"]?.string ?? Self.details(object["detail"])
        ?? error["msg"]?.string
      for mark in [error["code"], error["type"], object["code"], object["type"]] {
        switch mark {
        case .string(let text)?: marks.append(text.lowercased())
        case .number(let number)?:
          marks.append(number.text)
          status = status ?? number.int.flatMap { (400...599).contains($0) ? $0 : nil }
        default: break
        }
      }
      guard words != nil || inner != nil || !marks.isEmpty else { return nil }
      message = ModelProblem.shown(words ?? marks.first ?? "an error without words")
      parameter = error["param"]?.string
    }

    /// Errors as servers made with FastAPI have them.
    private static func details(_ value: JSONValue?) -> String? {
      value?.array?.first.flatMap { detail in
        guard let words = detail["msg"]?.string else { return nil }
        let place = (detail["loc"]?.array ?? []).compactMap(\.string).joined(separator: ".")
        return place.isEmpty ? words : "\(place): \(words)"
      }
    }
  }

  private static func kind(_ status: Int, _ told: Told?) -> Kind {
    let marks = told?.marks ?? []
    func has(_ words: String...) -> Bool { marks.contains { words.contains($0) } }
    // What is not worth trying again, whatever the status.
    if status == 402 || has("insufficient_quota", "billing_error", "billing_not_active", "1113") {
      return .billing
    }
    if has("context_length_exceeded", "request_too_large", "model_context_window_exceeded") {
      return .tooLong
    }
    if has("data_inspection_failed", "content_filter", "content_policy_violation") { return .refused }
    switch status {
    case 401: return .unauthorized
    case 403: return .forbidden
    case 404: return .notFound
    case 408, 409: return .serverError
    case 413: return .tooLong
    case 429: return .rateLimit
    case 503, 529: return .overloaded
    case 500...: return .serverError
    case 400..<500: return .invalid
    default: break
    }
    if has("authentication_error", "invalid_api_key") { return .unauthorized }
    if has("permission_error") { return .forbidden }
    if has("not_found_error", "model_not_found") { return .notFound }
    if has("rate_limit_error", "rate_limit_exceeded", "1302") { return .rateLimit }
    if has("overloaded_error") { return .overloaded }
    if has("invalid_request_error") { return .invalid }
    return .serverError
  }

  /// Whether words say that the prompt is too long: Anthropic and most servers of one's own have no code for it.
  private static func isAboutLength(_ message: String) -> Bool {
    let text = Array(message.lowercased().utf8)
    let signs = [
      "prompt is too long", "input is too long", "maximum context length", "context length", "context window",
      "contextwindowexceeded", "context size",
    ]
    return signs.contains { sign in
      let sign = Array(sign.utf8)
      return text.indices.contains { text[$0...].starts(with: sign) }
    }
  }

  /// What an answer that is no JSON says.
  private static func words(_ body: [UInt8], _ mediaType: String?) -> String {
    let text = String(decoding: body.prefix(2000), as: UTF8.self)
    let start = text.utf8.first { $0 > 0x20 }
    if start == nil { return "an answer without words" }
    if start == UInt8(ascii: "<") || mediaType == "text/html" { return "a web page, as of a proxy" }
    return shown(text)
  }

  /// Words of others, fit for one line.
  package static func shown(_ text: String) -> String {
    var words = ""
    var count = 0
    for scalar in text.unicodeScalars {
      if count == wordLimit { return displayEscaped(words) + "…" }
      count += 1
      words.unicodeScalars.append(scalar == "\n" || scalar == "\r" || scalar == "\t" ? " " : scalar)
    }
    while words.unicodeScalars.last == " " { words.unicodeScalars.removeLast() }
    while words.unicodeScalars.first == " " { words.unicodeScalars.removeFirst() }
    return displayEscaped(words)
  }
}
