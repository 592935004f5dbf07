import Limits
import Settings
import Store
import System
import TestSupport
import Testing

/// What the rows of the table `audit` say about the limits, whenever they are looked at.
@Suite struct UsageTests {
  private let scratch: Scratch
  private let store: Store
  private let limits = LimitSettings()
  private static let minute: Int64 = 60_000
  /// Noon of a day in UTC.
  private static let noon = Timestamp(milliseconds: 20_000 * 86_400_000 + 43_200_000)

  init() throws {
    scratch = try Scratch()
    store = try Store(path: "\(scratch.path)/agim.db")
  }

  private func add(
    _ code: String = "ok", agent: String = "a", person: String = "chat:u", session: String = "chat:1",
    began: Timestamp, ended: Timestamp? = nil, cost: Int64? = nil
  ) throws {
    let platform = person.prefix { $0 != ":" }
    try store.database.execute(
      """
      INSERT INTO audit (id, agent, person, platform, session, began, ended, code, prompt, reply, cost)
      VALUES ('m', '\(agent)', '\(person)', '\(platform)', '\(session)', \(began.milliseconds),
        \((ended ?? began + 1000).milliseconds), '\(code)', 1, 1, \(cost.map(String.init) ?? "NULL"))
      """)
  }

  /// Somebody who has looked from the start, and somebody who looks for the first time, see the same.
  private func both(_ usage: inout Usage, at now: Timestamp) throws -> [Usage] {
    try usage.look(at: store, now)
    var fresh = Usage()
    try fresh.look(at: store, now)
    return [usage, fresh]
  }

  @Test("what people and the policy do is no failure, and work ends a row of failures")
  func failures() throws {
    var usage = Usage()
    let noon = Self.noon
    _ = try both(&usage, at: noon)
    let endings: [(String, Bool)] = [
      ("login", false), ("aborted", false), ("denied", false), ("died", false), ("breaker_open", false),
      ("spend_limit", false), ("interrupted", false), ("superseded", false), ("idle_timeout", true),
      ("overloaded", true), ("aborted", true), ("exit", false), ("login", false), ("login", false),
      ("ok", false), ("login", false), ("login", false), ("flood", true), ("ok", false),
    ]
    for (number, (code, isOpen)) in endings.enumerated() {
      try add(code, began: noon + Int64(number) * 1000)
      for usage in try both(&usage, at: noon + Self.minute) {
        let breaker = usage.breaker(of: "a", at: noon + Self.minute, limits)
        #expect((breaker != .closed) == isOpen, "\(number) \(code)")
        #expect(usage.openBreakers(at: noon + Self.minute, limits).map(\.agent) == (isOpen ? ["a"] : []))
      }
    }
  }

  @Test("agents fail on their own")
  func agents() throws {
    for agent in ["a", "b", "a", "b", "a", "/command", "/command", "/command"] {
      try add("cannot_start", agent: agent, began: Self.noon)
    }
    var usage = Usage()
    for usage in try both(&usage, at: Self.noon + Self.minute) {
      #expect(usage.openBreakers(at: Self.noon + Self.minute, limits).map(\.agent) == ["a"])
    }
  }

  @Test("calls of models cost, and are neither failures nor turns of people")
  func models() throws {
    var usage = Usage()
    let noon = Self.noon
    _ = try both(&usage, at: noon)
    for number in 0..<20 {
      try add("overloaded", agent: "model:chat", began: noon + Int64(number) * 1000, cost: 10)
    }
    try add("ok", began: noon, cost: 5)
    for usage in try both(&usage, at: noon + 21_000) {
      #expect(usage.openBreakers(at: noon + 21_000, limits).isEmpty)
      #expect(usage.atRate(running: [], limits).isEmpty)
      #expect(usage.allSpentToday == 205 && usage.spentToday["model:chat"] == 200)
    }
    #expect(try store.spentToday(at: noon) == ["a": 5, "model:chat": 200])
    #expect(try store.spentToday(at: noon + 86_400_000) == [:])
  }

