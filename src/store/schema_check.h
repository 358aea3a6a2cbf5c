/* Do the tables and triggers of a database stand as this program makes them? */
#ifndef WSFSM_STORE_SCHEMA_CHECK_H
#define WSFSM_STORE_SCHEMA_CHECK_H

#include <sqlite3.h>

/* Calls `differs` for every table, index and trigger that is missing, changed, or not ours; views
 * are anybody's. SQLite's return code. */
int ws_schema_check(sqlite3 *db, void (*differs)(void *payload, const char *name, const char *how),
                    void *payload);

#endif
