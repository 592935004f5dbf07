import Journal
import Store
import Testing

/// Every interleaving of everything that can happen to one message, up to a depth.
struct Exploration {
  private(set) var worlds: [World] = []
  private(set) var ends = 0
  private var origins: [(from: Int, step: Step?)] = []
  private var seen: Set<UInt128> = []
  private var settled: Set<UInt128> = []

  /// Explores breadth-first from all start worlds at once, so that every world is met on its shortest way.
  ///
  /// - Returns: the first promise that is broken and the steps that break it.
  mutating func run(from starts: [World], depth: Int) -> String? {
    for start in starts { add(start, from: -1, by: nil) }
    var first = 0
    for _ in 0..<depth {
      let last = worlds.count
      for index in first..<last {
        if let broken = expand(index) { return broken }
      }
      first = last
    }
    for index in first..<worlds.count {
      if let end = badEnd(worlds[index]) { return tell(end, index) }
    }
    return nil
  }

  private mutating func expand(_ index: Int) -> String? {
    let world = worlds[index]
    if let end = badEnd(world) { return tell(end, index) }
    for step in Step.all {
      var next = world
      guard next.take(step) else { continue }
      guard let added = add(next, from: index, by: step) else {
        if let broken = next.brokenPromise(since: world, by: step) {
          return tell("\(broken) by \(step)", index)
        }
        continue
      }
      if let broken = next.brokenPromise ?? next.brokenPromise(since: world, by: step) {
        return tell(broken, added)
      }
    }
    return nil
  }

  @discardableResult
  private mutating func add(_ world: World, from: Int, by step: Step?) -> Int? {
    guard seen.insert(world.key).inserted else { return nil }
    worlds.append(world)
    origins.append((from, step))
    return worlds.count - 1
  }

  /// The way on from here, once with all processes started again and once with only the dead ones.
  private mutating func badEnd(_ world: World) -> String? {
    for var end in [world.restarted, world.revived] {
      guard settled.insert(end.key).inserted else { continue }
      ends += 1
      end.settleDown()
      if let broken = end.brokenPromise { return broken }
      if let bad = end.badEnd, !end.isPrintedOut { return bad }
    }
    return nil
  }

  private func tell(_ what: String, _ index: Int) -> String {
    var steps: [String] = []
    var at = index
    while at >= 0, let step = origins[at].step {
      steps.append("\(step)")
      at = origins[at].from
    }
    return "\(what), after \(steps.reversed().joined(separator: ", ")) from \(worlds[at])"
  }
}

@Suite struct ExplorationTests {
  /// A world that some steps lead to from the beginning.
  static func world(_ steps: [Step]) throws -> World {
    var world = World()
    for step in steps {
      let happened = world.take(step)
      try #require(happened, "\(step) cannot happen")
    }
    return world
  }

  static let way: [Step] = [
    .accept(0), .printMessage(0), .claim(0), .startTurn(0), .endTurn(0, .finish), .printReply(0, 0),
    .read(0, 0, changed: false), .begin(0, 0),
  ]

  @Test("no interleaving of two sources, two runners and two senders breaks a promise")
  func exploration() throws {
    // Fresh, accepted, printed, taken, running, answered, printed, queued, sending.
    let starts = try (0...Self.way.count).map { try Self.world(Array(Self.way.prefix($0))) }
    var exploration = Exploration()
    let broken = exploration.run(from: starts, depth: 9)
    #expect(broken == nil)
    #expect(exploration.worlds.count > 10_000)
    print("explored \(exploration.worlds.count) worlds and \(exploration.ends) ways on from a restart")
  }
}
