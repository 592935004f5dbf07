import Console
import FeishuWire
import JSON
import Journal
import System
import Testing

@Suite struct EventTests {
  private func message(_ text: String) throws -> FeishuMessage {
    guard case .event(let event) = try FeishuPush.read(Array(text.utf8)).0 else {
      throw Unexpected()
    }
    return try FeishuMessage.received(event)
  }

  private struct Unexpected: Error {}

  @Test("a message of schema 2.0")
  func newer() throws {
    let message = try message(
      """
      {"schema":"2.0","header":{"event_id":"e","event_type":"im.message.receive_v1","create_time":"1700000000000",
      "token":"t","app_id":"cli_a","tenant_key":"k"},"event":{"sender":{"sender_id":{"union_id":"on_1","user_id":"u1",
      "open_id":"ou_1"},"sender_type":"user"},"message":{"message_id":"om_1","root_id":"om_0","parent_id":"om_0",
      "thread_id":"omt_1","create_time":"1700000000001","chat_id":"oc_1","chat_type":"topic_group",
      "message_type":"text","content":"{\\"text\\":\\"@_user_1 hi\\"}","mentions":[{"key":"@_user_1","id":{"open_id":
      "ou_bot"},"name":"Bot"},{"key":"x"},7]}}}
      """)
    #expect((message.id, message.chat, message.kind, message.isGroup) == ("om_1", "oc_1", "text", true))
    #expect((message.root, message.parent, message.thread) == ("om_0", "om_0", "omt_1"))
    #expect(FeishuIDKind.allCases.map { message.sender.id($0) } == ["ou_1", "on_1", "u1"])
    #expect(message.created == Timestamp(milliseconds: 1_700_000_000_001))
    #expect(message.content["text"]?.string == "@_user_1 hi")
    #expect(message.mentions.count == 1)
    #expect(message.mentions.first?.user.openID == "ou_bot")
  }

  @Test("messages of the older schema")
  func older() throws {
    func event(_ members: String) -> String {
      """
      {"uuid":"u-1","token":"t","ts":"1700000000.5","type":"event_callback","event":{"type":"message","app_id":"cli_a",
      "open_id":"ou_1","open_message_id":"om_1","open_chat_id":"oc_1",\(members)}}
      """
    }
    var heard = try message(
      event(
        #""chat_type":"group","msg_type":"text","text":"<at>x</at> hi","text_without_at_bot":" hi","is_mention":true"#
      ))
    #expect((heard.id, heard.isGroup, heard.content["text"]?.string) == ("om_1", true, " hi"))
    #expect(heard.mentions.map(\.isOurs) == [true])
    #expect(heard.created == Timestamp(milliseconds: 1_700_000_000_000))
    heard = try message(event(#""chat_type":"private","msg_type":"image","image_key":"img_1""#))
    #expect((heard.isGroup, heard.mentions.count) == (false, 0))
    var content = FeishuContent(kind: heard.kind, heard.content) { _ in nil }
    #expect(content.files.map(\.key) == ["img_1"])
    #expect(content.files.map(\.type) == ["image"])
    heard = try message(
      event(
        #""chat_type":"private","msg_type":"post","title":"T","text_without_at_bot":"words","image_keys":["img_2"]"#
      ))
    content = FeishuContent(kind: heard.kind, heard.content) { _ in nil }
    #expect(content.text == "**T**\nwords[image]")
    #expect(content.files.map(\.key) == ["img_2"])
  }

  @Test(
    "what is no event is refused",
    arguments: [
      "", "7", "[]", "{}", "{\"type\":\"url_verification\"}",
      "{\"header\":{\"event_id\":\"e\"},\"event\":{}}",
      "{\"header\":{\"event_id\":\"e\",\"event_type\":\"t\"}}", "{\"uuid\":\"\",\"event\":{\"type\":\"m\"}}",
      "{\"header\":{\"event_id\":\"a b\",\"event_type\":\"t\"},\"event\":{}}",
      "{\"uuid\":\"u\",\"event\":{}}",
    ])
  func garbage(text: String) {
    #expect(throws: FeishuEventError.self) { try FeishuPush.read(Array(text.utf8)) }
  }

  @Test("messages without what they need are refused", arguments: ["message_id", "chat_id", "message_type"])
  func missing(name: String) throws {
    var message = JSONObject([
      ("message_id", "om_1"), ("chat_id", "oc_1"), ("message_type", "text"), ("content", "{}"),
    ])
    message[name] = nil
    var json = JSONWriter()
    json.value(.object(message))
    let text = String(decoding: json.bytes, as: UTF8.self)
    #expect(throws: FeishuEventError.self) {
      try self.message(
        #"{"header":{"event_id":"e","event_type":"im.message.receive_v1"},"event":{"message":\#(text)}}"#)
    }
  }

  @Test(
    "placeholders of mentions",
    arguments: [
      ("@_user_1 hi", "hi"), ("hi @_user_1", "hi"), ("@_user_2 and @_user_12", "@Bert and @_user_12"),
      ("@_user_", "@_user_"), ("a@b.c", "a@b.c"), ("@_all: now", "@all: now"), ("@@_user_2", "@@Bert"),
      ("", ""), ("@_user_3", "@_user_3"), ("@_user_1@_user_2", "@Bert"),
    ])
  func mentions(text: String, wanted: String) {
    let names = ["@_user_1": "", "@_user_2": "Bert"]
    let content = FeishuContent(kind: "text", JSONObject([("text", .string(text))])) { names[$0] }
    #expect(content.text == wanted)
  }

  @Test(
    "times in all their forms",
    arguments: [
      ("\"1700000000000\"", Int64(1_700_000_000_000)), ("1700000000000", 1_700_000_000_000),
      ("\"1700000000\"", 1_700_000_000_000), ("\"1700000000.25\"", 1_700_000_000_000),
      ("\"1700000000000000\"", 1_700_000_000_000), ("\"\"", nil), ("\"x\"", nil), ("-5", nil), ("null", nil),
      ("\"170000000000000000000\"", nil),
    ])
  func times(text: String, milliseconds: Int64?) throws {
    #expect(FeishuTime.read(try JSONReader.parse(text))?.milliseconds == milliseconds)
  }

  @Test("what an error means, and what to do")
  func errors() {
    func error(_ code: Int) -> FeishuError { FeishuError(.code(code, "words\u{1B}"), request: "POST /x") }
    #expect(error(10_014).failure(app: "cli_x", account: "feishu@work")?.code.number == 78)
    #expect(
      error(10_014).failure(app: "cli_x", account: "feishu@work")?.description.hasSuffix(
        "check \"app_id\" and \"secret\" of account \"feishu@work\" in config.json") == true)
    #expect(error(99_991_662).failure(app: "cli_x", account: "feishu")?.code.number == 77)
    #expect(error(230_002).failure(app: "cli_x", account: "feishu") == nil)
    #expect(error(99_991_400).isTemporary)
    #expect(error(1).isTemporary)
    #expect(!error(230_001).isTemporary)
    #expect(!error(230_001).description.utf8.contains(0x1B))
    let slow = FeishuError(.code(99_991_400, "slow"), request: "POST /x", retryAfter: 5000)
    #expect(
      slow.outcome == .postponed(reason: "POST /x is refused (99991400): slow", after: 5000))
  }
}
