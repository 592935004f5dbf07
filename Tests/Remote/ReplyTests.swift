import JSON
import System
import Testing

@testable import AgentRemote

@Suite struct ReplyTests {
  private func reply(_ events: [String], limit: Int = 1000) -> RemoteReply {
    var reply = RemoteReply(limit: limit)
    for event in events {
      let isEvent = reply.take(event: event)
      #expect(isEvent, "\(event)")
    }
    return reply
  }

  private func text(_ reply: RemoteReply) -> String { String(decoding: reply.text, as: UTF8.self) }

  @Test(
    arguments: [
      (["{\"output\":{\"content\":\"a\"}}", "{\"output\":{\"content\":\"b\"}}", "[DONE]"], "ab"),
      (["{\"output\":{\"content\":\"ab\"},\"status\":\"completed\"}"], "ab"),
      (
        [
          "{\"output\":{\"content\":\"a\"}}",
          "{\"id\":\"t\",\"status\":\"completed\",\"output\":{\"content\":\"ab\"}}",
        ],
        "ab"
      ),
      (["{\"message\":{\"part\":{\"content\":\"a\"}}}", "{\"unknown\":1}", "[DONE]"], "a"),
      (
        [
          "{\"type\":\"message.part\",\"part\":{\"content\":\"a\"}}",
          "{\"type\":\"message.part\",\"part\":{\"content\":\"x\",\"content_type\":\"image/png\"}}",
          "{\"type\":\"message.part\",\"part\":{\"content\":\"x\",\"content_encoding\":\"base64\"}}",
          "{\"type\":\"message.completed\",\"message\":{\"parts\":[{\"content\":\"ab\"}]}}",
          "{\"type\":\"message.created\",\"message\":{}}",
          "{\"type\":\"message.part\",\"part\":{\"content\":\"c\"}}",
          "{\"type\":\"run.completed\",\"run\":{}}",
        ], "abc"
      ),
      (
        [
          "{\"type\":\"run.completed\",\"run\":{\"output\":[{\"parts\":[{\"content\":\"a\"}]},{\"parts\":[]}]}}"
        ], "a"
      ),
      (["{\"output\":\"a\",\"status\":\"completed\"}"], "a"),
      (["{\"output\":{\"content\":[{\"text\":\"a\"},{\"text\":\"b\"}]},\"status\":\"completed\"}"], "ab"),
    ] as [([String], String)])
  func done(events: [String], expected: String) {
    let reply = reply(events)
    #expect(text(reply) == expected)
    #expect(reply.state == .done)
  }

  @Test(arguments: [
    ("{\"error\":{\"message\":\"no\"}}", "no"), ("{\"error\":\"no\"}", "no"),
    ("{\"error\":{\"detail\":\"no\"}}", "no"),
    ("{\"type\":\"run.failed\",\"run\":{\"error\":{\"message\":\"no\"}}}", "no"),
    ("{\"status\":\"failed\"}", "it failed and does not say why"),
    ("{\"error\":true}", "it failed and does not say why"),
    ("{\"status\":\"cancelled\"}", "the task was cancelled there"),
  ])
  func failed(event: String, words: String) { #expect(reply([event]).state == .failed(words)) }

  @Test func whatIsNoEvent() {
    var reply = RemoteReply(limit: 10)
    for text in ["", "hello", "[]", "7", "{\"a\":", "\"[DONE]\"", "{\"output\":{\"content\":\"\\ud800\"}}"] {
      let isEvent = reply.take(event: text)
      #expect(!isEvent, "\(text)")
    }
    #expect(reply.state == .running && reply.text.isEmpty)
  }

  @Test func namesThatCanStandInAnAddress() {
    #expect(reply(["{\"id\":\"t-1_a.b\",\"status\":\"running\"}"]).task == "t-1_a.b")
    #expect(reply(["{\"type\":\"run.created\",\"run\":{\"run_id\":\"r\",\"session_id\":\"s\"}}"]).task == "r")
    #expect(
      reply(["{\"type\":\"run.created\",\"run\":{\"run_id\":\"r\",\"session_id\":\"s\"}}"]).session == "s")
    for id in ["", "..", "a/b", "a?b", "ä", String(repeating: "a", count: 129)] {
      #expect(reply(["{\"id\":\"\(id)\",\"status\":\"running\"}"]).task == nil, "\(id)")
    }
    // The id of an event is not that of a task.
    #expect(reply(["{\"id\":\"e\",\"output\":{\"content\":\"a\"}}"]).task == nil)
  }

  @Test func theLimit() {
    let piece = "{\"output\":{\"content\":\"0123456789\"}}"
    let reply = reply(
      Array(repeating: piece, count: 3) + ["{\"output\":{\"content\":\"x\"},\"status\":\"completed\"}"],
      limit: 15)
    #expect(text(reply) == "012345678901234")
    #expect(reply.dropped == 15)
  }

  @Test func garbage() {
    var random = SplitMix(state: 7)
    let words = [
      "output", "content", "message", "part", "type", "run.failed", "message.completed", "error", "status",
      "completed",
      "parts", "run", "id", "session_id",
    ]
    func value(_ depth: Int) -> String {
      switch random.next() % (depth > 3 ? 3 : 5) {
      case 0: "null"
      case 1: "\"\(words[Int(random.next() % UInt64(words.count))])\""
      case 2: "\(random.next() % 100)"
      case 3: "[\(value(depth + 1)),\(value(depth + 1))]"
      default:
        "{"
          + words.filter { _ in random.next() % 4 == 0 }.map { "\"\($0)\":\(value(depth + 1))" }.joined(
            separator: ",")
          + "}"
      }
    }
    for _ in 0..<2000 {
      var reply = RemoteReply(limit: 20)
      for _ in 0..<5 { _ = reply.take(event: value(0)) }
      #expect(reply.text.count <= 20)
    }
  }
}
