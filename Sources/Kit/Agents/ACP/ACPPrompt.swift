internal import JSON
internal import Text
internal import Turns

/// What a person said, as content blocks.
enum ACPPrompt {
  /// The largest picture that is sent as it is.
  private static let pictureLimit = 10 << 20
  /// The longest text that is sent as it is.
  private static let textLimit = 256 << 10

  /// The blocks of a message: its text, and its files as the agent can take them.
  ///
  /// `capabilities`: `promptCapabilities` of the agent.
  static func blocks(_ text: String, _ files: [TurnFile], _ capabilities: JSONValue?) -> [JSONValue] {
    var blocks: [JSONValue] = []
    if !text.isEmpty || files.isEmpty { blocks.append(["type": "text", "text": .string(text)]) }
    for file in files {
      blocks.append(
        picture(file, capabilities) ?? embedded(file, capabilities) ?? link(file))
    }
    return blocks
  }

  private static func picture(_ file: TurnFile, _ capabilities: JSONValue?) -> JSONValue? {
    guard file.isPicture, capabilities?["image"]?.bool == true, file.size <= pictureLimit,
      let content = try? file.content(limit: pictureLimit)
    else { return nil }
    return [
      "type": "image", "mimeType": .string(file.mime),
      "data": .string(String(decoding: Base64.encode(content), as: UTF8.self)),
      "uri": .string(uri(file.path)),
    ]
  }

  private static func embedded(_ file: TurnFile, _ capabilities: JSONValue?) -> JSONValue? {
    guard capabilities?["embeddedContext"]?.bool == true, file.size <= textLimit,
      file.mime.utf8.starts(with: "text/".utf8) || file.mime == "application/json",
      let content = try? file.content(limit: textLimit), let text = String(validating: content, as: UTF8.self)
    else { return nil }
    return [
      "type": "resource",
      "resource": [
        "uri": .string(uri(file.path)), "mimeType": .string(file.mime), "text": .string(text),
      ],
    ]
  }

  private static func link(_ file: TurnFile) -> JSONValue {
    var link = JSONObject([
      ("type", "resource_link"), ("uri", .string(uri(file.path))), ("name", .string(file.name)),
      ("size", .number(JSONNumber(file.size))),
    ])
    if !file.mime.isEmpty { link["mimeType"] = .string(file.mime) }
    return .object(link)
  }

  /// A path as a `file:` URI.
  static func uri(_ path: String) -> String {
    var out = "file://"
    for byte in path.utf8 {
      switch byte {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x2F, 0x5F, 0x7E:
        out.unicodeScalars.append(Unicode.Scalar(byte))
      default:
        let hex = String(byte, radix: 16, uppercase: true)
        out += hex.utf8.count == 1 ? "%0\(hex)" : "%\(hex)"
      }
    }
    return out
  }
}
