import JSON
import Requests
import System
import Testing

@testable import Store

@Suite("The ledger")
struct LedgerTests {
  /// A store with entries, whose triggers somebody with the file in hand has taken away.
  static func written(_ count: Int = 5) throws -> Room {
    let room = try Room()
    for number in 1...count {
      room.wait()
      try Ledger.append(
        JSONObject([("kind", .string("decision")), ("text", .string("\(number) 好\n\u{301}"))]),
        to: room.store,
        at: room.now)
    }
    try room.store.database.prepare("DROP TRIGGER ledger_stays").run()
    try room.store.database.prepare("DROP TRIGGER ledger_keeps").run()
    return room
  }

  @Test("is whole as it was written")
  func whole() throws {
    let empty = try Room()
    #expect(try Ledger.verify(empty.store) == (nil, 0))
    let room = try Self.written()
    #expect(try Ledger.verify(room.store) == (nil, 5))
    let rows = try room.store.ledger(after: 0, limit: 10)
    #expect(rows.map(\.n) == [1, 2, 3, 4, 5])
    #expect(rows.first?.previous == "" && zip(rows, rows.dropFirst()).allSatisfy { $0.hash == $1.previous })
    #expect(rows.allSatisfy { $0.hash.utf8.count == 64 })
  }

  @Test("more entries than are read at once")
  func many() throws {
    let room = try Room()
    try room.store.write {
      for number in 1...2100 {
        try Ledger.append(JSONObject([("n", .number(JSONNumber(number)))]), to: room.store, at: room.now)
      }
    }
    #expect(try Ledger.verify(room.store) == (nil, 2100))
  }

  @Test("the store itself refuses to change or remove an entry")
  func appendOnly() throws {
    let room = try Room()
    try Ledger.append(JSONObject([("kind", "x")]), to: room.store, at: room.now)
    #expect(throws: StoreError.self) {
      try room.store.database.prepare("UPDATE ledger SET entry = '{}'").run()
    }
    #expect(throws: StoreError.self) { try room.store.database.prepare("DELETE FROM ledger").run() }
    #expect(try Ledger.verify(room.store) == (nil, 1))
  }

  @Test("an entry that was changed, in each of its parts")
  func changed() throws {
    for statement: StaticString in [
      "UPDATE ledger SET entry = replace(entry, '3', '4') WHERE n = 3",
      "UPDATE ledger SET entry = entry || ' ' WHERE n = 3", "UPDATE ledger SET time = time + 1 WHERE n = 3",
      "UPDATE ledger SET hash = replace(hash, substr(hash, 1, 1), 'x') WHERE n = 3",
      "UPDATE ledger SET previous = '' WHERE n = 3",
    ] {
      let room = try Self.written()
      try room.store.database.prepare(statement).run()
      let found = try Ledger.verify(room.store)
      #expect(found.fault != nil && found.count == 2, "\(statement)")
    }
  }

  @Test("an entry that was changed with its own hash is betrayed by the next")
  func rehashed() throws {
    let room = try Self.written()
    try room.store.database.prepare("DELETE FROM ledger WHERE n >= 3").run()
    try Ledger.append(JSONObject([("kind", "forged")]), to: room.store, at: room.now)
    #expect(
      try Ledger.verify(room.store) == (nil, 3), "a ledger that was cut and continued cannot tell by itself")
    let old = try Self.written()
    let forged = try #require(try room.store.ledger(after: 2, limit: 1).first)
    try old.store.database.prepare("DELETE FROM ledger WHERE n = 3").run()
    try old.store.append(forged)
    #expect(try Ledger.verify(old.store).fault == "entry 4 does not follow entry 3: one of them was changed")
  }

  @Test("an entry that was removed, first, in the middle")
  func removed() throws {
    let room = try Self.written()
    try room.store.database.prepare("DELETE FROM ledger WHERE n = 3").run()
    #expect(try Ledger.verify(room.store) == ("entry 3 is missing", 2))
    try room.store.database.prepare("UPDATE ledger SET n = n - 1 WHERE n > 3").run()
    #expect(try Ledger.verify(room.store).fault != nil)
    try room.store.database.prepare("DELETE FROM ledger WHERE n = 1").run()
    #expect(try Ledger.verify(room.store) == ("entry 1 is missing", 0))
  }

  @Test("entries that changed places")
  func reordered() throws {
    let room = try Self.written()
    for (from, to) in [(2, -1), (3, 2), (-1, 3)] as [(Int64, Int64)] {
      try room.store.database.prepare("UPDATE ledger SET n = ?2 WHERE n = ?1").bind(1, from).bind(2, to).run()
    }
    let found = try Ledger.verify(room.store)
    #expect(found.fault != nil && found.count == 1)
  }
}
