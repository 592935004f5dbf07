/// The ids of mails that we send: made of the row, so that a mail that goes out twice is the same mail, and
/// of the thread, so that an answer to it finds its session without any table.
///
/// `agim.ROW.THREAD@DOMAIN`, `ROW` with `-2` behind it for a second part; `THREAD` is `0` where the session
/// has none.
package struct MessageID: Equatable, Sendable {
  /// The row.
  package var row: String
  /// The thread of its session; nil for none.
  package var thread: String?
  /// The domain of the account.
  package var domain: String

  /// An id of its parts.
  ///
  /// `row` and `thread` are letters, digits and hyphens; others have no place in an id.
  package init?(row: String, thread: String?, domain: String) {
    guard Self.isPlain(row), thread.map(Self.isPlain) ?? true, thread != "0" else { return nil }
    (self.row, self.thread, self.domain) = (row, thread, domain)
  }

  /// Reads an id without its brackets; nil for one that is not ours.
  package init?(_ text: String, domain: String) {
    let halves = text.utf8.split(separator: 0x40, omittingEmptySubsequences: false)
    guard halves.count == 2, String(Substring(halves[1])).lowercased() == domain else { return nil }
    let words = halves[0].split(separator: 0x2E, omittingEmptySubsequences: false).map {
      String(Substring($0))
    }
    guard words.count == 3, words[0] == "agim" else { return nil }
    self.init(row: words[1], thread: words[2] == "0" ? nil : words[2], domain: domain)
  }

  /// The id without its brackets.
  package var text: String { "agim.\(row).\(thread ?? "0")@\(domain)" }

  private static func isPlain(_ word: String) -> Bool {
    (1...100).contains(word.utf8.count)
      && word.utf8.allSatisfy { $0 &- 0x30 < 10 || ($0 | 0x20) &- 0x61 < 26 || $0 == 0x2D }
  }
}
