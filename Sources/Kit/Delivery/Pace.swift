/// How often something may be done: so many times within so long, for each of several keys and for all together.
package struct Pace: Sendable {
  /// So many times within so many milliseconds.
  package struct Rule: Sendable {
    let count: Int
    let within: Int64

    /// A rule; `count` is at least 1.
    package init(_ count: Int, within: Int64) { (self.count, self.within) = (max(1, count), within) }
  }

  private let each: [Rule]
  private let all: [Rule]
  private var times: [String: [Int64]] = [:]
  private var allTimes: [Int64] = []
  private var blocked: [String: Int64] = [:]
  private var blockedAll: Int64 = 0

  /// Rules for each key, and for all keys together.
  package init(each: [Rule], all: [Rule]) { (self.each, self.all) = (each, all) }

  /// Reserves the next moment for a key: milliseconds from now, 0 for at once.
  ///
  /// What is reserved is to be done then, or else it counts for nothing.
  package mutating func reserve(_ key: String, at now: Int64) -> Int64 {
    var moment = max(now, blocked[key] ?? 0, blockedAll)
    moment = max(moment, Self.earliest(times[key] ?? [], each), Self.earliest(allTimes, all))
    times[key] = Self.added(moment, to: times[key] ?? [], each)
    allTimes = Self.added(moment, to: allTimes, all)
    if times.count > 1000 { forget(before: now) }
    return moment - now
  }

  /// Notes that the platform wants a key, or everybody (nil), to wait for so many milliseconds.
  package mutating func block(_ key: String?, for wait: Int64, at now: Int64) {
    if let key {
      blocked[key] = max(blocked[key] ?? 0, now + wait)
    } else {
      blockedAll = max(blockedAll, now + wait)
    }
  }

  /// The first moment at which the rules allow one more; the times are in order.
  private static func earliest(_ times: [Int64], _ rules: [Rule]) -> Int64 {
    var moment = Int64.min
    for rule in rules where times.count >= rule.count {
      moment = max(moment, times[times.count - rule.count] + rule.within)
    }
    return moment
  }

  private static func added(_ moment: Int64, to times: [Int64], _ rules: [Rule]) -> [Int64] {
    var times = times
    let place = times.lastIndex { $0 <= moment }.map { $0 + 1 } ?? 0
    times.insert(moment, at: place)
    let longest = rules.map(\.count).max() ?? 0
    if times.count > longest { times.removeFirst(times.count - longest) }
    return times
  }

  private mutating func forget(before now: Int64) {
    let longest = each.map(\.within).max() ?? 0
    times = times.filter { ($0.value.last ?? 0) + longest > now }
    blocked = blocked.filter { $0.value > now }
  }
}
