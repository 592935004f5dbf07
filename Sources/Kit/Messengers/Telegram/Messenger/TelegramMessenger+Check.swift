package import Console
internal import Delivery
internal import JSON
internal import Network
internal import Stage
internal import System
internal import TelegramWire

/// Whether the bot's token is accepted, and whose it is.
extension TelegramMessenger: Checkable {
  package func check(_ done: @escaping (Result<[String], Failure>) throws -> Void) throws {
    let api = outlet.bot.api(HTTPClient(stage.loop), clock: stage.loop.clock)
    let name = outlet.bot.name
    api.call("getMe", isRepeatable: true) { result in
      // The client would end its calls with itself.
      try withExtendedLifetime(api) {
        switch result {
        case .success(let me):
          try done(.success(["the bot is @\(me["username"]?.string ?? "?")"]))
        case .failure(let failure) where failure.kind == .unauthorized:
          try done(
            .failure(
              Failure(
                .configuration, "the token is refused (\(failure.words))",
                hint: "check \"token\" of account \"\(name)\" in config.json")))
        case .failure(let failure):
          try done(.failure(Failure(failure.isTemporary ? .temporary : .notPermitted, failure.words)))
        }
      }
    }
  }
}
