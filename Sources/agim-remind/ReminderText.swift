import JSON
import Schedule
import Store
import System
import Text

/// Reminders as text for people and as JSON for programs.
enum ReminderText {
  static func line(_ row: ReminderRow, _ zone: Zone) -> [UInt8] {
    let due = row.due.map { "\(zone.shown($0)) \(zone.name)" } ?? "-"
    let number = row.n == 0 ? "-" : "\(row.n)"
    let flat = row.text.map { $0.isNewline ? " " : String($0) }.joined()
    let short = String(flat.prefix(80)) + (flat.count > 80 ? "…" : "")
    let schedule = Timestamp(rfc3339: row.schedule) == nil ? row.schedule : "once"
    let columns = [number, row.state.rawValue, due, schedule, row.session, row.kind.rawValue, short]
    return Array((columns.map(displayEscaped).joined(separator: "  ") + "\n").utf8)
  }

  static func details(_ row: ReminderRow, _ times: [Timestamp], _ zone: Zone) -> [UInt8] {
    var rows = [
      ("number", "\(row.n)"), ("state", row.state.rawValue), ("kind", row.kind.rawValue), ("text", row.text),
      ("schedule", row.schedule), ("zone", row.zone), ("to", row.session), ("person", row.person),
    ]
    if !row.made.isEmpty { rows.append(("made in", row.made)) }
    if !row.name.isEmpty { rows.append(("name", row.name)) }
    if let agent = row.agent { rows.append(("agent", agent)) }
    rows.append(("chat", row.chat))
    if row.isPolished { rows.append(("polish", "yes")) }
    rows += [("missed", row.missed.rawValue), ("runs", "\(row.runs)")]
    if let last = row.last { rows.append(("last", zone.text(last))) }
    if let again = row.again { rows.append(("again", zone.text(again))) }
    for time in times { rows.append(("next", zone.text(time))) }
    rows.append(("created", zone.text(row.created)))
    var text = ""
    for (name, value) in rows {
      text += name + String(repeating: " ", count: max(1, 10 - name.count)) + displayEscaped(value) + "\n"
    }
    return Array(text.utf8)
  }

  static func json(_ row: ReminderRow, _ zone: Zone) -> [UInt8] {
    var json = JSONWriter()
    json.beginObject()
    if row.n > 0 { json.member("n", Int(row.n)) }
    json.member("state", row.state.rawValue)
    json.member("kind", row.kind.rawValue)
    json.member("text", row.text)
    json.member("schedule", row.schedule)
    json.member("zone", row.zone)
    json.member("next", row.due.map(zone.text))
    json.member("to", row.session)
    json.member("chat", row.chat)
    json.member("person", row.person)
    json.member("made", row.made.isEmpty ? nil : row.made)
    json.member("agent", row.agent)
    json.member("missed", row.missed.rawValue)
    json.member("polish", row.isPolished)
    json.member("runs", Int(row.runs))
    json.member("last", row.last.map(zone.text))
    json.member("created", zone.text(row.created))
    json.endObject()
    json.newline()
    return json.bytes
  }

  static func time(_ time: Timestamp, _ zone: Zone, json isJSON: Bool) -> [UInt8] {
    guard isJSON else { return Array("\(zone.text(time))\n".utf8) }
    var json = JSONWriter()
    json.beginObject()
    json.member("next", zone.text(time))
    json.endObject()
    json.newline()
    return json.bytes
  }
}
