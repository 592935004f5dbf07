package import Limits
internal import Settings
internal import Store
internal import System

extension Status {
  /// What agim-run makes of the limits now: agents that are left alone, who is too fast, and what was spent.
  package struct Limited {
    /// The agents that are left alone or tried again, by name.
    package let breakers: [(agent: String, breaker: Breaker)]
    /// Whose next message waits, with their turns of the last minute.
    package let atRate: [(who: Usage.Who, turns: Int)]
    /// What each agent has cost today, in millionths of a US dollar.
    package let spent: [String: Int64]
    /// What all have cost today.
    package let allSpent: Int64
    /// What they may cost; nil for any amount.
    package let limit: Int64?

    init(_ home: Home, _ store: Store, at now: Timestamp) throws {
      // A configuration that cannot be read is the doctor's affair; the limits are then the default ones.
      let limits = (try? Settings.load(home))?.limits ?? LimitSettings()
      var usage = Usage()
      try usage.look(at: store, now)
      breakers = usage.openBreakers(at: now, limits)
      atRate = usage.atRate(running: try Usage.running(in: store, at: now), limits)
      spent = usage.spentToday
      allSpent = usage.allSpentToday
      limit = limits.spendDay
    }
  }
}
