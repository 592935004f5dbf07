internal import Crypto
internal import JSON
internal import Policy

/// Calls whose input is too long for a card and for a line: a whole file, as a rule.
enum LongCall {
  /// Bytes of an input that are kept as they are.
  private static let limit = 256 << 10
  /// Bytes of a text within it that are shown where all of it is too long.
  private static let shown = 8 << 10

  /// The call, its long texts in place of themselves with their beginning, their length and their SHA-256.
  ///
  /// The digest of the request still covers every byte. A call that was shortened is not known whole, so it is
  /// asked about once and never granted.
  ///
  /// - Throws: where nothing can make a SHA-256 here.
  static func fit(_ call: ToolCall) throws -> ToolCall {
    guard let input = call.input, input.count > limit else { return call }
    var call = call
    call.isPartial = true
    let limits = JSONLimits(maxBytes: 64 << 20)
    guard let value = try? JSONReader.parse(input, limits: limits) else {
      call.input = nil
      return call
    }
    var json = JSONWriter()
    json.value(try shorten(value))
    call.input = json.bytes.count <= limit ? json.bytes : nil
    return call
  }

  private static func shorten(_ value: JSONValue) throws -> JSONValue {
    switch value {
    case .string(let text):
      guard text.utf8.count > shown else { return value }
      var start = String(decoding: text.utf8.prefix(shown), as: UTF8.self)
      while start.unicodeScalars.last == "\u{FFFD}" { start.unicodeScalars.removeLast() }
      let sum = try SHA256.hex(Array(text.utf8))
      return .string("\(start)\n[… \(text.utf8.count) bytes in all, SHA-256 \(sum)]")
    case .array(let elements): return .array(try elements.map(shorten))
    case .object(let object):
      return .object(JSONObject(try object.members.map { ($0.name, try shorten($0.value)) }))
    default: return value
    }
  }
}
