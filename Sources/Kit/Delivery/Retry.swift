/// When a delivery that failed for now is tried again.
package enum Retry {
  /// The longest distance between two tries, in milliseconds.
  package static let longest: Int64 = 300_000

  /// Milliseconds to wait after so many failed tries: from one second, doubling, with jitter.
  package static func delay(after failures: Int64, random: UInt64) -> Int64 {
    let whole: Int64 = min(longest, 1000 << min(max(failures, 0), 9))
    let half = whole / 2
    return half + Int64(random % UInt64(half + 1))
  }
}
