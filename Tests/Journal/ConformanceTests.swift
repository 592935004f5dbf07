import Journal
import Store
import System
import Testing

/// Who has the row that an operation meets.
enum Keeper: CaseIterable {
  case mine
  case live
  case dead
  case nobody
  var isDead: Bool { self == .dead || self == .nobody }
}

/// An operation on a message, and the event that it is of the machine's when it meets a row; nil when
/// it is to leave the state as it is.
struct InboxOperation {
  let name: String
  var isOld = false
  /// Whether it may only change hands: the same state with another holder.
  var adopts: (InboxState, Keeper) -> Bool = { _, _ in false }
  let event: (InboxState, Keeper) -> InboxEvent?
  let run: (Journal) throws -> Void

  static var all: [InboxOperation] {
    [
      InboxOperation(
        name: "accept again", event: { _, _ in nil },
        run: { journal in
          let isNew = try journal.accept([incoming("m")])
          #expect(isNew == [false])
        }),
      InboxOperation(
        name: "accept under another id", event: { _, _ in nil },
        run: { journal in
          let isNew = try journal.accept([incoming("other", event: "event-m")])
          #expect(isNew == [false])
        }),
      InboxOperation(
        name: "post again", event: { _, _ in nil },
        run: { journal in
          let isNew = try journal.post(incoming("m"))
          #expect(!isNew)
        }),
      InboxOperation(
        name: "claim",
        event: { state, keeper in
          state == .new ? .take : state == .taken && keeper.isDead ? .takeOver : nil
        }, run: { _ = try $0.claim([wanted("m")]) }),
      InboxOperation(
        name: "start", event: { $0 == .taken && $1 == .mine ? .start : nil }, run: { _ = try $0.begin("m") }),
      InboxOperation(
        name: "answer", event: { $0 == .running && $1 == .mine ? .finish : nil },
        run: { try $0.end("m", reply: "r") }),
      InboxOperation(
        name: "give up", event: { $0 == .running && $1 == .mine ? .fail : nil },
        run: { try $0.end("m", reply: "r", deadBecause: "no") }),
      InboxOperation(
        name: "recover",
        event: { state, keeper in
          keeper.isDead ? state == .running ? .fail : state == .taken ? .takeOver : nil : nil
        }, run: { _ = try $0.recoverAll() }),
      InboxOperation(
        name: "go on",
        event: { state, keeper in
          keeper.isDead ? state == .running ? .resume : state == .taken ? .takeOver : nil : nil
        }, run: { _ = try $0.recoverAll(resuming: true) }),
      InboxOperation(
        name: "recover what is old", isOld: true,
        event: { state, keeper in
          keeper.isDead ? state == .running ? .fail : state == .taken ? .hold : nil : nil
        }, run: { _ = try $0.recoverAll() }),
      InboxOperation(
        name: "adopt for printing", adopts: { $0 == .new && $1.isDead }, event: { _, _ in nil },
        run: { _ = try $0.adoptNew(platform: "test", account: "") { _ in } }),
      InboxOperation(
        name: "adopt what is old", isOld: true, event: { $0 == .new && $1.isDead ? .hold : nil },
        run: { _ = try $0.adoptNew(platform: "test", account: "") { _ in } }),
      InboxOperation(
        name: "adopt for another platform", event: { _, _ in nil },
        run: { _ = try $0.adoptNew(platform: "other", account: "") { _ in } }),
      InboxOperation(
        name: "adopt what nobody has", adopts: { $0 == .new && $1 == .nobody }, event: { _, _ in nil },
        run: { try $0.adoptUnheld(where: { $0.platform == "test" }) { _ in } }),
      InboxOperation(
        name: "print for a program", event: { $0 == .new && $1 == .mine ? .finish : nil },
        run: { try $0.finish(printed: ["m"]) }),
      InboxOperation(
        name: "act on", event: { state, _ in state == .new ? .finish : nil },
        run: { _ = try $0.commit(ends: [], lines: [], starts: [], actedOn: ["m"]) }),
      InboxOperation(
        name: "abandon", event: { state, _ in state == .new ? .fail : nil },
        run: {
          _ = try $0.abandon(
            wanted("m"), notice: Arrival(line: produced("n", to: "m", type: "error"), target: nil))
        }),
      InboxOperation(
        name: "a stranger's answer", event: { state, _ in state == .new ? .finish : nil },
        run: { _ = try $0.queue([Arrival(line: produced("stranger", to: "m"), target: nil)]) }),
      InboxOperation(
        name: "a stranger's notice", event: { _, _ in nil },
        run: { _ = try $0.queue([Arrival(line: produced("stranger", to: "m", final: false), target: nil)]) }),
      InboxOperation(
        name: "retry", event: { state, _ in state == .held || state == .dead ? .release : nil },
        run: { _ = try $0.retry("m") }),
      InboxOperation(
        name: "drop",
        event: { state, keeper in
          switch state {
          case .new, .held: .fail
          case .taken, .running: keeper.isDead ? .fail : nil
          case .done, .dead: nil
          }
        }, run: { _ = try $0.drop("m") }),
    ]
  }
}

