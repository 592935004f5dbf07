import Store
import System
import Testing

@testable import Delivery

/// A platform that shows growing replies, on a clock of its own.
private final class Fake {
  var calls: [(text: String, posted: String?, at: Int64)] = []
  var answers: [GrowingReplies.Shown] = []
  var pending: [(GrowingReplies.Shown) throws -> Void] = []
  var holds = false
  var stored: [String: String] = [:]
  let loop = EventLoop(clock: .system)
  private(set) var replies: GrowingReplies?

  init(interval: Int64 = 20) {
    replies = GrowingReplies(
      loop, firstAfter: 5, known: { [unowned self] in stored[$0] },
      remember: { [unowned self] in stored[$0.id] = $0.value }, interval: { _ in interval },
      show: { [unowned self] growing, posted, done in
        calls.append((growing.text, posted, loop.clock.monotonic()))
        if holds { return pending.append(done) }
        try done(answers.isEmpty ? (posted == nil ? .posted("m1") : .edited) : answers.removeFirst())
      })
  }

  func grow(_ text: String, id: String = "r") throws {
    try replies?.grow(Growing(id: id, parent: nil, session: "x:1", text: text))
  }

  func run(_ milliseconds: Int64) throws {
    loop.after(milliseconds) { [loop] in loop.stop() }
    try loop.run()
  }
}

@Suite("Replies that grow in one message")
struct GrowingTests {
  @Test("only the newest text is shown, in one message, at the rate that was asked for")
  func coalesced() throws {
    let fake = Fake()
    for count in 1...50 { try fake.grow(String(repeating: "x", count: count)) }
    try fake.run(40)
    #expect(fake.calls.map(\.text) == [String(repeating: "x", count: 50)])
    for count in 51...60 { try fake.grow(String(repeating: "x", count: count)) }
    try fake.run(80)
    #expect(fake.calls.count == 2)
    #expect(fake.calls.last?.posted == "m1" && fake.calls.last?.text.count == 60)
    #expect(fake.stored["r"] == "m1")
    let times = fake.calls.map(\.at)
    #expect(times[1] - times[0] >= 20)
  }

  @Test("the end waits for what is under way, and nothing is shown after it")
  func ended() throws {
    let fake = Fake()
    fake.holds = true
    try fake.grow("a")
    try fake.run(30)
    #expect(fake.calls.count == 1)
    var got: [String?] = []
    try fake.replies?.finish("r") { got.append($0) }
    #expect(got.isEmpty)
    try fake.pending[0](.posted("m9"))
    #expect(got == ["m9"])
    try fake.grow("late")
    try fake.run(60)
    #expect(fake.calls.count == 1)
  }

  @Test("one that was never shown has no message, and one of a process that died has its own")
  func known() throws {
    let fake = Fake()
    var got: [String?] = []
    try fake.replies?.finish("new") { got.append($0) }
    fake.stored["old"] = "m5"
    try fake.replies?.finish("old") { got.append($0) }
    #expect(got == [nil, "m5"])
  }

  @Test("a platform that asks to wait is left alone, and one that refuses is not asked again")
  func refused() throws {
    let fake = Fake()
    fake.answers = [.later(60), .posted("m1"), .never]
    try fake.grow("a")
    try fake.run(40)
    #expect(fake.calls.count == 1)
    try fake.run(80)
    #expect(fake.calls.count == 2 && fake.calls[1].at - fake.calls[0].at >= 60)
    try fake.grow("b")
    try fake.run(60)
    try fake.grow("c")
    try fake.run(60)
    #expect(fake.calls.count == 3)
    var got: [String?] = []
    try fake.replies?.finish("r") { got.append($0) }
    #expect(got == ["m1"])
  }
}
