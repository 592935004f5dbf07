/// What of a person stands in tables besides memory and journal.
extension Store {
  /// Removes a person's reminders, goals with their notes, heartbeats, and jobs that have ended.
  ///
  /// A job that is under way keeps its row until it ends. The files of a job go when agim-recv job finds that its
  /// row is gone. To be called in a transaction.
  package func forgetPlans(of person: String) throws(StoreError) {
    for sql in [
      "DELETE FROM reminder WHERE person = ?1",
      "DELETE FROM heartbeat WHERE person = ?1",
      "DELETE FROM goal_note WHERE person = ?1",
      "DELETE FROM goal WHERE person = ?1",
      "DELETE FROM job WHERE person = ?1 AND ended IS NOT NULL",
    ] as [StaticString] {
      try database.prepare(sql).bind(1, person).run()
    }
  }
}
