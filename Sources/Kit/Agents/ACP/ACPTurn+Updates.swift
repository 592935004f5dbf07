internal import JSON
internal import Stage
internal import System
internal import Turns

/// What a program tells while it works.
extension ACPTurn {
  func updated(_ kind: String, _ update: JSONObject) {
    turn.activity()
    switch kind {
    case "agent_message_chunk":
      guard let words = Self.words(update["content"]) else { return }
      text.add(words, of: update["messageId"]?.string)
      show()
    case "tool_call", "tool_call_update":
      if kind == "tool_call" { text.endPart() }
      tool(update)
    case "plan": plan(update["entries"]?.array ?? [])
    // Thoughts, the person's own words, lists of commands, titles, and whatever comes to be.
    default: break
    }
  }

  private static func words(_ content: JSONValue?) -> String? {
    switch content?["type"]?.string {
    case "text": content?["text"]?.string
    case "resource_link":
      content?["uri"]?.string.map { uri in
        content?["name"]?.string.map { "\($0) (\(uri))" } ?? uri
      }
    case "resource": content?["resource"]?["text"]?.string
    case "image": "[an image]"
    case "audio": "[a sound]"
    default: nil
    }
  }

  private func tool(_ update: JSONObject) {
    guard let id = update["toolCallId"]?.string else { return }
    let isNew = calls[id] == nil
    let before = calls[id]?.title
    guard var call = calls.merge(update), call.isOpen else { return }
    let now = stage.loop.clock.monotonic()
    switch update["status"]?.string {
    case "completed", "failed":
      call.isOpen = false
      calls[id] = call
      turn.action(
        key: call.key, phase: "done", title: call.title,
        detail: update["status"]?.string == "failed" ? "failed" : nil)
    default:
      if isNew {
        turn.action(key: call.key, phase: "started", title: call.title)
      } else if before != call.title, now - call.shown >= 1000 {
        turn.action(key: call.key, phase: "updated", title: call.title)
      } else {
        return
      }
      call.shown = now
      calls[id] = call
    }
  }

  private func plan(_ entries: [JSONValue]) {
    let done = entries.count { $0["status"]?.string == "completed" }
    let lines = entries.prefix(50).map { entry in
      let mark =
        switch entry["status"]?.string {
        case "completed": "x"
        case "in_progress": ">"
        default: " "
        }
      return "[\(mark)] " + ACPWords.line(entry["content"]?.string ?? "", 120)
    }
    turn.action(
      key: "plan", phase: done == entries.count ? "done" : "updated",
      title: "plan: \(done) of \(entries.count)",
      detail: lines.joined(separator: "\n"))
  }
}
