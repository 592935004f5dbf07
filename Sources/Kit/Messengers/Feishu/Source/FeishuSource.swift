internal import Console
package import Delivery
internal import FeishuWire
internal import JSON
internal import Network
package import Stage
internal import System
internal import Web

package import class Delivery.Account

/// Receives from Feishu (Lark): over a long connection, or by a webhook.
package final class FeishuSource: Source {
  package let platform = Feishu.facts.name
  package let account: String
  /// One receiver for each app, whatever the accounts are called: two would take each other's events.
  package var credential: String? { "feishu app \(client.app)" }

  let stage: Stage
  let client: FeishuClient
  let settings: FeishuSettings
  let options: SourceOptions
  /// The account's name in the configuration.
  let name: String
  private let webhook: FeishuWebhook?
  private(set) var intake: FeishuIntake?
  private(set) weak var receiver: Receiver?

  // The long connection.
  var reconnector: Reconnector?
  var socket: WebSocket?
  var fragments = FeishuFragments()
  var pace = FeishuEndpoint.Pace()
  var ping: EventLoop.Timer?
  var attempt = 0
  var failures = 0
  var wasConnected = false
  private(set) var isStopping = false
  private(set) var isPaused = false

  /// How long what is in hand may take once we are told to end, in milliseconds.
  private static let patience: Int64 = 3000

  /// The source of an account.
  ///
  /// - Throws: `Failure` with status 78 or 69 where the account lacks something.
  package init(_ account: Account, _ stage: Stage, _ options: SourceOptions) throws {
    self.account = account.account
    self.stage = stage
    self.options = options
    name = account.name
    settings = try FeishuSettings(account)
    client = try FeishuClient(account, loop: stage.loop)
    // Other platforms may be why something listens.
    let isProvable = account.isGiven("encrypt_key") || account.isGiven("verification_token")
    switch settings.way ?? (options.listen != nil && isProvable ? .webhook : .connection) {
    case .connection: webhook = nil
    case .webhook:
      guard options.listen != nil else {
        throw Failure.usage(
          "account \"\(account.name)\" receives by a webhook, and nothing listens",
          hint: "add --listen ADDRESS, or say \"receive\": \"connection\"")
      }
      webhook = try FeishuWebhook(account, app: client.app)
    }
  }

  package func start(_ receiver: Receiver) throws {
    self.receiver = receiver
    let intake = FeishuIntake(receiver, self, client, settings)
    self.intake = intake
    var limits = Reconnection.Limits()
    // Who is posted to hears nothing while nobody says anything.
    limits.deafAfter = isWebhook ? nil : options.deafAfter
    var actions = Reconnector.Actions(
      connect: { [weak self] in try self?.connect() },
      abandon: { [weak self] in self?.abandon() },
      deaf: { [weak self] in try self?.deaf() })
    actions.note = { [weak self] in self?.note($0) }
    let reconnector = Reconnector(stage.loop, limits, actions)
    self.reconnector = reconnector
    if let webhook, let server = options.listen {
      try webhook.serve(server, intake, publicURL: options.publicURL) { [weak self] in
        self?.reconnector?.heard()
      }
    }
    try reconnector.start()
  }

  package func pause() {
    isPaused = true
    socket?.isPaused = true
  }

  package func resume() {
    isPaused = false
    socket?.isPaused = false
  }

  package func stop() throws {
    guard !isStopping else { return }
    isStopping = true
    reconnector?.stop()
    webhook?.stop()
    finish(until: stage.loop.clock.monotonic() + Self.patience)
  }

  /// Ends once what is in hand is stored; what is not by then comes again, because it is not acknowledged.
  private func finish(until deadline: Int64) {
    let now = stage.loop.clock.monotonic()
    guard intake?.isIdle == false, now < deadline else {
      guard let socket, socket.isOpen else { return over() }
      socket.close(code: 1000, reason: "")
      // A server that does not close in its turn is not waited for.
      stage.loop.after(500) { [weak self] in self?.over() }
      return
    }
    stage.loop.after(20) { [weak self] in self?.finish(until: deadline) }
  }

  /// The end of the source; called twice does no harm.
  func over() {
    abandon()
    receiver?.ended(self)
  }

  /// Whether events come by the webhook.
  var isWebhook: Bool { webhook != nil }

  // MARK: - What is told

  func note(_ words: String) {
    receiver?.status(of: self, state: "disconnected", text: words)
  }

  private func deaf() throws {
    let minutes = options.deafAfter / 60_000
    try refuse(
      Failure(
        .temporary, "feishu: nothing was heard from Feishu for \(minutes) min",
        hint: "start it again; see the network, and agim-feishu(7)"), state: "deaf")
  }

  /// Ends the command where an error is one that does not pass.
  func judge(_ error: FeishuError, isEndpoint: Bool = false) throws {
    var failure = error.failure(app: client.app, account: name)
    if failure == nil, isEndpoint, error.code != nil, !error.isTemporary {
      failure = Failure(
        .notPermitted, "feishu: app id \(client.app) gets no long connection (\(error.words))",
        hint: "choose the long connection for events in Feishu's console, and check the app of account"
          + " \"\(name)\"")
    }
    if failure == nil, case .network(let fault) = error.cause, !fault.isTemporary, !wasConnected {
      failure = Failure(.unavailable, "feishu: \(fault)")
    }
    if let failure { try refuse(failure) }
  }

  /// Ends the command, and tells the pipe before.
  func refuse(_ failure: Failure, state: String = "refused") throws {
    receiver?.status(of: self, state: state, text: failure.message)
    try stage.output.pump()
    throw failure
  }
}
