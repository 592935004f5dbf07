import JSON
import Store
import System
import Text

/// Sessions as text for people and as JSON for programs.
enum SessionText {
  static func line(_ row: SessionRow) -> [UInt8] {
    let columns = [
      "\(row.n)", row.state.rawValue, row.used.description, row.address, row.agent ?? "-",
      "\(row.messages) message\(row.messages == 1 ? "" : "s")", row.label ?? "",
    ]
    return Array((columns.map(displayEscaped).joined(separator: "  ") + "\n").utf8)
  }

  static func details(_ row: SessionRow) -> [UInt8] {
    var rows = [("number", "\(row.n)"), ("address", row.address), ("generation", "\(row.generation)")]
    rows += [("state", row.state.rawValue), ("agent", row.agent ?? "-"), ("messages", "\(row.messages)")]
    rows += [("created", row.created.description), ("used", row.used.description)]
    if let label = row.label { rows.append(("label", label)) }
    if let description = row.description { rows.append(("description", description)) }
    for (name, value) in (try? JSONReader.parse(row.data))?.object?.members ?? [] {
      rows.append((name, value.string ?? "…"))
    }
    var text = ""
    for (name, value) in rows {
      text += name + String(repeating: " ", count: max(1, 13 - name.count)) + displayEscaped(value) + "\n"
    }
    return Array(text.utf8)
  }

  static func json(_ row: SessionRow) -> [UInt8] {
    var json = JSONWriter()
    json.beginObject()
    json.member("n", Int(row.n))
    json.member("address", row.address)
    json.member("generation", Int(row.generation))
    json.member("state", row.state.rawValue)
    json.member("agent", row.agent)
    json.member("label", row.label)
    json.member("description", row.description)
    json.member("data", (try? JSONReader.parse(row.data)) ?? .object(JSONObject()))
    json.member("messages", Int(row.messages))
    json.member("created", row.created.description)
    json.member("used", row.used.description)
    json.endObject()
    json.newline()
    return json.bytes
  }

  /// The beginning of a text, on one line.
  static func oneLine(_ text: String) -> String {
    let flat = text.map { $0.isNewline ? " " : String($0) }.joined()
    return displayEscaped(String(flat.prefix(120))) + (flat.count > 120 ? "…" : "")
  }
}
