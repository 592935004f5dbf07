package import Schedule
package import Store
package import System

/// A time at which a reminder comes, and what its row becomes when it has come.
package struct Occurrence: Equatable, Sendable {
  /// The time that it is for; nil where nothing is said because all that was due was missed.
  package let due: Timestamp?
  /// How many more times came until now and are not said by themselves; at most `countLimit`.
  package let others: Int
  /// Whether it is said again because somebody asked for that.
  package let isAgain: Bool
  /// The row afterwards.
  package let after: ReminderRow

  /// More than so many are not counted.
  package static let countLimit = 1000

  /// What is due of a reminder now; nil when nothing is.
  ///
  /// `grace`: how late, in milliseconds, something may be and not count as missed. `backlog`: how old, in
  /// milliseconds, what was missed may be that is still said by itself.
  package init?(
    _ row: ReminderRow, _ schedule: Schedule, _ zone: Zone, at now: Timestamp, grace: Int64, backlog: Int64
  ) {
    guard let first = row.due, first <= now else { return nil }
    var after = row
    after.since = now
    if let again = row.again, again <= now, row.next.map({ again <= $0 }) ?? true {
      after.again = nil
      after.runs += 1
      if after.next == nil { after.state = .done }
      (due, others, isAgain, self.after) = (again, 0, true, after)
      return
    }
    guard var time = row.next else { return nil }
    var count = 0
    var said: Timestamp? = time
    switch row.missed {
    case .all:
      if backlog > 0, now - time > backlog, let later = schedule.next(after: now + -backlog, in: zone),
        later <= now
      {
        time = later
        said = later
      }
      after.next = schedule.next(after: time, in: zone)
    case .once:
      var at = time
      while count < Self.countLimit, let next = schedule.next(after: at, in: zone), next <= now {
        count += 1
        at = next
      }
      after.next = schedule.next(after: now, in: zone)
    case .skip:
      if now - time > grace {
        // Of those that came meanwhile the last may not be late.
        said = nil
        if let later = schedule.next(after: now + (-grace - 1), in: zone), later <= now { said = later }
      }
      after.next = schedule.next(after: now, in: zone)
    }
    if said != nil {
      after.runs += 1
      after.last = said
    }
    if after.next == nil, after.again == nil { after.state = .done }
    (due, others, isAgain, self.after) = (said, count, false, after)
  }
}
