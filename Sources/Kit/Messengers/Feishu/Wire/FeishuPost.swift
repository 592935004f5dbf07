internal import JSON

/// Rich text of Feishu as Markdown.
struct FeishuPost {
  /// The files in it.
  private(set) var files: [FeishuContent.File] = []
  private let names: (String) -> String?

  init(_ names: @escaping (String) -> String?) { self.names = names }

  /// The Markdown of a post, or of a card in the simplified form in which it is received.
  mutating func render(_ content: JSONObject) -> String {
    var body = content
    if body["content"]?.array == nil, body["elements"]?.array == nil {
      // As it is sent: a language outside.
      body = content.members.lazy.compactMap(\.value.object).first { $0["content"]?.array != nil } ?? content
    }
    var lines: [String] = []
    if let title = body["title"]?.string, !title.isEmpty { lines.append("**\(title)**") }
    for row in body["content"]?.array ?? body["elements"]?.array ?? [] {
      // A row of a card may be one element.
      let elements = row.array ?? [row]
      lines.append(elements.prefix(1000).map { element($0) }.joined())
    }
    return FeishuText.trimmed(FeishuText.replacing(lines.joined(separator: "\n"), names))
  }

  private mutating func element(_ value: JSONValue) -> String {
    let text = value["text"]?.string ?? value["text"]?["content"]?.string ?? value["content"]?.string ?? ""
    switch value["tag"]?.string {
    case "text", "plain_text", "lark_md": return styled(text, value["style"]?.array ?? [])
    case "md", "markdown": return text
    case "a":
      let target = value["href"]?.string ?? ""
      return text == target || target.isEmpty ? text : "[\(text)](\(target))"
    case "at":
      let key = value["user_id"]?.string ?? ""
      // A placeholder is replaced with all the others.
      return key.hasPrefix("@_") ? key : "@\(value["user_name"]?.string ?? (key == "all" ? "all" : key))"
    case "img":
      return file(.image, value["image_key"], nil) ? "[image]" : ""
    case "media":
      return file(.video, value["file_key"], value["file_name"]) ? "[video]" : ""
    case "emotion": return "[\(value["emoji_type"]?.string ?? "emoji")]"
    case "code_block":
      let end = text.last == "\n" ? "" : "\n"
      return "```\((value["language"]?.string ?? "").lowercased())\n\(text)\(end)```"
    case "hr": return "---"
    case "button": return text.isEmpty ? "" : "[\(text)] "
    default: return text
    }
  }

  private func styled(_ text: String, _ styles: [JSONValue]) -> String {
    // Markdown wants no blanks inside of its marks.
    let inner = FeishuText.trimmed(text)
    guard !styles.isEmpty, inner.utf8.count == text.utf8.count, !inner.isEmpty else { return text }
    var result = text
    for style in styles {
      switch style.string {
      case "bold": result = "**\(result)**"
      case "italic": result = "*\(result)*"
      case "lineThrough": result = "~~\(result)~~"
      case "codeInline": result = "`\(result)`"
      default: break
      }
    }
    return result
  }

  private mutating func file(
    _ kind: FeishuContent.File.Kind, _ key: JSONValue?, _ name: JSONValue?
  ) -> Bool {
    guard let key = FeishuID.read(key), files.count < FeishuContent.fileLimit else { return false }
    files.append(FeishuContent.File(key: key, kind: kind, name: name?.string))
    return true
  }
}
