import Console
import JSON
import Models
import Network
import Settings
import System

/// `agim-model embed`: a line with a vector for each text.
final class Embedding {
  private let job: Job
  private var texts: [String] = []
  private var plan = EmbeddingPlan(sizes: [], batch: 1)
  private var call: ModelCall?
  private var program: Program?
  /// When the first request was made: all of them share one time.
  private var began: Int64 = 0
  private var length: Int?

  init(_ job: Job) { self.job = job }

  func run() throws -> ExitCode {
    let arguments = job.arguments
    guard !(arguments.has("null") && arguments.has("lines")) else {
      throw Failure.usage("--null and --lines exclude each other")
    }
    let bytes = try Input.read("the text", limit: Input.textsLimit)
    texts = try Input.texts(bytes, separator: arguments.has("null") ? 0 : arguments.has("lines") ? 0x0A : nil)
    job.promptBytes = texts.reduce(0) { $0 + $1.utf8.count }
    guard !texts.isEmpty else { return .ok }
    plan = EmbeddingPlan(sizes: texts.map(\.utf8.count), batch: job.role.batch)
    if job.role.command != nil { return try runProgram() }
    let endpoint = try job.endpoint()
    if job.isDryRun {
      while let range = plan.range {
        job.show(endpoint.shown(EmbeddingRequest(endpoint, Array(texts[range])).body()))
        plan.succeed()
      }
      try job.flush()
      return .ok
    }
    try job.begin()
    began = job.clock.monotonic()
    ask(endpoint, endpoint.client(job.loop))
    try job.run()
    return .ok
  }

  // MARK: - An endpoint

  private func ask(_ endpoint: ModelEndpoint, _ client: HTTPClient) {
    guard let range = plan.range else {
      job.report(endpoint.model)
      return job.loop.stop()
    }
    let request = EmbeddingRequest(endpoint, Array(texts[range]))
    let body = WholeBody()
    var answer: EmbeddingAnswer?
    var how = ModelCall.Plan(
      request: { request.request($0) },
      take: { bytes throws(ModelProblem) in try body.take(bytes) },
      end: { () throws(ModelProblem) in answer = try EmbeddingAnswer(body.bytes, count: range.count) })
    how.possible = EmbeddingRequest.possible
    how.begin = { body.bytes = [] }
    let call = ModelCall(client, on: job.loop, limits: job.limits(from: began), plan: how) {
      [unowned self] problem in
      if var problem {
        if plan.halve(problem) { return ask(endpoint, client) }
        if range.count == 1 { problem.message += " (text \(range.lowerBound + 1))" }
        job.fail(problem.kind.rawValue, endpoint.failure(problem))
        return job.loop.stop()
      }
      guard let answer else { return }
      job.usage.add(answer.usage)
      for (offset, vector) in answer.vectors.enumerated() {
        guard show(vector, at: range.lowerBound + offset, answer.model ?? endpoint.model) else {
          return job.loop.stop()
        }
      }
      plan.succeed()
      ask(endpoint, client)
    }
    self.call = call
    job.watch(call, endpoint)
  }

  /// Prints a vector; false where it does not fit those before.
  private func show(_ vector: JSONValue, at index: Int, _ model: String) -> Bool {
    let count = vector.array?.count ?? 0
    guard length ?? count == count else {
      job.fail(
        "protocol",
        Failure(
          .unavailable,
          "\(job.role.name): the vector of text \(index + 1) has \(count) numbers, those before \(length ?? 0)"
        ))
      return false
    }
    length = count
    job.show(
      JSONObject([("index", .number(JSONNumber(index))), ("model", .string(model)), ("vector", vector)]))
    return true
  }

  // MARK: - A program

  private func runProgram() throws -> ExitCode {
    let program = Program(job, texts.flatMap { Array($0.utf8) + [0] })
    if job.isDryRun { return try program.show() }
    self.program = program
    var printed: [UInt8] = []
    try job.begin()
    try program.start(
      onOutput: { printed += $0 },
      onEnd: { [unowned self] in
        let lines = printed.split(separator: 0x0A).map(Array.init)
        guard lines.count == texts.count else {
          return job.fail(
            "protocol",
            Failure(
              .unavailable,
              "\(job.role.name): \(texts.count) texts were given, and \(program.name) printed "
                + "\(lines.count) lines"))
        }
        for (index, line) in lines.enumerated() {
          guard let value = try? JSONReader.parse(line), let vector = value["vector"],
            EmbeddingAnswer.isVector(vector)
          else {
            return job.fail(
              "protocol",
              Failure(
                .unavailable, "\(job.role.name): line \(index + 1) of \(program.name) has no \"vector\""))
          }
          let model = value["model"]?.string ?? job.role.model ?? job.role.name
          guard show(vector, at: index, model) else { return }
        }
        job.report(nil)
      })
    try job.run()
    return .ok
  }
}

/// An answer that is read when all of it is there.
final class WholeBody {
  var bytes: [UInt8] = []
  private static let limit = 32 << 20

  func take(_ more: [UInt8]) throws(ModelProblem) -> Bool {
    bytes += more
    guard bytes.count <= Self.limit else {
      throw ModelProblem(.tooLarge, "the answer has more than \(Self.limit) bytes")
    }
    return false
  }
}
