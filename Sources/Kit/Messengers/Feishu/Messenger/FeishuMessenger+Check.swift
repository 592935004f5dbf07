package import Console
internal import Delivery
internal import FeishuWire
internal import JSON

/// Whether the app's id and secret are accepted, and whether it has a bot.
extension FeishuMessenger: Checkable {
  package func check(_ done: @escaping (Result<[String], Failure>) throws -> Void) throws {
    client.call("GET", "/bot/v3/info") { [client] result in
      switch result {
      case .success(let answer):
        guard let name = answer.root["bot"]?["app_name"]?.string ?? answer.root["bot"]?["open_id"]?.string else {
          return try done(
            .failure(Failure(.notPermitted, "the app has no bot", hint: "add the bot feature, and publish a version")))
        }
        try done(.success(["the bot is \(name)"]))
      case .failure(let error):
        let failure = error.failure(app: client.app, account: "feishu")
        try done(
          .failure(failure ?? Failure(error.isTemporary ? .temporary : .notPermitted, "\(error)", hint: error.hint)))
      }
    }
  }
}
