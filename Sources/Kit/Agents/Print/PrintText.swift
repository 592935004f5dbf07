internal import JSON

/// What is shown of values and texts that may be long.
enum PrintText {
  private static let titleLimit = 200
  private static let detailLimit = 4000

  /// A text as it is, anything else as JSON.
  static func words(_ value: JSONValue) -> String {
    if let text = value.string { return text }
    var json = JSONWriter()
    json.value(value)
    return String(decoding: json.bytes.prefix(detailLimit), as: UTF8.self)
  }

  static func title(_ text: String) -> String {
    let line = text.split(separator: "\n", maxSplits: 1).first ?? ""
    return line.count <= titleLimit ? String(line) : String(line.prefix(titleLimit)) + " …"
  }

  static func detail(_ text: String) -> String {
    text.utf8.count <= detailLimit ? text : "… " + String(text.suffix(detailLimit))
  }
}
