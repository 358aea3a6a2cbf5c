/* Bundles out of text, and findings as lines. */
#ifndef WSFSM_TESTS_UNIT_PROJECT_READING_H
#define WSFSM_TESTS_UNIT_PROJECT_READING_H

#include <check.h>
#include <string.h>

#include "base/scratch.h"
#include "wsfsm/base/buf.h"
#include "wsfsm/base/mem.h"
#include "wsfsm/base/path.h"
#include "wsfsm/project/bundle.h"

/* The fields a workstream cannot do without, but for its id; a mapping in YAML's flow style can go
 * on from here. */
#define FIELDS "openspec_change: OS-1, ccpm_issue: 7, gate: 1, tasks: [do it], tool: echo"
/* "id: ws-x" and its scope and the rest, as one item of a list. */
#define ITEM(id, scope, more) "- {id: " id ", files_scope: [" scope "], " FIELDS more "}\n"

static inline void write_text(const char *path, const char *text)
{
    ck_assert_int_eq(ws_write_file(path, text, strlen(text), 0600, NULL), 0);
}

static inline char *said(struct ws_diags *diags)
{
    struct ws_buf lines = {0};

    ws_diags_sort(diags);
    for (size_t i = 0; i < diags->len; i++) {
        ws_diag_format(&lines, &diags->items[i]);
        ws_buf_putc(&lines, '\n');
    }
    ws_diags_release(diags);
    return ws_buf_steal(&lines);
}

static inline void assert_said(struct ws_diags *diags, const char *expected)
{
    char *lines = said(diags);

    ck_assert_str_eq(lines, expected);
    free(lines);
}

/* The one workstream of a text, in a file "f.yaml" or "f.json". */
static inline int read_text(struct ws_bundles *out, struct ws_diags *diags, const char *name,
                            const char *text)
{
    char *dir = enter_scratch();

    write_text(name, text);
    int rc = ws_bundle_read(out, name, name, diags);

    leave_scratch(dir);
    return rc;
}

/* A base tree: paths, sorted or not, with a NULL behind the last. */
static inline int tree_look(enum ws_tree_entry *out, void *payload, const char *path,
                            struct ws_error *err)
{
    size_t len = strlen(path);

    (void)err;
    *out = WS_TREE_ABSENT;
    for (const char *const *at = payload; *at != NULL; at++) {
        if (strcmp(*at, path) == 0) {
            *out = WS_TREE_FILE;
            return 0;
        }
        if (strncmp(*at, path, len) == 0 && (*at)[len] == '/') {
            *out = WS_TREE_DIR;
            return 0;
        }
    }
    return 0;
}

static inline int tree_walk(void *payload, int (*each)(void *arg, const char *path), void *arg,
                            struct ws_error *err)
{
    int rc = 0;

    (void)err;
    for (const char *const *at = payload; rc == 0 && *at != NULL; at++) {
        rc = each(arg, *at);
    }
    return rc;
}

/* A base tree that cannot be read below a folder: a look fails there, a walk when it gets there. */
static inline int broken_look(enum ws_tree_entry *out, void *payload, const char *path,
                              struct ws_error *err)
{
    (void)payload;
    *out = WS_TREE_DIR; /* which nobody may go by */
    return strncmp(path, "src/", 4) == 0 ? ws_fail(err, WS_E_REPOSITORY, path, "broken") : 0;
}

static inline int broken_walk(void *payload, int (*each)(void *arg, const char *path), void *arg,
                              struct ws_error *err)
{
    int rc = each(arg, "README");

    (void)payload;
    return rc != 0 ? rc : ws_fail(err, WS_E_REPOSITORY, "src", "broken");
}

static inline struct ws_tree_view tree_of(const char *const *paths)
{
    return (struct ws_tree_view){.look = tree_look, .walk = tree_walk, .payload = (void *)paths};
}

#endif
