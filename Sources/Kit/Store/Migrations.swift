internal import System

/// The schema, as steps that are only ever added to.
enum Migrations {
  /// `agim` in ASCII: marks the file as ours.
  static let applicationID = 0x6167_696D

  // No IN lists: SQLite builds a table for each of them at every insert and update. The generated columns
  // are what the partial indexes are about; a query that compares one of them can use its index.
  // The lines of the outbox stand in a table of their own, so that a change of state does not write them again.
  static let steps: [String] = [
    """
    CREATE TABLE inbox (
      n INTEGER PRIMARY KEY AUTOINCREMENT,
      id TEXT NOT NULL UNIQUE,
      platform TEXT NOT NULL,
      account TEXT NOT NULL,
      event TEXT,
      type TEXT NOT NULL,
      session TEXT NOT NULL,
      agent TEXT,
      pipe TEXT,
      state TEXT NOT NULL,
      holder TEXT NOT NULL DEFAULT '',
      reason TEXT,
      line TEXT NOT NULL,
      accepted INTEGER NOT NULL,
      since INTEGER NOT NULL,
      released INTEGER NOT NULL,
      reprint INTEGER,
      prints INTEGER NOT NULL DEFAULT 0,
      adopted INTEGER NOT NULL DEFAULT 0,
      open INTEGER AS (CASE WHEN state = 'done' OR state = 'dead' THEN NULL ELSE 1 END),
      working INTEGER AS (CASE WHEN state = 'taken' OR state = 'running' THEN 1 END),
      finished INTEGER AS (CASE WHEN state = 'done' OR state = 'dead' THEN since END),
      CHECK (state = 'new' OR state = 'taken' OR state = 'running' OR state = 'done'
        OR state = 'dead' OR state = 'held')
    ) STRICT;
    CREATE UNIQUE INDEX inbox_event ON inbox (platform, account, event) WHERE event IS NOT NULL;
    CREATE INDEX inbox_open ON inbox (open, holder, n) WHERE open IS NOT NULL;
    CREATE INDEX inbox_work ON inbox (working, session, n) WHERE working IS NOT NULL;
    CREATE INDEX inbox_running ON inbox (since) WHERE state = 'running';
    CREATE INDEX inbox_finished ON inbox (finished) WHERE finished IS NOT NULL;

    CREATE TABLE outbox (
      n INTEGER PRIMARY KEY AUTOINCREMENT,
      id TEXT NOT NULL,
      part INTEGER NOT NULL DEFAULT 1,
      stage TEXT NOT NULL,
      parent TEXT,
      type TEXT NOT NULL,
      final INTEGER NOT NULL,
      session TEXT NOT NULL,
      target TEXT,
      pipe TEXT,
      state TEXT NOT NULL,
      holder TEXT NOT NULL DEFAULT '',
      reason TEXT,
      proof TEXT,
      mark TEXT,
      attempts INTEGER NOT NULL DEFAULT 0,
      next INTEGER,
      created INTEGER NOT NULL,
      since INTEGER NOT NULL,
      released INTEGER NOT NULL,
      reprint INTEGER,
      prints INTEGER NOT NULL DEFAULT 0,
      adopted INTEGER NOT NULL DEFAULT 0,
      open INTEGER AS
        (CASE WHEN state = 'delivered' OR state = 'refused' OR state = 'passed' THEN NULL ELSE 1 END),
      finished INTEGER AS
        (CASE WHEN state = 'delivered' OR state = 'refused' OR state = 'passed' THEN since END),
      UNIQUE (id, part),
      CHECK (state = 'ready' OR state = 'queued' OR state = 'sending' OR state = 'delivered'
        OR state = 'refused' OR state = 'passed' OR state = 'held')
    ) STRICT;
    CREATE TABLE outbox_line (
      n INTEGER PRIMARY KEY REFERENCES outbox (n) ON DELETE CASCADE,
      line TEXT NOT NULL
    ) STRICT;
    CREATE INDEX outbox_open ON outbox (open, holder, n) WHERE open IS NOT NULL;
    CREATE INDEX outbox_parent ON outbox (parent) WHERE parent IS NOT NULL;
    CREATE INDEX outbox_finished ON outbox (finished) WHERE finished IS NOT NULL;

    CREATE TABLE session (
      n INTEGER PRIMARY KEY AUTOINCREMENT,
      address TEXT NOT NULL,
      generation INTEGER NOT NULL,
      state TEXT NOT NULL,
      agent TEXT,
      label TEXT,
      description TEXT,
      data TEXT NOT NULL DEFAULT '{}',
      messages INTEGER NOT NULL DEFAULT 0,
      created INTEGER NOT NULL,
      used INTEGER NOT NULL,
      UNIQUE (address, generation),
      CHECK (state = 'active' OR state = 'archived' OR state = 'closed')
    ) STRICT;
    CREATE UNIQUE INDEX session_current ON session (address) WHERE state <> 'closed';
    CREATE INDEX session_used ON session (state, used);

    CREATE TABLE request (
      n INTEGER PRIMARY KEY AUTOINCREMENT,
      id TEXT NOT NULL UNIQUE,
      kind TEXT NOT NULL,
      parent TEXT,
      session TEXT NOT NULL,
      person TEXT NOT NULL,
      chat TEXT NOT NULL,
      agent TEXT NOT NULL,
      tool TEXT NOT NULL,
      input TEXT NOT NULL,
      complete INTEGER NOT NULL,
      workdir TEXT NOT NULL,
      rule TEXT NOT NULL,
      reason TEXT NOT NULL,
      digest TEXT NOT NULL,
      proposal TEXT,
      words TEXT,
      answer TEXT,
      code TEXT NOT NULL,
      state TEXT NOT NULL,
      by TEXT,
      via TEXT,
      scope TEXT,
      pipe TEXT NOT NULL,
      holder TEXT NOT NULL,
      created INTEGER NOT NULL,
      expires INTEGER NOT NULL,
      since INTEGER NOT NULL,
      open INTEGER AS (CASE WHEN state = 'pending' OR state = 'allowed' THEN 1 END),
      CHECK (state = 'pending' OR state = 'allowed' OR state = 'used' OR state = 'denied'
        OR state = 'expired' OR state = 'void')
    ) STRICT;
    CREATE INDEX request_open ON request (open, n) WHERE open IS NOT NULL;
    CREATE INDEX request_code ON request (code, n);
    CREATE INDEX request_session ON request (session, since);

    CREATE TABLE turn_scope (
      message TEXT PRIMARY KEY REFERENCES inbox (id) ON DELETE CASCADE,
      hash TEXT NOT NULL UNIQUE,
      holder TEXT NOT NULL,
      pipe TEXT NOT NULL,
      session TEXT NOT NULL,
      generation INTEGER NOT NULL,
      person TEXT NOT NULL,
      chat TEXT NOT NULL,
      agent TEXT NOT NULL,
      workdir TEXT NOT NULL,
      plan INTEGER NOT NULL,
      agents TEXT NOT NULL,
      expires INTEGER NOT NULL
    ) STRICT;

    CREATE TABLE grants (
      n INTEGER PRIMARY KEY AUTOINCREMENT,
      agent TEXT NOT NULL,
      matter TEXT NOT NULL,
      title TEXT NOT NULL,
      by TEXT NOT NULL,
      request TEXT,
      created INTEGER NOT NULL,
      expires INTEGER,
      revoked INTEGER
    ) STRICT;

    CREATE TABLE audit (
      n INTEGER PRIMARY KEY AUTOINCREMENT,
      id TEXT NOT NULL,
      agent TEXT NOT NULL,
      person TEXT NOT NULL,
      platform TEXT NOT NULL,
      session TEXT NOT NULL,
      began INTEGER NOT NULL,
      ended INTEGER,
      code TEXT NOT NULL,
      prompt INTEGER NOT NULL,
      reply INTEGER NOT NULL,
      tokens INTEGER,
      cost INTEGER
    ) STRICT;
    CREATE INDEX audit_began ON audit (began);
    CREATE INDEX audit_agent ON audit (agent, code);
    CREATE INDEX audit_cost ON audit (session, began, cost) WHERE cost IS NOT NULL;

    CREATE TABLE ledger (
      n INTEGER PRIMARY KEY AUTOINCREMENT,
      time INTEGER NOT NULL,
      entry TEXT NOT NULL,
      previous TEXT NOT NULL,
      hash TEXT NOT NULL UNIQUE
    ) STRICT;
    CREATE TRIGGER ledger_stays BEFORE UPDATE ON ledger
      BEGIN SELECT raise(ABORT, 'the ledger is only ever added to'); END;
    CREATE TRIGGER ledger_keeps BEFORE DELETE ON ledger
      BEGIN SELECT raise(ABORT, 'the ledger is only ever added to'); END;

    CREATE TABLE paired (
      person TEXT PRIMARY KEY,
      name TEXT NOT NULL,
      rank TEXT NOT NULL,
      code TEXT UNIQUE,
      since INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE wrong_code (
      time INTEGER NOT NULL
    ) STRICT;

    CREATE TABLE away (
      agent TEXT PRIMARY KEY,
      until INTEGER NOT NULL,
      by TEXT NOT NULL
    ) STRICT;

    CREATE TABLE cursor (
      platform TEXT NOT NULL,
      account TEXT NOT NULL,
      name TEXT NOT NULL,
      value TEXT NOT NULL,
      since INTEGER NOT NULL,
      PRIMARY KEY (platform, account, name)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE posted (
      id TEXT NOT NULL,
      part INTEGER NOT NULL,
      session TEXT NOT NULL,
      value TEXT NOT NULL,
      since INTEGER NOT NULL,
      PRIMARY KEY (id, part)
    ) STRICT;
    CREATE INDEX posted_since ON posted (since);
    CREATE TABLE handle (
      n INTEGER PRIMARY KEY AUTOINCREMENT,
      session TEXT NOT NULL,
      kind TEXT NOT NULL,
      value TEXT NOT NULL,
      expires INTEGER NOT NULL,
      budget INTEGER NOT NULL,
      UNIQUE (session, kind, value)
    ) STRICT;
    CREATE INDEX handle_expires ON handle (expires);
    CREATE TABLE secret (
      name TEXT PRIMARY KEY,
      value TEXT NOT NULL
    ) STRICT;

    CREATE TABLE goal (
      n INTEGER PRIMARY KEY AUTOINCREMENT,
      session TEXT NOT NULL,
      generation INTEGER NOT NULL,
      person TEXT NOT NULL,
      state TEXT NOT NULL,
      text TEXT NOT NULL,
      created INTEGER NOT NULL,
      since INTEGER NOT NULL,
      CHECK (state = 'active' OR state = 'done' OR state = 'dropped' OR state = 'replaced')
    ) STRICT;
    CREATE UNIQUE INDEX goal_active ON goal (session) WHERE state = 'active';
    CREATE INDEX goal_session ON goal (session, n);
    CREATE INDEX goal_person ON goal (person);
    CREATE TABLE goal_note (
      n INTEGER PRIMARY KEY AUTOINCREMENT,
      goal INTEGER NOT NULL REFERENCES goal (n) ON DELETE CASCADE,
      person TEXT NOT NULL,
      text TEXT NOT NULL,
      created INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX goal_note_goal ON goal_note (goal, n);
    CREATE INDEX goal_note_person ON goal_note (person);

    CREATE TABLE heartbeat (
      name TEXT PRIMARY KEY,
      reminder INTEGER NOT NULL,
      person TEXT NOT NULL,
      since INTEGER NOT NULL,
      looked INTEGER,
      found INTEGER,
      seen TEXT,
      asked INTEGER NOT NULL DEFAULT 0,
      message TEXT
    ) STRICT;

    CREATE TABLE job (
      n INTEGER PRIMARY KEY AUTOINCREMENT,
      message TEXT NOT NULL UNIQUE,
      session TEXT NOT NULL,
      generation INTEGER NOT NULL,
      person TEXT NOT NULL,
      agent TEXT NOT NULL,
      title TEXT NOT NULL,
      created INTEGER NOT NULL,
      cancelled INTEGER,
      code TEXT,
      ended INTEGER
    ) STRICT;
    CREATE INDEX job_open ON job (n) WHERE ended IS NULL;
    CREATE INDEX job_session ON job (session, n);
    CREATE INDEX job_person ON job (person, n);
    CREATE TABLE reminder (
      n INTEGER PRIMARY KEY AUTOINCREMENT,
      kind TEXT NOT NULL,
      session TEXT NOT NULL,
      made TEXT NOT NULL,
      person TEXT NOT NULL,
      name TEXT NOT NULL,
      chat TEXT NOT NULL,
      agent TEXT,
      text TEXT NOT NULL,
      schedule TEXT NOT NULL,
      zone TEXT NOT NULL,
      start INTEGER NOT NULL,
      next INTEGER,
      again INTEGER,
      missed TEXT NOT NULL,
      polished INTEGER NOT NULL,
      state TEXT NOT NULL,
      runs INTEGER NOT NULL,
      last INTEGER,
      created INTEGER NOT NULL,
      since INTEGER NOT NULL,
      due INTEGER AS
        (CASE WHEN state = 'active' THEN min(coalesce(next, again), coalesce(again, next)) END),
      finished INTEGER AS (CASE WHEN state = 'done' OR state = 'cancelled' THEN since END),
      CHECK (kind = 'text' OR kind = 'prompt'),
      CHECK (state = 'active' OR state = 'paused' OR state = 'done' OR state = 'cancelled')
    ) STRICT;
    CREATE INDEX reminder_due ON reminder (due, n) WHERE due IS NOT NULL;
    CREATE INDEX reminder_person ON reminder (person, n);
    CREATE INDEX reminder_session ON reminder (session, n);
    CREATE INDEX reminder_made ON reminder (made, n) WHERE made <> '';
    CREATE INDEX reminder_finished ON reminder (finished) WHERE finished IS NOT NULL;
    """ + memory
  ]

