import Console
import JSON
import Models
import Settings
import System
import Text

/// A role that is a program: it gets its input and prints its answer.
final class Program {
  private let job: Job
  private let input: [UInt8]
  private let variables: [String: String]
  private let command: [String]
  private var run: ProgramRun?

  /// Bytes that it may print.
  static let limit = 64 << 20

  /// A program with its input; `variables`: what it gets besides its own.
  init(_ job: Job, _ input: [UInt8], variables: [String: String] = [:]) {
    (self.job, self.input, self.variables) = (job, input, variables)
    command = job.role.command ?? []
  }

  /// The program, for people.
  var name: String { displayEscaped(command.first ?? "") }

  /// Shows what would be started.
  func show() throws -> ExitCode {
    job.show(
      JSONObject([
        ("command", .array(command.map { .string($0) })), ("input_bytes", .number(JSONNumber(input.count))),
      ]))
    try job.flush()
    return .ok
  }

  /// Starts it; `onEnd` is called when it has ended well, and then the loop is stopped.
  ///
  /// - Throws: `Failure` with status 78 when it cannot be started.
  func start(onOutput: @escaping ([UInt8]) throws -> Void, onEnd: @escaping () throws -> Void) throws {
    // No credential of anything else is its business.
    var environment = ProcessGuard.smallEnvironment
    environment.merge(variables) { _, own in own }
    environment.merge(job.role.env) { _, own in own }
    var ids = UUIDMaker(clock: job.clock)
    do {
      let run = try ProgramRun(
        command, environment: environment, mark: ids.next(), input: input,
        milliseconds: job.role.timeout.milliseconds, limit: Self.limit, loop: job.loop, onOutput: onOutput
      ) { [unowned self] result in
        if let (code, failure) = failure(result) { job.fail(code, failure) } else { try onEnd() }
        job.loop.stop()
      }
      self.run = run
      job.onStop = { run.kill() }
    } catch {
      throw Failure(
        .configuration, "\(job.role.name): the program \(name) cannot be started: \(error.reason)",
        hint: "check models.\(job.role.name).command in config.json")
    }
  }

  private func failure(_ result: ProgramRun.Result) -> (code: String, failure: Failure)? {
    let words = ModelProblem.shown(String(decoding: result.errors.suffix(300), as: UTF8.self))
    let said = words.isEmpty ? "" : ": \(Scrubber().scrub(words).text)"
    if result.isLate {
      let time = DurationText.format(job.role.timeout)
      return ("timeout", Failure(.temporary, "\(job.role.name): \(name) took longer than \(time)\(said)"))
    }
    if result.dropped > 0 {
      return (
        "flood", Failure(.unavailable, "\(job.role.name): \(name) printed more than \(Self.limit) bytes")
      )
    }
    guard result.status != .exited(0) else { return nil }
    let codes: [Int32: ExitCode] = [65: .dataError, 75: .temporary, 77: .notPermitted, 78: .configuration]
    let code = codes[result.status.shellStatus] ?? .unavailable
    return ("exit", Failure(code, "\(job.role.name): \(name) ended with \(result.status)\(said)"))
  }
}
