internal import Console
internal import Delivery
internal import JSON
internal import Journal
internal import Network
internal import Stage
internal import System
internal import TelegramWire
internal import Web

/// The long poll: one call after the other, each of which confirms what the ones before have brought.
final class Poller: Connection {
  private unowned let source: TelegramSource
  private var reconnector: Reconnector?
  private var transfer: HTTPTransfer?
  private var again: EventLoop.Timer?
  /// The first update that is wanted; nil for whatever the server has.
  private var offset: Int64?
  private var confirmed: Int64?
  private var call = 0
  private var isReady = false
  private var failures = 0
  private var conflicts = 0
  private var isDown = false
  private var then: (() throws -> Void)?

  /// The server's own limit for a call without updates, in seconds.
  private static let wait = 50
  /// After a week without updates the server may number them anew.
  private static let week: Int64 = 7 * 86_400_000
  private static let conflictLimit = 4

  init(_ source: TelegramSource) { self.source = source }

  private var loop: EventLoop { source.stage.loop }

  func start() throws {
    if let (value, since) = try source.receiver?.cursor("offset", of: source), let number = Int64(value),
      source.stage.journal.clock.now() - since < Self.week
    {
      offset = number
    }
    var limits = Reconnection.Limits()
    limits.deafAfter = source.options.deafAfter
    var actions = Reconnector.Actions(
      connect: { [unowned self] in try connect() },
      abandon: { [unowned self] in abandon() },
      deaf: { [unowned self] in
        source.tell("deaf", "the server has said nothing for too long")
        throw Failure(
          .temporary, "telegram: nothing was heard of \(source.bot.base) for too long",
          hint: "check the network; a supervisor starts agim-recv again")
      })
    actions.note = { text in Log.info("telegram", [("note", text)]) }
    let reconnector = Reconnector(loop, limits, actions)
    self.reconnector = reconnector
    try reconnector.start()
  }

  func stop(_ then: @escaping () throws -> Void) throws {
    reconnector?.stop()
    abandon()
    self.then = then
    // What is stored is confirmed, so that it does not come again; only the next call would do so otherwise.
    source.whenStored { [unowned self] in try confirm() }
    loop.after(0) {}
  }

  private func confirm() throws {
    guard isReady, let offset, confirmed != offset else { return try finish() }
    transfer = source.api.call(
      "getUpdates", parameters(limit: 1, wait: 0), total: 3000, isRepeatable: true
    ) { [weak self] _ in try self?.finish() }
  }

  private func finish() throws {
    let then = then
    self.then = nil
    try then?()
  }

  private func abandon() {
    call += 1
    again?.cancel()
    transfer?.cancel()
    transfer = nil
  }

  /// A handler that is not called any more once its call was given up.
  private func current(
    _ handler: @escaping (Poller, Result<JSONValue, CallFailure>) throws -> Void
  ) -> (Result<JSONValue, CallFailure>) throws -> Void {
    call += 1
    let mine = call
    return { [weak self] result in
      guard let self, mine == call, !source.isStopping else { return }
      try handler(self, result)
    }
  }

  // MARK: - Beginning

  private func connect() throws {
    guard !source.isStopping else { return }
    guard source.identity == nil else { return try isReady ? poll() : freeUpdates() }
    transfer = source.api.call(
      "getMe", isRepeatable: true,
      then: current { poller, result in
        if let failure = poller.source.identify(result) { return try poller.failed(failure) }
        try poller.source.intake.restore()
        try poller.freeUpdates()
      })
  }

  /// A webhook and a poll exclude each other.
  private func freeUpdates() throws {
    transfer = source.api.call(
      "deleteWebhook", isRepeatable: true,
      then: current { poller, result in
        if case .failure(let failure) = result { return try poller.failed(failure) }
        poller.isReady = true
        try poller.poll()
      })
  }

  // MARK: - Polling

