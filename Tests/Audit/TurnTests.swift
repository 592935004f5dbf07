import Journal
import Store
import System
import TestSupport
import Testing

/// The row of a turn: written with its end, once, by whoever ended it.
@Suite struct TurnTests {
  private let scratch: Scratch
  private let journal: Journal

  init() throws {
    scratch = try Scratch()
    try Files.makeDirectory("\(scratch.path)/run")
    journal = try Journal(
      paths: Journal.Paths(
        database: "\(scratch.path)/agim.db", run: "\(scratch.path)/run", wake: "\(scratch.path)/run/wake"),
      pipe: "main", clock: .system)
  }

  private func begin(_ id: String) throws {
    let claims = try journal.claim([
      Wanted(id: id, type: "message", session: "stdin:main", agent: "cat", line: Array("{}".utf8))
    ])
    #expect(claims.count == 1)
    let row = try #require(try journal.store.inbox(id: id))
    #expect(try journal.commit(ends: [], lines: [], starts: [TurnStart(row)]) == [id])
  }

  private func end(_ id: String, code: String = TurnRecord.ok) throws {
    let reply = Produced(
      id: "r\(id)", parent: id, type: "reply", final: true, session: "stdin:main", line: Array("{}".utf8))
    let record = TurnRecord(person: "stdin:ann", platform: "stdin", code: code, prompt: 1, reply: 2)
    _ = try journal.commit(ends: [TurnEnd(id: id, reply: reply, record: record)], lines: [], starts: [])
  }

  private func rows() throws -> [AuditRow] { try journal.store.audit(AuditFilter(), after: 0, limit: 100) }

  @Test("a turn is noted when it ends, and not before")
  func once() throws {
    try begin("m")
    #expect(try rows().isEmpty)
    let began = try #require(try journal.store.inbox(id: "m")).since
    try end("m")
    let row = try #require(try rows().first)
    #expect(row.id == "m" && row.agent == "cat" && row.session == "stdin:main" && row.began == began)
    #expect(row.ended == (try journal.store.inbox(id: "m"))?.since)
    // What has ended does not end again.
    try end("m", code: "late")
    #expect(try rows() == [row])
  }

  @Test("one that was dropped meanwhile was somebody else's to end")
  func dropped() throws {
    try begin("m")
    let other = try Database(path: "\(scratch.path)/agim.db")
    try other.execute("UPDATE inbox SET state = 'dead', holder = '' WHERE id = 'm'")
    try end("m")
    #expect(try rows().isEmpty)
  }

  @Test("a message that is run again has two turns")
  func again() throws {
    for _ in 1...2 {
      try begin("m")
      try end("m")
      try journal.store.database.execute("UPDATE inbox SET state = 'new', holder = '' WHERE id = 'm'")
    }
    #expect(try rows().map(\.id) == ["m", "m"])
    #expect(try journal.store.auditSums(AuditFilter(), by: .agent).map(\.turns) == [2])
  }

  @Test("turns expire by their beginning, some at a time")
  func expiry() throws {
    for index in 1...5 {
      try begin("m\(index)")
      try end("m\(index)")
    }
    try journal.store.database.execute("UPDATE audit SET began = n")
    #expect(try journal.store.expireAudit(before: Timestamp(milliseconds: 5), limit: 3) == 3)
    #expect(try rows().map(\.n) == [4, 5])
    #expect(try journal.store.expireAudit(before: Timestamp(milliseconds: 5), limit: 3) == 1)
    #expect(try rows().map(\.n) == [5])
  }
}
