package import Settings
package import System

/// Whether an agent is left alone for a while because it failed again and again.
///
/// Nothing of it is kept: it is what follows from the agent's failures since it last worked, so that every
/// process of a home says the same, and a restart changes nothing.
package enum Breaker: Equatable, Sendable {
  /// It works, as far as is known.
  case closed
  /// It is left alone.
  case open(Opening)
  /// It may be tried again, by one turn; the others wait for what becomes of that.
  case trying(Opening)

  /// Why and for how long an agent is left alone.
  package struct Opening: Equatable, Sendable {
    /// When it failed once too often.
    package internal(set) var since: Timestamp
    /// When it failed last.
    package internal(set) var failed: Timestamp
    /// When it is tried again.
    package internal(set) var retry: Timestamp
    /// With which code it failed last.
    package internal(set) var code: String
    /// How often it failed in a row.
    package internal(set) var failures: Int
    /// A turn that tries it began then or later.
    package internal(set) var trialsSince: Timestamp
  }

  /// A turn that ended because its agent was not available.
  package struct Failure: Equatable, Sendable {
    let began: Timestamp
    let ended: Timestamp
    let code: String
    /// A failure with its code.
    package init(began: Timestamp, ended: Timestamp, code: String) {
      (self.began, self.ended, self.code) = (began, ended, code)
    }
  }

  /// How far the clock may go back without anybody taking notice: turns of several processes may be noted in
  /// another order than they ended in.
  static let slack: Int64 = 60_000

  /// What follows from failures in a row, in the order of their ends.
  package init(after failures: [Failure], at now: Timestamp, _ limits: LimitSettings) {
    guard limits.breakerFailures > 0, failures.count >= limits.breakerFailures else {
      self = .closed
      return
    }
    let longest = limits.breakerLongest.milliseconds
    var pause = min(limits.breakerPause.milliseconds, longest)
    let first = failures[limits.breakerFailures - 1]
    var opening = Opening(
      since: first.ended, failed: first.ended, retry: first.ended + pause, code: first.code,
      failures: failures.count, trialsSince: first.ended + pause)
    for failure in failures[limits.breakerFailures...] {
      // One that was at work when the others failed says nothing new; one from before the clock was set back
      // does not either, but its time can no longer be compared.
      let isBack = failure.ended + Self.slack < opening.failed
      guard isBack || failure.began >= opening.retry else { continue }
      pause = min(pause > longest / 2 ? longest : pause * 2, longest)
      opening.failed = failure.ended
      opening.retry = failure.ended + pause
      opening.code = failure.code
    }
    // After the clock was set back nobody waits for a time that may be years away.
    let isBack = now + Self.slack < opening.failed
    opening.trialsSince = isBack ? Timestamp(milliseconds: .min) : opening.retry
    self = isBack || now >= opening.retry ? .trying(opening) : .open(opening)
  }

  /// Why it is left alone, whether it is being tried or not; nil while it works.
  package var opening: Opening? {
    switch self {
    case .closed: nil
    case .open(let opening), .trying(let opening): opening
    }
  }
}
