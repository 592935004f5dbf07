internal import JSON
internal import Peers
internal import Settings
internal import Stage
internal import System
internal import Turns

/// One turn of `codex exec`, for versions without an app-server: it reads, and can ask nobody.
///
/// It runs in our sandbox, because its own shows everything that can be read.
final class CodexExec {
  /// Called before the turn ends.
  var onDone: () -> Void = {}
  /// Called in place of an end when the thread that was to go on is not known.
  var onUnknownThread: () throws -> Void = {}
  /// The thread, once it is told.
  private(set) var thread: String?
  /// Tokens of the whole thread; nil while they are not told.
  private(set) var total: Int?

  private let turn: Turn
  private let process: PeerProcess
  private let before: Int?
  private var texts: [String] = []
  private var size = 0
  private var error: JSONValue?
  private var isComplete = false
  private var stray = ""

  /// Starts a turn; `before` are the tokens that its thread has used already.
  ///
  /// - Throws: where it cannot be confined or started.
  init(_ turn: Turn, _ stage: Stage, before: Int?) throws {
    self.turn = turn
    thread = turn.nativeSession?.id
    self.before = turn.nativeSession == nil ? 0 : before
    let resumed = thread
    var words = [
      "exec", "--json", "--sandbox=read-only", "--skip-git-repo-check", "--cd=\(turn.workdir)",
      "-c", "projects={\(CodexConfinement.toml(turn.workdir))={trust_level=\"untrusted\"}}",
    ]
    if let model = turn.model { words.append("--model=\(model)") }
    if let effort = CodexPrompt.effort(turn.effort) {
      words += ["-c", "model_reasoning_effort=\"\(effort)\""]
    }
    words += turn.files.filter(\.isPicture).map { "--image=\($0.path)" }
    if let resumed { words += ["resume", resumed] }
    let program = try CodexProgram(turn, stage, { _ in words + ["-"] }, isForced: true)
    process = try PeerProcess(program.launch, loop: stage.loop)
    process.onLine = { [weak self] line in try self?.take(line) }
    process.onEnd = { [weak self] end in try self?.ended(end) }
    process.onErrors = { [weak self] _ in self?.turn.activity() }
    let named = turn.files.filter { !$0.isPicture }.map { "[\($0.kind) \"\($0.name)\": \($0.path)]" }
    process.send(Array(([turn.text] + named).joined(separator: "\n\n").utf8))
    process.closeInput()
  }

  /// Ends the program and all it started.
  func abort() { process.end(because: "its turn was stopped") }

  private func take(_ line: [UInt8]) throws {
    turn.activity()
    guard let event = try? JSONReader.parse(line, limits: JSONLimits(maxBytes: PeerProcess.lineLimit)) else {
      if stray.utf8.count < 2000 { stray += String(decoding: line.prefix(500), as: UTF8.self) + "\n" }
      return
    }
    switch event["type"]?.string {
    case "thread.started":
      guard let id = event["thread_id"]?.string, id.utf8.count <= 200 else { return }
      thread = id
      try turn.keep(NativeSession(id: id, workdir: turn.workdir))
      turn.canResume(with: "codex resume \(id)")
    case "item.started", "item.updated", "item.completed":
      item(event["item"] ?? .null, isDone: event["type"]?.string == "item.completed")
    case "turn.completed":
      isComplete = true
      used(event["usage"] ?? .null)
    case "turn.failed": error = event["error"]
    case "error":
      turn.action(key: "error", phase: "updated", title: CodexItem.short(event["message"]?.string ?? ""))
    default: break
    }
  }

  private func item(_ item: JSONValue, isDone: Bool) {
    let key = item["id"]?.string ?? "item"
    switch item["type"]?.string {
    case "agent_message":
      guard isDone, let text = item["text"]?.string, !text.isEmpty else { return }
      let room = turn.settings.outputLimit - size
      texts.append(
        text.utf8.count <= room ? text : String(decoding: text.utf8.prefix(max(0, room)), as: UTF8.self))
      size += text.utf8.count
      turn.progress(whole)
    case "command_execution":
      turn.action(
        key: key, phase: isDone ? "done" : "started", title: CodexItem.short(CodexItem.command(item)),
        detail: isDone ? item["aggregated_output"]?.string.map(CodexItem.tail) : nil)
    case "error":
      turn.action(key: key, phase: "done", title: CodexItem.short(item["message"]?.string ?? "a warning"))
    case "reasoning", nil: break
    case let kind?: turn.action(key: key, phase: isDone ? "done" : "started", title: CodexItem.short(kind))
    }
  }

  private func used(_ usage: JSONValue) {
    guard let read = usage["input_tokens"]?.int, let wrote = usage["output_tokens"]?.int else { return }
    let (sum, isTooLarge) = read.addingReportingOverflow(wrote)
    guard !isTooLarge else { return }
    total = sum
    // The numbers are of the whole thread: what came before this turn may not be known.
    if let before { turn.usage(tokens: max(0, sum - before), cost: nil) }
  }

  private var whole: String { texts.joined(separator: "\n\n") }

  private func ended(_ end: PeerProcess.End) throws {
    onDone()
    if turn.abortReason != nil { return turn.failStopped(whole) }
    if isComplete, end.status == .exited(0) { return turn.finish(whole.isEmpty ? "(no text)" : whole) }
    if let error {
      let why = CodexError(error, agent: turn.settings.name)
      return turn.fail(code: why.code, why.text, after: whole)
    }
    // Nothing was begun: the thread is not there.
    if turn.nativeSession != nil, texts.isEmpty, !isComplete, end.reason == nil, end.status == .exited(1),
      thread == turn.nativeSession?.id
    {
      return try onUnknownThread()
    }
    let words = CodexPeer.words(end, turn.settings.name) + (stray.isEmpty ? "" : "\n\(stray)")
    turn.fail(code: "ended", words, after: whole)
  }
}
