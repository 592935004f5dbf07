internal import JSON

/// Configurations as text: for the file, and for a person without the secrets.
enum ConfigText {
  /// The text of a file, two blanks a level.
  static func pretty(_ root: JSONObject) -> [UInt8] {
    var text = ""
    append(.object(root), 0, &text)
    return Array((text + "\n").utf8)
  }

  /// The lines to show; a secret that differs from the one in `old` says so.
  static func shown(_ root: JSONObject, comparedWith old: JSONObject? = nil) -> [String] {
    let masked = mask(.object(root), [], old.map { .object($0) })
    var text = ""
    append(masked, 0, &text)
    return text.split(separator: "\n").map(String.init)
  }

  /// The number of comments in a text that the reader has accepted.
  static func comments(_ bytes: [UInt8]) -> Int {
    var count = 0
    var at = 0
    var isInString = false
    while at < bytes.count {
      let next = at + 1 < bytes.count ? bytes[at + 1] : 0
      if isInString {
        switch bytes[at] {
        case UInt8(ascii: "\\"): at += 1
        case UInt8(ascii: "\""): isInString = false
        default: break
        }
        at += 1
      } else if bytes[at] == UInt8(ascii: "\"") {
        isInString = true
        at += 1
      } else if bytes[at] == UInt8(ascii: "/"), next == UInt8(ascii: "/") {
        count += 1
        while at < bytes.count, bytes[at] != 0x0A { at += 1 }
      } else if bytes[at] == UInt8(ascii: "/"), next == UInt8(ascii: "*") {
        count += 1
        at += 2
        while at + 1 < bytes.count, bytes[at] != UInt8(ascii: "*") || bytes[at + 1] != UInt8(ascii: "/") {
          at += 1
        }
        at += 2
      } else {
        at += 1
      }
    }
    return count
  }

  /// A value as it stands behind a margin, with one unit more for each level.
  static func indented(_ value: JSONValue, unit: String, margin: String) -> String {
    var text = ""
    append(value, 0, &text, unit: unit, margin: margin)
    return text
  }

  private static func append(
    _ value: JSONValue, _ depth: Int, _ text: inout String, unit: String = "  ", margin outer: String = ""
  ) {
    let margin = outer + String(repeating: unit, count: depth + 1)
    let end = outer + String(repeating: unit, count: depth)
    switch value {
    case .object(let object) where !object.isEmpty:
      text += "{\n"
      for (index, member) in object.members.enumerated() {
        text += "\(margin)\(flat(.string(member.name))): "
        append(member.value, depth + 1, &text, unit: unit, margin: outer)
        text += index == object.count - 1 ? "\n" : ",\n"
      }
      text += end + "}"
    case .array(let elements) where elements.contains { $0.object != nil || $0.array != nil }:
      text += "[\n"
      for (index, element) in elements.enumerated() {
        text += margin
        append(element, depth + 1, &text, unit: unit, margin: outer)
        text += index == elements.count - 1 ? "\n" : ",\n"
      }
      text += end + "]"
    case .array(let elements):
      text += "[" + elements.map(flat).joined(separator: ", ") + "]"
    default: text += flat(value)
    }
  }

  /// A value on one line.
  static func flat(_ value: JSONValue) -> String {
    var json = JSONWriter()
    json.value(value)
    return String(decoding: json.bytes, as: UTF8.self)
  }

  private static func mask(_ value: JSONValue, _ path: [String], _ old: JSONValue?) -> JSONValue {
    switch value {
    case .object(let object):
      return .object(
        JSONObject(object.members.map { ($0.name, mask($0.value, path + [$0.name], old?[$0.name])) }))
    case .array(let elements) where isSecret(path):
      return .string(elements == old?.array ?? [] ? hidden : "\(hidden) (changed)")
    case .string, .number:
      guard isSecret(path) else { return value }
      return .string(old == nil || old == value ? hidden : "\(hidden) (changed)")
    default: return value
    }
  }

  private static let hidden = "***"
  /// What of an account is no secret, and where one comes from.
  private static let plain = [
    "app_id", "client_id", "corp_id", "agent_id", "bot_id", "user", "from", "host", "port", "env", "file",
    "command", "credential", "to", "base_url", "address", "smtp", "imap", "authserv_id", "priority",
    "insecure",
  ]

  private static func isSecret(_ path: [String]) -> Bool {
    switch path.first {
    case "accounts": path.count > 2 && !path.dropFirst(2).contains { plain.contains($0) }
    case "agents": path.count > 3 && path[2] == "env"
    case "models": path.count > 1
    default: false
    }
  }
}
