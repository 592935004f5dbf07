internal import Network
internal import System

/// When a request is made again.
package struct RetryPlan: Sendable {
  /// How often it is made again at most.
  package let retries: Int
  private var made = 0

  /// A plan for one call.
  package init(retries: Int) { self.retries = retries }

  /// How often it was made again.
  package var count: Int { made }

  /// The longest that one waits by oneself.
  private static let longest: Int64 = 60_000

  /// For how many milliseconds to wait before the next request; nil: there is none.
  ///
  /// From half a second to a second, doubling, or as long as the endpoint asks; never past the time that is
  /// left.
  package mutating func next(
    after problem: ModelProblem, left: Int64, random: UInt64
  ) -> Int64? {
    guard problem.isRetryable, made < retries else { return nil }
    let least: Int64
    let spread: Int64
    if let asked = problem.retryAfter, asked > 0 {
      // Many who were told the same do not come back together.
      (least, spread) = (asked, min(1000, asked / 4))
    } else {
      least = min(Self.longest / 2, 500 << Int64(min(made, 10)))
      spread = least
    }
    let wait = least + Int64(random % UInt64(spread + 1))
    guard wait < left else { return nil }
    made += 1
    return wait
  }

  /// For how many milliseconds an endpoint asks to wait; nil where it does not say.
  static func asked(_ head: HTTPHead, now: Timestamp) -> Int64? {
    if let text = head.header("retry-after-ms"), let number = Double(text), number >= 0 {
      return Int64(min(number, Double(HTTPDate.longest)))
    }
    if let asked = head.retryAfter(now: now) { return asked }
    guard head.status == 429 else { return nil }
    let resets = ["x-ratelimit-reset-requests", "x-ratelimit-reset-tokens"]
    // Which of them was too much is not said: the sooner one is tried.
    return resets.compactMap { head.header($0).flatMap(duration) }.min()
  }

  /// Reads a duration such as `6m0s`, `1.5s` or `20ms`, as milliseconds; nil for anything else.
  static func duration(_ text: String) -> Int64? {
    var total = 0.0
    var rest = Array(text.utf8)[...]
    guard !rest.isEmpty, rest.count <= 32 else { return nil }
    while !rest.isEmpty {
      let digits = rest.prefix { 0x30...0x39 ~= $0 || $0 == UInt8(ascii: ".") }
      rest = rest.dropFirst(digits.count)
      let letters = rest.prefix { 0x61...0x7A ~= $0 }
      rest = rest.dropFirst(letters.count)
      let unit: Double? =
        switch String(decoding: letters, as: UTF8.self) {
        case "ms": 1
        case "s": 1000
        case "m": 60_000
        case "h": 3_600_000
        default: nil
        }
      guard let unit, let number = Double(String(decoding: digits, as: UTF8.self)) else { return nil }
      total += number * unit
    }
    return Int64(min(total.rounded(.up), Double(HTTPDate.longest)))
  }
}
