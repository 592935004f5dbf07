import Console
import JSON
import Network
import Settings
import System
import Testing

@testable import Models

@Suite struct AddressTests {
  @Test(
    "addresses as people write them",
    arguments: [
      ("https://api.openai.com", "https://api.openai.com/v1/chat/completions"),
      ("https://api.openai.com/v1//", "https://api.openai.com/v1/chat/completions"),
      ("https://api.openai.com/v1/chat/completions", "https://api.openai.com/v1/chat/completions"),
      ("https://api.z.ai/api/paas/v4", "https://api.z.ai/api/paas/v4/chat/completions"),
      ("http://localhost:11434/v1/models", "http://localhost:11434/v1/chat/completions"),
      ("https://x.example/d/gpt?api-version=1", "https://x.example/d/gpt/chat/completions?api-version=1"),
    ])
  func openAI(base: String, url: String) throws {
    #expect(try ModelAddress.url(base, .openai, .chat) == url)
  }

  @Test(
    arguments: [
      "https://h.example", "https://h.example/", "https://h.example/v1", "https://h.example/v1/messages/",
    ])
  func anthropic(base: String) throws {
    #expect(try ModelAddress.url(base, .anthropic, .chat) == "https://h.example/v1/messages")
  }

  @Test func calls() throws {
    #expect(try ModelAddress.url("http://h/v1", .openai, .embeddings) == "http://h/v1/embeddings")
    #expect(
      try ModelAddress.url("http://h/v1", .openai, .transcriptions) == "http://h/v1/audio/transcriptions")
    for wrong in ["", "h/v1", "ftp://h", "https://me:secret@h/v1", "https://h h"] {
      #expect(throws: ModelAddress.Fault.self) { try ModelAddress.url(wrong, .openai, .chat) }
    }
    #expect(ModelAddress.isOpen("http://10.0.0.1/v1") && !ModelAddress.isOpen("http://127.0.0.1:1/v1"))
    #expect(!ModelAddress.isOpen("https://10.0.0.1/v1") && !ModelAddress.isOpen("http://localhost"))
  }
}

@Suite struct ProblemTests {
  @Test(
    "errors in their forms",
    arguments: [
      (
        429, "{\"error\":{\"message\":\"m\",\"code\":\"insufficient_quota\"}}", ModelProblem.Kind.billing, "m"
      ),
      (429, "{\"error\":{\"message\":\"m\"}}", .rateLimit, "m"), (400, "{\"error\":\"m\"}", .invalid, "m"),
      (401, "{\"detail\":\"m\"}", .unauthorized, "m"), (500, "{\"message\":\"m\"}", .serverError, "m"),
      (422, "{\"detail\":[{\"loc\":[\"body\",1],\"msg\":\"m\"}]}", .invalid, "body: m"),
      (
        529, "{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"m\"}}", .overloaded,
        "m"
      ),
      (404, "[{\"error\":{\"message\":\"m\"}}]", .notFound, "m"),
      (502, "<html>", .serverError, "a web page, as of a proxy"),
      (400, "{\"error\":{\"code\":\"data_inspection_failed\",\"message\":\"m\"}}", .refused, "m"),
      (413, "", .tooLong, "an answer without words"), (418, "tea", .invalid, "tea"),
      (
        400, "{\"error\":\"prompt is too long: 9 tokens > 8 maximum\"}", .tooLong,
        "prompt is too long: 9 tokens > 8 maximum"
      ),
      (
        400, "{\"error\":\"litellm.ContextWindowExceededError\"}", .tooLong,
        "litellm.ContextWindowExceededError"
      ),
      (500, "{\"error\":\"the context window is broken\"}", .serverError, "the context window is broken"),
      (409, "{}", .serverError, "{}"),
    ])
  func forms(status: Int, body: String, kind: ModelProblem.Kind, message: String) {
    let problem = ModelProblem(status: status, body: Array(body.utf8), mediaType: nil)
    #expect(problem.kind == kind && problem.message == message && problem.status == status)
  }

  @Test func wordsAreShort() {
    let long = ModelProblem.shown(String(repeating: "x", count: 5000) + "\u{1B}")
    #expect(long.count == ModelProblem.wordLimit + 1)
    #expect(ModelProblem.shown(" a\nb\u{1B}[31m ") == "a b\\u{001B}[31m")
  }

