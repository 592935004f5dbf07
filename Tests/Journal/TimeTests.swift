import Glibc
import Journal
import Store
import System
import Testing

@Suite struct TimeTests {
  let bench: Bench
  let one: Journal
  let other: Journal
  static let second: Int64 = 1000
  static let hour: Int64 = 3_600_000
  static let day: Int64 = 24 * hour

  init() throws {
    bench = try Bench()
    (one, other) = try (bench.journal(), bench.journal())
  }

  private func pass(_ milliseconds: Int64) { bench.now = bench.now + milliseconds }

  @Test(
    "a line that nobody takes over is printed again after 30 seconds, 5 minutes and an hour, then no more")
  func reprints() throws {
    _ = try one.accept([incoming("m"), incoming("e", type: "event")])
    _ = try one.claim([wanted("run")])
    _ = try one.begin("run")
    try one.end("run", reply: "r")
    #expect(try one.state("e") == .done)
    for wait in [30 * Self.second, 300 * Self.second, Self.hour] {
      #expect(try one.nextInboxReprint() == bench.now + wait)
      #expect(try one.nextOutboxReprint() == bench.now + wait)
      pass(wait - 1)
      #expect(try one.dueReprints().isEmpty)
      #expect(try one.dueOutboxReprints().isEmpty)
      pass(1)
      #expect(try one.dueReprints().map(\.id) == ["m"])
      #expect(try one.dueOutboxReprints().map(\.id) == ["r"])
      #expect(try one.dueReprints().isEmpty)
      #expect(try other.dueReprints().isEmpty && other.dueOutboxReprints().isEmpty)
    }
    #expect(try one.nextInboxReprint() == nil)
    #expect(try one.nextOutboxReprint() == nil)
    pass(Self.hour)
    #expect(try one.dueReprints().isEmpty && one.dueOutboxReprints().isEmpty)
    // A restart prints it once more.
    one.close()
    var printed: [String] = []
    #expect(try other.adoptNew(platform: "test", account: "") { printed.append($0.id) } == 0)
    #expect(printed == ["m"])
    #expect(try other.recoverAll().reprints.map(\.id) == ["r"])
  }

  @Test("what was taken over is not printed again")
  func taken() throws {
    _ = try one.accept([incoming("m")])
    _ = try other.claim([wanted("m")])
    #expect(try one.nextInboxReprint() == nil)
    _ = try other.begin("m")
    try other.end("m", reply: "r")
    _ = try one.queue([Arrival(line: produced("r", to: "m"), target: nil)])
    #expect(try other.nextOutboxReprint() == nil)
    pass(Self.day)
    #expect(try one.dueReprints().isEmpty && other.dueOutboxReprints().isEmpty)
  }

