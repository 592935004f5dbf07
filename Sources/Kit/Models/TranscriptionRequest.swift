package import JSON
package import Network
internal import Settings

/// A recording whose text is wanted, as the endpoint's API has it.
package struct TranscriptionRequest: Sendable {
  private let endpoint: ModelEndpoint
  private let content: [UInt8]
  private let mime: String
  private let language: String?

  /// Bytes that a recording may have: twice what the usual endpoint takes.
  package static let sizeLimit = 50 << 20
  /// Bytes that the text of one may have.
  package static let textLimit = 1 << 20

  /// A request with a recording; `language` instead of what the configuration says.
  package init(_ endpoint: ModelEndpoint, _ content: [UInt8], mime: String, language: String? = nil) {
    (self.endpoint, self.content, self.mime) = (endpoint, content, mime)
    self.language = language ?? endpoint.settings.language
  }

  /// The fields of the form, besides the recording.
  private var fields: JSONObject {
    var fields = JSONObject([("model", .string(endpoint.model))])
    if let language { fields["language"] = .string(language) }
    fields["response_format"] = "json"
    if let temperature = endpoint.settings.temperature { fields["temperature"] = .number(temperature) }
    return endpoint.completed(fields)
  }

  /// The request; `random` makes the boundary of its parts.
  package func request(random: () -> UInt64) -> HTTPRequest {
    var form = Multipart(random: random)
    for (name, value) in fields.members { form.field(name, Self.text(value)) }
    // The extension of the name is what tells them the format.
    form.file("file", filename: "voice.\(Recording.suffix(mime))", mime: mime, content)
    return endpoint.request(form)
  }

  /// What the request would be.
  package var shown: JSONObject {
    var fields = fields
    fields["file"] = .object(
      JSONObject([
        ("name", .string("voice.\(Recording.suffix(mime))")), ("mime", .string(mime)),
        ("size", .number(JSONNumber(content.count))),
      ]))
    return endpoint.shown(fields)
  }

  private static func text(_ value: JSONValue) -> String {
    if let text = value.string { return text }
    var json = JSONWriter()
    json.value(value)
    return String(decoding: json.bytes, as: UTF8.self)
  }
}

/// The text of a recording.
package struct TranscriptionAnswer: Equatable, Sendable {
  /// The text, without blanks at its ends; empty for silence.
  package let text: String
  /// What was used.
  package let usage: ModelUsage

  /// Reads an answer.
  ///
  /// - Throws: `ModelProblem`.
  package init(_ body: [UInt8]) throws(ModelProblem) {
    guard let value = try? JSONReader.parse(body, limits: JSONLimits(maxBytes: 4 << 20)) else {
      throw ModelProblem(.garbled, "the answer is no JSON")
    }
    if let problem = ModelProblem(inside: value) { throw problem }
    guard let text = value["text"]?.string else {
      throw ModelProblem(.garbled, "the answer has no \"text\"")
    }
    self.text = Recording.trimmed(text)
    var usage = ModelUsage()
    usage.take(value["usage"])
    self.usage = usage
  }
}

/// What is known of recordings.
package enum Recording {
  /// The extension of a file's name for a type.
  package static func suffix(_ mime: String) -> String {
    switch mime {
    case "audio/mpeg": "mp3"
    case "audio/mp4", "audio/x-m4a", "video/mp4": "m4a"
    case "audio/wav", "audio/x-wav": "wav"
    case "audio/webm", "video/webm": "webm"
    case "audio/flac", "audio/x-flac": "flac"
    case "audio/amr": "amr"
    default: "ogg"
    }
  }

  /// The type of a recording by its first bytes; nil for one that is not known.
  package static func mime(of content: [UInt8]) -> String? {
    func has(_ text: String, at place: Int = 0) -> Bool { content.dropFirst(place).starts(with: text.utf8) }
    if has("OggS") { return "audio/ogg" }
    if has("fLaC") { return "audio/flac" }
    if has("#!AMR") { return "audio/amr" }
    if has("RIFF"), has("WAVE", at: 8) { return "audio/wav" }
    if has("ftyp", at: 4) { return "audio/mp4" }
    if content.starts(with: [0x1A, 0x45, 0xDF, 0xA3]) { return "audio/webm" }
    if has("ID3") { return "audio/mpeg" }
    // The first eleven bits of each of its frames are set; no layer is that of AAC.
    guard content.count > 1, content[0] == 0xFF, content[1] & 0xE0 == 0xE0, content[1] & 0x06 != 0 else {
      return nil
    }
    return "audio/mpeg"
  }

  /// Without blanks at its ends.
  package static func trimmed(_ text: String) -> String {
    var rest = text[...]
    while rest.first?.isWhitespace == true { rest.removeFirst() }
    while rest.last?.isWhitespace == true { rest.removeLast() }
    return String(rest)
  }
}
