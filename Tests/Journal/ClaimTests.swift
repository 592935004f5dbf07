import Journal
import Store
import System
import Testing

@Suite struct ClaimTests {
  let bench: Bench
  let one: Journal
  let other: Journal

  init() throws {
    bench = try Bench()
    (one, other) = try (bench.journal(), bench.journal())
  }

  @Test("an unknown message is adopted, a known one is run once, and its answer is given again")
  func claims() throws {
    #expect(try one.claim([wanted("m"), wanted("m")]).map(\.word) == ["taken", "ignored"])
    let row = try #require(try one.store.inbox(id: "m"))
    #expect(row.adopted && row.platform == "adopted" && row.agent == "shell" && row.pipe == "main")
    #expect(try other.claim([wanted("m")]).map(\.word) == ["ignored"])
    #expect(try one.begin("m") == ["m"])
    #expect(try one.begin("m").isEmpty)
    #expect(try other.claim([wanted("m")]).map(\.word) == ["ignored"])
    _ = try one.commit(
      ends: [], lines: [produced("note", to: "m", type: "request", final: false)], starts: [])
    #expect(try one.state("m") == .running)
    try one.end("m", reply: "r")
    try one.end("m", reply: "second")
    #expect(try one.state("m") == .done)
    for journal in [one, other] { #expect(try journal.claim([wanted("m")]).map(\.word) == ["answered r"]) }
    #expect(try one.store.outbox(id: "r").first?.adopted == true)
    #expect(try one.store.outbox(answering: "m").map(\.id) == ["note", "r"])
  }

  @Test("a message that a filter changed is stored as it arrived, with its agent and pipeline")
  func changed() throws {
    #expect(try other.accept([incoming("m")]) == [true])
    #expect(try one.claim([wanted("m", text: "changed")]).map(\.word) == ["taken"])
    let row = try #require(try one.store.inbox(id: "m"))
    #expect(row.line == wanted("m", text: "changed").line)
    #expect(row.reprint == nil && row.agent == "shell")
    #expect(try row.holder == one.holder())
    #expect(try other.dueReprints().isEmpty)
  }

  @Test("what a dead process took is taken over by a claim or at start, and what it ran is told about")
  func death() throws {
    _ = try other.claim([wanted("queued"), wanted("claimed"), wanted("ran"), wanted("answered")])
    _ = try other.begin("ran", "answered")
    try other.end("answered", reply: "unprinted")
    other.close()
    #expect(try one.claim([wanted("claimed"), wanted("ran")]).map(\.word) == ["taken", "ignored"])
    let left = try one.recoverAll()
    #expect(left.taken.map(\.id) == ["queued"])
    #expect(left.notices.map(\.id) == ["notice-ran"])
    #expect(left.reprints.map(\.id) == ["unprinted"])
    #expect(try one.store.inbox(id: "ran")?.reason == "interrupted")
    #expect(try one.replyState("notice-ran") == .ready)
    #expect(try one.claim([wanted("ran")]).map(\.word) == ["answered notice-ran"])
    #expect(try one.begin("queued", "claimed") == ["queued", "claimed"])
    let again = try one.recoverAll()
    #expect(again.taken.isEmpty && again.notices.isEmpty && again.reprints.isEmpty)
    // The released message runs again; both its answers stay.
    #expect(try one.retry("ran") == .done)
    #expect(try one.claim([wanted("ran")]).map(\.word) == ["taken"])
    _ = try one.begin("ran")
    try one.end("ran", reply: "at last")
    #expect(try one.claim([wanted("ran")]).map(\.word) == ["answered notice-ran at last"])
  }

  @Test("an interrupted turn goes on three times where its agent can, then its person is told")
  func goingOn() throws {
    _ = try other.claim([wanted("m")])
    _ = try other.begin("m")
    var journal = other
    for count in 1...Interruptions.limit {
      journal.close()
      journal = try bench.journal()
      let left = try journal.recoverAll(resuming: true)
      #expect(left.taken.map(\.id) == ["m"] && left.notices.isEmpty)
      // It stays known through the queue and a death there.
      journal.close()
      journal = try bench.journal()
      let row = try #require(try journal.recoverAll(resuming: true).taken.first)
      #expect(Interruptions.count(row.reason) == count)
      #expect(TurnStart(row).interruptions == count)
      _ = try journal.begin("m")
    }
    journal.close()
    journal = try bench.journal()
    let left = try journal.recoverAll(resuming: true)
    #expect(left.taken.isEmpty && left.notices.map(\.id) == ["notice-m"])
    #expect(try journal.state("m") == .dead)
    for reason in [nil, "", "interrupted", "interrupted, goes on ()", "interrupted, goes on (x)", "dropped"] {
      #expect(Interruptions.count(reason) == 0)
    }
  }

  @Test("recovery leaves other pipelines, agents and live processes alone")
  func recovery() throws {
    let elsewhere = try bench.journal(pipe: "elsewhere")
    _ = try elsewhere.claim([wanted("elsewhere")])
    _ = try elsewhere.begin("elsewhere")
    try elsewhere.end("elsewhere", reply: "reply")
    _ = try elsewhere.claim([wanted("open")])
    _ = try other.claim([wanted("live")])
    elsewhere.close()
    _ = try one.recover(
      agents: { _ in false }, notice: { produced("notice-\($0.id)", to: $0.id, type: "error") })
    let left = try one.recoverAll()
    #expect(left.taken.isEmpty && left.notices.isEmpty && left.reprints.isEmpty)
    #expect(try one.adoptQueued().isEmpty)
    let back = try bench.journal(pipe: "elsewhere")
    let none = try back.recover(agents: { $0 == "claude" }, notice: { produced("n", to: $0.id) })
    #expect(none.taken.isEmpty)
    #expect(try back.recoverAll().taken.map(\.id) == ["open"])
  }

  @Test("within a session a process waits for what another took before it, or is running")
  func order() throws {
    _ = try one.accept([incoming("first"), incoming("second"), incoming("third")])
    _ = try one.claim([wanted("first"), wanted("third")])
    _ = try other.claim([wanted("second")])
    #expect(try other.begin("second").isEmpty)
    #expect(try one.begin("first") == ["first"])
    #expect(try other.begin("second").isEmpty)
    try one.end("first", reply: "1")
    #expect(try one.begin("third").isEmpty)
    #expect(try other.begin("second") == ["second"])
    try other.end("second", reply: "2")
    // Another session, and a dead process, are not waited for; a later turn that runs is.
    #expect(try one.begin("third") == ["third"])
    _ = try other.claim([wanted("fourth")])
    var elsewhere = TurnStart(try #require(try other.store.inbox(id: "fourth")))
    (elsewhere.n, elsewhere.session) = (0, "test:other")
    #expect(try other.commit(ends: [], lines: [], starts: [elsewhere]) == ["fourth"])
    try other.end("fourth", reply: "4")
    _ = try other.claim([wanted("fifth")])
    #expect(try other.begin("fifth").isEmpty)
    one.close()
    #expect(try other.begin("fifth") == ["fifth"])
    // An operator releases what came before the turn that runs now.
    let late = try bench.journal()
    _ = try late.recoverAll()
    #expect(try late.retry("third") == .done)
    #expect(try late.claim([wanted("third")]).map(\.word) == ["taken"])
    #expect(try late.begin("third").isEmpty)
    try other.end("fifth", reply: "5")
    #expect(try late.begin("third") == ["third"])
  }

  @Test("many processes that want the same messages at once share them without two having one")
  func concurrency() async throws {
    let ids = (0..<40).map { "m\($0)" }
    _ = try one.accept(ids.map { incoming($0) })
    // Each is used by one task alone, and all live to the end, as processes would.
    struct Lent: @unchecked Sendable { let journal: Journal }
    let journals = try (0..<4).map { _ in
      Lent(journal: try Journal(paths: Bench.paths(bench.path), pipe: "main", clock: .system))
    }
    let taken = try await withThrowingTaskGroup(of: [String].self) { group in
      for lent in journals {
        group.addTask { try ids.filter { id in try lent.journal.claim([wanted(id)])[0].word == "taken" } }
      }
      return try await group.reduce([], +)
    }
    #expect(taken.sorted() == ids.sorted())
    for lent in journals { lent.journal.close() }
  }

  @Test("new lines are stored as being sent up to the first that is known already")
  func queuedAsSending() throws {
    func arrival(_ id: String) -> Arrival { Arrival(line: produced(id, to: "m"), target: nil) }
    _ = try one.queue([arrival("known")])
    let rows = try one.queue(
      ["a", "b", "known", "c"].map(arrival), sending: ["mark a", "mark b", "mark known", "mark c"])
    #expect(rows.map(\.id) == ["a", "b", "c"])
    #expect(rows.map(\.state) == [.sending, .sending, .queued])
    // What is kept is what the sender was given, but for the attempt that has begun.
    for var row in rows {
      if row.state == .sending { row.attempts = 1 }
      #expect(try one.store.outbox(n: row.n) == row)
    }
    #expect(rows.map(\.mark) == ["mark a", "mark b", nil])
    #expect(rows.map(\.attempts) == [0, 0, 0])
    try one.settle([Settlement(rows[0], .delivered(proof: "p"))])
    #expect(try one.store.outbox(n: rows[0].n)?.state == .delivered)
    // A sender that dies now leaves them to the next one, with what it needs to find out.
    one.close()
    #expect(try other.adoptQueued().map(\.mark) == [nil, "mark b", nil])
  }

  @Test("a message that nobody took is closed with a notice, once")
  func abandoned() throws {
    let notice = Arrival(line: produced("n", to: "m", type: "error"), target: "console")
    #expect(try other.accept([incoming("m"), incoming("busy")]) == [true, true])
    let row = try #require(try one.abandon(wanted("m"), notice: notice))
    #expect(row.state == .queued && row.target == "console" && row.n > 0)
    #expect(try one.store.inbox(id: "m")?.reason == "taken by no agent")
    #expect(try one.abandon(wanted("m"), notice: notice) == nil)
    _ = try other.claim([wanted("busy")])
    #expect(
      try one.abandon(wanted("busy"), notice: Arrival(line: produced("n2", to: "busy"), target: nil)) == nil)
    #expect(
      try one.abandon(wanted("alien"), notice: Arrival(line: produced("n3", to: "alien"), target: nil)) != nil
    )
    #expect(try other.claim([wanted("alien"), wanted("m")]).map(\.word) == ["answered n3", "answered n"])
    #expect(try one.begin([(n: row.n, mark: nil)]) == [row.n])
  }

