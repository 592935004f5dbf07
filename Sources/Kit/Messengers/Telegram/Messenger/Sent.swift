internal import JSON

/// What is remembered of a delivery that is on its way, so that nothing of it goes out twice.
struct Sent {
  /// The message with its text; one that has grown, or is whole.
  var message: Int64?
  /// Whether the text is whole.
  var hasText = false
  /// Whether a file was sent, and no answer came.
  var isInDoubt = false

  init() {}

  init(_ json: String?) {
    guard let json, let value = try? JSONReader.parse(json) else { return }
    message = value["message"]?.int.map { Int64($0) }
    hasText = value["text"]?.bool ?? false
    isInDoubt = value["doubt"]?.bool ?? false
  }

  var json: String {
    var json = JSONWriter()
    json.beginObject()
    if let message { json.member("message", Int(message)) }
    if hasText { json.member("text", true) }
    if isInDoubt { json.member("doubt", true) }
    json.endObject()
    return String(decoding: json.bytes, as: UTF8.self)
  }
}
