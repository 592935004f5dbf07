internal import JSON
internal import Stage
internal import Turns

/// A tool call as the server tells it.
struct OpenCodeTool {
  var tool: String
  var input: JSONObject?
  var title: String
  var isOpen = true
}

/// What the server tells while it works.
extension OpenCodeRun {
  /// Takes an event of one of the turn's sessions.
  func take(_ type: String, _ properties: JSONObject, session: String, size: Int) throws {
    // A part is told anew, as a whole, with each piece that it grows by.
    let isRepeated = (properties["part"]?["id"]?.string).map(messages.knows) ?? false
    guard !isOver, count(isRepeated ? size / 16 : size) else { return }
    let isOwn = session == self.session
    switch type {
    case "message.updated":
      turn.activity()
      guard isOwn, let info = properties["info"]?.object else { return }
      isBusy = true
      messages.take(info: info)
      if info["role"]?.string == "user", userMessage == nil { userMessage = info["id"]?.string }
      show()
    case "message.part.updated":
      turn.activity()
      guard let part = properties["part"]?.object else { return }
      if part["type"]?.string == "tool" { return take(tool: part) }
      guard isOwn else { return }
      messages.take(part: part)
      show()
    case "message.part.delta":
      turn.activity()
      guard isOwn, let delta = properties["delta"]?.string, let message = properties["messageID"]?.string,
        let part = properties["partID"]?.string
      else { return }
      messages.take(delta: delta, message: message, part: part, field: properties["field"]?.string ?? "")
      show()
    case "session.status": if isOwn { take(status: properties["status"]) }
    case "session.idle": if isOwn { idle() }
    case "session.error":
      guard isOwn else { return }
      failure = OpenCodeFailure(properties["error"]) ?? failure
    case "permission.asked": try asked(properties, session, isSecond: false)
    case "permission.v2.asked": try asked(properties, session, isSecond: true)
    case "permission.replied":
      try answered(properties["requestID"]?.string ?? properties["permissionID"]?.string)
    case "question.asked": try questioned(properties)
    case "question.replied", "question.rejected": try questionEnded(properties["requestID"]?.string)
    default: break
    }
  }

  private func take(status: JSONValue?) {
    switch status?["type"]?.string {
    case "busy":
      isBusy = true
      turn.activity()
    case "retry":
      isBusy = true
      turn.action(
        key: "retry", phase: "updated", title: "\(name) tries again (\(status?["attempt"]?.int ?? 1))",
        detail: status?["message"]?.string.map { String($0.prefix(300)) })
    case "idle": idle()
    default: break
    }
  }

  /// It has nothing to do: the end, unless it has not begun yet.
  private func idle() { if isBusy || failure != nil { settle() } }

  private func show() {
    guard messages.size < LongText.limit else { return turn.activity() }
    turn.progress(messages.text)
  }

  private func take(tool part: JSONObject) {
    guard let call = part["callID"]?.string, let state = part["state"]?.object else { return }
    let name = part["tool"]?.string ?? "a tool"
    let known = tools[call]
    guard known?.isOpen != false, known != nil || tools.count < 10_000 else { return }
    var tool = known ?? OpenCodeTool(tool: name, title: name)
    if let input = state["input"]?.object, input.count > 0 { tool.input = input }
    let before = tool.title
    tool.title = Self.title(name, state, tool.input)
    switch state["status"]?.string {
    case "completed", "error":
      tool.isOpen = false
      let why = state["error"]?.string.map { "failed: \(Self.line($0))" }
      turn.action(key: call, phase: "done", title: tool.title, detail: why)
    default:
      if known == nil {
        turn.action(key: call, phase: "started", title: tool.title)
      } else if before != tool.title {
        turn.action(key: call, phase: "updated", title: tool.title)
      }
    }
    tools[call] = tool
  }

  /// What a call does, in a line.
  private static func title(_ tool: String, _ state: JSONObject, _ input: JSONObject?) -> String {
    let words = ["command", "filePath", "path", "pattern", "url", "description", "query"]
    let subject = words.lazy.compactMap { input?[$0]?.string }.first ?? state["title"]?.string ?? ""
    return subject.isEmpty ? tool : "\(tool): \(line(subject))"
  }

  static func line(_ text: String) -> String {
    var out = ""
    for scalar in text.unicodeScalars.prefix(200) {
      out.unicodeScalars.append(scalar.value < 0x20 || scalar.value == 0x7F ? " " : scalar)
    }
    return out
  }
}
