internal import JSON
package import Store
internal import Text
internal import Wire

/// Makes deliveries of rows: finds the words in a line, and takes the secrets out of all of it.
package final class Outgoing {
  private let secrets: [String]
  // Its tables take a moment to make, which a command that delivers nothing should not wait for.
  private lazy var scrubber = Scrubber(exact: secrets)

  /// `secrets`: what the program itself knows to be secret.
  package init(secrets: [String]) { self.secrets = secrets }

  /// Members that programs match by, and that platforms gave us to give back.
  private static let structural: Set<String> = ["v", "type", "id", "parent", "trace", "session", "time", "origin", "again"]

  /// A row as it may leave.
  package func delivery(of row: OutboxRow) -> Delivery {
    guard let value = try? JSONReader.parse(row.line), let object = value.object else {
      return Delivery(row: row, text: "", line: row.line)
    }
    var clean = JSONObject()
    for (name, value) in object.members {
      clean[name] = Self.structural.contains(name) ? value : scrub(value)
    }
    var json = JSONWriter()
    json.value(.object(clean))
    return Delivery(row: row, text: Self.words(clean), line: json.bytes)
  }

  /// A growing text as it may be shown.
  package func partial(_ text: String) -> String { scrubber.scrubPartial(text).text }

  private func scrub(_ value: JSONValue) -> JSONValue {
    switch value {
    case .string(let text): .string(scrubber.scrub(text).text)
    case .array(let items): .array(items.map(scrub))
    case .object(let object): .object(JSONObject(object.members.map { ($0.name, scrub($0.value)) }))
    default: value
    }
  }

  /// What a person is to read.
  private static func words(_ line: JSONObject) -> String {
    var text = line["text"]?.string ?? ""
    if line["type"]?.string == "request", text.isEmpty {
      text = "\(line["tool"]?.string ?? "?"): "
      var json = JSONWriter()
      json.value(line["input"] ?? .null)
      text += displayEscaped(String(decoding: json.bytes, as: UTF8.self))
      if let code = line["code"]?.string { text += " [\(code)]" }
    }
    for attachment in line["attachments"]?.array ?? [] {
      let name = attachment["name"]?.string ?? attachment["kind"]?.string ?? "file"
      text += "\(text.isEmpty ? "" : "\n")[\(displayEscaped(name)): \(attachment["path"]?.string ?? "")]"
    }
    return text
  }
}