  @Test(
    "a reply is taken over once, with the text that the filters left, and closes what a stranger answered")
  func queue() throws {
    _ = try one.accept([incoming("m"), incoming("alien"), incoming("asked")])
    try one.run("m")
    let arrival = Arrival(line: produced("reply-m", to: "m", text: "changed"), target: nil)
    let rows = try other.queue([arrival, arrival])
    #expect(rows.map(\.id) == ["reply-m"])
    #expect(rows.first?.line == arrival.line.line)
    #expect(rows.first?.stage == "run")
    _ = try other.queue([
      Arrival(line: produced("a1", to: "alien"), target: nil),
      Arrival(line: produced("a2", to: "asked", type: "request", final: false), target: nil),
    ])
    #expect(try one.state("alien") == .done)
    #expect(try one.state("asked") == .new)
    #expect(try other.store.outbox(id: "a1").first?.adopted == true)
    #expect(try one.claim([wanted("alien")]).map(\.word) == ["answered a1"])
  }

  @Test("a reply to a message of another store is passed on, and still ours to send when it comes here")
  func passed() throws {
    try one.run("adopted")
    try one.pass(["reply-adopted"])
    #expect(try one.replyState("reply-adopted") == .passed)
    let arrival = Arrival(line: produced("reply-adopted", to: "adopted"), target: nil)
    #expect(try other.queue([arrival]).map(\.id) == ["reply-adopted"])
    #expect(try other.queue([arrival]).isEmpty)
    try one.pass(["reply-adopted"])
    #expect(try one.replyState("reply-adopted") == .queued)
  }
}
