/// How long to wait before trying a connection or a program again: 1 to 60 seconds, doubling, with
/// jitter, and from the beginning after 60 seconds of health.
package struct Backoff: Sendable {
  private var failures = 0
  private var start: Int64?

  /// Nothing has failed yet.
  package init() {}

  /// Notes that it runs since now (milliseconds of a monotonic clock).
  package mutating func began(at now: Int64) { start = now }

  /// Notes that it failed, and tells how many milliseconds to wait.
  package mutating func next(at now: Int64, random: UInt64) -> Int64 {
    if let start, now - start >= 60_000 { failures = 0 }
    start = nil
    let whole: Int64 = min(60_000, 1000 << Int64(min(failures, 6)))
    failures += 1
    // Between half and all of it, so that many that fell together do not come back together.
    let half = whole / 2
    return half + Int64(random % UInt64(half + 1))
  }
}