  @Test func fieldsAreLeftOutOnceAndOnlyWherePossible() {
    func refused(_ message: String, _ status: Int = 400) -> ModelProblem {
      ModelProblem(.invalid, message, status: status)
    }
    let all: ModelAdaptation = [.withoutStreamOptions, .completionTokens, .withoutTemperature]
    let none: ModelAdaptation = []
    #expect(none.adapted(to: refused("unknown field Stream_Options"), possible: all) == .withoutStreamOptions)
    #expect(
      none.adapted(to: refused("'max_tokens' … use 'max_completion_tokens'"), possible: all)
        == .completionTokens)
    #expect(none.adapted(to: refused("temperature", 422), possible: all) == .withoutTemperature)
    #expect(none.adapted(to: refused("temperature"), possible: .withoutStreamOptions) == nil)
    #expect(none.adapted(to: refused("temperature", 401), possible: all) == nil)
    #expect(ModelAdaptation.withoutTemperature.adapted(to: refused("temperature"), possible: all) == nil)
    var named = refused("bad value")
    named.parameter = "temperature"
    #expect(none.adapted(to: named, possible: all) == .withoutTemperature)
  }
}

@Suite struct RetryTests {
  @Test func waitsGrowAndEnd() {
    for random in [0, UInt64.max / 2, .max] {
      var plan = RetryPlan(retries: 9)
      let problem = ModelProblem(.overloaded, "")
      var least: Int64 = 500
      for _ in 0..<9 {
        let wait = plan.next(after: problem, left: .max, random: random) ?? -1
        #expect((least...2 * least).contains(wait) && wait <= 60_000)
        least = min(30_000, least * 2)
      }
      let none = plan.next(after: problem, left: .max, random: random)
      #expect(none == nil)
    }
  }

  @Test func theEndpointIsObeyed() {
    var problem = ModelProblem(.rateLimit, "")
    problem.retryAfter = 8000
    var plan = RetryPlan(retries: 3)
    let waits = [8000, 8001].map { plan.next(after: problem, left: $0, random: 0) }
    #expect(waits == [nil, 8000])
    let none = plan.next(after: ModelProblem(.billing, ""), left: .max, random: 0)
    #expect(none == nil)
  }

  @Test(
    arguments: [
      ("6m0s", 360_000), ("1.5s", 1500), ("20ms", 20), ("1h2m3s", 3_723_000), ("7", nil), ("", nil),
      ("1x", nil),
      ("9999999h", 86_400_000),
    ] as [(String, Int64?)])
  func durations(text: String, milliseconds: Int64?) {
    #expect(RetryPlan.duration(text) == milliseconds)
  }
}

@Suite struct EmbeddingTests {
  @Test func batchesAreHalvedUntilTheyFit() {
    var plan = EmbeddingPlan(sizes: Array(repeating: 10, count: 7), batch: 4)
    #expect(plan.range == 0..<4)
    let refused = ModelProblem(.invalid, "", status: 400)
    var isSmaller = plan.halve(refused)
    #expect(isSmaller && plan.range == 0..<2)
    plan.succeed()
    #expect(plan.range == 2..<4)
    isSmaller = plan.halve(refused)
    #expect(isSmaller && plan.range == 2..<3)
    isSmaller = plan.halve(refused) || plan.halve(ModelProblem(.unauthorized, "", status: 401))
    #expect(!isSmaller)
    for _ in 0..<5 { plan.succeed() }
    #expect(plan.range == nil && plan.next == 7)
    let large = EmbeddingPlan(sizes: [10, EmbeddingPlan.bytes, 10], batch: 4)
    #expect(large.range == 0..<1)
  }

  @Test func answersAreOrdered() throws {
    let body =
      "{\"data\":[{\"index\":1,\"embedding\":[0.50,-1e-3]},{\"index\":0,\"embedding\":[1,2]}],\"model\":\"m\"}"
    let answer = try EmbeddingAnswer(Array(body.utf8), count: 2)
    #expect(answer.vectors.first == [1, 2] && answer.model == "m")
    // Spelled as they came.
    #expect(
      answer.vectors.last?.array?.first.flatMap { if case .number(let n) = $0 { n.text } else { nil } }
        == "0.50")
    for wrong in ["{}", "[]", "{\"data\":[]}", "{\"data\":[{\"embedding\":[]},{\"embedding\":[]}]}", "no"] {
      #expect(throws: ModelProblem.self) { try EmbeddingAnswer(Array(wrong.utf8), count: 2) }
    }
  }
}