/// The same for a reply; some operations are two events in one.
struct OutboxOperation {
  let name: String
  var isOld = false
  var adopts: (OutboxState, Keeper) -> Bool = { _, _ in false }
  let events: (OutboxState, Keeper) -> [OutboxEvent]
  let run: (Journal, OutboxRow) throws -> Void

  static func settle(_ name: String, _ outcome: Outcome, _ event: OutboxEvent) -> OutboxOperation {
    OutboxOperation(
      name: name, events: { $0 == .sending && $1 == .mine ? [event] : [] },
      run: { journal, row in try journal.settle([Settlement(row, outcome)]) })
  }

  static var all: [OutboxOperation] {
    [
      OutboxOperation(
        name: "read", events: { state, _ in state == .ready || state == .passed ? [.queue] : [] },
        run: { journal, _ in _ = try journal.queue([Arrival(line: produced("r", to: "m"), target: nil)]) }),
      OutboxOperation(
        name: "pass", events: { $0 == .ready && $1 == .mine ? [.pass] : [] },
        run: { journal, _ in try journal.pass(["r"]) }),
      OutboxOperation(
        name: "begin", events: { $0 == .queued && $1 == .mine ? [.send] : [] },
        run: { journal, row in _ = try journal.begin([(n: row.n, mark: nil)]) }),
      settle("deliver", .delivered(proof: "p"), .deliver),
      settle("postpone", .postponed(reason: "busy", after: nil), .postpone),
      settle("refuse", .refused(reason: "no"), .refuse),
      settle("wait for the person", .waits(reason: "no token"), .wait),
      OutboxOperation(
        name: "postpone what is old", isOld: true,
        events: { $0 == .sending && $1 == .mine ? [.postpone, .hold] : [] },
        run: { journal, row in
          try journal.settle([Settlement(row, .postponed(reason: "busy", after: nil))])
        }),
      OutboxOperation(
        name: "refuse before sending", events: { $0 == .queued && $1 == .mine ? [.refuse] : [] },
        run: { journal, row in try journal.refuse(row, reason: "no") }),
      OutboxOperation(
        name: "adopt", adopts: { $0 == .queued && $1.isDead },
        events: { $0 == .sending && $1.isDead ? [.postpone] : [] },
        run: { journal, _ in _ = try journal.adoptQueued() }),
      OutboxOperation(
        name: "adopt what is old", isOld: true,
        events: { state, keeper in
          keeper.isDead ? state == .queued ? [.hold] : state == .sending ? [.postpone, .hold] : [] : []
        }, run: { journal, _ in _ = try journal.adoptQueued() }),
      OutboxOperation(
        name: "recover", adopts: { $0 == .ready && $1.isDead }, events: { _, _ in [] },
        run: { journal, _ in _ = try journal.recoverAll() }),
      OutboxOperation(
        name: "recover what is old", isOld: true, events: { $0 == .ready && $1.isDead ? [.hold] : [] },
        run: { journal, _ in _ = try journal.recoverAll() }),
      OutboxOperation(
        name: "produce again", events: { _, _ in [] },
        run: { journal, _ in _ = try journal.commit(ends: [], lines: [produced("r", to: "m")], starts: []) }),
      OutboxOperation(
        name: "queue again without a pipe", events: { _, _ in [] },
        run: { journal, _ in
          try journal.queueWithoutPipe([Arrival(line: produced("r", to: "m"), target: nil)], stage: "send")
        }),
      OutboxOperation(
        name: "retry",
        events: { state, keeper in
          state == .held || state == .refused || state == .ready && keeper.isDead ? [.release] : []
        }, run: { journal, _ in _ = try journal.retry("r") }),
      OutboxOperation(
        name: "drop",
        events: { state, keeper in
          switch state {
          case .ready, .queued, .held: [.refuse]
          case .sending: keeper.isDead ? [.refuse] : []
          case .delivered, .refused, .passed: []
          }
        }, run: { journal, _ in _ = try journal.drop("r") }),
    ]
  }
}

