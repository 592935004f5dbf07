import JSON
import Settings
import Testing

@testable import Models

/// What a reader makes of an answer, fed in pieces of a size.
struct Reading: Equatable {
  var text = ""
  var problem: ModelProblem.Kind?
  var finish: ModelReader.Finish?
  var usage = ModelUsage()
  var message = JSONObject()

  init(_ api: ModelSettings.API, _ answer: String, step: Int = .max) {
    var reader = ModelReader(api, textLimit: 1000)
    let bytes = Array(answer.utf8)
    var at = 0
    var said = ""
    do throws(ModelProblem) {
      while at < bytes.count, !reader.isDone {
        let end = min(bytes.count, at.addingReportingOverflow(step).overflow ? bytes.count : at + step)
        try reader.take(Array(bytes[at..<end])) { said += $0 }
        at = end
      }
      if !reader.isDone { try reader.end { said += $0 } }
      finish = reader.finish
    } catch {
      problem = error.kind
    }
    (text, usage, message) = (said, reader.usage, reader.message)
  }
}

private func chunk(_ delta: String, _ more: String = "") -> String {
  "data: {\"choices\":[{\"index\":0,\"delta\":\(delta)\(more)}]}\n\n"
}

private let done = "data: [DONE]\n\n"

@Suite struct ReaderTests {
  struct Case: CustomTestStringConvertible {
    let name: String
    var api = ModelSettings.API.openai
    let answer: String
    var text = ""
    var problem: ModelProblem.Kind?
    var testDescription: String { name }
  }

  private static let events = """
    event: message_start
    data: {"type":"message_start","message":{"model":"m","usage":{"input_tokens":3,"cache_read_input_tokens":4}}}

    event: ping
    data: {"type":"ping"}

    data: {"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}}

    data: {"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"Hm"}}

    data: {"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"s"}}

    data: {"type":"content_block_start","index":1,"content_block":{"type":"text","text":""}}

    data: {"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"Yes ß🍎"}}

    data: {"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":9}}


    """

