internal import CPosix
internal import Glibc

/// Where time and randomness come from, so that rules can be tested on a fixed clock.
package struct Clock {
  /// The wall clock.
  ///
  /// It may jump.
  package var now: () -> Timestamp
  /// Milliseconds of a clock that only goes forward, for time-outs.
  package var monotonic: () -> Int64
  /// 64 random bits.
  package var random: () -> UInt64

  /// A clock made of three functions.
  package init(
    now: @escaping () -> Timestamp, monotonic: @escaping () -> Int64, random: @escaping () -> UInt64
  ) {
    self.now = now
    self.monotonic = monotonic
    self.random = random
  }

  /// The machine's own.
  package static var system: Clock {
    let pool = RandomPool()
    return Clock(
      now: { Timestamp(milliseconds: read(CLOCK_REALTIME)) },
      monotonic: { read(CLOCK_MONOTONIC) },
      random: { pool.next() })
  }

  /// A wall clock that starts at `start` and goes on at the machine's pace, and numbers from a seed:
  /// what `agim-recv replay --now --seed` uses.
  package static func fixed(start: Timestamp?, seed: UInt64?) -> Clock {
    var clock = Clock.system
    if let start {
      let began = read(CLOCK_MONOTONIC)
      clock.now = { start + (seed == nil ? read(CLOCK_MONOTONIC) - began : 0) }
    }
    if let seed {
      var generator = SplitMix(state: seed)
      clock.random = { generator.next() }
    }
    return clock
  }

  private static func read(_ id: clockid_t) -> Int64 {
    var time = timespec()
    clock_gettime(id, &time)
    return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
  }
}

/// The system's random numbers, some fetched at once: a source makes an id for every line.
private final class RandomPool {
  private var words = [UInt64](repeating: 0, count: 32)
  private var left = 0

  func next() -> UInt64 {
    if left == 0 {
      let filled = words.withUnsafeMutableBytes { agim_random($0.baseAddress, $0.count) }
      // So few bytes come whole, once the system has any at all.
      guard filled == words.count * 8 else { return .random(in: .min ... .max) }
      left = words.count
    }
    left -= 1
    return words[left]
  }
}

/// The SplitMix64 generator: the same numbers from the same seed, everywhere.
package struct SplitMix: RandomNumberGenerator {
  private var state: UInt64
  /// Begins at a seed.
  package init(state: UInt64) { self.state = state }
  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
