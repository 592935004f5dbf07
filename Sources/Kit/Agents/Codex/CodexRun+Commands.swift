internal import JSON
internal import Peers
internal import Settings
internal import Turns

/// What people have done in codex's own session instead of a turn.
extension CodexRun {
  /// The commands of `Turn.command`.
  static let commands: Set<String> = ["compact", "undo"]

  func perform(_ command: String) {
    guard peer.hasTurns else { return finish("There is nothing to \(command) in this conversation.") }
    let thread: (String, JSONValue) = ("threadId", .string(peer.thread ?? ""))
    switch command {
    case "compact":
      // A turn of its own follows, without words.
      words = "The conversation was compacted."
      ask("thread/compact/start", [thread]) { _ in }
    default:
      ask("thread/turns/list", [thread, ("limit", 1)]) { [weak self] list in
        guard let self else { return }
        guard let last = list["data"]?.array?.first?["id"]?.string else {
          return finish("There is nothing to undo in this conversation.")
        }
        ask("thread/revert", [thread, ("beforeTurnId", .string(last))]) { [weak self] _ in
          self?.finish("The last message and its answer are forgotten. What was done to files stays.")
        }
      }
    }
  }

  private func ask(
    _ method: String, _ params: [(String, JSONValue)], then: @escaping (JSONValue) -> Void
  ) {
    peer.rpc.request(method, .object(JSONObject(params)), within: 60_000) { [weak self] result in
      switch result {
      case .success(let value): then(value)
      case .failure(.gone): return
      case .failure(let error):
        guard let self else { return }
        fail("command", "\(turn.settings.name) could not do that: \(CodexItem.tail(error.message))")
      }
    }
  }
}
