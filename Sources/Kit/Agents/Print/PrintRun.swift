internal import JSON
internal import Peers
internal import Settings
internal import Stage
internal import System
internal import Turns
internal import Wire

/// One turn of a program that prints what it does.
final class PrintRun {
  /// Called before the turn ends.
  var onDone: () -> Void = {}
  /// Called in place of an end when the session that was to go on is not known.
  var onUnknownSession: () throws -> Void = {}

  private static let promptLimit = 120_000

  private let turn: Turn
  private let dialect: PrintDialect
  private let stage: Stage
  private let process: PeerProcess
  private var text = ""
  private var isPaused = false
  private var result: (text: String?, error: String?)?
  private var stray = ""
  private var hasBegun = false

  /// Starts the program.
  ///
  /// - Throws: where it cannot be confined or started.
  init(_ turn: Turn, _ dialect: PrintDialect, _ command: [String], _ stage: Stage) throws {
    (self.turn, self.dialect, self.stage) = (turn, dialect, stage)
    let files = turn.files.map { "[\($0.kind) \"\($0.name)\": \($0.path)]" }
    let prompt = ([turn.text] + files).filter { !$0.isEmpty }.joined(separator: "\n\n")
    let plan = dialect.launch(
      prompt, session: turn.nativeSession?.id, model: turn.model, isPlan: turn.isPlan)
    guard plan.input != nil || prompt.utf8.count <= Self.promptLimit else {
      throw SystemError("execve", "a message of more than \(Self.promptLimit) bytes", errno: 7)
    }
    let mark = stage.maker.id()
    let environment = AgentEnvironment.make(turn, stage, mark: mark)
    let home = environment.first { $0.hasPrefix("HOME=") }.map { String($0.dropFirst(5)) } ?? "/"
    var needs = Sandbox.Needs()
    needs.own = dialect.own.map { "\(home)/\($0)" }
    needs.network = true
    needs.isForced = true
    needs.isReadOnly = true
    let words = try Sandbox.wrap(
      command + plan.words, turn, stage, directory: turn.workdir, work: turn.workdir, files: [], needs: needs)
    process = try PeerProcess(
      PeerProcess.Launch(words, environment: environment, directory: turn.workdir, mark: mark),
      loop: stage.loop)
    process.onLine = { [weak self] line in try self?.take(line) }
    process.onErrors = { [weak self] _ in self?.turn.activity() }
    process.onEnd = { [weak self] end in try self?.ended(end) }
    if let input = plan.input { process.send(input) }
    process.closeInput()
  }

  /// Ends the program and all it started.
  func end() { process.end(because: "its turn was stopped") }

  private func take(_ line: [UInt8]) throws {
    turn.activity()
    guard result == nil else { return }
    guard let value = try? JSONReader.parse(line, limits: JSONLimits(maxBytes: PeerProcess.lineLimit)),
      value.object != nil
    else {
      if stray.utf8.count < 2000 { stray += String(decoding: line.prefix(500), as: UTF8.self) + "\n" }
      return
    }
    for event in dialect.events(value) { try take(event) }
  }

  private func take(_ event: PrintEvent) throws {
    switch event {
    case .session(let id):
      guard !id.isEmpty, id.utf8.count <= 200 else { return }
      hasBegun = true
      try turn.keep(NativeSession(id: id, workdir: turn.workdir))
      turn.canResume(with: dialect.resume(id))
    case .text(let piece): say(piece)
    case .pause: isPaused = true
    case .tool(let key, let title, let isDone, let detail):
      turn.action(
        key: key, phase: isDone ? "done" : "started", title: PrintText.title(title),
        detail: detail.map(PrintText.detail))
    case .tokens(let count): turn.usage(tokens: count, cost: nil)
    case .result(let said, let error):
      result = (said, error)
      // Some versions stay when all is said.
      stage.loop.after(1000) { [weak self] in self?.process.end(because: "it had said all") }
    }
  }

  private func say(_ piece: String) {
    if isPaused, !text.isEmpty { text += "\n\n" }
    isPaused = false
    let room = turn.settings.outputLimit - text.utf8.count
    guard room > 0 else { return }
    text += piece.utf8.count <= room ? piece : String(decoding: piece.utf8.prefix(room), as: UTF8.self)
    turn.progress(text)
  }

  private func ended(_ end: PeerProcess.End) throws {
    onDone()
    let name = turn.settings.name
    if turn.abortReason != nil { return turn.failStopped(text) }
    if let result {
      if let error = result.error {
        return fail("model", "\(name) could not go on: \(PrintText.detail(error))")
      }
      // What was said between the tools is read too, where it is known to be whole.
      let said = [text, result.text ?? ""]
      let whole = (dialect == .agy ? said.reversed() : said).first { !$0.isEmpty } ?? ""
      return turn.finish(whole.isEmpty ? "(no text)" : whole)
    }
    if turn.nativeSession != nil, !hasBegun, end.reason == nil, end.status != .exited(0),
      isUnknown(end.errors)
    {
      return try onUnknownSession()
    }
    let said = [end.errors, stray].filter { !$0.isEmpty }.joined(separator: "\n")
    if text.isEmpty, isLogin(said) {
      return fail("login", "\(name) is not logged in: \(dialect.login).\n\(said)")
    }
    let why = end.reason.map { "was ended: \($0)" } ?? "ended with \(end.status) before it had finished"
    fail("ended", "\(name) \(why)." + (said.isEmpty ? "" : "\n\(said)"))
  }

  private func fail(_ code: String, _ words: String) {
    turn.fail(code: code, words, after: text)
  }

  private func isUnknown(_ words: String) -> Bool {
    holds(words, ["not found", "no conversation", "no such chat", "unknown session"])
  }
  private func isLogin(_ words: String) -> Bool {
    holds(words, ["not logged in", "login", "authenticat", "unauthorized", "api key"])
  }

  private func holds(_ words: String, _ pieces: [String]) -> Bool {
    let text = words.utf8.map { $0 >= 0x41 && $0 <= 0x5A ? $0 | 0x20 : $0 }
    return pieces.contains { piece in
      let piece = Array(piece.utf8)
      guard text.count >= piece.count else { return false }
      return (0...(text.count - piece.count)).contains { text[$0..<($0 + piece.count)].elementsEqual(piece) }
    }
  }
}