@Suite struct ConformanceTests {
  let bench: Bench
  let mine: Journal
  let other: Journal
  let dead: String

  init() throws {
    bench = try Bench()
    (mine, other) = try (bench.journal(), bench.journal())
    dead = try bench.deadHolder()
  }

  private func holder(_ keeper: Keeper) throws -> String {
    switch keeper {
    case .mine: try mine.holder()
    case .live: try other.holder()
    case .dead: dead
    case .nobody: ""
    }
  }

  private func empty() throws {
    try mine.store.database.execute("DELETE FROM inbox; DELETE FROM outbox; DELETE FROM session")
  }

  @Test("every operation does to every message what the machine says, and nothing that it forbids")
  func inbox() throws {
    for operation in InboxOperation.all {
      for state in InboxState.allCases {
        for keeper in Keeper.allCases {
          try empty()
          let row = InboxRow(
            id: "m", platform: "test", event: "event-m", type: "message", session: session, agent: "shell",
            pipe: "main", state: state, holder: try holder(keeper), reason: "before",
            line: Array("{\"text\":\"before\"}".utf8), at: bench.now, prints: 1)
          #expect(try mine.store.insert(row))
          let before = try #require(try mine.store.inbox(id: "m"))
          if operation.isOld { bench.now = bench.now + (mine.backlog + 1) }
          try operation.run(mine)
          let after = try #require(try mine.store.inbox(id: "m"))
          let place: Comment = "\(operation.name), \(state), \(keeper)"
          let event = operation.event(state, keeper)
          let expected = try event.map { try #require(InboxMachine.next(state, $0), place) }
          #expect(after.state == expected ?? state, place)
          if event == nil {
            if operation.adopts(state, keeper) {
              #expect(try after.holder == mine.holder(), place)
              #expect(after.prints == 2, place)
            } else {
              #expect(after == before, place)
            }
          } else {
            #expect(after.since == bench.now, place)
          }
          // An answer or a notice is stored with the end of its turn, or not at all.
          let answers = try mine.store.outbox(answering: "m").filter { $0.id != "stranger" }
          let tells =
            event == .fail && operation.name != "drop" || event == .finish && operation.name == "answer"
          #expect(answers.count == (tells ? 1 : 0), place)
        }
      }
    }
  }

  @Test("every operation does to every reply what the machine says, and nothing that it forbids")
  func outbox() throws {
    for operation in OutboxOperation.all {
      for state in OutboxState.allCases {
        for keeper in Keeper.allCases {
          try empty()
          // Released while its old answer was on its way: that must not close it.
          #expect(try mine.post(incoming("m")))
          #expect(
            try mine.store.insert(
              OutboxRow(
                id: "r", stage: "run", parent: "m", type: "reply", final: true, session: session,
                pipe: "main",
                state: state, holder: try holder(keeper), line: Array("{\"text\":\"before\"}".utf8),
                at: bench.now, prints: 1)))
          let before = try #require(try mine.store.outbox(id: "r").first)
          if operation.isOld { bench.now = bench.now + (mine.backlog + 1) }
          try operation.run(mine, before)
          let after = try #require(try mine.store.outbox(id: "r").first)
          let place: Comment = "\(operation.name), \(state), \(keeper)"
          let events = operation.events(state, keeper)
          var expected = state
          for event in events { expected = try #require(OutboxMachine.next(expected, event), place) }
          #expect(after.state == expected, place)
          if events.isEmpty {
            if operation.adopts(state, keeper) {
              #expect(try after.holder == mine.holder(), place)
            } else {
              #expect(after == before, place)
            }
          }
          #expect(try mine.state("m") == .new, place)
        }
      }
    }
  }

  @Test("what nobody knows is said so, and the reasons of refusals name the state")
  func operatorAnswers() throws {
    #expect(try mine.retry("nothing") == .unknown)
    #expect(try mine.drop("nothing") == .unknown)
    _ = try other.claim([wanted("m")])
    #expect(try mine.retry("m") == .impossible("a message that is taken is not to be retried"))
    #expect(try mine.drop("m") == .impossible("the message is taken"))
    _ = try other.begin("m")
    try other.end("m", reply: "r")
    #expect(try mine.retry("m") == .impossible("a message that is done is not to be retried"))
    #expect(try mine.retry("r") == .impossible("a reply that is ready is not to be retried"))
    #expect(try mine.drop("r") == .done)
    #expect(try mine.drop("r") == .impossible("the reply is refused"))
    #expect(try mine.retry("r") == .done)
  }
}
