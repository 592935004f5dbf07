internal import Journal
package import Settings
internal import Store

extension Stage {
  /// Who may do what: as the configuration says, and those who were let in by a code.
  ///
  /// - Throws: `StoreError`.
  package func people() throws -> People {
    var people = settings.people
    for row in try journal.store.paired() {
      if let rank = People.Rank(word: row.rank) { people.paired[row.person] = rank }
    }
    return people
  }
}
