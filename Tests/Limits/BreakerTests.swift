import Limits
import Settings
import System
import Testing

/// Minutes since an arbitrary moment.
private func at(_ minutes: Int64, _ seconds: Int64 = 0) -> Timestamp {
  Timestamp(milliseconds: 1_790_000_000_000 + minutes * 60_000 + seconds * 1000)
}

private func failure(_ began: Timestamp, _ ended: Timestamp, _ code: String = "login") -> Breaker.Failure {
  Breaker.Failure(began: began, ended: ended, code: code)
}

/// When an agent that fails is left alone, on a fixed clock.
@Suite struct BreakerTests {
  private let limits = LimitSettings()
  /// Three turns that failed, one after the other.
  private let three = (0..<3).map { failure(at($0), at($0, 30)) }

  @Test("two failures are two failures")
  func few() {
    #expect(Breaker(after: [], at: at(0), limits) == .closed)
    #expect(Breaker(after: Array(three.prefix(2)), at: at(2), limits) == .closed)
  }

  @Test("the third opens it for five minutes, and then one may try")
  func opens() throws {
    let breaker = Breaker(after: three, at: at(3), limits)
    let opening = try #require(breaker.opening)
    #expect(breaker == .open(opening))
    #expect(opening.since == at(2, 30) && opening.retry == at(7, 30))
    #expect(opening.code == "login" && opening.failures == 3)
    #expect(Breaker(after: three, at: at(7, 29), limits) == .open(opening))
    #expect(Breaker(after: three, at: at(7, 30), limits) == .trying(opening))
    #expect(opening.trialsSince == opening.retry)
  }

  @Test("each trial that fails doubles the pause, up to an hour")
  func doubles() throws {
    var failures = three
    var pauses: [Int64] = []
    for _ in 0..<6 {
      let retry = try #require(Breaker(after: failures, at: at(3), limits).opening).retry
      failures.append(failure(retry, retry + 1000, "overloaded"))
      let opening = try #require(Breaker(after: failures, at: retry + 1000, limits).opening)
      #expect(opening.code == "overloaded" && opening.since == at(2, 30))
      pauses.append((opening.retry - (retry + 1000)) / 60_000)
    }
    #expect(pauses == [10, 20, 40, 60, 60, 60])
  }

  @Test("turns that were at work when it opened do not double it")
  func concurrent() throws {
    let many = three + (0..<20).map { _ in failure(at(1), at(3), "died") }
    let opening = try #require(Breaker(after: many, at: at(4), limits).opening)
    #expect(opening.retry == at(7, 30) && opening.failures == 23)
  }

  @Test("a clock that goes back makes nobody wait for years")
  func backwards() throws {
    let back = Breaker(after: three, at: at(-600), limits)
    guard case .trying(let opening) = back else {
      Issue.record("\(back)")
      return
    }
    // A trial that runs began before the time that the old clock named.
    #expect(opening.trialsSince < at(-600))
    // The trial fails on the new clock: that counts, from then on.
    let more = three + [failure(at(-600), at(-599))]
    let next = try #require(Breaker(after: more, at: at(-598), limits).opening)
    #expect(next.failed == at(-599) && next.retry == at(-589))
    // A second back is nothing.
    #expect(Breaker(after: three, at: at(2, 29), limits).opening?.retry == at(7, 30))
  }

  @Test("the settings count as they are now, and 0 turns it off")
  func settings() {
    var limits = LimitSettings()
    limits.breakerFailures = 0
    #expect(Breaker(after: three, at: at(3), limits) == .closed)
    limits.breakerFailures = 1
    limits.breakerPause = .seconds(7200)
    // The pause is never longer than the longest.
    #expect(Breaker(after: [three[0]], at: at(1), limits).opening?.retry == at(60, 30))
  }
}
