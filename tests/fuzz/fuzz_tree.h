/* A base tree out of a list of paths. */
#ifndef WSFSM_TESTS_FUZZ_TREE_H
#define WSFSM_TESTS_FUZZ_TREE_H

#include "fuzz.h"
#include "wsfsm/project/bundle.h"

static inline enum ws_tree_entry fuzz_look(void *payload, const char *path)
{
    const struct ws_strv *paths = payload;
    size_t len = strlen(path);

    for (size_t i = 0; i < paths->len; i++) {
        if (strcmp(paths->items[i], path) == 0) {
            return WS_TREE_FILE;
        }
        if (strncmp(paths->items[i], path, len) == 0 && paths->items[i][len] == '/') {
            return WS_TREE_DIR;
        }
    }
    return WS_TREE_ABSENT;
}

static inline int fuzz_walk(void *payload, int (*each)(void *arg, const char *path), void *arg)
{
    const struct ws_strv *paths = payload;
    int rc = 0;

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
