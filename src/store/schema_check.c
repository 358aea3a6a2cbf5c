#include "schema_check.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "schema.h"
#include "wsfsm/base/mem.h"

/* An object as the schema's text declares it. SQLite keeps the very words of a CREATE statement, so
 * that the text itself is what a stored statement is compared with: no second database has to be
 * built for it. */
struct object {
    const char *sql;
    const char *name;
    size_t name_len;
    bool seen;
};

struct objects {
    struct object *items;
    size_t len, cap;
};

static void collect(struct objects *out)
{
    static const char create[] = "\nCREATE ";
    static const char *const kinds[] = {"TABLE ", "INDEX ", "UNIQUE INDEX ", "TRIGGER "};

    for (const char *at = strstr(ws_schema_sql, create); at != NULL; at = strstr(at + 1, create)) {
        const char *name = at + strlen(create);

        for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
            if (strncmp(name, kinds[i], strlen(kinds[i])) == 0) {
                name += strlen(kinds[i]);
                break;
            }
        }
        out->items = ws_grow(out->items, &out->cap, out->len, sizeof *out->items);
        out->items[out->len++] =
            (struct object){.sql = at + 1, .name = name, .name_len = strcspn(name, " (")};
    }
}

static struct object *find(struct objects *all, const char *name)
{
    size_t len = strlen(name);

    for (size_t i = 0; i < all->len; i++) {
        if (all->items[i].name_len == len && memcmp(all->items[i].name, name, len) == 0) {
            return &all->items[i];
        }
    }
    return NULL;
}

static const char *compare(struct objects *all, const char *name, const char *sql)
{
    struct object *o = find(all, name);

    if (o == NULL) {
        return "is not wsfsm's";
    }
    o->seen = true;
    size_t len = strlen(sql);
    if (strncmp(o->sql, sql, len) != 0 || o->sql[len] != ';') {
        return "was changed";
    }
    return NULL;
}

static const char *text_or_empty(sqlite3_stmt *stmt, int column)
{
    const char *text = (const char *)sqlite3_column_text(stmt, column);

    return text != NULL ? text : "";
}

int ws_schema_check(sqlite3 *db, void (*differs)(void *payload, const char *name, const char *how),
                    void *payload)
{
    struct objects all = {0};
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite3_prepare_v2(db,
                                "SELECT name, sql FROM sqlite_schema WHERE type <> 'view' "
                                "AND name NOT LIKE 'sqlite!_%' ESCAPE '!'",
                                -1, &stmt, NULL);

    collect(&all);
    while (rc == SQLITE_OK && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
        const char *name = text_or_empty(stmt, 0);
        const char *how = compare(&all, name, text_or_empty(stmt, 1));

        if (how != NULL) {
            differs(payload, name, how);
        }
        rc = SQLITE_OK;
    }
    sqlite3_finalize(stmt);
    for (size_t i = 0; rc == SQLITE_DONE && i < all.len; i++) {
        if (!all.items[i].seen) {
            char *name = ws_strndup(all.items[i].name, all.items[i].name_len);
            differs(payload, name, "is missing");
            free(name);
        }
    }
    free(all.items);
    return rc == SQLITE_DONE ? SQLITE_OK : rc;
}