  static let cases = [
    Case(
      name: "plain", answer: chunk("{\"content\":\"Ja ß\"}") + chunk("{\"content\":\"🍎\"}") + done,
      text: "Ja ß🍎"),
    Case(
      name: "a reason to end is an end", answer: chunk("{\"content\":\"a\"}", ",\"finish_reason\":\"stop\""),
      text: "a"),
    Case(
      name: "no empty line at the end",
      answer: chunk("{\"content\":\"a\"}")
        + "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}", text: "a"),
    Case(name: "no end", answer: chunk("{\"content\":\"a\"}"), text: "a", problem: .broken),
    Case(
      name: "cut inside of an event", answer: chunk("{\"content\":\"a\"}") + "data: {\"cho", text: "a",
      problem: .broken),
    Case(name: "only keep-alives", answer: ": ping\n\n: ping\n\n", problem: .broken),
    Case(name: "nothing", answer: "", problem: .broken),
    Case(name: "blanks", answer: "\n\n  \n", problem: .broken),
    Case(name: "a page", answer: "  <html></html>", problem: .garbled),
    Case(name: "plain text", answer: "hello\nthere\n", problem: .garbled),
    Case(name: "no JSON in an event", answer: "data: {x}\n\n", problem: .garbled),
    Case(name: "an array", answer: "[1]", problem: .garbled),
    Case(
      name: "empty choices and odd usage",
      answer: "data: {\"choices\":[]}\n\n" + chunk("{\"content\":\"a\"}")
        + "data: {\"usage\":{\"prompt_tokens\":-1}}\n\n"
        + done, text: "a"),
    Case(
      name: "thoughts of three kinds",
      answer: chunk("{\"reasoning_content\":\"x\"}") + chunk("{\"reasoning\":\"y\"}")
        + chunk("{\"content\":\"<thi\"}") + chunk("{\"content\":\"nk>z</th\"}")
        + chunk("{\"content\":\"ink>\\n\\nSo\"}")
        + done, text: "So"),
    Case(
      name: "a second thought, and a mark that is said",
      answer: chunk("{\"content\":\" <think></think>\\n<think>b</think> a <think>c</think>\"}") + done,
      text: "a <think>c</think>"),
    Case(name: "nearly a mark", answer: chunk("{\"content\":\"<thin\"}") + done, text: "<thin"),
    Case(name: "an endless thought", answer: chunk("{\"content\":\"<think>a</thin\"}") + done),
    Case(
      name: "an error inside",
      answer: chunk("{\"content\":\"a\"}") + "data: {\"error\":{\"message\":\"x\",\"code\":429}}\n\n",
      text: "a", problem: .rateLimit),
    Case(name: "an error as a text", answer: "data: {\"error\":\"x\"}\n\n", problem: .serverError),
    Case(
      name: "an error as a type", answer: "event: error\ndata: {\"message\":\"x\"}\n\n", problem: .serverError
    ),
    Case(
      name: "null is no error",
      answer: "data: {\"error\":null,\"choices\":[]}\n\n" + chunk("{\"content\":\"a\"}") + done, text: "a"),
    Case(
      name: "a whole answer",
      answer: " {\"choices\":[{\"message\":{\"content\":\"a\"},\"finish_reason\":\"stop\"}]}",
      text: "a"),
    Case(
      name: "a whole error", answer: "{\"error\":{\"message\":\"x\",\"type\":\"insufficient_quota\"}}",
      problem: .billing),
    Case(
      name: "what is behind the end", answer: chunk("{\"content\":\"a\"}") + done + "data: {x}\n\n", text: "a"
    ),
    Case(
      name: "more text than there may be",
      answer: chunk("{\"content\":\"\(String(repeating: "x", count: 1001))\"}") + done, problem: .tooLarge),
    Case(
      name: "broken with", answer: chunk("{}", ",\"finish_reason\":\"network_error\""), problem: .serverError),
    Case(
      name: "messages", api: .anthropic, answer: events + "data: {\"type\":\"message_stop\"}\n\n",
      text: "Yes ß🍎"),
    Case(name: "messages without a stop", api: .anthropic, answer: events, text: "Yes ß🍎"),
    Case(
      name: "messages, whole", api: .anthropic,
      answer:
        "{\"type\":\"message\",\"content\":[{\"type\":\"text\",\"text\":\"a\"}],\"stop_reason\":\"end_turn\"}",
      text: "a"),
    Case(
      name: "messages, error", api: .anthropic,
      answer:
        "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"x\"}}\n\n",
      problem: .overloaded),
  ]

  @Test("is understood, however it is cut", arguments: cases)
  func understood(_ example: Case) {
    let whole = Reading(example.api, example.answer)
    #expect(whole.text == example.text)
    #expect(whole.problem == example.problem)
    for step in 1...17 {
      #expect(Reading(example.api, example.answer, step: step) == whole, "in pieces of \(step)")
    }
    let lines = example.answer.map { $0 == "\n" ? "\r\n" : String($0) }.joined()
    #expect(Reading(example.api, lines).text == example.text)
  }

  @Test("usage and message are as they came")
  func details() throws {
    let reading = Reading(.anthropic, Self.cases.first { $0.name == "messages" }?.answer ?? "")
    #expect(reading.usage.input == 7 && reading.usage.cached == 4 && reading.usage.output == 9)
    #expect(
      reading.message
        == JSONObject([
          ("role", "assistant"),
          (
            "content",
            [
              ["type": "thinking", "thinking": "Hm", "signature": "s"], ["type": "text", "text": "Yes ß🍎"],
            ]
          ),
        ]))
    let chat = Reading(
      .openai,
      chunk("{\"reasoning\":\"Hm\"}") + chunk("{\"content\":\"a\"}", ",\"finish_reason\":\"length\"")
        + "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":4,"
        + "\"prompt_cache_hit_tokens\":6,\"cost\":0.5}}\n\n" + done)
    #expect(chat.finish == .length)
    #expect(chat.usage.cached == 6 && chat.usage.tokens == 14 && chat.usage.told == 500_000)
    #expect(chat.message["reasoning"] == "Hm" && chat.message["content"] == "a")
    let price = ModelSettings.Price(input: 2, output: 10, cached: 0.5)
    #expect(chat.usage.cost(price) == 4 * 2 + 3 + 4 * 10 && chat.usage.cost(nil) == 500_000)
    #expect(ModelUsage().cost(price) == nil)
  }
}