  @Test("what is older than the backlog is held until an operator releases it, and counts from then")
  func backlog() throws {
    _ = try one.accept([incoming("new"), incoming("taken"), incoming("running"), incoming("ready")])
    _ = try one.claim([wanted("taken"), wanted("running"), wanted("ready"), wanted("queued")])
    _ = try one.begin("running", "ready", "queued")
    try one.end("ready", reply: "ready-reply")
    try one.end("queued", reply: "queued-reply")
    _ = try one.queue([Arrival(line: produced("queued-reply", to: "queued"), target: nil)])
    one.close()
    pass(other.backlog + 1)
    #expect(try other.adoptNew(platform: "test", account: "") { _ in } == 1)
    let left = try other.recoverAll()
    #expect(left.taken.isEmpty && left.reprints.isEmpty)
    #expect(left.notices.map(\.id) == ["notice-running"])
    #expect(try other.adoptQueued().isEmpty)
    for id in ["new", "taken"] {
      #expect(try other.state(id) == .held)
      #expect(try other.claim([wanted(id)]).map(\.word) == ["ignored"])
      #expect(try other.store.inbox(id: id)?.reason == "older than the backlog limit")
    }
    for id in ["ready-reply", "queued-reply"] {
      #expect(try other.replyState(id) == .held)
      #expect(try other.queue([Arrival(line: produced(id, to: nil), target: nil)]).isEmpty)
    }
    for id in ["new", "taken", "ready-reply", "queued-reply"] { #expect(try other.retry(id) == .done) }
    var printed: [String] = []
    try other.adoptUnheld(where: { $0.platform == "test" }, each: { printed.append($0.id) })
    #expect(printed == ["new", "taken"])
    #expect(try other.nextInboxReprint() == bench.now + 30 * Self.second)
    #expect(try other.adoptQueued().map(\.id) == ["ready-reply", "queued-reply"])
    other.close()
    // One millisecond before its time nothing is held.
    pass(other.backlog)
    let third = try bench.journal()
    #expect(try third.adoptNew(platform: "test", account: "") { _ in } == 0)
    #expect(try third.adoptQueued().count == 2)
  }

  @Test("without a backlog limit nothing is held")
  func noBacklog() throws {
    _ = try one.accept([incoming("m")])
    one.close()
    other.backlog = 0
    pass(1000 * Self.day)
    #expect(try other.adoptNew(platform: "test", account: "") { _ in } == 0)
    #expect(try other.state("m") == .new)
  }

  @Test("a delivery that is postponed past the backlog is held, and an attempt is counted once")
  func postponed() throws {
    try one.queueWithoutPipe([Arrival(line: produced("r", to: nil), target: nil)], stage: "remind")
    var row = try #require(try one.adoptQueued().first)
    for attempt in 1...2 {
      #expect(try one.begin([(n: row.n, mark: "mark")]) == [row.n])
      let next = bench.now + Self.second
      try one.settle([Settlement(row, .postponed(reason: "busy", after: nil), next: next)])
      row = try #require(try one.store.outbox(id: "r").first)
      #expect(row.state == .queued && row.attempts == attempt && row.next == next && row.reason == "busy")
    }
    _ = try one.begin([(n: row.n, mark: nil)])
    pass(one.backlog + 1)
    try one.settle([Settlement(row, .postponed(reason: "busy", after: nil), next: bench.now)])
    row = try #require(try one.store.outbox(id: "r").first)
    #expect(row.state == .held && row.holder.isEmpty && row.next == nil)
    #expect(try one.retry("r") == .done)
    #expect(try one.store.outbox(id: "r").first?.attempts == 0)
  }

  @Test(
    "what a sender left while sending comes back with its mark and attempts, and is sent under the same id")
  func mark() throws {
    try one.queueWithoutPipe([Arrival(line: produced("r", to: nil), target: "ops")], stage: "remind")
    let row = try #require(try one.adoptQueued().first)
    _ = try one.begin([(n: row.n, mark: "seen")])
    one.close()
    // Twice, because the second may die before it sends.
    let between = try bench.journal()
    #expect(try between.adoptQueued().map(\.mark) == ["seen"])
    between.close()
    let back = try #require(try other.adoptQueued().first)
    #expect(back.id == "r" && back.mark == "seen" && back.attempts == 1 && back.target == "ops")
    #expect(try other.begin([(n: back.n, mark: back.mark)]) == [back.n])
    try other.settle([Settlement(back, .delivered(proof: "platform-7"))])
    let end = try #require(try other.store.outbox(id: "r").first)
    #expect(end.state == .delivered && end.proof == "platform-7" && end.attempts == 2)
  }

  // MARK: Tidying

  private static let keep = Journal.Keep(
    inbox: 7 * day, outbox: 7 * day, sessionIdle: 3 * day, session: 30 * day, audit: 30 * day)

  @Test("tidying removes finished rows past their time, in batches, and no answer before its message")
  func tidy() throws {
    for index in 0..<6 { try one.run("m\(index)") }
    let arrivals = (0..<6).map { Arrival(line: produced("reply-m\($0)", to: "m\($0)"), target: nil) }
    let rows = try one.queue(arrivals)
    _ = try one.begin(rows.map { (n: $0.n, mark: nil) })
    try one.settle(rows.map { Settlement($0, .delivered(proof: "p")) })
    // Older than all of them, so that they fill the first batches; and one of each open kind.
    _ = try one.claim([wanted("open")])
    _ = try one.accept([incoming("new")])
    try one.queueWithoutPipe([Arrival(line: produced("queued", to: nil), target: nil)], stage: "remind")
    func messages() throws -> Int { try one.store.inbox(after: 0).count }
    func replies() throws -> Int { try one.store.outbox(after: 0).count }

    pass(7 * Self.day)
    try one.tidy(Self.keep)
    #expect(try messages() == 8 && replies() == 7)
    pass(1)
    for step in 1...3 {
      try one.tidy(Self.keep, batch: 2)
      #expect(try messages() == 8 - 2 * step)
      #expect(try replies() == 7 - 2 * step)
      for row in try one.store.inbox(after: 0) where row.state == .done {
        #expect(try one.store.outbox(answering: row.id).count == 1)
      }
    }
    try one.tidy(Self.keep)
    #expect(try messages() == 2 && replies() == 1)
  }

  @Test("an answer stays while its message does, however many other rows expire before it")
  func answersLast() throws {
    try one.run("m")
    let rows = try one.queue([Arrival(line: produced("reply-m", to: "m"), target: nil)])
    _ = try one.begin(rows.map { (n: $0.n, mark: nil) })
    try one.settle(rows.map { Settlement($0, .delivered(proof: "p")) })
    bench.now = bench.now + -1
    _ = try one.accept((0..<4).map { incoming("e\($0)", type: "event") })
    pass(7 * Self.day + 2)
    try one.tidy(Self.keep, batch: 2)
    #expect(try one.claim([wanted("m")]).map(\.word) == ["answered reply-m"])
    try one.tidy(Self.keep, batch: 2)
    try one.tidy(Self.keep, batch: 2)
    #expect(try one.store.inbox(after: 0).isEmpty && one.store.outbox(after: 0).isEmpty)
  }

  @Test("an unused session is archived, comes back with its data when it is used, and is removed in the end")
  func sessions() throws {
    try one.run("m")
    let begun = try #require(try one.store.session(session))
    try one.store.setSession(begun.n, label: "mine", description: nil, data: "{\"native\":\"x\"}")
    pass(3 * Self.day)
    try one.tidy(Self.keep)
    #expect(try one.store.session(session)?.state == .active)
    pass(1)
    try one.tidy(Self.keep)
    #expect(try one.store.session(session)?.state == .archived)
    try one.run("m2")
    let back = try #require(try one.store.session("mine"))
    #expect(back.n == begun.n && back.state == .active && back.agent == "shell" && back.messages == 2)
    #expect(back.data == "{\"native\":\"x\"}")

    #expect(try one.store.closeSession(back.n))
    #expect(try !one.store.closeSession(back.n))
    try one.run("m3")
    let next = try #require(try one.store.session(session))
    #expect(next.generation == 2 && next.messages == 1 && next.data == "{}")
    #expect(try one.store.sessions(in: .closed, limit: 10).map(\.n) == [begun.n])
    pass(30 * Self.day + 1)
    try one.tidy(Self.keep)
    #expect(try one.store.sessions(in: nil, limit: 10).isEmpty)
  }

  // MARK: Checking

  @Test("the check finds orphans, rows from the future and held rows, and nothing else")
  func problems() throws {
    _ = try one.accept([incoming("fine")])
    _ = try other.claim([wanted("taken"), wanted("running"), wanted("answered")])
    _ = try other.begin("running", "answered")
    try other.end("answered", reply: "reply")
    try one.queueWithoutPipe([Arrival(line: produced("waiting", to: nil), target: nil)], stage: "remind")
    #expect(try one.problems().isEmpty)
    pass(60_001)
    _ = try one.accept([incoming("future")])
    pass(-60_001)
    other.close()
    #expect(
      try one.problems() == [
        "orphan: message taken is taken in a process that is dead",
        "orphan: message running is running in a process that is dead",
        "clock: message future is from the future: \(bench.now + 60_001)",
        "orphan: reply reply is ready in a process that is dead",
      ])
    pass(one.backlog + 1)
    _ = try one.recoverAll()
    #expect(
      try one.problems() == [
        "held: message taken: older than the backlog limit",
        "held: reply reply: older than the backlog limit",
      ])
  }

  // MARK: Holders

  @Test("a holder lives as long as its process, and no longer")
  func holders() throws {
    let directory = "\(bench.path)/run"
    let id = "01890000-0000-7000-8000-000000000001"
    let holder = try Holder(id: id, directory: directory)
    for _ in 0..<3 { #expect(!Holder.isDead(id, directory: directory)) }
    Holder.sweep(directory)
    #expect(access("\(directory)/\(id)", F_OK) == 0)
    holder.release()
    #expect(Holder.isDead(id, directory: directory))
    #expect(access("\(directory)/\(id)", F_OK) != 0)
    for strange in ["", "../agim.db", "a/b", "..", "no such holder"] {
      #expect(Holder.isDead(strange, directory: directory), "\(strange)")
    }
    #expect(access("\(bench.path)/agim.db", F_OK) == 0)
    #expect(throws: SystemError.self) { try Holder(id: id, directory: "\(bench.path)/missing") }
  }

  @Test("the file of a killed process proves its death and is swept, files of other names stay")
  func swept() throws {
    let directory = "\(bench.path)/run"
    let id = "01890000-0000-7000-8000-000000000002"
    for name in [id, "source-telegram", "wake"] { try Files.write([], to: "\(directory)/\(name)") }
    Holder.sweep(directory)
    #expect(access("\(directory)/\(id)", F_OK) != 0)
    #expect(access("\(directory)/source-telegram", F_OK) == 0)
    #expect(access("\(directory)/wake", F_OK) == 0)
  }

  @Test("whoever asks about a holder does not pass for it to others who ask at the same time")
  func asking() async throws {
    let directory = "\(bench.path)/run"
    let wrong = try await withThrowingTaskGroup(of: Int.self) { group in
      for task in 0..<4 {
        group.addTask {
          // Two ask about dead holders that the others ask about too; all make holders that live.
          var wrong = 0
          for round in 0..<300 {
            let number = String(round + 100_000)
            let dead = "01890000-0000-7000-8000-000000\(number)"
            if task < 2 {
              // Made once by whoever comes first; never locked.
              if let file = try? Descriptor.open("\(directory)/\(dead)", O_RDWR | O_CREAT) { file.close() }
            }
            if !Holder.isDead(dead, directory: directory) { wrong += 1 }
            let live = "01890000-0000-7000-800\(task)-000001\(number)"
            let holder = try Holder(id: live, directory: directory)
            if task == 3 { Holder.sweep(directory) }
            if Holder.isDead(live, directory: directory) { wrong += 1 }
            holder.release()
          }
          return wrong
        }
      }
      return try await group.reduce(0, +)
    }
    #expect(wrong == 0)
  }
}
