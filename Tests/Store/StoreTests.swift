import Glibc
import Synchronization
import System
import TestSupport
import Testing

@testable import Store

extension Scratch {
  var file: String { "\(path)/agim.db" }

  func size(_ name: String) -> Int {
    var status = stat()
    return stat("\(path)/\(name)", &status) == 0 ? Int(status.st_size) : -1
  }
}

extension Database {
  func number(_ sql: StaticString) throws -> Int64? { try prepare(sql).first { $0.int(0) } }
  func word(_ sql: StaticString) throws -> String? { try prepare(sql).first { $0.text(0) } }
}

func message(_ id: String, event: String? = nil, platform: String = "test", line: [UInt8] = [0x7B, 0x7D])
  -> InboxRow
{
  InboxRow(
    id: id, platform: platform, event: event, type: "message", session: "test:chat", pipe: "main",
    state: .new,
    holder: "", line: line, at: Timestamp(milliseconds: 1))
}

func reply(_ id: String, part: Int64 = 1) -> OutboxRow {
  var row = OutboxRow(
    id: id, stage: "run", parent: "m", type: "reply", final: true, session: "test:chat", pipe: "main",
    state: .ready, holder: "h", line: [0x7B, 0x7D], at: Timestamp(milliseconds: 1))
  row.part = part
  return row
}

func kind<Result>(_ body: () throws -> Result) -> StoreError.Kind? {
  do {
    _ = try body()
    return nil
  } catch {
    return (error as? StoreError)?.kind
  }
}

struct Thrown: Error {}

/// A thread of its own, for what waits: the pool of tasks has too few for that.
final class Background {
  private final class Work {
    let body: () throws -> Void
    var error: (any Error)?
    init(_ body: @escaping () throws -> Void) { self.body = body }
  }
  private let work: Work
  private var thread = pthread_t()

  init(_ body: @escaping @Sendable () throws -> Void) {
    work = Work(body)
    let pointer = Unmanaged.passUnretained(work).toOpaque()
    pthread_create(
      &thread, nil,
      { pointer in
        guard let pointer else { return nil }
        let work = Unmanaged<Work>.fromOpaque(pointer).takeUnretainedValue()
        do { try work.body() } catch { work.error = error }
        return nil
      }, pointer)
  }

  /// Waits for its end.
  func join() throws {
    pthread_join(thread, nil)
    if let error = work.error { throw error }
  }
}

@Suite struct FileTests {
  let scratch: Scratch
  init() throws { scratch = try Scratch() }

