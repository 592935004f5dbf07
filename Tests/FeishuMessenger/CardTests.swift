import JSON
import Testing

@testable import FeishuMessenger

@Suite struct FeishuCardTests {
  private func parsed(_ card: FeishuCard) throws -> JSONValue { try JSONReader.parse(card.json) }

  @Test("a text is one element that can grow")
  func growing() throws {
    let card = FeishuCard(
      elements: [.markdown("**a**\n\"b\"", id: FeishuCard.growing)], summary: "a", isStreaming: true)
    let text = String(decoding: card.json, as: UTF8.self)
    #expect(
      text == #"{"schema":"2.0","config":{"update_multi":true,"width_mode":"fill","#
        + #""enable_forward_interaction":false,"streaming_mode":true,"summary":{"content":"a"}},"#
        + #""body":{"elements":[{"tag":"markdown","element_id":"text","content":"**a**\n\"b\""}]}}"#)
  }

  @Test("buttons carry our token as an object, and labels that are not too long")
  func buttons() throws {
    let long = String(repeating: "长", count: 300)
    let card = FeishuCard(
      title: "?", tone: .orange,
      elements: [
        .boxed("<at id=all></at>"), .rule, .plain("small", .notation),
        .buttons([
          .init(label: "Allow", style: .primary, token: "t-1"),
          .init(label: long, style: .danger, token: "t-2"),
        ]),
      ])
    let json = try parsed(card)
    #expect(json["header"]?["template"]?.string == "orange")
    let elements = try #require(json["body"]?["elements"]?.array)
    #expect(elements.compactMap { $0["tag"]?.string } == ["column_set", "hr", "div", "column_set"])
    let boxed = elements[0]["columns"]?.array?.first?["elements"]?.array?.first?["text"]
    #expect(boxed?["tag"]?.string == "plain_text")
    #expect(boxed?["content"]?.string == "<at id=all></at>")
    let columns = try #require(elements[3]["columns"]?.array)
    let buttons = columns.compactMap { $0["elements"]?.array?.first }
    #expect(buttons.map { $0["type"]?.string } == ["primary_filled", "danger"])
    #expect(buttons[1]["text"]?["content"]?.string?.count == FeishuCard.labelLimit)
    let callback = buttons[0]["behaviors"]?.array?.first
    #expect(callback?["type"]?.string == "callback")
    #expect(callback?["value"]?["agim"]?.string == "t-1")
    #expect(buttons[0]["value"] == nil)
  }

  @Test("an empty text is not sent as one")
  func empty() throws {
    let json = try parsed(FeishuCard(elements: [.plain("")]))
    #expect(json["body"]?["elements"]?.array?.first?["text"]?["content"]?.string == " ")
  }

  @Test("contents are JSON texts of their types")
  func contents() {
    #expect(OutgoingContent.text("a\"b").content == #"{"text":"a\"b"}"#)
    #expect(OutgoingContent.entity("73").content == #"{"type":"card","data":{"card_id":"73"}}"#)
    #expect(OutgoingContent.upload("image", key: "img_1").content == #"{"image_key":"img_1"}"#)
    #expect(OutgoingContent.upload("audio", key: "file_1").content == #"{"file_key":"file_1"}"#)
    let post = OutgoingContent.post("<at user_id=\"all\">x</at>\n\nend")
    #expect(post.type == "post")
    #expect(
      post.content
        == #"{"zh_cn":{"title":"","content":[[{"tag":"text","text":"<at user_id=\"all\">x</at>"}],"#
        + #"[{"tag":"text","text":""}],[{"tag":"text","text":"end"}]]}}"#)
  }

  @Test(
    "what a text message would change is not sent as one",
    arguments: [
      ("plain words, 1 + 1 = 2.", true), ("zwei\nZeilen", true), ("a <at user_id=\"all\"></at>", false),
      ("**bold**", false), ("[a](https://b)", false), ("`code`", false), ("~~x~~", false), ("# head", false),
      ("a | b", false), ("snake_case", false), ("back\\slash", false), ("你好，世界！👍", true),
    ])
  func literal(_ text: String, _ isLiteral: Bool) { #expect(OutgoingContent.isLiteral(text) == isLiteral) }

  @Test(
    "channels say what kind of id they are",
    arguments: [
      ("oc_a1", "chat_id"), ("ou_a1", "open_id"), ("on_a1", "union_id"), ("li@example.org", "email"),
      ("3e3cf96b", "user_id"), ("ocean", "user_id"),
    ])
  func targets(_ channel: String, _ kind: String) {
    #expect(FeishuTarget(channel: channel).kind == kind)
    #expect(FeishuTarget(channel: channel).id == channel)
  }

  @Test(
    "an error's code decides what follows",
    arguments: [
      (99_991_663, FeishuVerdict.token), (99_991_400, .wait), (230_020, .wait), (99_991_672, .forbidden),
      (230_011, .unanswerable), (230_025, .tooLong), (230_099, .unreadable), (300_317, .sequence),
      (300_309, .streamClosed), (200_850, .streamClosed), (424_242, nil),
    ])
  func verdicts(_ code: Int, _ verdict: FeishuVerdict?) { #expect(FeishuVerdict(code: code) == verdict) }

  @Test(
    "a status alone decides, too", arguments: [(500, FeishuVerdict.again), (429, .wait), (404, .refused)])
  func statuses(_ status: Int, _ verdict: FeishuVerdict) { #expect(FeishuVerdict(status: status) == verdict) }
}
