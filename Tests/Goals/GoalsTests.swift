import Store
import System
import TestSupport
import Testing

@testable import Goals

/// One goal at a time, and what is noted about it.
@Suite struct GoalsTests {
  private let scratch: Scratch
  init() throws { scratch = try Scratch() }

  private func open() throws -> Store { try Store(path: "\(scratch.path)/agim.db") }
  private let now = Timestamp(milliseconds: 1_790_000_000_000)

  @Test("a second goal takes the place of the first, and only in its own conversation")
  func oneAtATime() throws {
    let store = try open()
    let goals = Goals(store)
    let replaced = try store.write {
      [
        try goals.set("one", in: "tty:a", by: "tty:x", at: now),
        try goals.set("other", in: "tty:b", by: "tty:x", at: now),
        try goals.set("two", in: "tty:a", by: "tty:y", at: now + 1),
      ]
    }
    #expect(replaced.map { $0?.text } == [nil, nil, "one"])
    #expect(try goals.active(in: "tty:a")?.goal.text == "two")
    #expect(try goals.active(in: "tty:b")?.goal.text == "other")
    #expect(try store.goals(of: "tty:a", limit: 9).map(\.state) == [.active, .replaced])
    #expect(try store.goals(of: nil, limit: 9).count == 3)
  }

  @Test("notes are kept in their order, the last hundred of them, and end with the goal")
  func notes() throws {
    let store = try open()
    let goals = Goals(store)
    try store.write {
      try goals.set("far", in: "tty:a", by: "tty:x", at: now)
      for n in 1...103 { try goals.progress("step \(n)", in: "tty:a", by: "tty:x", at: now + Int64(n)) }
    }
    let active = try #require(try goals.active(in: "tty:a", notes: 2))
    #expect(active.notes.map(\.text) == ["step 102", "step 103"])
    #expect(try store.goalNoteCount(active.goal.n) == 100)
    _ = try store.write { try goals.end(.done, "all", in: "tty:a", by: "tty:x", at: now + 200) }
    #expect(try goals.active(in: "tty:a") == nil)
    #expect(try store.goalNotes(active.goal.n, last: 1).map(\.text) == ["all"])
  }

  @Test("what cannot be stored is said, and changes nothing")
  func problems() throws {
    let store = try open()
    let goals = Goals(store)
    #expect(throws: GoalProblem.empty) { try goals.set(" \n", in: "tty:a", by: "tty:x", at: now) }
    #expect(throws: GoalProblem.tooLong(4000)) {
      try goals.set(String(repeating: "目", count: 1334), in: "tty:a", by: "tty:x", at: now)
    }
    #expect(throws: GoalProblem.none) { try goals.progress("a", in: "tty:a", by: "tty:x", at: now) }
    #expect(throws: GoalProblem.none) { try goals.end(in: "tty:a", by: "tty:x", at: now) }
    #expect(try store.goals(of: nil, limit: 9).isEmpty)
  }

  @Test("a secret is not kept")
  func secrets() throws {
    let store = try open()
    let token = "gh" + "p_" + String(String(repeating: "FAKE0fake1NotReal2Sample3", count: 2).prefix(36))
    _ = try store.write { try Goals(store).set("use \(token) there", in: "tty:a", by: "tty:x", at: now) }
    #expect(try Goals(store).active(in: "tty:a")?.goal.text == "use [REDACTED] there")
  }
}
