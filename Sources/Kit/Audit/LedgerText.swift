internal import JSON
package import Store
internal import System
internal import Text

/// Entries of the ledger as text for people and as JSON for programs.
package enum LedgerText {
  /// The members that a line shows, in their order.
  private static let members = [
    "verdict", "scope", "agent", "tool", "matter", "rule", "grant", "person", "by",
  ]
  private static let matterLimit = 120

  /// An entry as a line: number, time, kind, and what it says.
  package static func line(_ row: LedgerRow) -> String {
    let head = "\(row.n)  \(row.time)  "
    guard let entry = try? JSONReader.parse(Array(row.entry.utf8)).object else {
      return head + displayEscaped(String(row.entry.prefix(matterLimit)))
    }
    var parts = [entry["kind"]?.string ?? "?"]
    for name in members {
      guard let value = entry[name], value != .null else { continue }
      var json = JSONWriter()
      json.value(value)
      let text = value.string ?? String(decoding: json.bytes, as: UTF8.self)
      let short = text.prefix(matterLimit)
      parts.append(
        "\(name)=\(short.map { $0.isNewline ? " " : String($0) }.joined())\(short.endIndex < text.endIndex ? "…" : "")"
      )
    }
    return head + displayEscaped(parts.joined(separator: "  "))
  }

  /// An entry as an object with its number, time and hashes; the entry itself as the bytes that were hashed.
  package static func json(_ row: LedgerRow) -> [UInt8] {
    var json = JSONWriter()
    json.beginObject()
    json.member("n", Int(row.n))
    json.member("time", row.time.description)
    json.member("milliseconds", Int(row.time.milliseconds))
    json.name("entry")
    let bytes = Array(row.entry.utf8)
    if (try? JSONReader.parse(bytes))?.object != nil, !bytes.contains(0x0A), !bytes.contains(0x0D) {
      json.raw(bytes)
    } else {
      json.value(row.entry)
    }
    json.member("previous", row.previous)
    json.member("hash", row.hash)
    json.endObject()
    json.newline()
    return json.bytes
  }
}
