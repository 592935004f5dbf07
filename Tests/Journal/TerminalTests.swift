import Journal
import Store
import System
import Testing

@Suite struct TerminalTests {
  let bench: Bench
  let terminal: Journal
  let runner: Journal
  let sender: Journal

  init() throws {
    bench = try Bench()
    (terminal, runner, sender) = try (bench.journal(), bench.journal(), bench.journal())
  }

  private func states() throws -> [String: String] {
    var found: [String: String] = [:]
    for row in try runner.store.inbox(after: 0) { found[row.id] = row.state.rawValue }
    for row in try runner.store.outbox(after: 0) { found[row.id] = row.state.rawValue }
    return found
  }

  @Test("what nobody can show any more dies with its terminal; what live processes have goes on")
  func bury() throws {
    _ = try terminal.accept([incoming("new"), incoming("taken"), incoming("running"), incoming("done")])
    _ = try runner.claim([wanted("taken"), wanted("running"), wanted("done")])
    _ = try runner.begin("running", "done")
    try runner.end("done", reply: "ready")
    _ = try sender.queue([Arrival(line: produced("queued", to: nil, final: false), target: nil)])
    // While everybody lives, nothing is left behind.
    #expect(try runner.bury(session: session, own: false) == (0, 0))
    #expect(
      try runner.openWork(session: session)
        == {
          var work = Journal.OpenWork()
          (work.waiting, work.working, work.undelivered) = (1, 2, 2)
          return work
        }())
    terminal.close()
    #expect(try runner.bury(session: session, own: false) == (1, 0))
    #expect(try runner.store.inbox(id: "new")?.reason == Journal.terminalGone)
    sender.close()
    #expect(try runner.bury(session: session, own: false) == (0, 1))
    #expect(
      try states() == [
        "new": "dead", "taken": "taken", "running": "running", "done": "done", "ready": "ready",
        "queued": "refused",
      ])
    #expect(try runner.isWorking(session: session))
    // Its own, once it leaves.
    #expect(try runner.bury(session: session, own: true) == (0, 1))
    #expect(try states()["ready"] == "refused")
    #expect(try states()["taken"] == "taken")
  }

  @Test("other sessions, and replies that go somewhere else, are left alone")
  func others() throws {
    _ = try terminal.accept([incoming("new")])
    _ = try sender.queue([
      Arrival(line: produced("here", to: nil, final: false), target: nil),
      Arrival(line: produced("named", to: nil, final: false), target: session),
      Arrival(line: produced("elsewhere", to: nil, final: false), target: "file:/x"),
    ])
    terminal.close()
    sender.close()
    #expect(try runner.bury(session: "test:other", own: true) == (0, 0))
    #expect(try runner.bury(session: session, own: true) == (1, 2))
    #expect(try states()["elsewhere"] == "queued")
    #expect(try runner.openWork(session: session).isEmpty)
  }

  @Test("a message that died with its terminal is not run when its line comes late, until it is released")
  func late() throws {
    _ = try terminal.accept([incoming("m")])
    _ = try terminal.bury(session: session, own: true)
    #expect(try runner.claim([wanted("m")]).map(\.word) == ["answered "])
    #expect(try runner.retry("m") == .done)
    #expect(try states()["m"] == "new")
  }
}
