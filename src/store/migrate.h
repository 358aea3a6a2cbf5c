/* From an older version of the database to the present one. */
#ifndef WSFSM_STORE_MIGRATE_H
#define WSFSM_STORE_MIGRATE_H

#include <sqlite3.h>
#include <stdbool.h>

#include "wsfsm/base/error.h"

/* Step n leads from version n to n + 1; steps are never changed once released. */
struct ws_migration_plan {
    int version;              /* to be reached */
    int oldest;               /* the version of steps[0] */
    const char *const *steps; /* version - oldest texts */
    const char *gate;         /* every trigger there is gives way to these with the last step; NULL: they stay */
};
extern const struct ws_migration_plan ws_migration_plan;

/* Nothing to do at the plan's version. Else: a backup beside the file (PATH.vN.backup), then each
 * step with its new number in a transaction of its own. A version older than the plan's steps is
 * refused. */
int ws_migrate(sqlite3 *db, const char *path, const struct ws_migration_plan *plan,
               struct ws_error *err);

/* A copy that is complete or absent: temporary name, fsync, the name. What has that name already is
 * replaced or refused. */
int ws_copy_database(sqlite3 *db, const char *path, const char *to, bool replace,
                     struct ws_error *err);

#endif