@Suite struct MessageTests {
  private func settings(_ text: String) throws -> ModelSettings {
    let config = Array("{\"models\":{\"a\":\(text)}}".utf8)
    let home = Home(path: "/nowhere")
    return try #require(try Settings.parse(config: config, env: nil, home: home, environment: [:]).model("a"))
  }

  @Test func systemTextsStandWhereTheAPIWantsThem() throws {
    let conversation = try ModelMessage.conversation(
      [
        ["role": "system", "content": "one"], ["role": "user", "content": "two"],
        ["role": "developer", "content": "x"],
      ])
    let role = try settings(
      "{\"base_url\":\"http://h\",\"api\":\"anthropic\",\"model\":\"m\",\"system\":\"zero\"}")
    let endpoint = try ModelEndpoint(role, .chat, environment: [:])
    let body = ChatRequest(endpoint, conversation).body()
    #expect(body["system"] == "zero\n\none\n\nx" && body["messages"]?.array?.count == 1)
    #expect(ChatRequest(endpoint, conversation, system: "me").body()["system"] == "me\n\none\n\nx")
  }

  @Test func whatTheConfigurationAddsWins() throws {
    let role = try settings(
      "{\"base_url\":\"http://h\",\"model\":\"m\",\"extra\":{\"stream\":false,\"n\":1}}")
    let body = ChatRequest(try ModelEndpoint(role, .chat, environment: [:]), [ModelMessage(.user, "a")])
      .body()
    #expect(body["stream"] == false && body["n"] == 1)
  }

  @Test func anotherAPIGetsTheTextAlone() throws {
    let received = JSONObject([
      ("role", "assistant"),
      ("content", [["type": "thinking", "thinking": "h"], ["type": "text", "text": "a"]]),
    ])
    let message = try #require(ModelMessage(received))
    #expect(message.openAI == ["role": "assistant", "content": "a"])
    #expect(message.anthropic == .object(received))
    let chat = JSONObject([("role", "assistant"), ("content", "a"), ("reasoning_content", "h")])
    #expect(ModelMessage(chat)?.openAI == .object(chat))
    #expect(ModelMessage(chat)?.anthropic == ["role": "assistant", "content": "a"])
  }

  @Test func keysGoIntoTheirHeaders() throws {
    for (auth, name, value) in [
      ("bearer", "Authorization", "Bearer k"), ("x-api-key", "x-api-key", "k"), ("api-key", "api-key", "k"),
    ] {
      let role = try settings(
        "{\"base_url\":\"http://h\",\"model\":\"m\",\"key\":\"k\",\"auth\":\"\(auth)\"}")
      let request = try ModelEndpoint(role, .chat, environment: [:]).request(JSONObject())
      #expect(request.headers.contains { $0.name == name && $0.value == value })
      #expect(
        try ModelEndpoint(role, .chat, environment: [:], isShown: true).shown(JSONObject())["headers"]?[name]
          != .string(value))
    }
  }
}

@Suite struct RecordingTests {
  @Test(
    arguments: [
      ("OggSxxxx", "audio/ogg", "ogg"), ("fLaCxxxx", "audio/flac", "flac"),
      ("RIFF0000WAVE", "audio/wav", "wav"),
      ("0000ftypM4A ", "audio/mp4", "m4a"), ("ID3xxxxx", "audio/mpeg", "mp3"),
      ("#!AMR\n", "audio/amr", "amr"),
    ])
  func types(start: String, mime: String, suffix: String) {
    #expect(Recording.mime(of: Array(start.utf8)) == mime && Recording.suffix(mime) == suffix)
  }

  @Test func others() {
    #expect(Recording.mime(of: [0xFF, 0xFB, 0x90]) == "audio/mpeg")
    #expect(Recording.mime(of: [0xFF, 0xF1, 0x50]) == nil && Recording.mime(of: Array("text".utf8)) == nil)
    #expect(Recording.mime(of: []) == nil && Recording.trimmed(" \n a b\u{3000}") == "a b")
  }
}
