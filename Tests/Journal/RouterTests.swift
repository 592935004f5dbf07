import Store
import System
import Testing

@testable import Journal

/// What agim-route does to rows.
@Suite struct RouterTests {
  private struct Broken: Error {}

  @Test("a command is one transaction: its change, its answer, the end of its message")
  func answers() throws {
    let bench = try Bench()
    let journal = try bench.journal()
    _ = try journal.accept([incoming("m")])
    var changes = 0
    let first = try journal.answer(wanted("m"), replies: [produced("r", to: "m")], reason: "why") {
      changes += 1
    }
    guard case .now(isAdopted: false) = first else {
      Issue.record("\(first)")
      return
    }
    #expect(try journal.store.inbox(id: "m")?.reason == "why")
    let row = try #require(try journal.store.outbox(id: "r").first)
    #expect(row.state == .ready && row.stage == "route" && !row.adopted)
    guard
      case .before(let rows, isOpen: false) = try journal.answer(
        wanted("m"), replies: [produced("other", to: "m")], change: { changes += 1 })
    else {
      Issue.record("answered twice")
      return
    }
    #expect(rows.map(\.id) == ["r"] && changes == 1)
    #expect(try journal.store.outbox(id: "other").isEmpty)
  }

  @Test("what fails has not happened at all")
  func failure() throws {
    let bench = try Bench()
    let journal = try bench.journal()
    _ = try journal.accept([incoming("m")])
    #expect(throws: Broken.self) {
      _ = try journal.answer(wanted("m"), replies: [produced("r", to: "m")]) {
        try journal.store.beginSession(session, agent: "a", at: bench.now)
        throw Broken()
      }
    }
    #expect(try journal.state("m") == .new)
    #expect(try journal.store.outbox(id: "r").isEmpty)
    #expect(try journal.store.currentSession(session) == nil)
  }

  @Test("a command whose control another stage acts on stays open until then, and is done once")
  func staysOpen() throws {
    let bench = try Bench()
    let journal = try bench.journal()
    _ = try journal.accept([incoming("m")])
    var changes = 0
    let answer = {
      try journal.answer(wanted("m"), replies: [produced("r", to: "m")], staysOpen: true) { changes += 1 }
    }
    _ = try answer()
    #expect(try journal.state("m") == .new)
    guard case .before(let rows, isOpen: true) = try answer() else {
      Issue.record("done twice")
      return
    }
    #expect(rows.map(\.id) == ["r"])
    _ = try journal.commit(ends: [], lines: [], starts: [], actedOn: ["m"])
    #expect(try journal.state("m") == .done)
    guard case .before(_, isOpen: false) = try answer() else {
      Issue.record("still open")
      return
    }
    #expect(changes == 1)
  }

  @Test("another host's message is answered for that host")
  func adopted() throws {
    let bench = try Bench()
    let journal = try bench.journal()
    guard
      case .now(isAdopted: true) = try journal.answer(
        wanted("m"), replies: [produced("r", to: "m")], staysOpen: true)
    else {
      Issue.record("not answered")
      return
    }
    #expect(try journal.state("m") == .done)
    #expect(try journal.store.outbox(id: "r").first?.adopted == true)
    try journal.pass(["r"])
    #expect(try journal.replyState("r") == .passed)
  }

  @Test("what an agent has is not answered")
  func notOurs() throws {
    let bench = try Bench()
    let journal = try bench.journal()
    _ = try journal.accept([incoming("m")])
    _ = try journal.claim([wanted("m")])
    guard case .notOurs = try journal.answer(wanted("m"), replies: [produced("r", to: "m")]) else {
      Issue.record("answered")
      return
    }
    guard case .notOurs = try journal.beginAnswer(wanted("m"), name: "/x") else {
      Issue.record("begun")
      return
    }
    #expect(try journal.store.outbox(id: "r").isEmpty)
  }

  @Test("what was printed for a program is answered, once")
  func once() throws {
    let bench = try Bench()
    let journal = try bench.journal()
    _ = try journal.accept([incoming("m")])
    try journal.finish(printed: ["m"])
    guard case .now = try journal.answer(wanted("m"), replies: [produced("r", to: "m")]) else {
      Issue.record("not answered")
      return
    }
    guard
      case .before(let rows, isOpen: false) = try journal.answer(
        wanted("m"), replies: [produced("s", to: "m")])
    else {
      Issue.record("answered twice")
      return
    }
    #expect(rows.map(\.id) == ["r"])
  }

  @Test("a program that answers is running until it has; agim-run leaves its message alone")
  func programs() throws {
    let bench = try Bench()
    let route = try bench.journal()
    _ = try route.accept([incoming("m")])
    guard case .now(isAdopted: false) = try route.beginAnswer(wanted("m"), name: "/x") else {
      Issue.record("not begun")
      return
    }
    let row = try #require(try route.store.inbox(id: "m"))
    #expect(row.state == .running && row.agent == "/x")
    guard case .notOurs = try route.beginAnswer(wanted("m"), name: "/x") else {
      Issue.record("begun twice")
      return
    }
    try route.endAnswer("m", reply: produced("r", to: "m"))
    #expect(try route.state("m") == .done)
    #expect(try route.replyState("r") == .ready)
    // A second end changes nothing.
    try route.endAnswer("m", reply: produced("s", to: "m"))
    #expect(try route.store.outbox(id: "s").isEmpty)
  }

  @Test("what a dead router left: its programs are told about, its answers printed again")
  func recovery() throws {
    let bench = try Bench()
    let dead = try bench.journal()
    _ = try dead.accept([incoming("m"), incoming("n")])
    _ = try dead.beginAnswer(wanted("m"), name: "/x")
    _ = try dead.answer(wanted("n"), replies: [produced("r", to: "n")])
    dead.close()
    let run = try bench.journal()
    let others = try run.recover(agents: { !$0.hasPrefix("/") }, notice: { produced("no", to: $0.id) })
    #expect(others.notices.isEmpty && others.reprints.isEmpty)
    let route = try bench.journal()
    let left = try route.recover(
      stage: "route", agents: { $0.hasPrefix("/") },
      notice: { produced("notice", to: $0.id, type: "error") })
    #expect(left.notices.map(\.line.id) == ["notice"] && left.reprints.map(\.id) == ["r"])
    #expect(try route.state("m") == .dead)
    #expect(try route.store.outbox(id: "notice").first?.stage == "route")
  }

  @Test("what is dropped is closed with its reason, unless somebody has it")
  func drops() throws {
    let bench = try Bench()
    let journal = try bench.journal()
    _ = try journal.accept([incoming("m"), incoming("n")])
    _ = try journal.claim([wanted("n")])
    try journal.drop([("m", "not wanted"), ("n", "not wanted"), ("unknown", "not wanted")])
    #expect(try journal.state("m") == .done && journal.state("n") == .taken)
    #expect(try journal.store.inbox(id: "m")?.reason == "not wanted")
    #expect(try journal.store.inbox(id: "unknown") == nil)
  }

  @Test("a conversation keeps the agent that it belongs to")
  func owners() throws {
    let bench = try Bench()
    let journal = try bench.journal()
    try journal.chooseFirst([(session, "a"), (session, "b"), ("test:other", "c")])
    #expect(try journal.store.currentSession(session)?.agent == "a")
    #expect(try journal.store.currentSession("test:other")?.agent == "c")
    _ = try journal.accept([incoming("m")])
    try journal.run("m")
    let row = try #require(try journal.store.currentSession(session))
    #expect(row.agent == "a" && row.messages == 1)
    try journal.store.choose(session, agent: "z", data: "{\"x\":1}", at: bench.now)
    try journal.store.choose("test:third", agent: nil, data: "{}", at: bench.now)
    #expect(try journal.store.currentSession(session)?.agent == "z")
    #expect(try journal.store.currentSession(session)?.data == "{\"x\":1}")
    #expect(try journal.store.currentSession("test:third")?.agent == nil)
    try journal.store.beginSession(session, agent: nil, at: bench.now)
    try journal.chooseFirst([(session, "a")])
    #expect(try journal.store.currentSession(session)?.agent == "a")
    #expect(try journal.store.currentSession(session)?.generation == 2)
  }

  @Test("a reader sees one state until it has finished, and writes end the reading")
  func reading() throws {
    let bench = try Bench()
    let one = try bench.journal()
    let other = try bench.journal()
    try one.store.database.beginReading()
    #expect(try one.store.origin(inbox: "m") == nil)
    let before = try one.store.database.otherCommits()
    _ = try other.accept([incoming("m")])
    #expect(try one.store.origin(inbox: "m") == nil)
    one.store.database.endReading()
    try one.store.database.beginReading()
    #expect(try one.store.database.otherCommits() != before)
    let origin = try #require(try one.store.origin(inbox: "m"))
    #expect(origin.platform == "test" && origin.state == .new && origin.agent == nil)
    try one.drop([("m", "x")])
    #expect(try other.state("m") == .done)
  }
}
