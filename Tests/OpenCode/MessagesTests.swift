import JSON
import System
import Testing

@testable import AgentOpenCode

@Suite struct MessagesTests {
  private func object(_ text: String) throws -> JSONObject {
    try #require(try JSONReader.parse(Array(text.utf8)).object)
  }

  private func text(_ id: String, _ message: String, _ words: String, more: String = "") throws -> JSONObject
  {
    try object(
      "{\"id\":\"\(id)\",\"messageID\":\"\(message)\",\"type\":\"text\",\"text\":\"\(words)\"\(more)}")
  }

  @Test func partsAreReplacedAndPutTogether() throws {
    var messages = OpenCodeMessages(limit: 1000)
    // Parts may come before it is known whose they are.
    messages.take(part: try text("p0", "u", "from the person"))
    messages.take(part: try text("p1", "a", "He"))
    #expect(messages.text == "")
    messages.take(info: try object("{\"id\":\"u\",\"role\":\"user\"}"))
    messages.take(info: try object("{\"id\":\"a\",\"role\":\"assistant\"}"))
    messages.take(part: try text("p1", "a", "Hello"))
    messages.take(delta: ", you", message: "a", part: "p1", field: "text")
    messages.take(delta: "nothing", message: "a", part: "p1", field: "other")
    messages.take(delta: "nothing", message: "a", part: "p9", field: "text")
    messages.take(part: try text("p2", "a", "\\n\\nBye \\n"))
    messages.take(part: try text("p3", "a", "no", more: ",\"synthetic\":true"))
    #expect(messages.text == "Hello, you\n\nBye")
  }

  @Test func theLimit() throws {
    var messages = OpenCodeMessages(limit: 10)
    messages.take(info: try object("{\"id\":\"a\",\"role\":\"assistant\"}"))
    for _ in 0..<100 { messages.take(part: try text("p1", "a", "0123456789abcdef")) }
    #expect(messages.text == "0123456789\n\n[… 6 bytes more than the limit of 10 were left out]")
    messages.take(delta: "more", message: "a", part: "p1", field: "text")
    #expect(messages.size == 10)
  }

  @Test func usageAndErrors() throws {
    var messages = OpenCodeMessages(limit: 10)
    #expect(messages.usage == nil)
    for (id, tokens) in [("a", 1), ("b", 2), ("b", 5)] {
      messages.take(
        info: try object(
          "{\"id\":\"\(id)\",\"role\":\"assistant\",\"cost\":0.5,\"tokens\":{\"input\":\(tokens),\"cache\":{\"read\":10}}}"
        ))
    }
    #expect(messages.usage?.tokens == 26)
    #expect(messages.usage?.cost == 1)
    messages.take(
      info: try object(
        "{\"id\":\"c\",\"role\":\"assistant\",\"error\":{\"name\":\"APIError\",\"data\":{\"message\":\"529\"}}}"
      ))
    #expect(messages.error?.words("oc") == "oc failed: 529")
  }

  @Test func theLastTurnOfASession() throws {
    let list = try JSONReader.parse(
      Array(
        """
        [{"info":{"id":"u1","role":"user"},"parts":[{"id":"1","messageID":"u1","type":"text","text":"a"}]},
         {"info":{"id":"a1","role":"assistant"},"parts":[{"id":"2","messageID":"a1","type":"text","text":"old"}]},
         {"info":{"id":"u2","role":"user"},"parts":[{"id":"3","messageID":"u2","type":"text","text":"b"}]},
         {"info":{"id":"a2","role":"assistant"},"parts":[{"id":"4","messageID":"a2","type":"text","text":"new"}]},
         {"info":{"id":"u3","role":"user"},
          "parts":[{"id":"5","messageID":"u3","type":"text","text":"go on","synthetic":true}]},
         {"info":{"id":"a3","role":"assistant"},"parts":[{"id":"6","messageID":"a3","type":"text","text":"more"}]}]
        """.utf8))
    #expect(OpenCodeMessages.last(of: list, after: "u2", limit: 100).text == "new\n\nmore")
    #expect(OpenCodeMessages.last(of: list, after: nil, limit: 100).text == "new\n\nmore")
    #expect(OpenCodeMessages.last(of: list, after: "u1", limit: 100).text == "old\n\nnew\n\nmore")
    #expect(OpenCodeMessages.last(of: .null, after: "u1", limit: 100).text == "")
    #expect(OpenCodeMessages.last(of: "x", after: nil, limit: 100).text == "")
  }

  @Test func encoding() {
    #expect(OpenCodeServer.encoded("/a b/ü?#&%") == "%2Fa%20b%2F%C3%BC%3F%23%26%25")
    #expect(OpenCodePrompt.model("a/b/c")?["modelID"]?.string == "b/c")
    #expect(OpenCodePrompt.model("a") == nil)
  }

  @Test func garbage() throws {
    var random = SplitMix(state: 11)
    let names = [
      "id", "messageID", "role", "text", "type", "tokens", "cost", "error", "name", "data", "cache",
    ]
    let values = [
      "null", "\"a\"", "\"text\"", "\"assistant\"", "-1", "1e308", "[]", "{}", "{\"input\":9e99}", "true",
    ]
    for _ in 0..<3000 {
      var messages = OpenCodeMessages(limit: 8)
      for _ in 0..<6 {
        let members = names.filter { _ in random.next() % 2 == 0 }
          .map { "\"\($0)\":\(values[Int(random.next() % UInt64(values.count))])" }
        let value = try object("{\(members.joined(separator: ","))}")
        messages.take(info: value)
        messages.take(part: value)
        messages.take(delta: "x", message: "a", part: "a", field: "text")
      }
      #expect(messages.size <= 8)
    }
  }
}
