package import System

/// Keeps a connection: connects, connects again, and notices when it is dead or we are deaf.
///
/// The times are those of `Reconnection`. What kind of connection it is only its owner knows: a WebSocket,
/// a long poll, IMAP. Fatal refusals are the owner's affair too: it calls `stop()` and fails.
package final class Reconnector {
  /// What the owner does.
  package struct Actions {
    /// Begins to connect; `connected()` or `lost()` is called later.
    package var connect: () throws -> Void
    /// Gives the connection up, or the attempt, without calling `lost()`.
    package var abandon: () -> Void
    /// Asks the other end for a sign of life, where nothing else does.
    package var probe: () throws -> Void = {}
    /// Nothing was proved for too long: say so, and leave with 75.
    package var deaf: () throws -> Void
    /// Told why a connection is given up, or how long is waited: for a `status` line.
    package var note: (String) throws -> Void = { _ in }

    /// Those that there must be.
    package init(
      connect: @escaping () throws -> Void, abandon: @escaping () -> Void, deaf: @escaping () throws -> Void
    ) {
      (self.connect, self.abandon, self.deaf) = (connect, abandon, deaf)
    }
  }

  private let loop: EventLoop
  private let actions: Actions
  private let limits: Reconnection.Limits
  private var state: Reconnection
  private var again: EventLoop.Timer?
  private var watch: EventLoop.Timer?
  private var isRunning = false

  /// How often the clocks are looked at.
  private static let period: Int64 = 10_000

  /// One that does nothing before `start()`.
  package init(_ loop: EventLoop, _ limits: Reconnection.Limits = Reconnection.Limits(), _ actions: Actions) {
    self.loop = loop
    self.limits = limits
    self.actions = actions
    state = Reconnection(limits, at: Self.moment(loop.clock))
  }

  deinit {
    again?.cancel()
    watch?.cancel()
  }

  /// Whether a connection stands.
  package var isConnected: Bool { state.isConnected }

  /// For how many milliseconds the other end has proved nothing.
  package var silence: Int64 { max(0, loop.clock.monotonic() - state.heardAt) }

  /// Connects now.
  package func start() throws {
    guard !isRunning else { return }
    isRunning = true
    state = Reconnection(limits, at: Self.moment(loop.clock))
    lookLater()
    try actions.connect()
  }

  /// Does nothing any more; the connection stays as it is.
  package func stop() {
    isRunning = false
    again?.cancel()
    watch?.cancel()
  }

  /// The connection stands, and the other end has taken us in.
  package func connected() { state.connected(at: loop.clock.monotonic()) }

  /// Something came from the other end, whatever it was.
  package func heard() { state.heard(at: loop.clock.monotonic()) }

  /// The connection, or the attempt at one, has failed, or the other end wants another: it is made later.
  package func lost(retryAfter: Int64? = nil) throws {
    guard isRunning else { return }
    let wait = state.lost(
      at: loop.clock.monotonic(), random: loop.clock.random(), retryAfter: retryAfter)
    again?.cancel()
    again = loop.after(wait) { [weak self] in try self?.connect() }
    try actions.note("connecting again in \((wait + 500) / 1000) s")
  }

  /// Gives the connection up and connects anew at once: no waiting helps against a clock that jumped.
  private func restart(_ why: String) throws {
    actions.abandon()
    try actions.note(why)
    again?.cancel()
    again = loop.after(0) { [weak self] in try self?.connect() }
  }

  private func connect() throws {
    guard isRunning else { return }
    try actions.connect()
  }

  private func lookLater() {
    watch = loop.after(Self.period) { [weak self] in try self?.look() }
  }

  private func look() throws {
    guard isRunning else { return }
    lookLater()
    switch state.look(at: Self.moment(loop.clock)) {
    case .nothing: return
    case .probe: try actions.probe()
    case .reconnect(let why): try restart(why)
    case .deaf: try actions.deaf()
    }
  }

  private static func moment(_ clock: Clock) -> Reconnection.Moment {
    Reconnection.Moment(monotonic: clock.monotonic(), wall: clock.now())
  }
}
