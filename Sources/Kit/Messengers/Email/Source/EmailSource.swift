internal import Console
internal import Crypto
package import Delivery
internal import EmailWire
internal import Journal
internal import Mail
internal import Network
package import Stage
internal import Store
internal import System
internal import Web

package import class Delivery.Account

/// Receives mail: looks into a mailbox over IMAP, and is told of news where the server can.
package final class EmailSource: Source {
  package let platform = FACTS.name
  package let account: String

  let email: EmailAccount
  let mailbox: String
  let deafAfter: Int64
  let poll: Int64
  let renewal: Int64
  let options: MailConnection.Options
  let client: HTTPClient
  let intake: MailIntake
  unowned let stage: Stage
  unowned var receiver: Receiver?
  var reconnector: Reconnector?
  var rates: SenderRates
  var isStopping = false
  var isPaused = false
  var wasTold = false

  // The connection and what it is about.
  var session: IMAPSession?
  var capabilities: Set<String> = []
  var place = MailboxPlace()
  var waiting: [Int] = []
  /// Whether the mailbox is open.
  var isSelected = false
  var isIdling = false
  var hasNews = false
  /// The mail that the server is asked for.
  var fetching: Int?
  /// How often the server's answer about a mail made no sense.
  var trouble: [Int: Int] = [:]
  /// Up to where the mails count as looked at once those that wait are.
  var floor: Int?
  /// A mail that is about to be committed.
  var storing: Int?
  var seen: [Int] = []
  var timer: EventLoop.Timer?

  /// IDLE is renewed long before a server gives it up (29 minutes), or a router in between does.
  private static let longestIdle: Int64 = 9 * 60_000
  /// After so many answers that make no sense a mail is left out, so that those behind it are not lost.
  static let tries = 3
  /// How long a server may take to say that it is still there.
  static let probe: Int64 = 30_000

  /// The source of an account.
  ///
  /// - Throws: `Failure` with status 78.
  package init(_ account: Account, _ stage: Stage, _ options: SourceOptions) throws {
    self.stage = stage
    self.account = account.account
    email = try EmailAccount(account)
    mailbox = try account.text("mailbox") ?? "INBOX"
    guard mailbox.utf8.count <= 500, !mailbox.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) else {
      throw account.failure("mailbox", "expected a name of at most 500 bytes")
    }
    deafAfter = options.deafAfter
    // Whoever has been silent for too long counts as dead: it is asked for a sign of life well before.
    poll = min(Int64(try account.number("poll", in: 1...300) ?? 60) * 1000, max(1000, deafAfter / 3))
    renewal = min(Self.longestIdle, max(1000, deafAfter / 3))
    let servers = (try account.texts("authserv_id") ?? (try account.text("authserv_id").map { [$0] })) ?? []
    rates = SenderRates(perHour: try account.number("per_hour", in: 1...100_000) ?? 60)
    guard !servers.isEmpty || email.secret != nil else {
      throw Failure(
        .configuration,
        "account \"\(account.name)\" has neither \"authserv_id\" nor \"address_secret\": "
          + "nothing would prove who a mail is from",
        hint: "see agim-email(7), TRUST")
    }
    self.options = try email.options("imap", [.imaps, .imap])
    client = HTTPClient(stage.loop)
    intake = MailIntake(
      account: email,
      rules: MailVerdict.Rules(
        own: email.address, servers: servers.map { $0.lowercased() }, secret: email.secret,
        isEqual: { constantTimeEqual($0, $1) }),
      platform: platform, stage: stage)
  }

  package func start(_ receiver: Receiver) throws {
    self.receiver = receiver
    var limits = Reconnection.Limits()
    limits.deafAfter = deafAfter
    var actions = Reconnector.Actions(
      connect: { [unowned self] in connect() }, abandon: { [unowned self] in abandon() },
      deaf: { [unowned self] in
        let why = "nothing came from \(options.server) for too long"
        receiver.status(of: self, state: "deaf", text: why)
        leave(with: Failure(.temporary, "email: \(why)"))
      })
    actions.note = { Log.info("email", [("what", $0)]) }
    let reconnector = Reconnector(stage.loop, limits, actions)
    self.reconnector = reconnector
    try reconnector.start()
  }

  package func pause() { isPaused = true }

  package func resume() {
    isPaused = false
    stage.loop.after(0) { [weak self] in try self?.next() }
  }

  package func stop() throws {
    isStopping = true
    reconnector?.stop()
    timer?.cancel()
    session?.close()
    session = nil
    receiver?.ended(self)
  }
}
