package import System

/// Where a goal stands, see agim-store(5).
package enum GoalState: String, Sendable, CaseIterable {
  /// It is put before every prompt of its conversation.
  case active
  /// It was reached.
  case done
  /// It was given up.
  case dropped
  /// Another one took its place.
  case replaced
}

/// What a conversation works towards.
package struct GoalRow: Sendable, Equatable {
  /// Its number.
  package var n: Int64
  /// The address of the conversation.
  package var session: String
  /// The generation of the conversation in which it was set.
  package var generation: Int64
  /// Who set it: `PLATFORM:ID`.
  package var person: String
  /// Where it stands.
  package var state: GoalState
  /// What is to be reached.
  package var text: String
  /// When it was set.
  package var created: Timestamp
  /// Since when it is in its state.
  package var since: Timestamp
}

/// Something that was noted about the way to a goal.
package struct GoalNote: Sendable, Equatable {
  /// Who noted it: `PLATFORM:ID`.
  package var person: String
  /// What.
  package var text: String
  /// When.
  package var created: Timestamp
}

/// Goals: their statements.
extension Store {
  /// The goal that a conversation works towards; nil where there is none.
  package func activeGoal(_ session: String) throws(StoreError) -> GoalRow? {
    try database.prepare(
      """
      SELECT n, session, generation, person, state, text, created, since FROM goal
      WHERE session = ?1 AND state = 'active'
      """
    ).bind(1, session).first(Self.readGoal)
  }

  /// Goals, the newest first; those of one conversation, or of all where none is named.
  package func goals(of session: String?, limit: Int) throws(StoreError) -> [GoalRow] {
    if let session {
      return try database.prepare(
        """
        SELECT n, session, generation, person, state, text, created, since FROM goal
        WHERE session = ?1 ORDER BY n DESC LIMIT ?2
        """
      ).bind(1, session).bind(2, Int64(limit)).rows(Self.readGoal)
    }
    return try database.prepare(
      """
      SELECT n, session, generation, person, state, text, created, since FROM goal
      ORDER BY n DESC LIMIT ?1
      """
    ).bind(1, Int64(limit)).rows(Self.readGoal)
  }

  /// Sets the goal of a conversation that has none; its number.
  package func insertGoal(
    _ text: String, in session: String, by person: String, at now: Timestamp
  ) throws(StoreError) -> Int64 {
    try database.prepare(
      """
      INSERT INTO goal (session, generation, person, state, text, created, since)
      SELECT ?1, coalesce(max(generation), 1), ?2, 'active', ?3, ?4, ?4 FROM session WHERE address = ?1
      """
    ).bind(1, session).bind(2, person).bind(3, text).bind(4, now.milliseconds).run()
    return lastRow
  }

  /// Ends a goal that is active; false where it is not.
  package func endGoal(_ n: Int64, _ state: GoalState, at now: Timestamp) throws(StoreError) -> Bool {
    try database.prepare("UPDATE goal SET state = ?2, since = ?3 WHERE n = ?1 AND state = 'active'")
      .bind(1, n).bind(2, state.rawValue).bind(3, now.milliseconds).run() == 1
  }

  /// Notes something about a goal, and forgets the oldest notes beyond `keep`.
  package func noteGoal(
    _ n: Int64, _ text: String, by person: String, keep: Int, at now: Timestamp
  ) throws(StoreError) {
    try database.prepare("INSERT INTO goal_note (goal, person, text, created) VALUES (?1, ?2, ?3, ?4)")
      .bind(1, n).bind(2, person).bind(3, text).bind(4, now.milliseconds).run()
    try database.prepare(
      """
      DELETE FROM goal_note WHERE goal = ?1 AND n <=
        (SELECT n FROM goal_note WHERE goal = ?1 ORDER BY n DESC LIMIT 1 OFFSET ?2)
      """
    ).bind(1, n).bind(2, Int64(keep)).run()
  }

  /// The last notes of a goal, the oldest of them first.
  package func goalNotes(_ n: Int64, last count: Int) throws(StoreError) -> [GoalNote] {
    try database.prepare(
      """
      SELECT person, text, created FROM
        (SELECT n, person, text, created FROM goal_note WHERE goal = ?1 ORDER BY n DESC LIMIT ?2) ORDER BY n
      """
    ).bind(1, n).bind(2, Int64(count)).rows {
      GoalNote(person: $0.text(0), text: $0.text(1), created: Timestamp(milliseconds: $0.int(2)))
    }
  }

  /// How many notes a goal has.
  package func goalNoteCount(_ n: Int64) throws(StoreError) -> Int {
    Int(
      try database.prepare("SELECT count(*) FROM goal_note WHERE goal = ?1").bind(1, n).first { $0.int(0) }
        ?? 0)
  }

  private static func readGoal(_ statement: Statement) -> GoalRow {
    GoalRow(
      n: statement.int(0), session: statement.text(1), generation: statement.int(2),
      person: statement.text(3), state: GoalState(rawValue: statement.text(4)) ?? .dropped,
      text: statement.text(5), created: Timestamp(milliseconds: statement.int(6)),
      since: Timestamp(milliseconds: statement.int(7)))
  }
}
