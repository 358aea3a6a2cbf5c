/* A base tree out of a list of paths. */
#ifndef WSFSM_TESTS_FUZZ_TREE_H
#define WSFSM_TESTS_FUZZ_TREE_H

#include "fuzz.h"
#include "wsfsm/project/bundle.h"

static inline int fuzz_look(enum ws_tree_entry *out, void *payload, const char *path,
                            struct ws_error *err)
{
    const struct ws_strv *paths = payload;
    size_t len = strlen(path);

    (void)err;
    *out = WS_TREE_ABSENT;
    for (size_t i = 0; i < paths->len; i++) {
        if (strcmp(paths->items[i], path) == 0) {
            *out = WS_TREE_FILE;
            return 0;
        }
        if (strncmp(paths->items[i], path, len) == 0 && paths->items[i][len] == '/') {
            *out = WS_TREE_DIR;
            return 0;
        }
    }
    return 0;
}

static inline int fuzz_walk(void *payload, int (*each)(void *arg, const char *path), void *arg,
                            struct ws_error *err)
{
    const struct ws_strv *paths = payload;
    int rc = 0;

    (void)err;

    for (size_t i = 0; i < paths->len && rc == 0; i++) {
        rc = each(arg, paths->items[i]);
    }
    return rc;
}

static inline struct ws_tree_view fuzz_tree(struct ws_strv *paths)
{
    return (struct ws_tree_view){.look = fuzz_look, .walk = fuzz_walk, .payload = paths};
}

#endif
