import Testing

@testable import Delivery

@Suite("How often a platform is spoken to")
struct PaceTests {
  @Test("a key has its own rule, and all of them together have one")
  func rules() {
    var pace = Pace(each: [Pace.Rule(1, within: 1000)], all: [Pace.Rule(3, within: 1000)])
    #expect(pace.reserve("a", at: 0) == 0)
    #expect(pace.reserve("a", at: 10) == 990)
    #expect(pace.reserve("b", at: 10) == 0)
    // The second of "a" is reserved for 1000, so that three stand within the second that ends there.
    #expect(pace.reserve("c", at: 20) >= 980)
  }

  @Test("bursts pass, and the longer rule holds")
  func bursts() {
    var pace = Pace(each: [Pace.Rule(3, within: 1000), Pace.Rule(5, within: 60_000)], all: [])
    var moments: [Int64] = []
    for _ in 0..<7 { moments.append(pace.reserve("g", at: 0)) }
    #expect(moments == [0, 0, 0, 1000, 1000, 60_000, 60_000])
  }

  @Test("what the platform asks for is waited for, by the chat or by everybody")
  func blocked() {
    var pace = Pace(each: [], all: [])
    pace.block("a", for: 5000, at: 100)
    #expect(pace.reserve("a", at: 100) == 5000)
    #expect(pace.reserve("b", at: 100) == 0)
    pace.block(nil, for: 9000, at: 100)
    #expect(pace.reserve("b", at: 100) == 9000)
    #expect(pace.reserve("b", at: 9101) == 0)
  }

  @Test("no rule is ever broken, whatever comes", arguments: [1, 7, 42] as [UInt64])
  func holds(seed: UInt64) {
    let rules = [Pace.Rule(2, within: 500), Pace.Rule(6, within: 5000)]
    var pace = Pace(each: rules, all: [Pace.Rule(5, within: 700)])
    var state = seed
    var now: Int64 = 0
    var done: [String: [Int64]] = [:]
    for _ in 0..<2000 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      now += Int64(state >> 40 % 200)
      let key = ["a", "b", "c"][Int(state >> 33 % 3)]
      done[key, default: []].append(now + pace.reserve(key, at: now))
    }
    for times in done.values {
      let sorted = times.sorted()
      for (count, within) in [(2, 500), (6, 5000)] {
        for index in sorted.indices.dropFirst(count) {
          #expect(sorted[index] - sorted[index - count] >= Int64(within))
        }
      }
    }
  }
}
