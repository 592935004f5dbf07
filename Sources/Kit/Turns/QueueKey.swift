internal import JSON
internal import Store

/// Which messages wait for each other: those of a session, but a side question for none.
enum QueueKey {
  static func of(_ row: InboxRow) -> String { of(row.line, id: row.id, session: row.session) }

  static func of(_ line: [UInt8], id: String, session: String) -> String {
    isAside(line) ? "\(session) \(id)" : session
  }

  /// Whether a line is a side question: it is run beside what the session is at, and leaves nothing in it.
  static func isAside(_ line: [UInt8]) -> Bool {
    var scanner = LineScanner()
    guard (try? scanner.scan(line.span)) != nil, let member = scanner.find("aside", in: line.span) else {
      return false
    }
    return member.kind == .bool && line[member.valueStart] == UInt8(ascii: "t")
  }
}
