package import System

/// When to connect again, and when a connection is believed to be dead: pure, all times are given.
///
/// Waits are 1 to 60 s with jitter, and begin anew after 60 s of health. A wall clock that jumps (a laptop
/// slept) means that the connection is not to be believed: connect anew at once. Silence is proven by a
/// probe and never assumed; who proves nothing for long is deaf, and a supervisor starts it afresh.
package struct Reconnection: Sendable {
  /// The times, in milliseconds.
  package struct Limits: Equatable, Sendable {
    /// Nothing proved for so long that we are there: deaf; nil for never.
    package var deafAfter: Int64? = 900_000
    /// Nothing heard for so long: probe; nil where the connection does that itself.
    package var probeAfter: Int64?
    /// How long a probe may go unanswered.
    package var answerWithin: Int64 = 15_000
    /// By how much the wall clock and the other one may drift apart between two looks.
    package var jump: Int64 = 30_000

    /// The usual ones.
    package init() {}
  }

  /// A moment on both clocks.
  package struct Moment: Equatable, Sendable {
    /// Milliseconds of the clock that only goes forward.
    package var monotonic: Int64
    /// The wall clock.
    package var wall: Timestamp

    /// A moment of its two times.
    package init(monotonic: Int64, wall: Timestamp) { (self.monotonic, self.wall) = (monotonic, wall) }
  }

  /// What to do after a look.
  package enum Advice: Equatable, Sendable {
    /// Nothing.
    case nothing
    /// Ask the other end for a sign of life.
    case probe
    /// Give the connection up, and connect anew at once.
    case reconnect(String)
    /// Nothing was proved for too long: leave, to be started afresh.
    case deaf
  }

  /// The times.
  package let limits: Limits
  /// Whether a connection stands.
  package private(set) var isConnected = false
  /// The last moment at which the other end was there (monotonic).
  package private(set) var heardAt: Int64

  private var backoff = Backoff()
  private var probedAt: Int64?
  private var looked: Moment

  /// Nothing is connected, and nothing has failed.
  package init(_ limits: Limits = Limits(), at now: Moment) {
    self.limits = limits
    heardAt = now.monotonic
    looked = now
  }

  /// The connection stands, and the other end has taken us in.
  package mutating func connected(at now: Int64) {
    isConnected = true
    backoff.began(at: now)
    heard(at: now)
  }

  /// Something came from the other end, whatever it was.
  package mutating func heard(at now: Int64) {
    heardAt = now
    probedAt = nil
  }

  /// The connection, or the attempt at one, has failed: for how many milliseconds to wait.
  ///
  /// Where the other end says how long to wait it was there, and is not asked earlier.
  package mutating func lost(at now: Int64, random: UInt64, retryAfter: Int64? = nil) -> Int64 {
    isConnected = false
    probedAt = nil
    let wait = backoff.next(at: now, random: random)
    guard let retryAfter else { return wait }
    // It answered, and silence until then is what it asked for.
    heardAt = max(heardAt, now + max(0, retryAfter))
    return max(wait, retryAfter)
  }

  /// Looks at the clocks; to be called every few seconds.
  package mutating func look(at now: Moment) -> Advice {
    let drift = (now.wall - looked.wall) - (now.monotonic - looked.monotonic)
    looked = now
    if abs(drift) > limits.jump {
      // The time that was slept says nothing about the other end.
      (backoff, probedAt, isConnected) = (Backoff(), nil, false)
      heardAt = now.monotonic
      return .reconnect("the clock jumped by \(drift / 1000) s")
    }
    if let deafAfter = limits.deafAfter, now.monotonic - heardAt >= deafAfter { return .deaf }
    guard isConnected, let probeAfter = limits.probeAfter else { return .nothing }
    if let probedAt {
      guard now.monotonic - probedAt >= limits.answerWithin else { return .nothing }
      self.probedAt = nil
      return .reconnect("no answer to a probe within \(limits.answerWithin / 1000) s")
    }
    guard now.monotonic - heardAt >= probeAfter else { return .nothing }
    probedAt = now.monotonic
    return .probe
  }
}
