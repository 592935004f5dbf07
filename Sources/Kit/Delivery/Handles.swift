internal import Journal
package import Stage
internal import Store
package import System

/// Rights to answer that a platform gives together with a message: tokens that end, and are good for so many
/// answers.
package struct Handles {
  private unowned let stage: Stage

  /// The handles of a store.
  package init(_ stage: Stage) { self.stage = stage }

  /// Keeps a handle of a session.
  ///
  /// - Throws: `StoreError`.
  package func put(
    session: String, kind: String, value: String, expires: Timestamp, budget: Int64 = .max / 2
  ) throws {
    try stage.journal.write {
      try stage.journal.store.putHandle(
        session: session, kind: kind, value: value, expires: expires, budget: budget)
    }
  }

  /// Takes the newest handle of a session that is still good, for one use; nil where there is none.
  ///
  /// `margin`: milliseconds for which it must still be good.
  ///
  /// - Throws: `StoreError`.
  package func take(session: String, kind: String, margin: Int64 = 5000) throws -> String? {
    let moment = stage.journal.clock.now() + margin
    return try stage.journal.write {
      guard let row = try stage.journal.store.handle(session: session, kind: kind, at: moment),
        try stage.journal.store.useHandle(row.n)
      else { return nil }
      return row.value
    }
  }
}
