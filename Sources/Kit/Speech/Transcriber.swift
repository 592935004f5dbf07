internal import Console
internal import JSON
internal import Network
internal import Settings
package import Stage
internal import System
internal import Text
internal import Wire

/// Makes text of recordings: by a program, or by an endpoint like OpenAI's.
package final class Transcriber {
  /// Twice what the usual endpoint takes: the limit of memory, not of a service.
  private static let sizeLimit = 50 << 20
  private static let textLimit = 256 << 10

  private unowned let stage: Stage
  private lazy var client = HTTPClient(stage.loop)
  private var runs: [ProgramRun] = []

  /// One for a stage; it looks at the configuration at each recording.
  package init(_ stage: Stage) { self.stage = stage }

  /// Whether recordings can be made text of at all.
  package var isConfigured: Bool { stage.settings.transcription != nil }

  /// Makes text of a recording, and calls `then` once: with the text, or with nil where there is none.
  ///
  /// What goes wrong is told to the log.
  package func transcribe(_ recording: Attachment, then: @escaping (String?) throws -> Void) throws {
    do {
      guard let settings = stage.settings.transcription else { return try then(nil) }
      let content = try Files.readRegularWithoutLinks(recording.path, limit: Self.sizeLimit)
      if let command = settings.command, !command.isEmpty {
        try run(command, content, recording, settings, then)
      } else if let url = settings.url {
        try ask(url, content, recording, settings, then)
      } else {
        try then(nil)
      }
    } catch let failure as Failure {
      try failed("\(failure)", then)
    } catch let error as SystemError {
      try failed("\(error)", then)
    }
  }

  private func failed(_ reason: String, _ then: (String?) throws -> Void) throws {
    Log.warning("a spoken message goes on without its text", [("reason", reason)])
    try then(nil)
  }

  // MARK: - A program

  private func run(
    _ command: [String], _ content: [UInt8], _ recording: Attachment, _ settings: TranscriptionSettings,
    _ then: @escaping (String?) throws -> Void
  ) throws {
    // The credentials of messengers are none of its business.
    let kept = ["PATH", "HOME", "LANG", "LC_ALL", "LC_CTYPE", "TMPDIR", "TZ", "USER", "LOGNAME"]
    var environment: [String: String] = [:]
    for name in kept { environment[name] = stage.settings.variable(name) }
    environment["AGIM_MIME"] = recording.mime
    let run = try ProgramRun(
      command, environment: environment, mark: stage.maker.id(), input: content,
      milliseconds: settings.timeout.milliseconds, limit: Self.textLimit, loop: stage.loop
    ) { [weak self] result in
      guard let self else { return }
      runs.removeAll { $0.isOver }
      guard result.status == .exited(0), !result.isLate else {
        let words = String(decoding: result.errors.suffix(300), as: UTF8.self)
        let how =
          result.isLate ? "took longer than \(DurationText.format(settings.timeout))" : "\(result.status)"
        return try failed("\(command[0]): \(how) \(displayEscaped(words))", then)
      }
      try then(Self.trimmed(String(decoding: result.output, as: UTF8.self)))
    }
    runs.append(run)
  }

  // MARK: - An endpoint

  private func ask(
    _ url: String, _ content: [UInt8], _ recording: Attachment, _ settings: TranscriptionSettings,
    _ then: @escaping (String?) throws -> Void
  ) throws {
    var base = url
    while base.last == "/" { base.removeLast() }
    var form = Multipart { [clock = stage.loop.clock] in clock.random() }
    form.field("model", settings.model)
    if let language = settings.language { form.field("language", language) }
    form.field("response_format", "json")
    // The extension of the name is what tells them the format.
    form.file("file", filename: "voice.\(Self.suffix(recording.mime))", mime: recording.mime, content)
    var request = HTTPRequest(
      "POST", "\(base)/audio/transcriptions", headers: [("Content-Type", form.contentType)])
    if let key = try settings.key?.resolve(environment: stage.settings.environment) {
      request.headers.append(("Authorization", "Bearer \(key)"))
    }
    request.body = form.parts
    request.limits.total = settings.timeout.milliseconds
    request.limits.idle = settings.timeout.milliseconds
    request.limits.body = Self.textLimit
    client.send(request) { [weak self] result in
      guard let self else { return }
      switch result {
      case .failure(let error): try failed("\(error)", then)
      case .success(let response):
        guard response.head.isSuccess, let text = (try? JSONReader.parse(response.body))?["text"]?.string
        else {
          let words = (try? JSONReader.parse(response.body))?["error"]?["message"]?.string ?? ""
          return try failed(
            "\(base): status \(response.status) \(displayEscaped(String(words.prefix(300))))", then)
        }
        try then(Self.trimmed(text))
      }
    }
  }

  static func suffix(_ mime: String) -> String {
    switch mime {
    case "audio/mpeg": "mp3"
    case "audio/mp4", "video/mp4": "m4a"
    case "audio/wav", "audio/x-wav": "wav"
    case "audio/webm", "video/webm": "webm"
    case "audio/flac": "flac"
    case "audio/amr": "amr"
    default: "ogg"
    }
  }

  /// Without blanks at its ends; nil where nothing is left.
  static func trimmed(_ text: String) -> String? {
    var rest = text[...]
    while rest.first?.isWhitespace == true { rest.removeFirst() }
    while rest.last?.isWhitespace == true { rest.removeLast() }
    return rest.isEmpty ? nil : String(rest)
  }
}
