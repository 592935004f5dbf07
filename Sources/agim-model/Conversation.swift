import Console
import JSON
import Models
import Network
import Settings
import System
import Text

/// `agim-model ROLE`: a prompt, or a whole conversation, and what the model says to it.
final class Conversation {
  private let job: Job
  private let isJSON: Bool
  private var text: [UInt8] = []
  private var endsLine = true
  private var reader: ModelReader
  private var call: ModelCall?
  private var program: Program?
  private var whole = WholeCharacters()

  init(_ job: Job) {
    self.job = job
    isJSON = job.arguments.has("json")
    reader = ModelReader(job.role.api)
  }

  func run() throws -> ExitCode {
    let messages = try read()
    let system = job.arguments.value("system")
    if job.role.command != nil { return try runProgram(messages, system) }
    let endpoint = try job.endpoint()
    let request = ChatRequest(endpoint, messages, system: system)
    if job.isDryRun {
      job.show(endpoint.shown(request.body()))
      try job.flush()
      return .ok
    }
    try job.begin()
    try ask(endpoint, request)
    return .ok
  }

  private func read() throws -> [ModelMessage] {
    let isConversation = job.arguments.has("messages")
    let what = isConversation ? "the conversation" : "the prompt"
    let bytes = try Input.read(what, limit: Input.promptLimit)
    job.promptBytes = bytes.count
    if isConversation {
      guard job.role.command == nil else {
        throw Failure.usage("--messages: \(job.role.name) is a program, and gets a text")
      }
      let value: JSONValue
      do throws(JSONError) {
        value = try JSONReader.parse(bytes, limits: JSONLimits(maxBytes: Input.promptLimit))
      } catch {
        throw Failure(.dataError, "standard input: the conversation is no JSON: \(error)")
      }
      return try ModelMessage.conversation(value)
    }
    let prompt = try Input.text(bytes, "the prompt")
    guard !Input.isBlank(prompt) else {
      throw Failure(.dataError, "the prompt is empty", hint: "give it on standard input")
    }
    return [ModelMessage(.user, prompt)]
  }

  // MARK: - An endpoint

  private func ask(_ endpoint: ModelEndpoint, _ request: ChatRequest) throws {
    var plan = ModelCall.Plan(
      request: { request.request($0) },
      take: { [unowned self] bytes throws(ModelProblem) in
        try reader.take(bytes) { self.said($0) }
        return reader.isDone
      },
      end: { [unowned self] () throws(ModelProblem) in try reader.end { self.said($0) } })
    plan.possible = request.possible
    plan.begin = { [unowned self] in reader = ModelReader(job.role.api) }
    plan.hasContent = { [unowned self] in reader.hasContent }
    let call = ModelCall(
      endpoint.client(job.loop), on: job.loop, limits: job.limits(from: job.clock.monotonic()), plan: plan
    ) { [unowned self] problem in
      if let problem = problem ?? refusal {
        job.fail(problem.kind.rawValue, endpoint.failure(problem))
      } else {
        finish()
      }
      if !isJSON, !endsLine { job.output.append([0x0A]) }
      job.loop.stop()
    }
    self.call = call
    job.watch(call, endpoint)
    // Counted as far as it is known when it is cut off, too.
    job.onEnding = { [unowned self] in
      job.usage = reader.usage
      job.replyBytes = text.count
    }
    try job.run()
  }

  private func said(_ piece: String) {
    text += piece.utf8
    endsLine = piece.utf8.last == 0x0A
    if !isJSON { job.say(piece) }
  }

  /// Why a whole answer is none.
  private var refusal: ModelProblem? {
    if reader.finish == .refused {
      return ModelProblem(.refused, reader.refusal.isEmpty ? "a filter has cut it off" : reader.refusal)
    }
    guard text.allSatisfy({ $0 <= 0x20 }) else { return nil }
    if !reader.refusal.isEmpty { return ModelProblem(.refused, reader.refusal) }
    var problem = ModelProblem(.empty, "it said nothing")
    if reader.finish == .length {
      problem.message = "it thought until no tokens were left"
      problem.hint = "raise models.\(job.role.name).max_tokens"
    } else if reader.finish == .tools {
      problem.message = "it wants to use a tool, and has none"
    }
    return problem
  }

  private func finish() {
    job.usage = reader.usage
    if reader.finish == .length {
      let name = job.role.name
      job.remark { Log.warning("\(name): the answer is cut: no more tokens were left for it") }
    }
    job.report(reader.model)
    guard isJSON else { return }
    var members = job.answer(reader.model, String(decoding: text, as: UTF8.self))
    members.insert(("finish", .string((reader.finish ?? .stop).rawValue)), at: 3)
    members.append(("requests", .number(JSONNumber(call?.requests ?? 1))))
    members.append(("message", .object(reader.message)))
    job.show(JSONObject(members))
  }

  // MARK: - A program

  private func runProgram(_ messages: [ModelMessage], _ system: String?) throws -> ExitCode {
    let said = [system ?? job.role.system].compactMap { $0 } + messages.map(\.text)
    let input = Array(said.joined(separator: "\n\n").utf8)
    let program = Program(job, input)
    if job.isDryRun { return try program.show() }
    self.program = program
    try job.begin()
    try program.start(
      onOutput: { [unowned self] bytes in
        text += bytes
        endsLine = bytes.last == 0x0A
        guard !isJSON else { return }
        // Elsewhere it goes on as it comes, whatever it is.
        if job.isShown { job.say(whole.take(bytes)) } else { job.output.append(bytes) }
      },
      onEnd: { [unowned self] in
        if !isJSON, job.isShown { job.say(whole.finish()) }
        if text.allSatisfy({ $0 <= 0x20 }) {
          job.fail("empty", Failure(.unavailable, "\(job.role.name): \(program.name) printed no text"))
        } else if isJSON {
          job.show(JSONObject(job.answer(nil, String(decoding: text, as: UTF8.self))))
        } else if !endsLine {
          job.output.append([0x0A])
        }
        job.report(nil)
      })
    job.onEnding = { [unowned self] in job.replyBytes = text.count }
    try job.run()
    return .ok
  }
}

/// Bytes of a text as they come, as text: a character that has only begun waits for its rest.
struct WholeCharacters {
  private var held: [UInt8] = []

  /// Takes more bytes, and returns what is whole.
  mutating func take(_ bytes: [UInt8]) -> String {
    held += bytes
    // No character has more than four bytes, so one that has only begun stands among the last three.
    let begun = held.suffix(3).lastIndex { $0 >= 0xC0 }
    var end = held.count
    if let begun {
      let length = held[begun] >= 0xF0 ? 4 : held[begun] >= 0xE0 ? 3 : 2
      if held.count - begun < length { end = begun }
    }
    defer { held.removeFirst(end) }
    return String(decoding: held[..<end], as: UTF8.self)
  }

  /// What is left at the end, whole or not.
  mutating func finish() -> String {
    defer { held = [] }
    return String(decoding: held, as: UTF8.self)
  }
}
