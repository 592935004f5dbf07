internal import Crypto
internal import Journal
package import Stage
internal import Store
package import System

/// Rights to answer that a platform gives together with a message: tokens that end, and are good for so many
/// answers.
package struct Handles {
  /// A right to answer of which one use has been taken.
  package struct Taken: Sendable {
    let n: Int64
    /// The token, or the address: a secret.
    package let value: String
  }

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
  package func take(session: String, kind: String, margin: Int64 = Journal.handleMargin) throws -> String? {
    let moment = stage.journal.clock.now() + margin
    return try stage.journal.write {
      guard let row = try stage.journal.store.handle(session: session, kind: kind, at: moment),
        try stage.journal.store.useHandle(row.n)
      else { return nil }
      return row.value
    }
  }

  /// Takes one use of the right to answer that came with a message or, where that has ended, of the newest one
  /// of its session; nil where there is none.
  ///
  /// `mark`: the mark of the right that came with the message.
  ///
  /// - Throws: `StoreError`.
  package func takeReply(session: String, mark: String?) throws -> Taken? {
    let moment = stage.journal.clock.now() + Journal.handleMargin
    return try stage.journal.write {
      let rows = try stage.journal.store.handles(session: session, kind: Store.replyHandle, at: moment)
      let own = try rows.first { try mark == Self.mark(of: $0.value) }
      guard let row = own ?? rows.first, try stage.journal.store.useHandle(row.n) else { return nil }
      return Taken(n: row.n, value: row.value)
    }
  }

  /// Gives a use back: nothing can have arrived by it.
  ///
  /// - Throws: `StoreError`.
  package func giveBack(_ taken: Taken) throws {
    try stage.journal.write { try stage.journal.store.giveBackHandle(taken.n) }
  }

  /// Removes a right to answer: its platform says that it has ended.
  ///
  /// - Throws: `StoreError`.
  package func remove(_ taken: Taken) throws {
    try stage.journal.write { try stage.journal.store.removeHandle(taken.n) }
  }

  /// How a line names a right to answer, which it does not give to who reads the line.
  ///
  /// - Throws: `CryptoError` where libcrypto is missing.
  package static func mark(of value: String) throws -> String {
    String(try SHA256.hex(Array(value.utf8)).prefix(16))
  }
}
