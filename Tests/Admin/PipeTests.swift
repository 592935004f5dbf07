import Console
import Glibc
import Settings
import System
import TestSupport
import Testing

@testable import Admin
@testable import Store

@Suite struct PipeLockTests {
  private let scratch: Scratch
  private let pipe: PipeFile

  init() throws {
    scratch = try Scratch()
    let home = Home(path: scratch.path)
    try Files.makeDirectory(home.run)
    pipe = try PipeFile("main", in: home)
  }

  @Test("who has the lock is named, and after it is let go nobody is")
  func owner() throws {
    #expect(try PipeLock.owner(pipe) == nil)
    var lock = try PipeLock.take(pipe, isSupervised: true)
    #expect(lock != nil)
    #expect(try PipeLock.owner(pipe) == PipeLock.Owner(pid: getpid(), isSupervised: true))
    #expect(try PipeLock.take(pipe, isSupervised: false) == nil)
    lock = nil
    #expect(try PipeLock.owner(pipe) == nil)
    lock = try PipeLock.take(pipe, isSupervised: false)
    #expect(try PipeLock.owner(pipe)?.isSupervised == false)
  }

  @Test("a file that names a process of another time names nobody")
  func stale() throws {
    let lock = try #require(try FileLock.take(pipe.lockPath))
    try Files.write(Array("1 1 agim\n".utf8), to: "\(scratch.path)/other")
    // In place, so that it stays locked.
    let file = try Descriptor.open(pipe.lockPath, O_WRONLY | O_TRUNC)
    try Files.writeAll(Array("\(getpid()) 1 agim\n".utf8), to: file.number, subject: "lock")
    #expect(throws: Failure.self) { try PipeLock.owner(pipe) }
    lock.release()
    #expect(try PipeLock.owner(pipe) == nil)
  }

  @Test("names of pipelines are those of files that an editor did not leave", arguments: [0])
  func names(_: Int) throws {
    let home = Home(path: scratch.path)
    #expect(PipeFile.names(in: home) == [])
    try Files.makeDirectory(home.pipes)
    for name in ["b", "a", "a~", ".a.swp", "a b"] { try Files.write([], to: "\(home.pipes)/\(name)") }
    try Files.makeDirectory("\(home.pipes)/folder")
    #expect(PipeFile.names(in: home) == ["a", "b"])
  }
}

@Suite struct FindingTests {
  @Test("a finding is one line, whatever it holds, and one object")
  func line() {
    let finding = Finding(.warning, "x", "a\nb\t\u{1B}[31m", mend: "c")
    #expect(finding.line == "warning: a b \\u{001B}[31m: c")
    #expect(Finding(.ok, "x", "fine").line == "ok: fine")
    #expect(
      String(decoding: finding.json, as: UTF8.self)
        == #"{"level":"warning","check":"x","what":"a\nb\t\u001b[31m","mend":"c"}"# + "\n")
  }

  @Test(
    "spans are told in the two largest units",
    arguments: [(-5, "0 s"), (59, "59 s"), (60, "1 min"), (3661, "1 h 1 min"), (200_000, "2 d 7 h")]
      as [(Int64, String)])
  func spans(_ seconds: Int64, _ words: String) {
    #expect(Status.span(seconds) == words)
  }

  @Test("the doctor knows every driver that this version has")
  func drivers() throws {
    let root = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    var folders = Set(Doctor.names(in: "\(root)/Sources/Kit/Agents").map { $0.lowercased() })
    // One folder for the programs that only print.
    #expect(folders.remove("print") != nil)
    folders.formUnion(["agy", "cursor-print"])
    #expect(folders.isSubset(of: AgentSettings.drivers))
    #expect(Set(AgentSettings.drivers).subtracting(AgentSettings.acpPrograms) == folders)
  }
}

@Suite struct OverviewTests {
  @Test("what waits is counted by pipeline and state, and what is finished is not")
  func depths() throws {
    let scratch = try Scratch()
    let store = try Store(path: "\(scratch.path)/agim.db")
    defer { store.database.close() }
    func add(_ id: String, _ pipe: String?, _ state: InboxState, _ time: Int64) throws {
      _ = try store.insert(
        InboxRow(
          id: id, platform: "test", event: id, type: "message", session: "test:1", pipe: pipe, state: state,
          holder: "", line: Array("{}".utf8), at: Timestamp(milliseconds: time)))
    }
    try store.write {
      try add("a", "one", .new, 5)
      try add("b", "one", .new, 3)
      try add("c", "one", .held, 9)
      try add("d", nil, .new, 1)
      try add("e", "one", .done, 0)
      try add("f", "two", .dead, 7)
    }
    #expect(
      try store.inboxDepths() == [
        Store.Depth(pipe: nil, state: "new", count: 1, oldest: Timestamp(milliseconds: 1)),
        Store.Depth(pipe: "one", state: "held", count: 1, oldest: Timestamp(milliseconds: 9)),
        Store.Depth(pipe: "one", state: "new", count: 2, oldest: Timestamp(milliseconds: 3)),
      ])
    #expect(try store.outboxDepths().isEmpty)
    #expect(
      try store.lastInbound() == [
        Store.LastInbound(platform: "test", account: "", accepted: Timestamp(milliseconds: 9))
      ])
    #expect(try store.failures(since: Timestamp(milliseconds: 7)) == (1, 0))
    #expect(try store.failures(since: Timestamp(milliseconds: 8)) == (0, 0))
  }

  @Test("a store that is only read is neither made nor migrated")
  func reading() throws {
    let scratch = try Scratch()
    let path = "\(scratch.path)/agim.db"
    #expect(throws: StoreError.self) { try Store(reading: path) }
    #expect(access(path, F_OK) != 0)
    try Store(path: path).database.close()
    let store = try Store(reading: path)
    defer { store.database.close() }
    #expect(throws: StoreError.self) { try store.write { try store.database.execute("DELETE FROM inbox") } }
    try Files.write([], to: "\(scratch.path)/empty.db")
    #expect(throws: StoreError.self) { try Store(reading: "\(scratch.path)/empty.db") }
  }
}
