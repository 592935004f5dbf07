import Journal
import Store
import System
import Testing

@Suite("Replies in parts, and what platforms give")
struct PartTests {
  @Test("parts have rows of their own and stand where the reply stood, in the next agim-send, too")
  func order() throws {
    let bench = try Bench()
    let journal = try bench.journal()
    let rows = try journal.queue([
      Arrival(line: produced("a", to: nil), target: nil), Arrival(line: produced("b", to: nil), target: nil),
    ])
    let parts = try journal.split(
      rows[0], into: [Array("{\"text\":\"1\"}".utf8), Array("{\"text\":\"2\"}".utf8)])
    #expect(parts.map(\.part) == [1, 2])
    #expect(try journal.store.outboxParts(of: "a") == 2)
    // The second time there is nothing to cut.
    #expect(try journal.split(rows[0], into: [[], []]).isEmpty)
    journal.close()
    let heir = try bench.journal()
    let adopted = try heir.adoptQueued()
    #expect(adopted.map { "\($0.id)\($0.part)" } == ["a1", "a2", "b1"])
    #expect(
      adopted.map { String(decoding: $0.line, as: UTF8.self) } == [
        "{\"text\":\"1\"}", "{\"text\":\"2\"}", "{\"text\":\"t\"}",
      ])
    // A line that comes again makes nothing new of it.
    #expect(try heir.queue([Arrival(line: produced("a", to: nil), target: nil)]).isEmpty)
  }

  @Test("a cursor is stored with the rows before it, or not at all")
  func cursor() throws {
    let bench = try Bench()
    let journal = try bench.journal()
    let cursor = CursorRow(platform: "test", account: "", name: "offset", value: "7")
    #expect(try journal.accept([incoming("m1")], cursors: [cursor]) == [true])
    #expect(try journal.store.cursor(platform: "test", account: "", name: "offset")?.value == "7")
    #expect(
      try journal.accept([], cursors: [CursorRow(platform: "test", account: "", name: "offset", value: "8")])
        .isEmpty)
    #expect(try journal.store.cursor(platform: "test", account: "", name: "offset")?.value == "8")
    #expect(try journal.store.cursor(platform: "test", account: "other", name: "offset") == nil)
  }

  @Test("a right to answer ends with its time and with its budget")
  func handles() throws {
    let bench = try Bench()
    let store = try bench.journal().store
    let end = bench.now + 1000
    try store.putHandle(session: "x:1", kind: "token", value: "t1", expires: end, budget: 2)
    let first = try #require(try store.handle(session: "x:1", kind: "token", at: bench.now))
    #expect(try store.useHandle(first.n) && store.useHandle(first.n))
    #expect(try !store.useHandle(first.n))
    #expect(try store.handle(session: "x:1", kind: "token", at: bench.now) == nil)
    try store.putHandle(session: "x:1", kind: "token", value: "t2", expires: end, budget: 1)
    #expect(try store.handle(session: "x:1", kind: "token", at: end) == nil)
    #expect(try store.handle(session: "x:1", kind: "token", at: bench.now)?.value == "t2")
    #expect(try store.expireHandles(before: end + 1, limit: 10) == 2)
  }

  @Test("what waits for its person goes out when they write, and nothing else does")
  func waits() throws {
    let bench = try Bench()
    let journal = try bench.journal()
    for row in try journal.queue(["w", "h"].map { Arrival(line: produced($0, to: nil), target: nil) }) {
      _ = try journal.begin([(n: row.n, mark: nil)])
      if row.id == "w" { try journal.settle([Settlement(row, .waits(reason: "no token"))]) }
    }
    #expect(try journal.store.outbox(id: "w").first?.state == .held)
    #expect(try journal.adoptQueued().isEmpty)
    _ = try journal.accept([incoming("m1")])
    #expect(try journal.store.outbox(id: "w").first?.state == .held)
    var said = incoming("m2")
    said.releases = true
    said.session = "test:other"
    _ = try journal.accept([said])
    #expect(try journal.store.outbox(id: "w").first?.state == .held)
    var heard = incoming("m3")
    heard.releases = true
    _ = try journal.accept([heard])
    #expect(try journal.adoptQueued().map(\.id) == ["w"])
    #expect(try journal.store.outbox(id: "h").first?.state == .sending)
  }

  @Test("a right to answer comes with its message, once")
  func handleOfAMessage() throws {
    let bench = try Bench()
    let journal = try bench.journal()
    var heard = incoming("m1")
    heard.event = "e1"
    heard.handle = ReplyHandle(value: "t1", expires: bench.now + 60_000, uses: 2)
    #expect(try journal.accept([heard]) == [true])
    let first = try #require(
      try journal.store.handle(session: heard.session, kind: Store.replyHandle, at: bench.now))
    #expect(first.value == "t1" && first.budget == 2)
    #expect(try journal.store.useHandle(first.n))
    // The same event again makes it no better.
    heard.id = "m2"
    #expect(try journal.accept([heard]) == [false])
    #expect(
      try journal.store.handle(session: heard.session, kind: Store.replyHandle, at: bench.now)?.budget == 1)
    try journal.store.giveBackHandle(first.n)
    #expect(
      try journal.store.handles(session: heard.session, kind: "reply", at: bench.now).map(\.budget) == [2])
    try journal.store.removeHandle(first.n)
    #expect(try journal.store.handles(session: heard.session, kind: "reply", at: bench.now).isEmpty)
  }

  @Test("whoever writes just when it is found that they must write is heard")
  func heardMeanwhile() throws {
    let bench = try Bench()
    let journal = try bench.journal()
    let rows = try journal.queue(["w", "v"].map { Arrival(line: produced($0, to: nil), target: nil) })
    _ = try journal.begin(rows.map { (n: $0.n, mark: nil) })
    var heard = incoming("m1")
    heard.releases = true
    heard.handle = ReplyHandle(value: "t1", expires: bench.now + 60_000, uses: 2)
    _ = try journal.accept([heard])
    try journal.settle([Settlement(rows[0], .waits(reason: "no token"))])
    #expect(try journal.store.outbox(id: "w").first?.state == .queued)
    #expect(try journal.adoptQueued().map(\.id) == ["w"])
    // One that ends before it could be used changes nothing.
    bench.now = bench.now + 56_000
    try journal.settle([Settlement(rows[1], .waits(reason: "no token"))])
    #expect(try journal.store.outbox(id: "v").first?.state == .held)
  }

  @Test("what goes to a person by name waits for that person")
  func waitsForATarget() throws {
    let bench = try Bench()
    let journal = try bench.journal()
    let rows = try journal.queue([Arrival(line: produced("w", to: nil), target: "test:other")])
    _ = try journal.begin(rows.map { (n: $0.n, mark: nil) })
    try journal.settle([Settlement(rows[0], .waits(reason: "no token"))])
    var heard = incoming("m1")
    heard.releases = true
    _ = try journal.accept([heard])
    #expect(try journal.store.outbox(id: "w").first?.state == .held)
    heard = incoming("m2")
    heard.releases = true
    heard.session = "test:other"
    _ = try journal.accept([heard])
    #expect(try journal.store.outbox(id: "w").first?.state == .queued)
  }

  @Test("what was posted stays until its time")
  func posted() throws {
    let bench = try Bench()
    let store = try bench.journal().store
    try store.save(PostedRow(id: "r", part: 1, session: "x:1", value: "1"), at: bench.now)
    try store.save(PostedRow(id: "r", part: 1, session: "x:1", value: "2"), at: bench.now)
    #expect(try store.posted(id: "r", part: 1)?.value == "2")
    #expect(try store.posted(id: "r", part: 2) == nil)
    #expect(try store.expirePosted(before: bench.now + 1, limit: 10) == 1)
  }
}
