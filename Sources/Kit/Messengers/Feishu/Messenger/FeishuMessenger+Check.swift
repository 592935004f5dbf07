package import Console
internal import Delivery
internal import FeishuWire
internal import JSON
internal import Stage
internal import System
internal import Text

/// Whether an account works: its token, its bot, and whether it may have cards that stream.
extension FeishuMessenger: Checkable {
  package func check(_ done: @escaping (Result<[String], Failure>) throws -> Void) throws {
    client.call("GET", "/bot/v3/info") { [weak self] result in
      guard let self else { return }
      switch result {
      case .failure(let error): try done(.failure(failure(error)))
      case .success(let answer):
        let bot = answer.root["bot"]
        guard let id = bot?["open_id"]?.string, !id.isEmpty else {
          return try done(
            .failure(
              Failure(
                .notPermitted, "app id \(client.app) has no bot",
                hint: "add the bot in Feishu's console, and publish a version")))
        }
        let name = displayEscaped(bot?["app_name"]?.string ?? "")
        try checkCards(["the bot \"\(name)\" (\(displayEscaped(id))) answers"], done)
      }
    }
  }

  /// A card that is made and never sent shows whether the app may make them.
  private func checkCards(
    _ lines: [String], _ done: @escaping (Result<[String], Failure>) throws -> Void
  ) throws {
    let card = FeishuCard(elements: [.plain("check")], isStreaming: true)
    let json = JSONObject([("type", "card_json"), ("data", .string(card.text))])
    client.call("POST", "/cardkit/v1/cards", json: json) { [weak self] result in
      guard let self else { return }
      switch result {
      case .success: try done(.success(lines + ["replies are shown while they grow, by cards that stream"]))
      case .failure(let error) where error.verdict == .forbidden:
        let hint = "give the app cardkit:card:write for cards that stream"
        try done(.success(lines + ["replies are shown while they grow, by editing; \(hint)"]))
      case .failure(let error): try done(.failure(failure(error)))
      }
    }
  }

  private func failure(_ error: FeishuError) -> Failure {
    if let failure = error.failure(app: client.app, account: account) { return failure }
    return Failure(
      error.isPassing ? .temporary : .notPermitted, "feishu: \(error)", hint: error.hint)
  }
}
