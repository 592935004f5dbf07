package import System

/// People who are one person on several platforms: their statements.
extension Store {
  /// What stands for a person, however many accounts they have linked: the same name for all of these.
  package func person(of name: String) throws(StoreError) -> String {
    try database.prepare("SELECT whole FROM linked WHERE person = ?1").bind(1, name).first { $0.text(0) }
      ?? name
  }

  /// Every account of a person, the one that stands for them first.
  package func accounts(of name: String) throws(StoreError) -> [String] {
    let whole = try person(of: name)
    let others = try database.prepare("SELECT person FROM linked WHERE whole = ?1 ORDER BY since, person")
      .bind(1, whole).rows { $0.text(0) }
    return [whole] + others.filter { $0 != whole }
  }

  /// Every account that is linked, with what stands for its person.
  package func links() throws(StoreError) -> [(person: String, whole: String, since: Timestamp)] {
    try database.prepare("SELECT person, whole, since FROM linked ORDER BY whole, since, person").rows {
      ($0.text(0), $0.text(1), Timestamp(milliseconds: $0.int(2)))
    }
  }

  /// Makes two accounts, with all that are linked to them, one person.
  ///
  /// To be called in a transaction.
  package func link(_ one: String, _ other: String, at now: Timestamp) throws(StoreError) {
    let (first, second) = (try person(of: one), try person(of: other))
    for name in [one, other, first, second] {
      try database.prepare("INSERT OR IGNORE INTO linked (person, whole, since) VALUES (?1, ?2, ?3)")
        .bind(1, name).bind(2, first).bind(3, now.milliseconds).run()
    }
    try database.prepare("UPDATE linked SET whole = ?1 WHERE whole = ?2").bind(1, first).bind(2, second).run()
  }

  /// Makes an account a person of its own again; false when it was.
  ///
  /// To be called in a transaction.
  package func unlink(_ name: String) throws(StoreError) -> Bool {
    let all = try accounts(of: name)
    guard all.count > 1 else { return false }
    try database.prepare("DELETE FROM linked WHERE person = ?1").bind(1, name).run()
    let left = all.filter { $0 != name }
    if left.count == 1 {
      try database.prepare("DELETE FROM linked WHERE person = ?1").bind(1, left[0]).run()
    } else if all[0] == name {
      // Another stands for those that stay.
      try database.prepare("UPDATE linked SET whole = ?1 WHERE whole = ?2").bind(1, left[0]).bind(2, name)
        .run()
    }
    return true
  }

  /// Begins a link: the code is to be typed in both sessions.
  package func offerLink(
    code: String, _ first: String, _ second: String, expires: Timestamp, at now: Timestamp
  ) throws(StoreError) {
    try database.prepare("DELETE FROM link_code WHERE expires <= ?1").bind(1, now.milliseconds).run()
    try database.prepare(
      "INSERT INTO link_code (code, first_session, second_session, expires) VALUES (?1, ?2, ?3, ?4)"
    ).bind(1, code).bind(2, first).bind(3, second).bind(4, expires.milliseconds).run()
  }

  /// What becomes of a code that somebody typed.
  package enum LinkAnswer: Equatable, Sendable {
    /// There is no such code for this session, or it has ended.
    case unknown
    /// The other side is still to type it, in this session.
    case waits(String)
    /// These are one person now.
    case linked(String, String)
  }

  /// Takes a code that a person typed in a session.
  ///
  /// To be called in a transaction.
  package func typeLinkCode(
    _ code: String, in session: String, by person: String, at now: Timestamp
  ) throws(StoreError) -> LinkAnswer {
    let found = try database.prepare(
      """
      SELECT first_session, second_session, first_person, second_person FROM link_code
      WHERE code = ?1 AND expires > ?2
      """
    ).bind(1, code).bind(2, now.milliseconds).first {
      (sessions: [$0.text(0), $0.text(1)], people: [$0.optionalText(2), $0.optionalText(3)])
    }
    guard let found, let side = found.sessions.firstIndex(of: session) else { return .unknown }
    // Who typed it first on a side is the one who is meant: others in that chat may have seen it.
    guard found.people[side].map({ $0 == person }) ?? true else { return .unknown }
    if let other = found.people[1 - side] {
      try database.prepare("DELETE FROM link_code WHERE code = ?1").bind(1, code).run()
      guard other != person else { return .linked(person, person) }
      try link(other, person, at: now)
      return .linked(other, person)
    }
    if side == 0 {
      try database.prepare("UPDATE link_code SET first_person = ?2 WHERE code = ?1").bind(1, code)
        .bind(2, person).run()
    } else {
      try database.prepare("UPDATE link_code SET second_person = ?2 WHERE code = ?1").bind(1, code)
        .bind(2, person).run()
    }
    return .waits(found.sessions[1 - side])
  }
}
