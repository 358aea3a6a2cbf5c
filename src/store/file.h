/* The file itself, before it is opened as a database: is it one of ours, and only one. */
#ifndef WSFSM_STORE_FILE_H
#define WSFSM_STORE_FILE_H

#include <sqlite3.h>
#include <stdbool.h>

#include "wsfsm/base/error.h"

/* The path without links, so that the journal has one name. With `create` the folders above are
 * made (0700) and the file may be missing. The caller frees it. */
int ws_file_resolve(char **out, const char *path, bool create, struct ws_error *err);

/* Refuses what is not a database of ours, or of a newer version, or has a second name; touches
 * nothing. */
int ws_file_check(const char *path, struct ws_error *err);

/* Looks through the pages. */
int ws_file_check_pages(sqlite3 *db, const char *path, struct ws_error *err);

/* The same, but only of a small database. */
int ws_file_quick_check(sqlite3 *db, const char *path, struct ws_error *err);

/* Takes the rights of others from a database of the caller's own, and from its journal; a new
 * journal gets the database's. The folder may be anybody's and stays as it is. Where a file system
 * keeps no rights, nothing comes of it. */
void ws_file_make_private(const char *path);

/* Name of the file a new database is built in, beside it. The caller frees it. */
char *ws_file_new_name(const char *path);

/* The lock that makers of a database hold, on its folder. -1 with *err, else a descriptor to close.
 */
int ws_file_lock_folder(const char *path, struct ws_error *err);

/* One number out of a statement. SQLite's return code. */
int ws_file_number(sqlite3_int64 *out, sqlite3 *db, const char *sql);

#endif
