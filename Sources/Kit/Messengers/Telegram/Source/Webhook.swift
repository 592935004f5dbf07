internal import Console
internal import Crypto
internal import Delivery
internal import JSON
internal import Network
internal import Stage
internal import System
internal import TelegramWire
internal import Web

/// Updates that the server posts to us, each answered once it is stored.
final class Webhook: Connection {
  private unowned let source: TelegramSource
  private let server: HTTPServer
  private let publicURL: String?
  private let secret: String
  private let path: String
  private var attempts: Int64 = 0
  private var isSet = false

  private static let header = "x-telegram-bot-api-secret-token"

  /// - Throws: `Failure` with status 78 where the settings do not fit together.
  init(_ source: TelegramSource, server: HTTPServer, publicURL: String?, secret: String?) throws {
    self.source = source
    self.server = server
    self.publicURL = publicURL
    path = source.account.isEmpty ? "/telegram" : "/telegram/\(source.account)"
    if let secret {
      guard (1...256).contains(secret.utf8.count), secret.utf8.allSatisfy(Self.isAllowed) else {
        throw Failure(
          .configuration,
          "\"webhook_secret\" of account \"\(source.bot.name)\" has characters that Telegram does not take",
          hint: "1 to 256 of A-Z, a-z, 0-9, _ and -")
      }
      self.secret = secret
    } else {
      guard publicURL != nil else {
        throw Failure(
          .configuration, "telegram: nobody tells Telegram where this webhook is",
          hint:
            "say --public-url, or give account \"\(source.bot.name)\" a \"public_url\"; where you call setWebhook "
            + "yourself, give it the \"webhook_secret\" that you chose")
      }
      // A new one at each start: nobody else needs to know it.
      let clock = source.stage.loop.clock
      self.secret = (0..<4).map { _ in String(clock.random(), radix: 36) }.joined()
    }
  }

  private static func isAllowed(_ byte: UInt8) -> Bool {
    byte >= 0x30 && byte <= 0x39 || byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A || byte == 0x2D || byte == 0x5F
  }

  func start() throws {
    try identify()
  }

  func stop(_ then: @escaping () throws -> Void) throws {
    // The webhook stays: updates wait for the next receiver.
    source.whenStored(then)
    source.stage.loop.after(0) {}
  }

  private func identify() throws {
    source.api.call("getMe", isRepeatable: true) { [weak self] result in
      guard let self, !source.isStopping else { return }
      if let failure = source.identify(result) {
        return try failed(failure) { [weak self] in try self?.identify() }
      }
      try source.intake.restore()
      try listen()
    }
  }

  private func listen() throws {
    server.route("POST", path) { [weak self] exchange in try self?.take(exchange) }
    guard publicURL != nil else {
      source.tell("connected", "receiving as @\(source.identity?.username ?? "?") at \(path)")
      return
    }
    try announce()
  }

  private func announce() throws {
    let url = "\(publicURL ?? "")\(path)"
    source.api.call(
      "setWebhook",
      .of([
        "url": .string(url), "secret_token": .string(secret), "allowed_updates": Update.wanted,
      ]), isRepeatable: true
    ) { [weak self] result in
      guard let self, !source.isStopping else { return }
      if case .failure(let failure) = result {
        return try failed(failure) { [weak self] in try self?.announce() }
      }
      isSet = true
      source.tell("connected", "receiving as @\(source.identity?.username ?? "?") at \(url)")
    }
  }

  private func failed(_ failure: CallFailure, again: @escaping () throws -> Void) throws {
    guard failure.isTemporary, failure.kind != .conflict else {
      source.tell("refused", source.bot.words(failure))
      throw source.refusal(failure)
    }
    if attempts == 0 { source.tell("disconnected", source.bot.words(failure)) }
    attempts += 1
    var wait: Int64 = min(60_000, 500 << min(attempts, 7))
    if case .flood(let asked) = failure.kind { wait = max(wait, asked) }
    source.stage.loop.after(wait, again)
  }

  private func take(_ exchange: HTTPExchange) throws {
    let given = exchange.header(Self.header) ?? ""
    guard constantTimeEqual(given, secret) else {
      Log.notice("telegram: a call of the webhook without its secret", [("from", exchange.peer)])
      return exchange.respond(401)
    }
    guard !source.intake.isFull else {
      return exchange.respond(503, headers: [("Retry-After", "5")])
    }
    let limits = JSONLimits(maxBytes: exchange.body.count + 1)
    if let update = try? JSONReader.parse(exchange.body, limits: limits) {
      try source.intake.take(update)
    } else {
      // It would come again and again, and hold up what follows.
      Log.warning("telegram: an update that is not JSON; left out", [("bytes", "\(exchange.body.count)")])
    }
    source.whenStored { exchange.respond(200) }
  }
}
