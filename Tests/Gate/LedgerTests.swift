import JSON
import Requests
import System
import Testing

@testable import Store

/// What Tests/Audit does not cover: the chain itself, and the store's own refusal.
@Suite("The ledger")
struct LedgerTests {
  static func written(_ count: Int) throws -> Room {
    let room = try Room()
    try room.store.write {
      for number in 1...count {
        room.wait()
        try Ledger.append(
          JSONObject([("kind", .string("decision")), ("text", .string("\(number) 好\n\u{301}"))]),
          to: room.store,
          at: room.now)
      }
    }
    return room
  }

  @Test("each entry holds the hash of the one before, however many there are")
  func chain() throws {
    #expect(try Ledger.verify(try Room().store).fault == nil)
    let room = try Self.written(2100)
    let check = try Ledger.verify(room.store)
    #expect(check.fault == nil && check.count == 2100)
    let rows = try room.store.ledger(after: 0, limit: 3000)
    #expect(rows.map(\.n) == Array(1...2100) && rows.first?.previous == "" && rows.last?.hash == check.hash)
    #expect(zip(rows, rows.dropFirst()).allSatisfy { $0.hash == $1.previous })
  }

  @Test("the store itself refuses to change or remove an entry")
  func appendOnly() throws {
    let room = try Self.written(2)
    #expect(throws: StoreError.self) {
      try room.store.database.prepare("UPDATE ledger SET entry = '{}'").run()
    }
    #expect(throws: StoreError.self) { try room.store.database.prepare("DELETE FROM ledger").run() }
    #expect(try Ledger.verify(room.store).count == 2)
  }

  @Test("an entry that was made anew with its own hash is betrayed by the next")
  func rehashed() throws {
    let (room, other) = (try Self.written(5), try Self.written(2))
    try Ledger.append(JSONObject([("kind", "forged")]), to: other.store, at: room.now)
    let forged = try #require(try other.store.lastLedgerRow())
    try room.store.database.prepare("DROP TRIGGER ledger_keeps").run()
    try room.store.database.prepare("DELETE FROM ledger WHERE n = 3").run()
    try room.store.append(forged)
    let check = try Ledger.verify(room.store)
    #expect(check.count == 3 && check.fault == "entry 3 was changed after it was written")
  }
}