  /// Brings a file to the newest version, under the write lock, in one transaction a step.
  ///
  /// - Throws: `StoreError` of kind `tooNew` for a file of a newer agim, `corrupt` for a file of
  ///   another program.
  /// - Returns: whether a step was made.
  static func run(on database: Database) throws -> Bool {
    // Before anything else: a file that is not ours stays as it is.
    let found = try version(of: database)
    // A copy that was restored may have lost the mode, which is a property of the file.
    if try database.prepare("PRAGMA journal_mode").first({ $0.text(0) }) != "wal" {
      try database.beginLogging()
    }
    if found == steps.count { return false }
    for number in steps.indices {
      try database.write {
        // Another process may have made this step while we waited for the lock.
        guard try version(of: database) == number else { return }
        try database.execute(steps[number])
        try database.execute("PRAGMA application_id=\(applicationID); PRAGMA user_version=\(number + 1)")
      }
    }
    return true
  }

  /// Demands that a file has the version that the statements of this program are about.
  static func check(_ database: Database) throws {
    let found = try version(of: database)
    guard found == steps.count else {
      throw StoreError(
        .other,
        "\(database.path): store version \(found), this agim has \(steps.count); the next command that "
          + "writes makes the step")
    }
  }

  private static func version(of database: Database) throws -> Int {
    // The tables first: another process that makes the store meanwhile is then seen as fresh or whole.
    let tables = try database.prepare("SELECT count(*) FROM sqlite_schema").first { $0.int(0) } ?? 0
    let version = try Int(database.prepare("PRAGMA user_version").first { $0.int(0) } ?? 0)
    let id = try Int(database.prepare("PRAGMA application_id").first { $0.int(0) } ?? 0)
    let isFresh = version == 0 && id == 0 && tables == 0
    guard id == applicationID || isFresh else {
      throw StoreError(.corrupt, "\(database.path): not a store of agim (application id \(id))")
    }
    if version > steps.count {
      throw StoreError(
        .tooNew,
        "\(database.path): made by a newer agim (store version \(version), this one knows \(steps.count))")
    }
    return version
  }
}
