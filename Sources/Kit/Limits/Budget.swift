package import Settings
package import Store
package import System

/// A limit of money that is reached: no further turn begins until it is raised, or its time is over.
///
/// Looked at before every turn, whoever asked for it: a person, a schedule, a heartbeat or a job.
package enum Budget: Equatable, Sendable {
  /// What all agents may cost in a day, `limits.spend_day`.
  case day(spent: Int64, limit: Int64)
  /// What one conversation and its jobs may cost since it was begun, `limits.spend_session`.
  case session(spent: Int64, limit: Int64)
  /// What one conversation and its jobs may cost in a day, `limits.spend_session_day`.
  case sessionDay(spent: Int64, limit: Int64)

  /// The limit that is reached; nil while there is none.
  ///
  /// - Parameters:
  ///   - store: The store.
  ///   - session: The conversation; that of a job is the one in which it was begun.
  ///   - today: What all agents' turns of today have cost.
  ///   - now: The moment.
  ///   - limits: The limits.
  /// - Returns: the limit.
  /// - Throws: `StoreError`.
  package static func reached(
    in store: Store, session: String, today: Int64, at now: Timestamp, _ limits: LimitSettings
  ) throws(StoreError) -> Budget? {
    if let limit = limits.spendDay, today >= limit { return .day(spent: today, limit: limit) }
    let thread =
      try JobRow.number(session).flatMap { n throws(StoreError) in try store.job(n)?.session }
      ?? session
    if let limit = limits.spendSessionDay {
      let spent = try cost(of: thread, since: Usage.dayStart(of: now), store)
      if spent >= limit { return .sessionDay(spent: spent, limit: limit) }
    }
    if let limit = limits.spendSession, let row = try store.currentSession(thread) {
      let spent = try cost(of: thread, since: row.created, store)
      if spent >= limit { return .session(spent: spent, limit: limit) }
    }
    return nil
  }

  private static func cost(
    of session: String, since moment: Timestamp, _ store: Store
  ) throws(StoreError) -> Int64 {
    let (sum, isTooMuch) = try store.cost(of: session, since: moment)
      .addingReportingOverflow(store.jobCost(of: session, since: moment))
    return isTooMuch ? .max : sum
  }
}
