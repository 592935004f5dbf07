import JSON
import Settings
import Store
import System
import Testing

@testable import Chat

/// When a heartbeat asks somebody, on a fixed clock.
@Suite struct HeartbeatDecisionTests {
  private let now = Timestamp(milliseconds: 1_790_000_000_000)
  private var row: HeartbeatRow { HeartbeatRow(name: "watch", reminder: 1, person: "tty:x", at: now + -1000) }

  private func settings(_ text: String) throws -> HeartbeatSettings {
    let config = #"{"heartbeats": {"watch": \#(text)}}"#
    let all = try Settings.parse(
      config: Array(config.utf8), env: nil, home: Home(path: "/h"), environment: ["HOME": "/home/me"])
    return try #require(all.heartbeats.first)
  }

  @Test("a heartbeat looks at one thing")
  func checks() throws {
    #expect(try settings(#"{"command": ["a", "b"]}"#).check == .command(["a", "b"]))
    #expect(try settings(#"{"changed": "~/x"}"#).check == .changed("/home/me/x"))
    #expect(try settings(#"{"goal": true}"#).check == .goal)
    for text in ["{}", #"{"goal": false}"#, #"{"goal": true, "command": ["a"]}"#] {
      let settings = try settings(text)
      #expect(HeartbeatDecision.gate(settings, row, .init(), at: now) == .incomplete)
    }
    #expect(try settings("{}").schedule == "every:30m" && settings("{}").idle == .seconds(600))
  }

  @Test("while somebody is at work, or was a moment ago, it does not even look")
  func idle() throws {
    let settings = try settings(#"{"command": ["a"], "idle": "10m"}"#)
    var facts = HeartbeatDecision.Facts()
    #expect(HeartbeatDecision.gate(settings, row, facts, at: now) == nil)
    facts.used = now + -600_000
    #expect(HeartbeatDecision.gate(settings, row, facts, at: now) == nil)
    facts.said = now + -599_999
    #expect(HeartbeatDecision.gate(settings, row, facts, at: now) == .busy)
    let always = try self.settings(#"{"command": ["a"], "idle": 0}"#)
    #expect(HeartbeatDecision.gate(always, row, facts, at: now) == nil)
    facts.isWorking = true
    #expect(HeartbeatDecision.gate(always, row, facts, at: now) == .busy)
  }

  @Test("a limit of money stops it")
  func budget() throws {
    var facts = HeartbeatDecision.Facts()
    facts.isOverspent = true
    #expect(try HeartbeatDecision.gate(settings(#"{"goal": true}"#), row, facts, at: now) == .budget)
  }

  @Test("a goal is asked about twice in a row, and again once somebody has spoken")
  func goal() throws {
    let settings = try settings(#"{"goal": true, "idle": 0}"#)
    var (row, facts) = (row, HeartbeatDecision.Facts())
    facts.said = now + -5000
    for message in ["a", "b"] {
      #expect(HeartbeatDecision.gate(settings, row, facts, at: now) == nil)
      let judged = HeartbeatDecision.judge(.init("goal"), row, message: message, facts, at: now)
      #expect(judged.quiet == nil)
      row = judged.row
    }
    #expect(row.asked == 2 && row.found == now)
    #expect(HeartbeatDecision.gate(settings, row, facts, at: now) == .enough)
    facts.said = now + 1
    #expect(HeartbeatDecision.gate(settings, row, facts, at: now + 2) == nil)
    #expect(HeartbeatDecision.judge(.init("goal"), row, message: "c", facts, at: now + 2).row.asked == 1)
  }

  @Test("what was found before asks nobody, unless its own message comes again")
  func same() {
    let found = HeartbeatDecision.Finding("smoke", mark: "smoke")
    let first = HeartbeatDecision.judge(found, row, message: "a", .init(), at: now)
    #expect(first.quiet == nil && first.row.seen == "smoke" && first.row.message == "a")
    #expect(HeartbeatDecision.judge(found, first.row, message: "b", .init(), at: now).quiet == .same)
    let again = HeartbeatDecision.judge(found, first.row, message: "a", .init(), at: now)
    #expect(again.quiet == nil && again.row.asked == 1)
    let gone = HeartbeatDecision.judge(.init(nil), first.row, message: "b", .init(), at: now)
    #expect(gone.quiet == .nothing)
    #expect(HeartbeatDecision.judge(found, gone.row, message: "c", .init(), at: now).quiet == nil)
  }

  @Test("a check that fails says nothing about what was found before")
  func failure() {
    let found = HeartbeatDecision.judge(.init("x", mark: "x"), row, message: "a", .init(), at: now).row
    var failed = HeartbeatDecision.Finding(nil)
    failed.failure = "no such file"
    let judged = HeartbeatDecision.judge(failed, found, message: "b", .init(), at: now)
    #expect(judged.quiet == .failed("no such file") && judged.row.seen == "x" && judged.row.looked == now)
  }

  @Test("commands are read in both languages")
  func words() {
    #expect(HeartbeatCommand("") == .list && HeartbeatCommand("列表") == .list)
    #expect(HeartbeatCommand("on a") == .on("a") && HeartbeatCommand("关闭 a") == .off("a"))
    #expect(HeartbeatCommand("now a") == .now("a") && HeartbeatCommand("on") == nil)
    #expect(JobCommand("job", "") == .list && JobCommand("tasks", "list") == .list)
    #expect(JobCommand("job", "run a b") == .run("a b") && JobCommand("job", "运行 清点") == .run("清点"))
    #expect(JobCommand("check", "3") == .check(3) && JobCommand("job", "check #3") == .check(3))
    #expect(JobCommand("switch", "main") == .join(nil) && JobCommand("job", "switch 2") == .join(2))
    #expect(JobCommand("collect", "") == .collect(nil) && JobCommand("collect", "0") == nil)
    for text in ["run", "check", "cancel -1", "check 99999999999999999999", "list 3", "fly 2", "switch"] {
      #expect(JobCommand("job", text) == nil, "\(text)")
    }
    #expect(GoalCommand(.goal, "set a b") == .set("a b") && GoalCommand(.goal, "设定 甲") == .set("甲"))
    #expect(GoalCommand(.goal, "show") == .show && GoalCommand(.goal, "complete") == .complete(""))
    #expect(GoalCommand(.longTask, "") == .show && GoalCommand(.longTask, "show") == .set("show"))
    #expect(GoalCommand(.goal, "fly") == nil && GoalCommand(.goal, "set") == nil)
  }
}
