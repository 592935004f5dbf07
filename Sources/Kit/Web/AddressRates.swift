package import Network

/// How many requests each address may make: a bucket for each that is refilled as time goes by.
package struct AddressRates: Sendable {
  private struct Bucket {
    var tokens: Double
    var at: Int64
  }

  private let perSecond: Double
  private let sparesLoopback: Bool
  private var buckets: [[UInt8]: Bucket] = [:]

  /// How many addresses are told apart; the rest share one bucket.
  private static let limit = 4096
  /// How many seconds' worth may come at once.
  private static let burst = 4.0

  /// So many a second for each; this machine itself without a limit, where that is wanted.
  package init(perSecond: Double, sparesLoopback: Bool) {
    (self.perSecond, self.sparesLoopback) = (perSecond, sparesLoopback)
  }

  /// Counts a request of an address (milliseconds of a monotonic clock): nil, or for how many seconds to wait.
  package mutating func refusal(_ address: NetworkAddress?, at now: Int64) -> Int? {
    if sparesLoopback, address?.isLoopback == true { return nil }
    var key = address?.network ?? []
    if buckets.count >= Self.limit, buckets[key] == nil {
      let full = max(1, perSecond * Self.burst)
      buckets = buckets.filter { $0.value.tokens + Double(now - $0.value.at) / 1000 * perSecond < full }
      if buckets.count >= Self.limit { key = [] }
    }
    let most = max(1, perSecond * Self.burst)
    var bucket = buckets[key] ?? Bucket(tokens: most, at: now)
    bucket.tokens = min(most, bucket.tokens + Double(now - bucket.at) / 1000 * perSecond)
    bucket.at = now
    defer { buckets[key] = bucket }
    guard bucket.tokens < 1 else {
      bucket.tokens -= 1
      return nil
    }
    return max(1, Int(((1 - bucket.tokens) / perSecond).rounded(.up)))
  }
}
