internal import Console
package import Delivery
internal import JSON
internal import Network
package import Stage
internal import System
internal import TelegramWire
internal import Web

package import class Delivery.Account

/// What people say to a Telegram bot: by a long poll, or by a webhook where there is a server for it.
package final class TelegramSource: Source {
  package let platform = FACTS.name
  package let account: String

  let bot: BotAccount
  let client: HTTPClient
  let api: BotAPI
  let stage: Stage
  let options: SourceOptions
  let groups: GroupPolicy
  private let server: HTTPServer?
  /// Bytes of a file that are fetched at most.
  let downloadLimit: Int
  /// Who we are, once the server has told.
  var identity: BotIdentity?
  private(set) var receiver: Receiver?
  private(set) lazy var intake = Intake(self)
  /// What is to happen once everything that was taken is stored.
  private var afterStored: [() throws -> Void] = []
  private(set) var isPaused = false
  private(set) var isStopping = false
  private var connection: (any Connection)?
  private let webhookSecret: String?
  private let publicURL: String?

  /// Where the cloud's server ends.
  private static let cloudLimit = 20 << 20

  /// The source of an account.
  ///
  /// - Throws: `Failure`.
  package init(_ account: Account, _ stage: Stage, _ options: SourceOptions) throws {
    server = options.listen
    bot = try BotAccount(account)
    self.account = account.account
    self.stage = stage
    self.options = options
    groups = try GroupPolicy(account)
    let most = bot.isCloud ? Self.cloudLimit >> 20 : 2000
    downloadLimit = (try account.number("download_limit", in: 0...most) ?? 20) << 20
    webhookSecret = try account.secret("webhook_secret")
    publicURL = try options.publicURL ?? account.text("public_url")
    client = HTTPClient(stage.loop)
    api = bot.api(client, clock: stage.loop.clock)
  }

  /// Two receivers of one bot would take each other's updates, whatever their accounts are called.
  package var credential: String? { "telegram-\(bot.token.id)" }

  package func start(_ receiver: Receiver) throws {
    self.receiver = receiver
    // Runs behind the receiver's own, which stores what was taken.
    stage.loop.beforeWait { [unowned self] in
      guard !isPaused else { return }
      let due = afterStored
      afterStored = []
      for action in due { try action() }
    }
    let connection: any Connection =
      if let server {
        try Webhook(self, server: server, publicURL: publicURL, secret: webhookSecret)
      } else {
        Poller(self)
      }
    self.connection = connection
    try connection.start()
  }

  package func pause() {
    isPaused = true
  }

  package func resume() {
    isPaused = false
    // The loop comes by the hook above before it waits again.
    stage.loop.after(0) {}
  }

  package func stop() throws {
    guard !isStopping else { return }
    isStopping = true
    intake.stop()
    guard let connection else { return over() }
    try connection.stop { [weak self] in self?.over() }
  }

  private func over() {
    receiver?.ended(self)
  }

  /// Does something once everything that was taken so far is stored.
  func whenStored(_ action: @escaping () throws -> Void) { afterStored.append(action) }

  /// Tells how it fares.
  func tell(_ state: String, _ text: String) { receiver?.status(of: self, state: state, text: text) }

  /// The end of the command for a refusal that no waiting helps against.
  func refusal(_ failure: CallFailure) -> Failure {
    let words = "telegram: \(bot.words(failure))"
    guard failure.kind == .unauthorized else { return Failure(.notPermitted, words) }
    return Failure(.configuration, words, hint: "BotFather shows a bot's token, and makes a new one")
  }

  /// Takes what `getMe` has given; why it is not known who we are, or nil.
  func identify(_ result: Result<JSONValue, CallFailure>) -> CallFailure? {
    switch result {
    case .failure(let failure): return failure
    case .success(let me):
      guard let id = me["id"]?.int, let username = me["username"]?.string else {
        return CallFailure(status: 200, answer: nil, retryAfter: nil)
      }
      identity = BotIdentity(
        id: Int64(id), username: username, name: me["first_name"]?.string ?? username,
        readsGroups: me["can_read_all_group_messages"]?.bool ?? false)
      return nil
    }
  }
}

/// How updates come.
protocol Connection: AnyObject {
  func start() throws
  /// Ends it; `then` is called once, when nothing is under way any more.
  func stop(_ then: @escaping () throws -> Void) throws
}
