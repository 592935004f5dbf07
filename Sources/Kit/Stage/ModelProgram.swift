internal import Settings
package import System
internal import Text
internal import Wire

/// `agim-model`, started for one answer: what waits and what keeps memories has no models of its own.
package enum ModelProgram {
  /// Its name.
  package static let name = "agim-model"

  /// Starts it with the environment of this process: it is one of us, and looks up its keys itself.
  ///
  /// - Parameters:
  ///   - words: Its arguments.
  ///   - program: Its path; nil: beside this program, or in the `PATH`.
  ///   - input: What it reads.
  ///   - milliseconds: How long it may take.
  ///   - limit: How many bytes of its output are kept.
  ///   - stage: Who asks.
  ///   - onEnd: Called once, when it is gone.
  /// - Returns: the run, to be kept until it is over.
  /// - Throws: `SystemError` when it cannot be started.
  package static func run(
    _ words: [String], program: String? = nil, input: [UInt8], milliseconds: Int64, limit: Int, stage: Stage,
    onEnd: @escaping (ProgramRun.Result) throws -> Void
  ) throws(SystemError) -> ProgramRun {
    var environment = ProcessVariables.all()
    environment["AGIM_HOME"] = stage.home.path
    // Our supervisor is not its own.
    environment["JOURNAL_STREAM"] = nil
    environment["NOTIFY_SOCKET"] = nil
    return try ProgramRun(
      [program ?? OwnProgram.path(of: name)] + words, environment: environment, mark: stage.maker.id(),
      input: input, milliseconds: milliseconds, limit: limit, loop: stage.loop, onEnd: onEnd)
  }

  /// Why it gave no answer, as it said it last; for one line of a log.
  package static func reason(_ result: ProgramRun.Result) -> String {
    if result.isLate { return "\(name) took too long" }
    guard let last = result.errors.split(separator: 0x0A).last else { return "\(name): \(result.status)" }
    let words = String(decoding: last.suffix(600), as: UTF8.self)
    let mark = "\(name): "
    return displayEscaped(words.hasPrefix(mark) ? String(words.dropFirst(mark.count)) : words)
  }
}
