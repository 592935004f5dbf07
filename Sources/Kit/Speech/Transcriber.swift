internal import Console
internal import Settings
package import Stage
internal import System
internal import Text
internal import Wire

/// Makes text of recordings, by `agim-model transcribe`: a stage that waits has no models of its own.
package final class Transcriber {
  private static let sizeLimit = 50 << 20
  private static let textLimit = 256 << 10
  /// Milliseconds for which agim-model may go on beyond the time that it has itself.
  private static let grace: Int64 = 3000

  private unowned let stage: Stage
  private var runs: [ProgramRun] = []

  /// One for a stage; it looks at the configuration at each recording.
  package init(_ stage: Stage) { self.stage = stage }

  /// Whether recordings can be made text of at all.
  package var isConfigured: Bool { role != nil }

  private var role: ModelSettings? { stage.settings.model(ModelSettings.transcribe) }

  /// Makes text of a recording, and calls `then` once: with the text, or with nil where there is none.
  ///
  /// What goes wrong is told to the log.
  package func transcribe(_ recording: Attachment, then: @escaping (String?) throws -> Void) throws {
    do {
      guard let role else { return try then(nil) }
      let content = try Files.readRegularWithoutLinks(recording.path, limit: Self.sizeLimit)
      try run(content, recording.mime, role.timeout.milliseconds + Self.grace, then)
    } catch let error as SystemError {
      try failed("\(error)", then)
    }
  }

  private func failed(_ reason: String, _ then: (String?) throws -> Void) throws {
    Log.warning("a spoken message goes on without its text", [("reason", reason)])
    try then(nil)
  }

  private func run(
    _ content: [UInt8], _ mime: String, _ milliseconds: Int64, _ then: @escaping (String?) throws -> Void
  ) throws {
    let run = try ModelProgram.run(
      ["transcribe", "--mime", mime, "-"], input: content, milliseconds: milliseconds, limit: Self.textLimit,
      stage: stage
    ) { [weak self] result in
      guard let self else { return }
      runs.removeAll { $0.isOver }
      guard result.status == .exited(0), !result.isLate else {
        return try failed(ModelProgram.reason(result), then)
      }
      var text = String(decoding: result.output, as: UTF8.self)[...]
      while text.last?.isNewline == true { text.removeLast() }
      try then(text.isEmpty ? nil : String(text))
    }
    runs.append(run)
  }
}
