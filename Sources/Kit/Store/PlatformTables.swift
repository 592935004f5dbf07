package import System

/// A place up to which a platform's events were taken, or another thing that a source must know after a
/// restart.
package struct CursorRow: Equatable, Sendable {
  /// The platform of the source.
  package var platform: String
  /// The account of the source.
  package var account: String
  /// What it is about; a source may have several.
  package var name: String
  /// The place, in the platform's own form.
  package var value: String

  /// A cursor of its parts.
  package init(platform: String, account: String, name: String, value: String) {
    (self.platform, self.account, self.name, self.value) = (platform, account, name, value)
  }
}

/// What a platform gave for a part of a reply: the id of the message that can be edited, say.
package struct PostedRow: Equatable, Sendable {
  /// The id of the reply or request.
  package var id: String
  /// The number of its part.
  package var part: Int64
  /// The session's address.
  package var session: String
  /// What the messenger wants to find again, as JSON.
  package var value: String

  /// What was posted, of its parts.
  package init(id: String, part: Int64, session: String, value: String) {
    (self.id, self.part, self.session, self.value) = (id, part, session, value)
  }
}

/// A right to answer that a platform gave together with a message, and that ends.
package struct HandleRow: Equatable, Sendable {
  /// The row's number.
  package var n: Int64
  /// What it is: a token or an address, in the platform's own form.
  package var value: String
  /// When it ends.
  package var expires: Timestamp
  /// How often it may still be used.
  package var budget: Int64
}

/// The statements about what sources and messengers keep.
extension Store {
  // MARK: - Cursors

  /// Stores a cursor.
  package func save(_ cursor: CursorRow, at now: Timestamp) throws(StoreError) {
    try database.prepare(
      """
      INSERT INTO cursor (platform, account, name, value, since) VALUES (?1, ?2, ?3, ?4, ?5)
      ON CONFLICT (platform, account, name) DO UPDATE SET value = ?4, since = ?5
      """
    ).bind(1, cursor.platform).bind(2, cursor.account).bind(3, cursor.name).bind(4, cursor.value)
      .bind(5, now.milliseconds).run()
  }

  /// The value of a cursor and when it was stored; nil where there is none.
  package func cursor(
    platform: String, account: String, name: String
  ) throws(StoreError) -> (value: String, since: Timestamp)? {
    try database.prepare(
      "SELECT value, since FROM cursor WHERE platform = ?1 AND account = ?2 AND name = ?3"
    ).bind(1, platform).bind(2, account).bind(3, name).first {
      ($0.text(0), Timestamp(milliseconds: $0.int(1)))
    }
  }

  // MARK: - What was posted

  /// Stores what a platform gave for a part of a reply.
  package func save(_ posted: PostedRow, at now: Timestamp) throws(StoreError) {
    try database.prepare(
      """
      INSERT INTO posted (id, part, session, value, since) VALUES (?1, ?2, ?3, ?4, ?5)
      ON CONFLICT (id, part) DO UPDATE SET value = ?4, since = ?5
      """
    ).bind(1, posted.id).bind(2, posted.part).bind(3, posted.session).bind(4, posted.value)
      .bind(5, now.milliseconds).run()
  }

  /// What a platform gave for a part of a reply; nil where nothing is known.
  package func posted(id: String, part: Int64) throws(StoreError) -> PostedRow? {
    try database.prepare("SELECT id, part, session, value FROM posted WHERE id = ?1 AND part = ?2")
      .bind(1, id).bind(2, part).first {
        PostedRow(id: $0.text(0), part: $0.int(1), session: $0.text(2), value: $0.text(3))
      }
  }

  /// The requests that were settled after a moment, and after what a platform gave for their cards was stored.
  package func settledCards(after moment: Timestamp) throws(StoreError) -> [String] {
    try database.prepare(
      """
      SELECT request.id FROM request JOIN posted ON posted.id = request.id AND posted.part = 1
      WHERE request.open IS NULL AND request.since > ?1 AND posted.since <= request.since ORDER BY request.n
      """
    ).bind(1, moment.milliseconds).rows { $0.text(0) }
  }