  @Test(
    "a fresh file gets the newest schema, the log and our mark, for its owner only; the second opening changes nothing"
  )
  func fresh() throws {
    let store = try Store(path: scratch.file)
    let database = store.database
    #expect(try database.number("PRAGMA user_version") == Int64(Migrations.steps.count))
    #expect(try database.number("PRAGMA application_id") == 0x6167_696D)
    #expect(try database.word("PRAGMA journal_mode") == "wal")
    #expect(try database.number("PRAGMA synchronous") == 2)
    #expect(try database.number("PRAGMA foreign_keys") == 1)
    #expect(try database.number("PRAGMA mmap_size") ?? 0 == 0)
    for name in ["agim.db", "agim.db-wal", "agim.db-shm"] {
      var status = stat()
      #expect(stat("\(scratch.path)/\(name)", &status) == 0)
      #expect(status.st_mode & 0o777 == 0o600, "\(name)")
    }
    let tables = try database.prepare(
      "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY 1"
    )
    .rows { $0.text(0) }
    for table in ["inbox", "outbox", "session"] { #expect(tables.contains(table)) }
    let version = try database.number("PRAGMA schema_version")
    let again = try Store(path: scratch.file)
    #expect(try again.database.number("PRAGMA schema_version") == version)
    #expect(try again.integrityProblems().isEmpty)
  }

  @Test("files that are not ours, or those of a newer agim, are refused and left as they were")
  func refused() throws {
    do {
      let store = try Store(path: scratch.file)
      try store.database.execute("PRAGMA user_version=99")
    }
    #expect(kind { try Store(path: scratch.file) } == .tooNew)
    for sql in [
      "PRAGMA application_id=7; CREATE TABLE t (a)", "PRAGMA user_version=1; CREATE TABLE t (a)",
      "PRAGMA application_id=7; PRAGMA user_version=99", "CREATE TABLE notes (a)",
    ] {
      let path = "\(scratch.path)/foreign\(sql.count).db"
      try Database(path: path).execute(sql)
      let before = try Files.read(path, limit: 1 << 20)
      #expect(kind { try Store(path: path) } == .corrupt)
      #expect(try Files.read(path, limit: 1 << 20) == before)
    }
    let text = "\(scratch.path)/text"
    let words = Array(String(repeating: "not a database at all\n", count: 100).utf8)
    try Files.write(words, to: text)
    #expect(kind { try Store(path: text) } == .corrupt)
    #expect(try Files.read(text, limit: 1 << 20) == words)
    #expect(kind { try Store(path: "\(scratch.path)/missing/agim.db") } == .cannotOpen)
    #expect(kind { try Store(path: scratch.path) } == .cannotOpen)
  }

  @Test("a damaged file is called damaged")
  func damaged() throws {
    do {
      let store = try Store(path: scratch.file)
      for index in 0..<200 {
        _ = try store.insert(message("m\(index)", line: [UInt8](repeating: 0x20, count: 500)))
      }
      try store.database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    }
    let file = try Descriptor.open(scratch.file, O_WRONLY)
    #expect(lseek(file.number, 4096, SEEK_SET) == 4096)
    try Files.writeAll(
      [UInt8](repeating: 0xA5, count: scratch.size("agim.db") - 4096), to: file.number, subject: "test")
    #expect(kind { try Store(path: scratch.file).inbox(after: 0) } == .corrupt)
  }

  @Test("many that open a fresh file at once all find it made, once", arguments: 0..<20)
  func concurrentOpening(_ round: Int) throws {
    let path = scratch.file
    let openers = (0..<8).map { number in
      Background { _ = try Store(path: path).insert(message("\(round)-\(number)")) }
    }
    for opener in openers { try opener.join() }
    let store = try Store(path: path)
    #expect(try store.inbox(after: 0).count == 8)
    #expect(try store.database.word("PRAGMA journal_mode") == "wal")
  }

  @Test("the log is never copied by itself, also not by closing, and past a size it is copied and emptied")
  func checkpoints() throws {
    do {
      let store = try Store(path: scratch.file)
      for index in 0..<600 {
        _ = try store.insert(message("m\(index)", line: [UInt8](repeating: 0x61, count: 10_000)))
      }
    }
    let full = scratch.size("agim.db-wal")
    #expect(full > 6_000_000)
    let store = try Store(path: scratch.file)
    _ = try store.insert(message("one more"))
    store.checkpoint(ifPast: 100_000_000)
    #expect(scratch.size("agim.db-wal") >= full)
    // Somebody who reads keeps the log; that is no error and is not waited for.
    let reader = try Store(path: scratch.file)
    try reader.database.execute("BEGIN; SELECT count(*) FROM inbox")
    let began = Clock.system.monotonic()
    _ = try store.insert(message("and one"))
    store.checkpoint(ifPast: 1 << 20)
    #expect(Clock.system.monotonic() - began < 2000)
    #expect(scratch.size("agim.db-wal") > 0)
    try reader.database.execute("COMMIT")
    store.checkpoint(ifPast: 1 << 20)
    #expect(scratch.size("agim.db-wal") == 0)
    #expect(scratch.size("agim.db") > 6_000_000)
    // Waiting for locks works as before.
    #expect(try store.inbox(after: 0, limit: 1000).count == 602)
  }

  @Test("a copy is made while others write, and holds what was there when it began")
  func backup() throws {
    let store = try Store(path: scratch.file)
    for index in 0..<500 {
      _ = try store.insert(message("m\(index)", line: [UInt8](repeating: 0x61, count: 2000)))
    }
    let path = scratch.file
    let isOver = Atomic(false)
    let writer = Background {
      let other = try Store(path: path)
      var written = 0
      while !isOver.load(ordering: .relaxed) {
        _ = try other.insert(message("w\(written)"))
        written += 1
      }
    }
    while try store.inbox(id: "w0") == nil { usleep(1000) }
    let copy = "\(scratch.path)/copy.db"
    let before = try #require(try store.database.number("SELECT count(*) FROM inbox"))
    try store.backup(to: copy)
    let after = try #require(try store.database.number("SELECT count(*) FROM inbox"))
    isOver.store(true, ordering: .relaxed)
    try writer.join()
    var status = stat()
    #expect(stat(copy, &status) == 0 && status.st_mode & 0o777 == 0o600)
    #expect(scratch.size("copy.db-wal") <= 0)
    let restored = try Store(path: copy)
    let rows = try restored.inbox(after: 0, limit: 1_000_000)
    #expect(rows.count >= before && rows.count <= after)
    #expect(try rows == store.inbox(after: 0, limit: rows.count))
    #expect(try restored.integrityProblems().isEmpty)
    #expect(kind { try store.backup(to: "\(scratch.path)/missing/copy.db") } == .cannotOpen)
  }

  @Test("a lock of another is waited for, and a long one is told about once")
  func busy() throws {
    let holder = try Store(path: scratch.file)
    let store = try Store(path: scratch.file)
    var told = 0
    store.database.onLongWait = { told += 1 }
    for (milliseconds, tells) in [(700, 0), (2400, 1)] {
      try holder.database.execute("BEGIN IMMEDIATE")
      struct Lent: @unchecked Sendable { let store: Store }
      let lent = Lent(store: holder)
      let release = Background {
        usleep(UInt32(milliseconds) * 1000)
        try lent.store.database.execute("COMMIT")
      }
      let began = Clock.system.monotonic()
      let isNew = try store.insert(message("m\(milliseconds)"))
      #expect(isNew)
      #expect(Clock.system.monotonic() - began >= Int64(milliseconds) - 50)
      try release.join()
      #expect(told == tells)
    }
  }

  @Test("a store that cannot be written says so, and can be read")
  func readOnly() throws {
    let store = try Store(path: scratch.file)
    _ = try store.insert(message("m"))
    let reader = try Database(path: scratch.file, readOnly: true)
    #expect(try reader.number("SELECT count(*) FROM inbox") == 1)
    #expect(kind { try reader.execute("DELETE FROM inbox") } == .readOnly)
    #expect(kind { try reader.write { try reader.execute("DELETE FROM inbox") } } == .readOnly)
    #expect(kind { try Database(path: "\(scratch.path)/missing", readOnly: true) } == .cannotOpen)
  }

  @Test("what a full file system says is told apart from a fault")
  func full() throws {
    let store = try Store(path: scratch.file)
    try store.database.execute("PRAGMA max_page_count=60")
    let big = [UInt8](repeating: 0x61, count: 100_000)
    let found = kind {
      for index in 0..<10 { _ = try store.insert(message("m\(index)", line: big)) }
    }
    #expect(found == .full)
    // The connection goes on working.
    #expect(try store.insert(message("small")))
  }
}

@Suite struct RowTests {
  let scratch: Scratch
  let store: Store
  init() throws {
    scratch = try Scratch()
    store = try Store(path: scratch.file)
  }

