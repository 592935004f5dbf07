internal import Store
internal import System

/// Everything that is to be delivered, in lanes: the rows of a lane go one after the other, lanes go
/// side by side.
final class Lanes {
  /// Rows of a lane that go to its messenger together.
  struct Choice {
    let lane: Lane
    private(set) var deliveries: [Delivery]
    /// Those that somebody else has taken away meanwhile.
    private(set) var gone: [Delivery] = []
    /// Whether the lane counts as sending already.
    var isBegun = false

    /// Leaves out those whose numbers are not wanted.
    mutating func keep(where isKept: (Int64) -> Bool) {
      gone = deliveries.filter { !isKept($0.row.n) }
      deliveries = deliveries.filter { isKept($0.row.n) }
    }
  }

  /// How many lanes have something in the hands of a messenger.
  private(set) var sending = 0

  private var lanes: [String: Lane] = [:]
  private var laneOf: [Int64: Lane] = [:]
  private var cache: [Int64: Delivery] = [:]
  private var cacheBytes = 0
  private var ready: [Lane] = []
  private var isReady: Set<ObjectIdentifier> = []
  private let load: (Int64) throws -> Delivery?

  /// Bytes of rows that are kept in memory; the others are read again when their time comes.
  private static let cacheLimit = 2 << 20

  /// `load` reads a row that is not in memory.
  init(load: @escaping (Int64) throws -> Delivery?) { self.load = load }

  /// The number of rows.
  var count: Int { laneOf.count }
  /// Whether something could be handed over now.
  var hasReady: Bool { !ready.isEmpty }

  /// Puts a row at the end of a lane.
  func append(_ delivery: Delivery, key: String, messenger: any Messenger) {
    let lane = lane(key, messenger)
    if lane.isEmpty, let next = delivery.row.next { lane.dueAt = next }
    add(delivery, to: lane)
    makeReady(lane)
  }

  /// Puts rows that are sent at once into a lane that was free.
  func begin(_ deliveries: [Delivery], key: String, messenger: any Messenger) -> Choice {
    let lane = lane(key, messenger)
    for delivery in deliveries { add(delivery, to: lane) }
    begin(lane)
    return Choice(lane: lane, deliveries: deliveries, isBegun: true)
  }

  /// Whether nothing stands in a lane, and one more may be begun.
  func isFree(_ key: String, jobs: Int, messenger: any Messenger) -> Bool {
    lanes[key] == nil && ready.isEmpty && (sending < jobs || messenger.keepsOneOrder)
  }

  private func lane(_ key: String, _ messenger: any Messenger) -> Lane {
    if let known = lanes[key] { return known }
    let lane = Lane(key, messenger)
    lanes[key] = lane
    return lane
  }

  private func add(_ delivery: Delivery, to lane: Lane) {
    let n = delivery.row.n
    laneOf[n] = lane
    if cacheBytes < Self.cacheLimit {
      cache[n] = delivery
      cacheBytes += delivery.size
    }
    lane.append(n)
  }

  /// Puts the further parts of a reply behind its first one, in the lane where that stands.
  func insert(_ parts: [Delivery], behind first: Delivery) {
    guard let lane = laneOf[first.row.n] else { return }
    for part in parts {
      laneOf[part.row.n] = lane
      guard cacheBytes < Self.cacheLimit else { continue }
      cache[part.row.n] = part
      cacheBytes += part.size
    }
    lane.insert(parts.map(\.row.n), behind: first.row.n)
  }

  /// Takes away a row that is delivered, refused or gone.
  func finish(_ n: Int64) {
    if let delivery = cache.removeValue(forKey: n) { cacheBytes -= delivery.size }
    guard let lane = laneOf.removeValue(forKey: n) else { return }
    lane.remove(n)
    lane.dueAt = nil
    if lane.isEmpty, !lane.isSending { lanes[lane.key] = nil }
  }

  /// Lets a row, and its lane, wait.
  func postpone(_ delivery: Delivery, until next: Timestamp) {
    delivery.row.attempts += 1
    laneOf[delivery.row.n]?.dueAt = next
  }

  /// Notes that a messenger has something of a lane in hand.
  func begin(_ lane: Lane) {
    lane.isSending = true
    sending += 1
  }

  /// Notes that a messenger has nothing of a lane in hand any more.
  func end(_ lane: Lane) {
    lane.isSending = false
    sending -= 1
    if lane.isEmpty { lanes[lane.key] = nil } else { makeReady(lane) }
  }

  /// Chooses what may be handed over now.
  ///
  /// `mayStand` tells whether a row may go together with others.
  func choose(at now: Timestamp, jobs: Int, mayStand: (Int64) -> Bool) throws -> [Choice] {
    var choices: [Choice] = []
    var later: [Lane] = []
    for lane in ready {
      guard !lane.isSending, !lane.isEmpty else { continue }
      // A due time further away than the longest back-off means that the clock went back.
      if let due = lane.dueAt, due > now, due - now <= Retry.longest * 2 { continue }
      guard sending + choices.count < jobs || lane.messenger.keepsOneOrder else {
        later.append(lane)
        continue
      }
      var deliveries: [Delivery] = []
      var bytes = 0
      for n in lane.first(lane.messenger.batch) {
        guard bytes < Self.cacheLimit else { break }
        guard let delivery = try cache[n] ?? load(n) else { continue }
        let stands = mayStand(n)
        if !stands, !deliveries.isEmpty { break }
        deliveries.append(delivery)
        bytes += delivery.size
        if !stands { break }
      }
      if !deliveries.isEmpty { choices.append(Choice(lane: lane, deliveries: deliveries)) }
    }
    ready = later
    isReady = Set(later.map { ObjectIdentifier($0) })
    return choices
  }

  /// Lets a lane be looked at again.
  func makeReady(_ lane: Lane) {
    if isReady.insert(ObjectIdentifier(lane)).inserted { ready.append(lane) }
  }

  /// Lets every lane be looked at again.
  func makeAllReady() { for lane in lanes.values { makeReady(lane) } }

  /// Looks at none until something changes.
  func makeNoneReady() {
    ready.removeAll()
    isReady.removeAll()
  }

  /// Milliseconds until the next lane is due; nil when none waits.
  func nextDue(at now: Timestamp) -> Int64? {
    var earliest: Int64?
    for lane in lanes.values where !lane.isSending && !lane.isEmpty {
      guard let due = lane.dueAt else { continue }
      let wait = min(max(due - now, 10), Retry.longest)
      if wait < earliest ?? .max { earliest = wait }
    }
    return earliest
  }
}