  /// Removes some of what was posted before a moment; the number that was removed.
  package func expirePosted(before moment: Timestamp, limit: Int) throws(StoreError) -> Int {
    try database.prepare(
      "DELETE FROM posted WHERE rowid IN (SELECT rowid FROM posted WHERE since < ?1 ORDER BY since LIMIT ?2)"
    ).bind(1, moment.milliseconds).bind(2, Int64(limit)).run()
  }

  // MARK: - Handles

  /// The kind of the handles by which a reply can be said.
  package static let replyHandle = "reply"

  /// Stores a handle; one that is known gets its new end and budget.
  package func putHandle(
    session: String, kind: String, value: String, expires: Timestamp, budget: Int64
  ) throws(StoreError) {
    try database.prepare(
      """
      INSERT INTO handle (session, kind, value, expires, budget) VALUES (?1, ?2, ?3, ?4, ?5)
      ON CONFLICT (session, kind, value) DO UPDATE SET expires = ?4, budget = ?5
      """
    ).bind(1, session).bind(2, kind).bind(3, value).bind(4, expires.milliseconds).bind(5, budget).run()
  }

  /// The newest handle of a session that can still be used; nil where there is none.
  package func handle(session: String, kind: String, at now: Timestamp) throws(StoreError) -> HandleRow? {
    try database.prepare(
      """
      SELECT n, value, expires, budget FROM handle
      WHERE session = ?1 AND kind = ?2 AND expires > ?3 AND budget > 0 ORDER BY n DESC LIMIT 1
      """
    ).bind(1, session).bind(2, kind).bind(3, now.milliseconds).first(Self.readHandle)
  }

  /// The newest handles of a session that can still be used, the newest first.
  package func handles(session: String, kind: String, at now: Timestamp) throws(StoreError) -> [HandleRow] {
    try database.prepare(
      """
      SELECT n, value, expires, budget FROM handle
      WHERE session = ?1 AND kind = ?2 AND expires > ?3 AND budget > 0 ORDER BY n DESC LIMIT 100
      """
    ).bind(1, session).bind(2, kind).bind(3, now.milliseconds).rows(Self.readHandle)
  }

  private static func readHandle(_ statement: Statement) -> HandleRow {
    HandleRow(
      n: statement.int(0), value: statement.text(1), expires: Timestamp(milliseconds: statement.int(2)),
      budget: statement.int(3))
  }

  /// Uses a handle once; false when its budget was used up meanwhile.
  package func useHandle(_ n: Int64) throws(StoreError) -> Bool {
    try database.prepare("UPDATE handle SET budget = budget - 1 WHERE n = ?1 AND budget > 0")
      .bind(1, n).run() == 1
  }

  /// Gives a handle the use back for which it was not needed after all.
  package func giveBackHandle(_ n: Int64) throws(StoreError) {
    try database.prepare("UPDATE handle SET budget = budget + 1 WHERE n = ?1").bind(1, n).run()
  }

  /// Removes a handle that its platform does not know any more.
  package func removeHandle(_ n: Int64) throws(StoreError) {
    try database.prepare("DELETE FROM handle WHERE n = ?1").bind(1, n).run()
  }

  /// Removes some handles that have ended; the number that was removed.
  package func expireHandles(before moment: Timestamp, limit: Int) throws(StoreError) -> Int {
    try database.prepare(
      "DELETE FROM handle WHERE n IN (SELECT n FROM handle WHERE expires < ?1 ORDER BY expires LIMIT ?2)"
    ).bind(1, moment.milliseconds).bind(2, Int64(limit)).run()
  }

  // MARK: - Secrets

  /// A secret of agim's own; it is made by `make` when there is none yet.
  ///
  /// Two processes that need it for the first time at once get the same one.
  package func secret(_ name: String, make: () -> String) throws -> String {
    if let known = try knownSecret(name) { return known }
    return try write {
      if let known = try knownSecret(name) { return known }
      let made = make()
      try database.prepare("INSERT INTO secret (name, value) VALUES (?1, ?2)").bind(1, name).bind(2, made)
        .run()
      return made
    }
  }

  private func knownSecret(_ name: String) throws(StoreError) -> String? {
    try database.prepare("SELECT value FROM secret WHERE name = ?1").bind(1, name).first { $0.text(0) }
  }
}
