internal import Console
internal import Gate
internal import Glibc
internal import JSON
internal import Journal
internal import Requests
internal import Stage
internal import Store
internal import System
internal import Wire

/// Waiting for an answer, and what may become of a request meanwhile.
extension HookDesk {
  /// Waits until `settle` says what has become of a request.
  func wait<Result>(
    for asked: RequestRow, _ time: Int64, settle: @escaping (RequestRow, inout GateWatch) throws -> Result?
  ) throws -> Result {
    var watch = GateWatch(from: stage.loop.clock.monotonic())
    var result: Result?
    let isFirst = look == nil
    look = { [unowned self] in
      guard result == nil else { return }
      stage.refreshSettings(atOnce: true)
      let found = try stage.journal.write {
        guard let row = try self.stage.journal.store.request(asked.id) else {
          throw Failure(.dataError, "request \(asked.code) is not in the store any more")
        }
        return try settle(row, &watch)
      }
      guard let found else { return }
      result = found
      stage.loop.stop()
    }
    if isFirst { try listen() }
    stage.loop.after(time) { [unowned self] in try look?() }
    defer { if result == nil { try? withdraw(asked) } }
    if stopped == nil { try stage.loop.run() }
    if let result { return result }
    throw Failure(
      .temporary, "ended by \(stopped ?? "somebody") before anybody answered request \(asked.code)")
  }

  private func listen() throws {
    try stage.loop.onSignals([SIGTERM, SIGINT, SIGHUP]) { [unowned self] number in
      stopped = "signal \(number)"
      stage.loop.stop()
    }
    stage.whenOthersCommit { [unowned self] in try look?() }
    poll()
  }

  /// Whether those who answer live, and what became of the card, is looked at every second; where nothing
  /// tells about commits, the answer too.
  private func poll() {
    stage.loop.after(stage.hearsOthers ? 1000 : 100) { [unowned self] in
      try look?()
      poll()
    }
  }

  /// What has become of the request; nil while it waits.
  func settle(_ row: RequestRow, _ asking: JudgedCall, _ watch: inout GateWatch) throws
    -> HookVerdict?
  {
    let who = row.by ?? "somebody"
    switch row.state {
    case .allowed:
      let refusal = try desk.use(row, asking)
      return refusal.map { .deny(Self.sentence($0)) } ?? .allow("agim: allowed by \(who)")
    case .denied: return .deny("agim: \(who) said no in \(row.session). Do not try it another way.")
    case .expired, .used, .void: return .deny(Self.sentence(row.via ?? "it does not wait any more"))
    case .pending: break
    }
    guard let why = try hopeless(row, &watch), try desk.expire(row, because: why) else { return nil }
    try stage.journal.withdraw(queued: row.id, because: why)
    return .deny(
      Self.sentence("\(why) (\(row.session), request \(row.code))")
        + " An approver answers there, or with 'agim-approve allow CODE' at the machine, while it waits.")
  }

  /// Why nobody will answer; nil while there is hope.
  func hopeless(_ row: RequestRow, _ watch: inout GateWatch) throws -> String? {
    if row.expires <= stage.journal.clock.now() { return "nobody answered in time" }
    if watch.isGone(isThere: missing == nil, at: stage.loop.clock.monotonic()) {
      return missing ?? "nobody could answer"
    }
    let cards = try stage.journal.store.outbox(id: row.id)
    if let card = cards.first(where: { $0.state == .refused }) {
      return "the question could not be shown: \(card.reason ?? "it was refused")"
    }
    return nil
  }

  /// Nobody waits any more: an answer would lead to nothing.
  private func withdraw(_ row: RequestRow) throws {
    try stage.journal.write {
      let why = "\(event.program.rawValue) does not wait for it any more"
      if let row = try stage.journal.store.request(row.id) { try desk.void(row, because: why) }
      try stage.journal.withdraw(queued: row.id, because: why)
    }
    stage.journal.wakeOthers()
  }

  /// What hooks that were killed left behind.
  func voidOrphans() throws {
    for row in try desk.orphans(isDead: stage.journal.isDead) {
      try desk.void(row, because: "\(row.agent) does not wait for it any more")
      try stage.journal.withdraw(queued: row.id, because: "nobody waits for it any more")
    }
  }
}
