import JSON
import Store
import System
import Text

/// Rows as text for people and as JSON for programs.
enum RowText {
  static func line(_ row: InboxRow) -> [UInt8] {
    text([
      row.id, "inbox", row.state.rawValue, row.accepted.description, row.session,
      row.reason ?? summary(row.line),
    ])
  }

  static func line(_ row: OutboxRow) -> [UInt8] {
    text([
      row.id, "outbox", row.state.rawValue, row.created.description, row.target ?? row.session,
      row.reason ?? summary(row.line),
    ])
  }

  static func details(_ row: InboxRow, isDead: Bool) -> [UInt8] {
    var rows = [("id", row.id), ("kind", "inbox, \(row.type)"), ("state", row.state.rawValue)]
    rows += [("source", row.account.isEmpty ? row.platform : "\(row.platform)@\(row.account)")]
    rows += [("session", row.session), ("agent", row.agent ?? "-"), ("pipeline", row.pipe ?? "any")]
    rows += holder(row.holder, isDead)
    rows += [("accepted", row.accepted.description), ("state since", row.since.description)]
    if let reason = row.reason { rows.append(("reason", reason)) }
    return table(rows, row.line)
  }

  static func details(_ row: OutboxRow, isDead: Bool) -> [UInt8] {
    var rows = [("id", row.id), ("kind", "outbox, \(row.type)"), ("state", row.state.rawValue)]
    if let parent = row.parent { rows.append(("answers", parent)) }
    rows += [
      ("session", row.session), ("target", row.target ?? "the session's platform"),
      ("pipeline", row.pipe ?? "any"),
    ]
    rows += holder(row.holder, isDead)
    rows += [("created", row.created.description), ("state since", row.since.description)]
    rows.append(("attempts", "\(row.attempts)"))
    if let next = row.next { rows.append(("next", next.description)) }
    if let reason = row.reason { rows.append(("reason", reason)) }
    if let proof = row.proof { rows.append(("proof", proof)) }
    return table(rows, row.line)
  }

  static func json(_ row: InboxRow) -> [UInt8] {
    object(row.line) { json in
      json["box"] = "inbox"
      json["state"] = .string(row.state.rawValue)
      json["attempts"] = .number(JSONNumber(Int(row.prints)))
      json["next"] = row.reprint.map { .string($0.description) } ?? .null
      json["holder"] = .string(row.holder)
      json["reason"] = row.reason.map { .string($0) } ?? .null
    }
  }

  static func json(_ row: OutboxRow) -> [UInt8] {
    object(row.line) { json in
      json["box"] = "outbox"
      json["state"] = .string(row.state.rawValue)
      json["attempts"] = .number(JSONNumber(Int(row.attempts)))
      json["next"] = (row.next ?? row.reprint).map { .string($0.description) } ?? .null
      json["holder"] = .string(row.holder)
      json["reason"] = row.reason.map { .string($0) } ?? .null
      json["proof"] = row.proof.map { .string($0) } ?? .null
      json["target"] = row.target.map { .string($0) } ?? .null
    }
  }

  static func json(problem: String) -> String {
    var json = JSONWriter()
    json.beginObject()
    json.member("problem", problem)
    json.endObject()
    json.newline()
    return String(decoding: json.bytes, as: UTF8.self)
  }

  /// The line itself with a few members more.
  private static func object(_ line: [UInt8], _ change: (inout JSONObject) -> Void) -> [UInt8] {
    var object = (try? JSONReader.parse(line))?.object ?? JSONObject()
    change(&object)
    var json = JSONWriter()
    json.value(.object(object))
    json.newline()
    return json.bytes
  }

  private static func summary(_ line: [UInt8]) -> String {
    let text = (try? JSONReader.parse(line))?["text"]?.string ?? ""
    let short = text.prefix(60).map { $0.isNewline ? " " : String($0) }.joined()
    return displayEscaped(short) + (text.count > 60 ? "…" : "")
  }

  private static func holder(_ holder: String, _ isDead: Bool) -> [(String, String)] {
    [("holder", holder.isEmpty ? "nobody" : isDead ? "\(holder) (dead)" : holder)]
  }

  private static func text(_ columns: [String]) -> [UInt8] {
    Array((columns.map(displayEscaped).joined(separator: "  ") + "\n").utf8)
  }

  private static func table(_ rows: [(String, String)], _ line: [UInt8]) -> [UInt8] {
    var text = ""
    for (name, value) in rows {
      text += name + String(repeating: " ", count: max(1, 13 - name.count)) + displayEscaped(value) + "\n"
    }
    return Array(text.utf8) + Array("line         ".utf8) + line + [0x0A, 0x0A]
  }
}
