internal import JSON
package import Settings
package import Store
internal import Wire

extension TurnRecord {
  /// What is noted about a turn as far as the message's row tells it.
  package init(_ row: InboxRow, code: String) {
    let platform = Address(row.session)?.platform ?? ""
    let person = Person(row: row.platform, session: platform, id: Speaker(row.line).id)
    self.init(person, line: row.line, code: code)
  }

  /// What is noted about the turn of a person's line.
  package init(_ person: Person, line: [UInt8], code: String = TurnRecord.ok) {
    var scanner = LineScanner()
    let isLine = (try? scanner.scan(line.span)) != nil
    let text = isLine ? (try? Envelope.text("text", scanner, line.span)) ?? nil : nil
    self.init(person: person.name, platform: person.platform, code: code, prompt: text?.utf8.count ?? 0)
  }
}
