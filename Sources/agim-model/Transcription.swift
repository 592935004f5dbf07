import Console
import JSON
import Models
import Network
import Settings
import System
import Text

/// `agim-model transcribe FILE`: the text of a recording.
final class Transcription {
  private let job: Job
  private let file: String
  private var call: ModelCall?
  private var program: Program?

  init(_ job: Job, file: String) {
    (self.job, self.file) = (job, file)
  }

  func run() throws -> ExitCode {
    let content = try Input.recording(file)
    guard !content.isEmpty else { throw Failure(.dataError, "the recording is empty") }
    job.promptBytes = content.count
    guard let mime = job.arguments.value("mime") ?? Recording.mime(of: content) else {
      throw Failure(
        .dataError, "what kind of recording it is cannot be told",
        hint: "say --mime, or convert it first, with 'ffmpeg -i FILE -ar 16000 -ac 1 out.wav' for example")
    }
    guard mime.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }), mime.utf8.contains(UInt8(ascii: "/")) else {
      throw Failure.usage(
        "option --mime: '\(displayEscaped(mime))' is no type", hint: "audio/ogg, for example")
    }
    let language = job.arguments.value("language")
    if job.role.command != nil { return try runProgram(content, mime, language) }
    let endpoint = try job.endpoint()
    let request = TranscriptionRequest(endpoint, content, mime: mime, language: language)
    if job.isDryRun {
      job.show(request.shown)
      try job.flush()
      return .ok
    }
    try job.begin()
    try ask(endpoint, request)
    return .ok
  }

  private func ask(_ endpoint: ModelEndpoint, _ request: TranscriptionRequest) throws {
    let body = WholeBody()
    var answer: TranscriptionAnswer?
    var plan = ModelCall.Plan(
      request: { [clock = job.clock] _ in request.request { clock.random() } },
      take: { bytes throws(ModelProblem) in try body.take(bytes) },
      end: { () throws(ModelProblem) in answer = try TranscriptionAnswer(body.bytes) })
    plan.begin = { body.bytes = [] }
    let call = ModelCall(
      endpoint.client(job.loop), on: job.loop, limits: job.limits(from: job.clock.monotonic()), plan: plan
    ) { [unowned self] problem in
      if let problem {
        job.fail(problem.kind.rawValue, endpoint.failure(problem))
      } else if let answer {
        job.usage = answer.usage
        show(answer.text, endpoint.model)
      }
      job.loop.stop()
    }
    self.call = call
    job.watch(call, endpoint)
    try job.run()
  }

  private func runProgram(_ content: [UInt8], _ mime: String, _ language: String?) throws -> ExitCode {
    var variables = ["AGIM_MIME": mime]
    variables["AGIM_LANGUAGE"] = language ?? job.role.language
    let program = Program(job, content, variables: variables)
    if job.isDryRun { return try program.show() }
    self.program = program
    var printed: [UInt8] = []
    try job.begin()
    try program.start(
      onOutput: { printed += $0 },
      onEnd: { [unowned self] in show(Recording.trimmed(String(decoding: printed, as: UTF8.self)), nil) })
    try job.run()
    return .ok
  }

  private func show(_ text: String, _ model: String?) {
    job.replyBytes = text.utf8.count
    job.report(model)
    if job.arguments.has("json") {
      job.show(JSONObject(job.answer(model, text)))
    } else if !text.isEmpty {
      job.say("\(text)\n")
    }
  }
}
