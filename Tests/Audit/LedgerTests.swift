import JSON
import Requests
import Store
import System
import TestSupport
import Testing

@testable import Audit

/// A ledger of a few entries, and somebody who can write its file.
@Suite struct LedgerTests {
  private let scratch: Scratch
  private let store: Store
  private static let count: Int64 = 5

  init() throws {
    scratch = try Scratch()
    store = try Store(path: "\(scratch.path)/agim.db")
    for index in 1...Self.count { try append(index) }
  }

  private func append(_ index: Int64) throws {
    try store.write {
      try Ledger.append(
        JSONObject([("kind", .string("test")), ("index", .number(JSONNumber(Int(index))))]), to: store,
        at: Timestamp(milliseconds: 1000 * index))
    }
  }

  private func tamper(_ sql: String) throws {
    try store.database.execute("DROP TRIGGER ledger_stays; DROP TRIGGER ledger_keeps; \(sql)")
  }

  @Test("what was written is sound")
  func sound() throws {
    let check = try Ledger.verify(store)
    #expect(check.fault == nil && check.count == Self.count && check.hash.utf8.count == 64)
    let mark = try #require(LedgerMark("\(check.count):\(check.hash)"))
    #expect(try Ledger.verify(store, known: mark).fault == nil)
    #expect("\(mark)" == "5:\(check.hash)")
  }

  @Test("whatever is changed in an entry is found in that entry", arguments: 1...count)
  func changes(n: Int64) throws {
    for change in [
      "entry = entry || ' '", "time = time - 1", "hash = replace(hash, substr(hash, 1, 1), 'g')",
    ] {
      let other = try LedgerTests()
      try other.tamper("UPDATE ledger SET \(change) WHERE n = \(n)")
      let check = try Ledger.verify(other.store)
      #expect(check.fault == "entry \(n) was changed after it was written", "\(change)")
      #expect(check.count == n - 1)
    }
  }

  @Test("an entry that is gone is named, also the last one", arguments: 1...count)
  func removals(n: Int64) throws {
    try tamper("DELETE FROM ledger WHERE n = \(n)")
    #expect(try Ledger.verify(store).fault?.hasPrefix("entry \(n) is missing") == true)
    // Nor does what is written later take its place.
    try append(6)
    #expect(try Ledger.verify(store).fault?.hasPrefix("entry \(n) is missing") == true)
    #expect(try store.lastLedgerRow()?.n == 6)
  }

  @Test("two entries that changed places are found", arguments: 1..<count)
  func order(n: Int64) throws {
    try tamper(
      """
      UPDATE ledger SET n = 1000 WHERE n = \(n); UPDATE ledger SET n = \(n) WHERE n = \(n + 1);
      UPDATE ledger SET n = \(n + 1) WHERE n = 1000
      """)
    #expect(try Ledger.verify(store).fault == "entry \(n) was changed after it was written")
  }

  @Test("triggers that are gone are told about")
  func triggers() throws {
    try store.database.execute("DROP TRIGGER ledger_keeps")
    #expect(try Ledger.verify(store).fault?.hasPrefix("the triggers") == true)
  }

  @Test("marks that are none are refused")
  func marks() {
    let hash = String(repeating: "a", count: 64)
    #expect(LedgerMark("1:\(hash)") != nil)
    for text in [
      "", ":", "1", "1:", ":\(hash)", "0:\(hash)", "-1:\(hash)", "1:\(hash)a", "1:\(hash.dropLast())G",
      "1:\(hash):", "99999999999999999999:\(hash)", "1:\(hash.uppercased())", " 1:\(hash)",
    ] {
      #expect(LedgerMark(text) == nil, "\(text)")
    }
  }

  @Test("an entry is a line, however it looks")
  func lines() {
    func line(_ entry: String) -> String {
      LedgerText.line(
        LedgerRow(n: 7, time: Timestamp(milliseconds: 0), entry: entry, previous: "", hash: "h"))
    }
    let long = String(repeating: "x", count: 500)
    #expect(line(#"{"kind":"grant","grant":3,"by":null}"#) == "7  1970-01-01T00:00:00.000Z  grant  grant=3")
    #expect(line(#"{"kind":"x","matter":"a\nb"}"#).hasSuffix("  x  matter=a b"))
    #expect(line(#"{"kind":"x","matter":"\#(long)"}"#).hasSuffix("x…"))
    for entry in ["", "[]", "{", "\u{1B}[31m", "{\"kind\":\"\\u001b\"}"] {
      #expect(!line(entry).utf8.contains { $0 < 0x20 }, "\(entry)")
    }
  }
}