  private func parameters(limit: Int, wait: Int) -> JSONObject {
    .of([
      "offset": offset.map { .id($0) }, "limit": .number(JSONNumber(limit)),
      "timeout": .number(JSONNumber(wait)), "allowed_updates": Update.wanted,
    ])
  }

  private func poll() throws {
    guard !source.isStopping else { return }
    guard !source.intake.isFull else {
      again = loop.after(500) { [weak self] in try self?.poll() }
      return
    }
    let asked = offset
    let began = loop.clock.monotonic()
    // At first, and once something was missed, an answer at once says that all is well.
    let wait = reconnector?.isConnected == true && !isDown ? Self.wait : 0
    transfer = source.api.call(
      "getUpdates", parameters(limit: 100, wait: wait), total: Int64(Self.wait + 12) * 1000,
      isRepeatable: true,
      then: current { poller, result in
        switch result {
        case .failure(let failure): try poller.failed(failure)
        case .success(let value):
          guard let updates = value.array else {
            return try poller.failed(CallFailure(status: 200, answer: nil, retryAfter: nil))
          }
          if asked != nil { poller.confirmed = asked }
          try poller.took(updates, wasQuick: wait > 0 && poller.loop.clock.monotonic() - began < 500)
        }
      })
  }

  private func took(_ updates: [JSONValue], wasQuick: Bool) throws {
    reconnector?.heard()
    failures = 0
    conflicts = 0
    if reconnector?.isConnected == false {
      reconnector?.connected()
      source.tell("connected", "receiving as @\(source.identity?.username ?? "?")")
    }
    isDown = false
    for update in updates {
      guard let number = update["update_id"]?.int else { continue }
      try source.intake.take(update)
      offset = max(offset ?? 0, Int64(number) + 1)
    }
    if let offset, !updates.isEmpty { source.receiver?.save("offset", "\(offset)", of: source) }
    // A server that answers at once and with nothing is not asked in a circle.
    guard !updates.isEmpty || !wasQuick else {
      again = loop.after(1000) { [weak self] in try self?.poll() }
      return
    }
    source.whenStored { [weak self] in try self?.poll() }
  }

  // MARK: - Failing

  private func failed(_ failure: CallFailure) throws {
    switch failure.kind {
    case .unauthorized, .methodUnknown:
      source.tell("refused", source.bot.words(failure))
      throw source.refusal(failure)
    case .conflict: return try conflict(failure)
    case .flood(let wait):
      if reconnector?.isConnected == true { disconnected(failure) }
      reconnector?.heard()
      return try reconnector?.lost(retryAfter: wait) ?? ()
    default: break
    }
    failures += 1
    // A long call that is cut says little; a second one does.
    if failures == 1, failure.kind == .network, reconnector?.isConnected == true {
      again = loop.after(200 + Int64(loop.clock.random() % 800)) { [weak self] in
        self?.isDown = true
        try self?.poll()
      }
      return
    }
    disconnected(failure)
    try reconnector?.lost()
  }

  private func disconnected(_ failure: CallFailure) {
    guard !isDown || reconnector?.isConnected == true else { return }
    isDown = true
    source.tell("disconnected", source.bot.words(failure))
  }

  /// Somebody else has the updates: another program, or what is left of one that was killed.
  private func conflict(_ failure: CallFailure) throws {
    conflicts += 1
    reconnector?.heard()
    Log.warning("telegram: \(source.bot.words(failure))", [("attempt", "\(conflicts)")])
    guard conflicts < Self.conflictLimit else {
      source.tell("refused", source.bot.words(failure))
      throw Failure(
        .notPermitted, "telegram: another program receives for bot \(source.bot.token.id): \(failure.words)",
        hint: "stop that one, or revoke the token with BotFather if you do not know it")
    }
    // A webhook that somebody has set meanwhile is taken away again.
    isReady = false
    again = loop.after(5000 + Int64(loop.clock.random() % 3000)) { [weak self] in try self?.connect() }
  }
}