  @Test("the day's costs are those of turns that began in it, in UTC")
  func spending() throws {
    let midnight = Usage.nextDay(after: Self.noon)
    #expect(midnight - Self.noon == 43_200_000)
    var usage = Usage()
    _ = try both(&usage, at: Self.noon)
    try add(began: Self.noon, cost: 1_500_000)
    try add(agent: "b", began: midnight + -1000, ended: midnight + 5000, cost: 10)
    try add(began: Self.noon + -86_400_000, cost: 7)
    try add(began: Self.noon)
    for usage in try both(&usage, at: midnight + -1) {
      #expect(usage.spentToday == ["a": 1_500_000, "b": 10] && usage.allSpentToday == 1_500_010)
    }
    try add(began: midnight, cost: 3)
    for usage in try both(&usage, at: midnight + 1000) { #expect(usage.spentToday == ["a": 3]) }
    // The clock is set back: it is yesterday again.
    for usage in try both(&usage, at: midnight + -1000) { #expect(usage.allSpentToday == 1_500_010) }
  }

  @Test("absurd costs are no fault of ours")
  func absurd() throws {
    for _ in 0..<12 { try add(began: Self.noon, cost: 1_000_000_000_000_000_000) }
    var usage = Usage()
    for usage in try both(&usage, at: Self.noon) { #expect(usage.allSpentToday >= 1_000_000_000_000_000_000) }
    try add(began: Self.noon, cost: .max)
    for usage in try both(&usage, at: Self.noon) { #expect(usage.allSpentToday >= 1_000_000_000_000_000_000) }
    #expect(try store.cost(of: "chat:1", since: Self.noon) >= 1_000_000_000_000_000_000)
  }

  @Test("a conversation costs what was spent since it was begun")
  func session() throws {
    try add(session: "chat:1", began: Self.noon, cost: 5)
    try add(session: "chat:1", began: Self.noon + 1000, cost: 7)
    try add(session: "chat:2", began: Self.noon + 1000, cost: 11)
    #expect(try store.cost(of: "chat:1", since: Self.noon) == 12)
    #expect(try store.cost(of: "chat:1", since: Self.noon + 1) == 7)
    #expect(try store.cost(of: "chat:3", since: Self.noon) == 0)
  }

  private func start(_ id: String, _ now: Timestamp, platform: String = "chat") -> Usage.Start? {
    Usage.start(
      of: "a", row: platform, session: "chat:1", line: Array("{\"from\":{\"id\":\"\(id)\"}}".utf8), at: now)
  }

  @Test("the sixteenth message of a minute waits until the first is a minute old")
  func rates() throws {
    for number in 0..<15 { try add(began: Self.noon + Int64(number) * 1000) }
    let now = Self.noon + 20_000
    var usage = Usage()
    for usage in try both(&usage, at: now) {
      let mine = try #require(start("u", now))
      let wait = try #require(usage.wait(for: mine, running: [], limits))
      #expect(wait.milliseconds == 40_000 && wait.who == .person("chat:u"))
      // Who comes behind two others waits for the third place.
      #expect(usage.wait(for: mine, running: [], limits) { _ in 2 }?.milliseconds == 42_000)
      #expect(usage.wait(for: try #require(start("v", now)), running: [], limits) == nil)
      #expect(usage.atRate(running: [], limits).map(\.who) == [.person("chat:u")])
    }
    let later = Self.noon + 60_000
    for usage in try both(&usage, at: later) {
      #expect(usage.wait(for: try #require(start("u", later)), running: [], limits) == nil)
    }
  }

  @Test("what runs counts, and so does the agent's own rate")
  func agentRate() throws {
    var limits = LimitSettings()
    limits.agentRate = 3
    let now = Self.noon
    try add(person: "chat:x", began: now + -50_000)
    try add("spend_limit", person: "chat:y", began: now + -40_000)
    var usage = Usage()
    try usage.look(at: store, now)
    let running = [try #require(start("y", now + -30_000)), try #require(start("", now + -20_000))]
    let mine = try #require(start("z", now))
    #expect(usage.wait(for: mine, running: Array(running.prefix(1)), limits) == nil)
    let wait = try #require(usage.wait(for: mine, running: running, limits))
    #expect(wait.milliseconds == 10_000 && wait.who == .agent("a"))
    limits.agentRate = 0
    #expect(usage.wait(for: mine, running: running, limits) == nil)
  }

  @Test("data has no rate, and neither have people that were never named")
  func local() throws {
    for platform in ["stdin", "replay", "inbox", "command", "tty"] {
      #expect(start("u", Self.noon, platform: platform) == nil)
      for _ in 0..<60 { try add(person: "\(platform):u", began: Self.noon) }
    }
    var usage = Usage()
    try usage.look(at: store, Self.noon)
    #expect(usage.atRate(running: [], limits).isEmpty)
    for _ in 0..<20 { try add(person: "chat:", began: Self.noon) }
    try usage.look(at: store, Self.noon)
    #expect(usage.wait(for: try #require(start("", Self.noon)), running: [], limits) == nil)
  }

  @Test("turns from the future hold nobody up")
  func future() throws {
    for _ in 0..<60 { try add(began: Self.noon + 3_600_000) }
    var usage = Usage()
    for usage in try both(&usage, at: Self.noon) {
      #expect(usage.wait(for: try #require(start("u", Self.noon)), running: [], limits) == nil)
    }
  }
}
