package import Settings
package import Store
package import System

/// Whether a heartbeat asks an agent: rules first, and no model call unless something was found.
package enum HeartbeatDecision {
  /// Why it asks nobody.
  package enum Quiet: Equatable, Sendable {
    /// The configuration does not say what it is about, or what it looks at.
    case incomplete
    /// A turn runs in the conversation, or something was said a moment ago.
    case busy
    /// Enough was spent.
    case budget
    /// It has asked often enough since somebody said something.
    case enough
    /// Nothing was found.
    case nothing
    /// It found what it found before.
    case same
    /// What it looks at could not be looked at.
    case failed(String)
  }

  /// What is known before anything is looked at.
  package struct Facts: Equatable, Sendable {
    /// Whether a turn runs in the conversation.
    package var isWorking = false
    /// When the conversation was used last; nil for never.
    package var used: Timestamp?
    /// When somebody said something in it last; nil for never.
    package var said: Timestamp?
    /// Whether a limit of money is reached.
    package var isOverspent = false
    /// Nothing is known.
    package init() {}
  }

  /// What was looked at: what was found, and what it is known by.
  package struct Finding: Equatable, Sendable {
    /// The words for the agent; nil where nothing was found.
    package var text: String?
    /// By what it is recognised when it is found again; nil where it counts each time.
    package var mark: String?
    /// Why it could not be looked; nil where it could.
    package var failure: String?
    /// A finding, or none.
    package init(_ text: String?, mark: String? = nil) { (self.text, self.mark) = (text, mark) }
  }

  /// How often the goal of a conversation is asked about in which nobody says anything.
  package static let inARow: Int64 = 2

  /// Why it need not even look; nil where it is to.
  ///
  /// `row`: nil for one that is off, which somebody has look all the same.
  package static func gate(
    _ settings: HeartbeatSettings, _ row: HeartbeatRow?, _ facts: Facts, at now: Timestamp
  ) -> Quiet? {
    guard let check = settings.check else { return .incomplete }
    if facts.isWorking { return .busy }
    let idle = settings.idle.milliseconds
    if idle > 0, let last = [facts.used, facts.said].compactMap(\.self).max(), now - last < idle {
      return .busy
    }
    if facts.isOverspent { return .budget }
    if case .goal = check, let row, asked(row, facts) >= inARow { return .enough }
    return nil
  }

  /// What becomes of what was found: why nobody is asked, or nil where an agent is; and the row afterwards.
  ///
  /// - Parameters:
  ///   - finding: What was found.
  ///   - row: The row as it was.
  ///   - message: The id of the message by which it came: one that comes again is not what was found before.
  ///   - facts: What was known before.
  ///   - now: The moment.
  /// - Returns: both.
  package static func judge(
    _ finding: Finding, _ row: HeartbeatRow, message: String, _ facts: Facts, at now: Timestamp
  ) -> (quiet: Quiet?, row: HeartbeatRow) {
    var after = row
    after.looked = now
    if let failure = finding.failure { return (.failed(failure), after) }
    guard finding.text != nil else {
      // What was gone and comes back is new.
      after.seen = finding.mark
      return (.nothing, after)
    }
    if let mark = finding.mark, mark == row.seen, row.message != message { return (.same, after) }
    after.asked = (row.message == message ? max(0, row.asked - 1) : asked(row, facts)) + 1
    (after.found, after.seen, after.message) = (now, finding.mark, message)
    return (nil, after)
  }

  /// How often it has asked since somebody said something.
  private static func asked(_ row: HeartbeatRow, _ facts: Facts) -> Int64 {
    guard let found = row.found, let said = facts.said, said > found else { return row.asked }
    return 0
  }
}
