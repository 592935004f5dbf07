package import Delivery
internal import FeishuWire
internal import JSON
internal import Journal
internal import Stage
internal import System
internal import Wire

/// A reaction of ours on a person's message.
enum WorkingReaction: Equatable {
  /// It is being put there; `isWanted` turns false when the work is over before that.
  case coming(isWanted: Bool)
  /// It is there.
  case shown
  /// It could not be put there.
  case failed
}

/// That work goes on is shown by a reaction on the person's message, because Feishu has no sign for typing.
extension FeishuMessenger {
  private static let kind = "feishu-reaction"

  package func show(_ progress: Progress) throws {
    guard progress.phase != "done", let parent = progress.parent else { return }
    startWorking(parent, progress.session, progress.address)
  }

  /// Shows on a message that work goes on.
  func startWorking(_ parent: String, _ session: String, _ chat: Address?) {
    guard let emoji = options.reaction, !isReactionForbidden, reactions[parent] == nil, reactions.count < 256,
      let message = origin(of: parent, in: chat)?["message_id"]?.string, !message.isEmpty,
      message.utf8.count <= 256
    else { return }
    reactions[parent] = .coming(isWanted: true)
    let json = JSONObject([("reaction_type", .object(JSONObject([("emoji_type", .string(emoji))])))])
    let path = "/im/v1/messages/\(FeishuClient.encoded(message))/reactions"
    client.call("POST", path, json: json) { [weak self] result in
      guard let self else { return }
      let before = reactions.removeValue(forKey: parent)
      switch result {
      case .failure(let error):
        // Tried once a message, so that nothing hangs on it.
        if error.verdict == .forbidden { isReactionForbidden = true }
        if before == .coming(isWanted: true) { reactions[parent] = .failed }
      case .success(let answer):
        guard let id = answer.data["reaction_id"]?.string, !id.isEmpty, id.utf8.count <= 256 else { return }
        guard before == .coming(isWanted: true) else { return remove(id, message) }
        reactions[parent] = .shown
        // Whoever says the end of this turn after a crash takes it away, too.
        let json = JSONObject([("message", .string(message)), ("reaction", .string(id))])
        var writer = JSONWriter()
        writer.value(.object(json))
        try? Handles(stage).put(
          session: session, kind: Self.kind, value: String(decoding: writer.bytes, as: UTF8.self),
          expires: stage.journal.clock.now() + 86_400_000, budget: 1)
      }
    }
  }

  /// Takes away what shows that work goes on for a message.
  func stopWorking(_ parent: String, _ session: String) {
    guard options.reaction != nil else { return }
    if case .coming = reactions.removeValue(forKey: parent) { reactions[parent] = .coming(isWanted: false) }
    // Those of a process that is dead, too.
    while let kept = try? Handles(stage).take(session: session, kind: Self.kind) {
      guard let value = try? JSONReader.parse(kept), let message = value["message"]?.string,
        let id = value["reaction"]?.string
      else { continue }
      remove(id, message)
    }
  }

  private func remove(_ id: String, _ message: String) {
    let path =
      "/im/v1/messages/\(FeishuClient.encoded(message))/reactions/\(FeishuClient.encoded(id))"
    courtesies += 1
    client.call("DELETE", path) { [weak self] _ in self.map { $0.courtesies = max(0, $0.courtesies - 1) } }
  }
}
