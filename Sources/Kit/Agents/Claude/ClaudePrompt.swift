internal import JSON
internal import Settings
internal import System
internal import Text
internal import Turns

/// What a person said, as a line for Claude Code.
struct ClaudePrompt {
  /// The id by which the program echoes that it has read the line.
  let id: String
  /// The line, without its newline.
  let line: [UInt8]

  /// Bytes of pictures: one, and all of a message, before they are encoded.
  private static let pictureLimit = (one: 3_700_000, all: 7_400_000)

  /// Text and files, in the format of the Messages API.
  init(_ text: String, files: [TurnFile] = [], id: String) {
    var words = Self.escaped(text)
    var pictures: [JSONValue] = []
    var named: [String] = []
    var size = 0
    for file in files {
      if file.isPicture, file.size <= Self.pictureLimit.one, size + file.size <= Self.pictureLimit.all,
        let content = try? file.content(limit: Self.pictureLimit.one)
      {
        size += content.count
        pictures.append([
          "type": "image",
          "source": [
            "type": "base64", "media_type": .string(file.mime),
            "data": .string(String(decoding: Base64.encode(content), as: UTF8.self)),
          ],
        ])
      }
      named.append("- \(file.path)" + (file.kind == "file" ? "" : " (\(file.kind))"))
    }
    if !named.isEmpty {
      words += (words.isEmpty ? "" : "\n\n") + "Attached files:\n" + named.joined(separator: "\n")
    }
    let content: JSONValue =
      pictures.isEmpty ? .string(words) : .array([["type": "text", "text": .string(words)]] + pictures)
    var json = JSONWriter()
    json.value([
      "type": "user", "message": ["role": "user", "content": content], "parent_tool_use_id": nil,
      "session_id": "", "uuid": .string(id),
    ])
    self.id = id
    line = json.bytes
  }

  /// The text with a backslash before each `@` that would name a file: the program puts such files into the
  /// prompt by itself, and asks nobody.
  static func escaped(_ text: String) -> String {
    var out: [UInt8] = []
    let bytes = Array(text.utf8)
    out.reserveCapacity(bytes.count)
    for (index, byte) in bytes.enumerated() {
      if byte == UInt8(ascii: "@"), index + 1 < bytes.count, bytes[index + 1] > 0x20,
        index == 0 || !isWord(bytes[index - 1])
      {
        out.append(UInt8(ascii: "\\"))
      }
      out.append(byte)
    }
    return String(decoding: out, as: UTF8.self)
  }

  /// A byte before which `@` belongs to an address or a name: there the program sees no file.
  private static func isWord(_ byte: UInt8) -> Bool {
    byte >= 0x30 && byte <= 0x39 || byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A || byte == UInt8(ascii: "\\")
  }

  /// Commands of the program's own that neither run nor read anything.
  private static let harmless = ["compact", "context", "cost", "usage", "clear"]

  /// The name and the words of a command or skill that a text would start: those may run programs unasked.
  ///
  /// nil where it starts none, or one that is harmless.
  static func command(in text: String) -> (name: String, words: String)? {
    var bytes = Substring(text).utf8
    while let first = bytes.first, first <= 0x20 { bytes.removeFirst() }
    guard bytes.first == UInt8(ascii: "/") else { return nil }
    bytes.removeFirst()
    let name = bytes.prefix { $0 > 0x20 }
    // A path is no command.
    guard !name.isEmpty, !name.contains(UInt8(ascii: "/")) else { return nil }
    let text = String(Substring(name))
    guard !harmless.contains(text) else { return nil }
    return (text, String(Substring(bytes.dropFirst(name.count + 1))))
  }
}
