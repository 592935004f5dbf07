#include <sqlite3.h>

// A cast macro, which Swift does not import.
static inline int agim_bind_text(sqlite3_stmt *statement, int at, const char *bytes, int count) {
  return sqlite3_bind_text(statement, at, bytes, count, SQLITE_TRANSIENT);
}
// The same where the bytes stay as they are until the statement has ended.
static inline int agim_bind_lent_text(sqlite3_stmt *statement, int at, const char *bytes, int count) {
  return sqlite3_bind_text(statement, at, bytes, count, SQLITE_STATIC);
}
static inline int agim_bind_blob(sqlite3_stmt *statement, int at, const void *bytes, int count) {
  return count == 0 ? sqlite3_bind_zeroblob(statement, at, 0)
                    : sqlite3_bind_blob(statement, at, bytes, count, SQLITE_TRANSIENT);
}

// Variadic functions, which Swift does not import.

// SQLite counts what it allocates, under a lock, for questions that nobody here asks. Must come first.
static inline int agim_count_no_memory(void) { return sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); }
static inline int agim_no_checkpoint_on_close(sqlite3 *database) {
  return sqlite3_db_config(database, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, (int *)0);
}
static inline int agim_trust_no_schema(sqlite3 *database) {
  return sqlite3_db_config(database, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, (int *)0);
}
