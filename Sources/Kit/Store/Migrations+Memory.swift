/// The tables of memos and of the long-term memory.
extension Migrations {
  // The words for the full-text search are cut by Kit/Memory, each with the number of its scope before it: so
  // every person has lists of their own, and a question reads nobody else's. A row's number there is that of
  // the memo times two, and one more for a fact.
  // An index costs every start of every command some microseconds, so there is none that few rows need.
  // The codes of vectors stand beside each other, apart from the vectors: all of a scope's are read at once.
  static let memory = """
    CREATE TABLE scope (
      n INTEGER PRIMARY KEY AUTOINCREMENT,
      kind TEXT NOT NULL,
      name TEXT NOT NULL,
      entries INTEGER NOT NULL DEFAULT 0,
      UNIQUE (kind, name),
      CHECK (kind = 'person' OR kind = 'project' OR kind = 'team')
    ) STRICT;
    CREATE TABLE memo (
      n INTEGER PRIMARY KEY AUTOINCREMENT,
      scope INTEGER NOT NULL REFERENCES scope (n),
      who TEXT,
      what TEXT NOT NULL,
      when_text TEXT,
      when_at INTEGER,
      where_text TEXT,
      why TEXT,
      how TEXT,
      tags TEXT NOT NULL DEFAULT '',
      lat REAL,
      lon REAL,
      source TEXT,
      session TEXT,
      created INTEGER NOT NULL,
      changed INTEGER NOT NULL,
      recalls INTEGER NOT NULL DEFAULT 0,
      recalled INTEGER
    ) STRICT;
    CREATE INDEX memo_scope ON memo (scope, n);
    CREATE INDEX memo_source ON memo (source) WHERE source IS NOT NULL;
    CREATE TABLE fact (
      n INTEGER PRIMARY KEY AUTOINCREMENT,
      scope INTEGER NOT NULL REFERENCES scope (n),
      class TEXT NOT NULL,
      state TEXT NOT NULL,
      text TEXT NOT NULL,
      project TEXT,
      source TEXT,
      session TEXT,
      confidence REAL NOT NULL,
      successor INTEGER,
      created INTEGER NOT NULL,
      changed INTEGER NOT NULL,
      recalls INTEGER NOT NULL DEFAULT 0,
      recalled INTEGER,
      CHECK (state = 'candidate' OR state = 'active' OR state = 'superseded' OR state = 'archived')
    ) STRICT;
    CREATE INDEX fact_scope ON fact (scope, state, n);
    CREATE VIRTUAL TABLE memory_words USING fts5(words, detail=none, columnsize=0, tokenize='ascii');
    CREATE TABLE vector (
      doc INTEGER PRIMARY KEY,
      scope INTEGER NOT NULL,
      model TEXT NOT NULL,
      dimension INTEGER NOT NULL,
      data BLOB NOT NULL
    ) STRICT;
    CREATE TABLE vector_code (
      scope INTEGER NOT NULL,
      model TEXT NOT NULL,
      doc INTEGER NOT NULL,
      code BLOB NOT NULL,
      PRIMARY KEY (scope, model, doc)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE persona (
      scope INTEGER PRIMARY KEY REFERENCES scope (n),
      text TEXT NOT NULL,
      made TEXT NOT NULL,
      changed INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE recall (
      n INTEGER PRIMARY KEY AUTOINCREMENT,
      time INTEGER NOT NULL,
      message TEXT,
      session TEXT,
      scope INTEGER NOT NULL,
      doc INTEGER NOT NULL,
      score REAL NOT NULL
    ) STRICT;
    CREATE INDEX recall_message ON recall (message) WHERE message IS NOT NULL;
    CREATE TABLE linked (
      person TEXT PRIMARY KEY,
      whole TEXT NOT NULL,
      since INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE link_code (
      code TEXT PRIMARY KEY,
      first_session TEXT NOT NULL,
      second_session TEXT NOT NULL,
      first_person TEXT,
      second_person TEXT,
      expires INTEGER NOT NULL
    ) STRICT;

    """
}
