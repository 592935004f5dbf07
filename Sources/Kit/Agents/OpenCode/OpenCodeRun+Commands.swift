internal import JSON
internal import Network
internal import Turns

/// What people can have done in the session itself.
extension OpenCodeRun {
  static let commands: Set<String> = ["compact", "undo"]

  /// Does what a chat command asks for, in place of a prompt.
  func command(_ word: String, _ id: String) {
    let path = "/session/\(OpenCodeServer.encoded(id))"
    server.call("GET", "\(path)/message") { [weak self] result in
      guard let self, !isOver else { return }
      guard case .success(let response) = result, response.head.isSuccess,
        let list = OpenCodeServer.json(response)?.array
      else { return fail("agent", "\(name) does not tell its messages: \(OpenCodeServer.words(result))") }
      switch word {
      case "compact": compact(list, path)
      case "undo": undo(list, path)
      default: fail("agent", "\(name) cannot do that: \(word)")
      }
    }
  }

  /// Puts a summary in place of what was said; the model that was used last writes it.
  private func compact(_ list: [JSONValue], _ path: String) {
    let last = list.last {
      $0["info"]?["role"]?.string == "assistant" && $0["info"]?["modelID"]?.string != nil
    }
    guard let body = OpenCodePrompt.model(turn.model) ?? OpenCodePrompt.model(of: last?["info"]) else {
      return fail("empty", "There is nothing to compact yet.")
    }
    turn.action(key: "compact", phase: "started", title: "compacting")
    server.call("POST", "\(path)/summarize", body, total: 600_000) { [weak self] result in
      guard let self, !isOver else { return }
      guard case .success(let response) = result, response.head.isSuccess else {
        return fail("agent", "\(name) did not compact its session: \(OpenCodeServer.words(result))")
      }
      finish("The session was compacted.")
    }
  }

  /// Takes back the last message of the person and what was done for it, files too where they are in Git.
  private func undo(_ list: [JSONValue], _ path: String) {
    guard let last = list.last(where: { $0["info"]?["role"]?.string == "user" }),
      let message = last["info"]?["id"]
    else { return fail("empty", "There is nothing to undo yet.") }
    server.call("POST", "\(path)/revert", JSONObject([("messageID", message)])) { [weak self] result in
      guard let self, !isOver else { return }
      guard case .success(let response) = result, response.head.isSuccess else {
        return fail("agent", "\(name) did not undo it: \(OpenCodeServer.words(result))")
      }
      finish("The last message was taken back, and what \(name) changed for it.")
    }
  }
}
