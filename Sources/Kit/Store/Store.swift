internal import CSQLite
internal import System

/// The one SQLite file that all commands share, and every SQL statement about it.
///
/// Table groups are extensions of this type, a file each.
package final class Store {
  /// The connection; transactions are `store.database.write { … }`.
  package let database: Database

  /// Opens the store, making or migrating it when needed.
  ///
  /// - Throws: `StoreError`.
  package init(path: String) throws {
    database = try Database(path: path)
    guard try Migrations.run(on: database) else { return }
    // Whoever opens the store next would read all tables from the log, and check every page of it.
    checkpoint(ifPast: 0)
  }

  /// Opens a store that is there, for looking only.
  ///
  /// - Throws: `StoreError`; of kind `tooNew` for a file of a newer agim, `other` for one of an older.
  package init(reading path: String) throws {
    database = try Database(path: path, readOnly: true)
    try Migrations.check(database)
  }

  /// Runs `body` in one transaction.
  package func write<Result>(_ body: () throws -> Result) throws -> Result { try database.write(body) }

  /// The number of the row that was inserted last.
  package var lastRow: Int64 { sqlite3_last_insert_rowid(database.handle) }

  /// The size of the log after the last commit of this process, in bytes.
  package var logSize: Int { Int(database.walPages) * 4096 }

  /// Copies the log into the file when it has grown past so many bytes.
  ///
  /// TRUNCATE is the only kind that is safe against the WAL-reset fault of SQLite before 3.51.3,
  /// because it keeps writers out. When others are reading or writing it is left to a later call.
  package func checkpoint(ifPast bytes: Int) {
    guard logSize > bytes, !database.isInTransaction else { return }
    // Not worth waiting for: whoever commits next comes here again.
    sqlite3_busy_timeout(database.handle, 0)
    defer { database.installBusyHandler() }
    if sqlite3_wal_checkpoint_v2(database.handle, nil, SQLITE_CHECKPOINT_TRUNCATE, nil, nil) == SQLITE_OK {
      database.forgetLogSize()
    }
  }

  /// Copies the whole store into a new file while others go on using it.
  ///
  /// - Throws: `StoreError`; the copy is then not to be used.
  package func backup(to path: String) throws {
    let copy = try Database(path: path)
    guard let job = sqlite3_backup_init(copy.handle, "main", database.handle, "main") else {
      throw copy.error()
    }
    // All pages in one step: a read transaction does not stop writers in WAL mode, and a copy that
    // pauses starts again whenever somebody writes.
    let code = sqlite3_backup_step(job, -1)
    sqlite3_backup_finish(job)
    guard code == SQLITE_DONE else { throw StoreError.last(copy.handle, path: path, code: code) }
    try copy.execute("PRAGMA journal_mode=DELETE")
  }

  /// What SQLite's own check of the whole file finds, and rows without their line; empty when it is sound.
  package func integrityProblems() throws -> [String] {
    let damage = try database.prepare("PRAGMA integrity_check(20)").rows { $0.text(0) }.filter { $0 != "ok" }
    guard damage.isEmpty else { return damage }
    return try database.prepare(
      """
      SELECT 'row ' || n || ' of outbox has no line' FROM outbox
        WHERE NOT EXISTS (SELECT 1 FROM outbox_line WHERE outbox_line.n = outbox.n)
      UNION ALL SELECT 'line ' || n || ' belongs to no row of outbox' FROM outbox_line
        WHERE NOT EXISTS (SELECT 1 FROM outbox WHERE outbox.n = outbox_line.n)
      LIMIT 20
      """
    ).rows { $0.text(0) }
  }
}
