internal import JSON
internal import System

/// Words of messages.
enum FeishuText {
  /// A text with the placeholders of mentions replaced.
  ///
  /// `@_user_1` must not be found in `@_user_10`. A mention that is taken out takes the blank after it along.
  static func replacing(_ text: String, _ names: (String) -> String?) -> String {
    var rest = text.utf8[...]
    guard rest.contains(UInt8(ascii: "@")) else { return text }
    var result: [UInt8] = []
    while let byte = rest.first {
      guard byte == UInt8(ascii: "@"), let key = placeholder(rest) else {
        result.append(byte)
        rest.removeFirst()
        continue
      }
      let name = key == "@_all" ? names(key) ?? "all" : names(key)
      rest.removeFirst(key.utf8.count)
      switch name {
      case nil: result += Array(key.utf8)
      case "": if rest.first == 0x20 { rest.removeFirst() }
      case let name?: result += Array("@\(name)".utf8)
      }
    }
    return trimmed(String(decoding: result, as: UTF8.self))
  }

  /// The placeholder at the beginning.
  private static func placeholder(_ text: Substring.UTF8View) -> String? {
    if text.starts(with: "@_all".utf8) { return "@_all" }
    guard text.starts(with: "@_user_".utf8) else { return nil }
    let digits = text.dropFirst(7).prefix { $0 >= 0x30 && $0 <= 0x39 }
    return digits.isEmpty ? nil : "@_user_" + String(decoding: digits, as: UTF8.self)
  }

  /// A text without blanks at its ends.
  static func trimmed(_ text: String) -> String {
    let isBlank = { (byte: UInt8) in byte == 0x20 || (0x09...0x0D).contains(byte) }
    let bytes = text.utf8.drop(while: isBlank)
    guard let last = bytes.lastIndex(where: { !isBlank($0) }) else { return "" }
    return String(text[bytes.startIndex...last])
  }

  /// What is told of messages that are neither words nor files.
  static func other(_ kind: String, _ content: JSONObject) -> String {
    func text(_ name: String) -> String { content[name]?.string ?? "" }
    switch kind {
    case "sticker": return "[sticker]"
    case "folder": return "[folder \(text("file_name"))]"
    case "share_chat": return "[shared chat \(text("chat_id"))]"
    case "share_user": return "[shared contact \(text("user_id"))]"
    case "hongbao": return "[red packet]"
    case "video_chat": return "[video call \(text("topic"))]"
    case "vote":
      let options = (content["options"]?.array ?? []).compactMap(\.string)
      return "[vote] \(text("topic")): " + options.joined(separator: " / ")
    case "todo":
      var post = FeishuPost { $0 }
      return trimmed("[task] " + post.render(content["summary"]?.object ?? JSONObject()))
    case "calendar", "share_calendar_event", "general_calendar":
      let times = [content["start_time"], content["end_time"]].compactMap { FeishuTime.read($0)?.description }
      return "[calendar event] \(text("summary"))"
        + (times.isEmpty ? "" : ", " + times.joined(separator: " to "))
    case "system":
      // Its words are a sentence with the names of members in braces.
      return "[system message] " + text("template")
    default: return FeishuID.isValid(kind) ? "[\(kind) message]" : "[message of an unknown kind]"
    }
  }
}
