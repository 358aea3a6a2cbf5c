#include "hidden.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "wsfsm/base/mem.h"
#include "wsfsm/base/path.h"

enum { MAX_RULES = 1 << 20 };

bool ws_rules_readable(int dir, const char *name)
{
    struct stat st;

    if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
        return true; /* none: nothing that could be read */
    }
    return S_ISREG(st.st_mode) && st.st_size <= MAX_RULES;
}

/* What the tool staged; an index that cannot be read names nothing. */
static git_index *staged(struct ws_scan *s)
{
    struct stat st;

    if (s->index_path != NULL && lstat(s->index_path, &st) == 0 && S_ISREG(st.st_mode) &&
        git_index_open(&s->staged, s->index_path) < 0) {
        s->staged = NULL;
    }
    s->index_path = NULL; /* once is enough */
    return s->staged;
}

static bool is_tracked(struct ws_scan *s, const char *path)
{
    git_tree *const trees[] = {s->blobs.base, s->head};
    size_t at;

    for (size_t i = 0; i < 2; i++) {
        git_tree_entry *entry = NULL;

        if (trees[i] != NULL && git_tree_entry_bypath(&entry, trees[i], path) == 0) {
            git_tree_entry_free(entry);
            return true;
        }
    }
    if (staged(s) == NULL) {
        return false;
    }
    if (git_index_find(&at, s->staged, path) == 0) {
        return true;
    }
    /* A folder: something staged below it. */
    char *prefix = ws_format("%s/", path);
    bool below = git_index_find_prefix(&at, s->staged, prefix) == 0;

    free(prefix);
    return below;
}

bool ws_hidden(bool *tracked, struct ws_scan *s, const char *path)
{
    int ignored = 0;

    if (strcmp(ws_path_base(path), ".gitignore") == 0) {
        return false;
    }
    if (git_ignore_path_is_ignored(&ignored, s->blobs.view, path) < 0 || ignored == 0) {
        return false;
    }
    *tracked = is_tracked(s, path);
    return !*tracked;
}
