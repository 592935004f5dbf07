package import Delivery
internal import JSON
package import Network
package import System
package import Wire

package import class Delivery.Account

/// What is known about the platform before anything of it is opened.
// swift-format-ignore: AlwaysUseLowerCamelCase
package let FACTS = PlatformFacts(
  name: "telegram",
  keys: [
    "token", "to", "base_url", "insecure", "groups", "public_url", "webhook_secret", "local_files",
    "download_limit", "link_previews",
  ],
  secrets: ["token", "webhook_secret"], variables: ["token": "TELEGRAM_BOT_TOKEN"], needs: [["token"]])

/// An account's settings that both halves need.
package struct BotAccount {
  /// The bot's token.
  package let token: BotToken
  /// The server's address.
  package let base: String
  /// The directory of a local server's files; nil for the cloud, and for a server whose files come over HTTP.
  package let localFiles: String?
  /// The account's name on the platform, for addresses.
  package let account: String
  /// Its name in messages.
  package let name: String

  /// Reads an account.
  ///
  /// - Throws: `Failure` with status 78 that names account and key.
  package init(_ account: Account) throws {
    guard let token = BotToken(try account.needSecret("token")) else {
      throw account.failure(
        "token", "it has not the form of a bot's token",
        hint: "BotFather gives it as 123456789:AAF..., see agim-telegram(7)")
    }
    self.token = token
    base = try account.url("base_url", default: BotAPI.cloud)
    localFiles = try account.text("local_files")
    if let localFiles, !localFiles.hasPrefix("/") {
      throw account.failure("local_files", "expected the absolute path of a directory")
    }
    self.account = account.account
    name = account.name
  }

  /// The calls of the bot.
  package func api(_ client: HTTPClient, clock: Clock) -> BotAPI {
    BotAPI(client, clock: clock, base: base, token: token)
  }

  /// Whether files may be larger than the cloud's server takes.
  package var isCloud: Bool { base == BotAPI.cloud }

  /// The address of a chat, and of a topic in it.
  package func address(chat: Int64, thread: Int64?) -> Address {
    Address(
      platform: FACTS.name, account: account, channel: "\(chat)", thread: thread.map { "\($0)" })
  }

  /// How a failure of a call is told to an operator.
  package func words(_ failure: CallFailure) -> String {
    switch failure.kind {
    case .unauthorized:
      "bot \(token.id) is refused (\(failure.status) \(failure.words)): check \"token\" of account \"\(name)\""
    case .network, .server: failure.words
    case _ where failure.status == 0: failure.words
    default: "\(failure.words) (\(failure.status))"
    }
  }
}
