internal import JSON
internal import Settings
internal import Stage
internal import System
internal import Turns

/// What the program tells while it works.
extension ClaudeSession {
  /// A piece of what the model is saying.
  func streamed(_ message: JSONValue) {
    guard let work, Self.isMain(message), let event = message["event"] else { return }
    quietRetry(work)
    switch event["type"]?.string {
    case "message_start"?: work.text.restart()
    case "content_block_delta"?:
      guard let piece = event["delta"]?["text"]?.string else { return }
      work.text.write(piece)
      work.show()
    default: break
    }
  }

  /// A whole block of what the model said: text, or the use of a tool.
  func said(_ message: JSONValue) {
    let isSynthetic = message["message"]?["model"]?.string == "<synthetic>"
    for block in message["message"]?["content"]?.array ?? [] {
      switch block["type"]?.string {
      case "text"?:
        guard Self.isMain(message), let text = block["text"]?.string else { continue }
        if isSynthetic || message["error"]?.string != nil {
          // Words of the program about an error are no answer.
          work?.text.restart()
          work?.errorKind = message["error"]?.string
        } else if let work {
          work.errorKind = nil
          work.text.finish(text)
          work.show()
        } else if meanwhile.utf8.count + text.utf8.count < Self.meanwhileLimit {
          meanwhile += meanwhile.isEmpty ? text : "\n\n\(text)"
        }
      case "tool_use"?: begun(block)
      default: break
      }
    }
  }

  private func begun(_ block: JSONValue) {
    guard let work, let id = block["id"]?.string, let tool = block["name"]?.string else { return }
    quietRetry(work)
    let input = block["input"] ?? .null
    if let plan = input["plan"]?.string { work.plans[id] = plan }
    guard !Self.questions.contains(tool) else { return }
    let title = ClaudeWords.title(tool, input)
    work.tools[id] = title
    work.turn.action(key: id, phase: "started", title: title)
  }

  /// What the model is told: results of tools, and our own lines when they are read.
  func heard(_ message: JSONValue) {
    if message["isReplay"]?.bool == true {
      echoes = true
      if let id = message["uuid"]?.string { work?.unread.remove(id) }
      return
    }
    guard let work else { return }
    for block in message["message"]?["content"]?.array ?? [] where block["type"]?.string == "tool_result" {
      guard let id = block["tool_use_id"]?.string else { continue }
      let isError = block["is_error"]?.bool == true
      guard let title = work.tools.removeValue(forKey: id) else { continue }
      // What is refused before it begins asks nobody; what has run must have.
      guard isError || work.passed.contains(id) else {
        return end(because: "it used a tool without asking (\(ClaudeWords.short(title, 100)))")
      }
      work.turn.action(
        key: id, phase: "done", title: title,
        detail: isError ? ClaudeWords.short(Self.text(block["content"]), 300) : nil)
    }
  }

  /// What the program tells about itself.
  func told(_ message: JSONValue) throws {
    switch message["subtype"]?.string {
    case "init"?:
      isBusy = true
      guard let work else { return }
      work.graceTimer?.cancel()
      work.mayGoOn = false
      guard let id = message["session_id"]?.string, Self.isPlain(id) else { return }
      try work.turn.keep(NativeSession(id: id, workdir: work.turn.workdir))
    case "background_tasks_changed"?:
      let tasks = message["tasks"]?.array ?? []
      let before = agents
      agents = tasks.count { Self.isAgent($0["task_type"]?.string) }
      others = tasks.count - agents
      if agents < before { work?.mayGoOn = true }
      if agents == 0, before > 0, let work, !isBusy { waitForMore(work) }
    case "api_retry"?: retrying(message)
    default: break
    }
  }

  /// Its service makes it wait, which can take minutes.
  private func retrying(_ message: JSONValue) {
    guard let work else { return }
    let why = message["error_status"]?.int.map { "\($0)" } ?? message["error"]?.string ?? "no answer"
    let delay = (message["retry_delay_ms"]?.double ?? 0) / 1000
    let attempt = message["attempt"]?.int ?? 0
    let all = message["max_retries"]?.int ?? 0
    work.turn.action(
      key: Self.retryKey, phase: work.isRetrying ? "updated" : "started",
      title: "The model's service does not answer (\(ClaudeWords.short(why, 60))): "
        + "attempt \(attempt) of \(all), again in \(Int(delay.rounded(.up))) s")
    work.isRetrying = true
  }

  private func quietRetry(_ work: ClaudeWork) {
    guard work.isRetrying else { return }
    work.isRetrying = false
    work.turn.action(key: Self.retryKey, phase: "done", title: "The model's service answers again")
  }

  private static let retryKey = "retry"

  // MARK: - The end of a turn

  /// A turn of the program's own is over; ours may go on for what works behind it.
  func resulted(_ message: JSONValue) throws {
    isBusy = false
    let before = total
    total = message["total_cost_usd"]?.double ?? total
    guard let work else { return }
    let turn = work.turn
    work.count(message, before: before)
    if let id = message["session_id"]?.string, Self.isPlain(id), turn.nativeSession != nil {
      turn.canResume(with: "claude --resume \(id)")
    }
    if work.isInterrupted {
      turn.failStopped(work.text.final)
      // What it left running is a part of what was stopped.
      return release(reusable: agents + others == 0)
    }
    if message["is_error"]?.bool == true {
      let errors = (message["errors"]?.array ?? []).compactMap(\.string)
      if errors.contains(where: Self.tellsLoss) { return lost() }
      let (code, words) = ClaudeWords.failure(message, kind: work.errorKind, agent: turn.settings.name)
      let text = work.text.final
      turn.fail(code: code, words, after: text)
      return release(reusable: false)
    }
    if work.text.whole.isEmpty, let text = message["result"]?.string { work.text.finish(text) }
    guard work.unread.isEmpty || !echoes, agents == 0 else { return }
    if work.mayGoOn { waitForMore(work) } else { finish(work) }
  }

  /// Waits a moment whether the program takes up what a sub-agent of its own has found.
  private func waitForMore(_ work: ClaudeWork) {
    work.graceTimer?.cancel()
    work.graceTimer = stage.loop.after(2000) { [weak self] in
      guard let self, self.work === work, !isBusy, agents == 0 else { return }
      finish(work)
    }
  }

  private func finish(_ work: ClaudeWork) {
    let text = work.text.final
    let nothing = work.turn.command == nil ? "(no output)" : "Done."
    work.turn.finish(text.isEmpty ? nothing : text)
    release(reusable: true)
  }

  // MARK: - Pieces

  /// Whether a message is of the conversation itself, not of a sub-agent.
  private static func isMain(_ message: JSONValue) -> Bool { message["parent_tool_use_id"]?.string == nil }

  private static func isAgent(_ type: String?) -> Bool { type == "local_agent" || type == "local_workflow" }

  /// Whether an id can stand on a command line as it is.
  private static func isPlain(_ id: String) -> Bool {
    !id.isEmpty && id.utf8.count <= 128
      && id.utf8.allSatisfy { byte in
        byte >= 0x30 && byte <= 0x39 || byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A || byte == 0x2D
          || byte == 0x5F
      }
  }

  /// The text of a result: a string, or blocks.
  private static func text(_ content: JSONValue?) -> String {
    content?.string ?? (content?.array ?? []).compactMap { $0["text"]?.string }.joined(separator: "\n")
  }
}