  @Test("a transaction is made wholly or not at all, and what is nested belongs to the outer one")
  func transactions() throws {
    #expect(throws: Thrown.self) {
      try store.write {
        _ = try store.insert(message("a"))
        try store.write { _ = try store.insert(message("b")) }
        throw Thrown()
      }
    }
    #expect(try store.inbox(after: 0).isEmpty)
    let result = try store.write {
      _ = try store.insert(message("a"))
      return try store.write { try store.insert(message("b")) }
    }
    #expect(result)
    let other = try Store(path: scratch.file)
    #expect(try other.inbox(after: 0).map(\.id) == ["a", "b"])
    // An error that the outer body catches leaves the transaction to it.
    try store.write {
      try? store.write {
        _ = try store.insert(message("c"))
        throw Thrown()
      }
      let seen = try other.inbox(id: "c")
      #expect(seen == nil)
    }
    #expect(try other.inbox(id: "c") != nil)
    // After an error of SQLite's own the connection is usable, and not within a transaction.
    #expect(
      kind { try store.write { try store.database.execute("INSERT INTO nothing VALUES (1)") } } == .other)
    #expect(try store.write { try store.insert(message("d")) })
  }

  @Test(
    "every text comes back as it was",
    arguments: [
      "", "\0", "a\0b\0", "日本語 🤖👩‍👩‍👧 \u{301}", "'; DROP TABLE inbox; --", String(repeating: "x", count: 1 << 20),
      "line\r\nline\u{2028}", "\u{FEFF}",
    ])
  func texts(_ text: String) throws {
    var row = message("m" + text, event: text, platform: text, line: Array(text.utf8))
    (row.session, row.agent, row.reason, row.holder) = (text, text, text, text)
    #expect(try store.insert(row))
    row.n = store.lastRow
    let back = try #require(try store.inbox(id: "m" + text))
    #expect(back == row)
    #expect(back.line == Array(text.utf8))
    #expect(Array((back.event ?? "none").utf8) == Array(text.utf8))
    #expect(
      try store.move(
        inbox: row.id, from: .new, heldBy: text, to: .dead, holder: "", reason: nil, at: row.since))
    #expect(try store.inbox(id: row.id)?.reason == nil)
  }

  @Test("bytes that are no UTF-8 come back as they were")
  func bytes() throws {
    let line: [UInt8] = [0xFF, 0x00, 0xC3, 0x28, 0xED, 0xA0, 0x80]
    _ = try store.insert(message("m", line: line))
    #expect(try store.inbox(id: "m")?.line == line)
  }

  @Test("every column of a reply comes back as it was")
  func replies() throws {
    var row = reply("r", part: 2)
    (row.target, row.reason, row.proof, row.mark) = ("ops", "why", "proof", "mark")
    (row.attempts, row.prints, row.adopted, row.final) = (3, 4, true, false)
    (row.next, row.reprint) = (Timestamp(milliseconds: 7), Timestamp(milliseconds: 8))
    (row.since, row.released) = (Timestamp(milliseconds: 9), Timestamp(milliseconds: 10))
    #expect(try store.insert(row))
    row.n = store.lastRow
    #expect(try store.outbox(id: "r") == [row])
    #expect(try store.outbox(answering: "m") == [row])
  }

  @Test("a message is unique by its id and by its platform's event, a reply by its id and part")
  func unique() throws {
    #expect(try store.insert(message("a", event: "e")))
    #expect(try !store.insert(message("a", event: "other")))
    #expect(try !store.insert(message("b", event: "e")))
    #expect(try store.inbox(id: "b") == nil)
    #expect(try store.insert(message("b", event: "e", platform: "another")))
    var account = message("c", event: "e")
    account.account = "ops"
    #expect(try store.insert(account))
    // Without an event of the platform's nothing is a redelivery.
    #expect(try store.insert(message("d")))
    #expect(try store.insert(message("e")))
    #expect(try store.insert(reply("r")))
    #expect(try !store.insert(reply("r")))
    #expect(try store.insert(reply("r", part: 2)))
    #expect(try store.outbox(id: "r").map(\.part) == [1, 2])
    #expect(try store.inbox(after: 0).map(\.n) == store.inbox(after: 0).map(\.n).sorted())
  }

  @Test("numbers of removed rows are not given out again")
  func numbers() throws {
    _ = try store.insert(message("a"))
    let first = store.lastRow
    try store.database.execute("DELETE FROM inbox")
    _ = try store.insert(message("b"))
    #expect(store.lastRow > first)
  }
}
