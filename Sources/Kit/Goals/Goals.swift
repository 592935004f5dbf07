package import Store
package import System
internal import Text

/// Why something about a goal cannot be done.
package enum GoalProblem: Error, Equatable, Sendable {
  /// There is nothing to write down.
  case empty
  /// It is longer than so many bytes.
  case tooLong(Int)
  /// The conversation has no goal.
  case none
}

/// The goal of a conversation: one at a time, set, noted about and ended by people and by their agents.
///
/// It belongs to the address, so that `/new` keeps it. Everything that changes something is to be called
/// within a transaction of the caller's, so that the answer is stored with it. Secrets are taken out before
/// anything is stored.
package struct Goals {
  /// Bytes of a goal, or of a note.
  package static let limit = 4000
  /// Notes that are kept of a goal.
  package static let noteLimit = 100

  private let store: Store
  private let scrubber: LazyScrubber

  /// The goals of a store.
  ///
  /// `secrets`: what the configuration names as such, so that it is recognised wherever it stands.
  package init(_ store: Store, secrets: @autoclosure @escaping () -> [String] = []) {
    self.store = store
    scrubber = LazyScrubber(secrets)
  }

  /// The goal of a conversation, with its last notes; nil where there is none.
  package func active(
    in session: String, notes count: Int = 10
  ) throws -> (goal: GoalRow, notes: [GoalNote])? {
    guard let goal = try store.activeGoal(session) else { return nil }
    return (goal, try store.goalNotes(goal.n, last: count))
  }

  /// Sets the goal of a conversation; the one that was active is replaced, and returned.
  ///
  /// - Throws: `GoalProblem`, `StoreError`.
  @discardableResult
  package func set(
    _ text: String, in session: String, by person: String, at now: Timestamp
  ) throws -> GoalRow? {
    let text = try clean(text)
    let before = try store.activeGoal(session)
    if let before { _ = try store.endGoal(before.n, .replaced, at: now) }
    _ = try store.insertGoal(text, in: session, by: person, at: now)
    return before
  }

  /// Notes how far it has come.
  ///
  /// - Returns: the goal.
  /// - Throws: `GoalProblem`, `StoreError`.
  @discardableResult
  package func progress(
    _ text: String, in session: String, by person: String, at now: Timestamp
  ) throws -> GoalRow {
    let text = try clean(text)
    guard let goal = try store.activeGoal(session) else { throw GoalProblem.none }
    try store.noteGoal(goal.n, text, by: person, keep: Self.noteLimit, at: now)
    return goal
  }

  /// Ends the goal: reached, or given up; `text`, where there is some, is noted first.
  ///
  /// - Returns: the goal as it was.
  /// - Throws: `GoalProblem`, `StoreError`.
  @discardableResult
  package func end(
    _ state: GoalState = .done, _ text: String = "", in session: String, by person: String, at now: Timestamp
  ) throws -> GoalRow {
    guard let goal = try store.activeGoal(session) else { throw GoalProblem.none }
    if !text.isEmpty {
      try store.noteGoal(goal.n, try clean(text), by: person, keep: Self.noteLimit, at: now)
    }
    _ = try store.endGoal(goal.n, state, at: now)
    return goal
  }

  /// Whether a text can be stored.
  ///
  /// - Throws: `GoalProblem`.
  package func check(_ text: String) throws { _ = try clean(text) }

  private func clean(_ text: String) throws -> String {
    let text = scrubber.scrub(text)
    guard text.unicodeScalars.contains(where: { !$0.properties.isWhitespace }) else {
      throw GoalProblem.empty
    }
    guard text.utf8.count <= Self.limit else { throw GoalProblem.tooLong(Self.limit) }
    return text
  }
}
