internal import JSON
internal import Store
internal import Text
internal import Wire

/// What leaves: finds the words in a line, and takes the secrets out of all of it.
package final class Outgoing {
  /// What the store and the home know about what leaves.
  let facts: DeliveryFacts
  private var secrets: [String]
  // Its tables take a moment to make, which a command that delivers nothing should not wait for.
  private var scanner = LineScanner()
  private lazy var scrubber = Scrubber(exact: secrets)

  /// What is known of a request, which its line cannot change: its row, and its card for people.
  typealias Known = (row: RequestRow, card: String)
  private let request: (String) -> Known?
  private let hidden: String

  /// What leaves a stage.
  ///
  /// - Parameters:
  ///   - facts: what the store and the home know.
  ///   - secrets: what the program itself knows to be secret.
  ///   - hidden: how a card says that secrets were taken out of it.
  ///   - request: finds a request by its id.
  init(
    _ facts: DeliveryFacts, secrets: [String], hidden: String, request: @escaping (String) -> Known?
  ) {
    self.facts = facts
    self.secrets = secrets
    self.hidden = hidden
    self.request = request
  }

  /// Takes another secret out of all that leaves from now on.
  func add(secret: String) {
    guard !secret.isEmpty, !secrets.contains(secret) else { return }
    secrets.append(secret)
    scrubber = Scrubber(exact: secrets)
  }

  /// A line of full length may have got an id since it came.
  static let stored = JSONLimits(maxBytes: JSONLimits.line.maxBytes + 4096)

  /// Members that programs match by, and that platforms gave us to give back.
  private static let structural: Set<String> = [
    "v", "type", "id", "parent", "trace", "session", "time", "origin", "again",
  ]

  /// A row's line as it may leave.
  func line(of row: OutboxRow) -> [UInt8] {
    guard let object = try? JSONReader.parse(row.line, limits: Self.stored).object else {
      // Names that occur twice inside a member pass through a pipe, but nobody can say what they mean.
      var json = JSONWriter()
      json.beginObject()
      json.member("v", 1)
      json.member("type", row.type)
      json.member("id", row.id)
      json.member("parent", row.parent)
      json.member("session", row.session)
      json.member("text", text(of: row))
      json.endObject()
      return json.bytes
    }
    var clean = JSONObject()
    let known = row.type == "request" ? request(row.id) : nil
    for (name, value) in object.members {
      if let known {
        // A filter on the way may have changed what people would decide about.
        switch name {
        case "text":
          clean[name] = .string(text(of: row))
          continue
        case "tool":
          clean[name] = .string(known.row.tool)
          continue
        case "input":
          clean[name] = scrub((try? JSONReader.parse(known.row.input)) ?? .null)
          continue
        default: break
        }
      }
      clean[name] = Self.structural.contains(name) ? value : scrub(value)
    }
    var json = JSONWriter()
    json.value(.object(clean))
    return json.bytes
  }

  /// What a person is to read, as it may leave.
  func text(of row: borrowing OutboxRow) -> String {
    if row.type == "request", let known = request(row.id) {
      let clean = scrubber.scrub(known.card)
      return clean.rules.isEmpty ? clean.text : "\(clean.text)\n\(hidden)"
    }
    let line = row.line
    guard (try? scanner.scan(line.span, limits: Self.stored)) != nil else { return "" }
    let said = (try? Envelope.text("text", scanner, line.span)) ?? ""
    let isPlain = row.type != "request" && scanner.find("attachments", in: line.span) == nil
    return scrubber.scrub(isPlain ? said : words(line, said)).text
  }

  /// A short text as it may be shown.
  func clean(_ text: String) -> String { scrubber.scrub(text).text }

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

  private func words(_ line: [UInt8], _ said: String) -> String {
    guard let object = try? JSONReader.parse(line, limits: Self.stored).object else { return said }
    var text = said
    if object["type"]?.string == "request", text.isEmpty {
      text = "\(object["tool"]?.string ?? "?"): "
      var json = JSONWriter()
      json.value(object["input"] ?? .null)
      text += displayEscaped(String(decoding: json.bytes, as: UTF8.self))
      if let code = object["code"]?.string { text += " [\(code)]" }
    }
    for attachment in object["attachments"]?.array ?? [] {
      let name = attachment["name"]?.string ?? attachment["kind"]?.string ?? "file"
      text += "\(text.isEmpty ? "" : "\n")[\(displayEscaped(name)): \(attachment["path"]?.string ?? "")]"
    }
    return text
  }
}
