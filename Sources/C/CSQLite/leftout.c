#include "CSQLite.h"

// Modules of SQLite that no command uses. Where it is linked statically these stand in for what each new
// connection would call to register them, and the linker leaves their 170 kB out. A shared libsqlite3 does
// not see them.

#define LEFT_OUT __attribute__((visibility("hidden")))

LEFT_OUT int sqlite3Fts3Init(sqlite3 *database);
LEFT_OUT int sqlite3RtreeInit(sqlite3 *database);

int sqlite3Fts3Init(sqlite3 *database) { (void)database; return SQLITE_OK; }
int sqlite3RtreeInit(sqlite3 *database) { (void)database; return SQLITE_OK; }
