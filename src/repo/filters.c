#include "filters.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <git2/sys/repository.h>

#include "attributes.h"
#include "plain.h"
#include "wsfsm/base/mem.h"
#include "wsfsm/base/path.h"
#include "wsfsm/base/text.h"

/* --- which drivers are configured --- */

/* "filter.NAME.clean" and the like; an empty value means none. */
static void add_driver(struct ws_strv *drivers, const char *key, const char *value)
{
    const size_t head = strlen("filter.");
    const char *last = strrchr(key, '.');

    if (!ws_starts_with(key, "filter.") || value == NULL || value[0] == '\0' || last == NULL ||
        (size_t)(last - key) <= head ||
        (strcmp(last, ".clean") != 0 && strcmp(last, ".smudge") != 0 &&
         strcmp(last, ".process") != 0)) {
        return;
    }
    ws_strv_take(drivers, ws_strndup(key + head, (size_t)(last - key) - head));
}

int ws_filters_drivers(struct ws_strv *drivers, struct ws_repo *r)
{
    git_config_iterator *it = NULL;
    git_config *config = NULL;
    git_config_entry *entry;
    int rc = git_repository_config_snapshot(&config, r->git);

    if (rc == 0) {
        rc = git_config_iterator_new(&it, config);
    }
    while (rc == 0 && (rc = git_config_next(&entry, it)) == 0) {
        add_driver(drivers, entry->name, entry->value);
    }
    git_config_iterator_free(it);
    git_config_free(config);
    return rc == GIT_ITEROVER ? 0 : rc;
}

/* --- which path --- */

static int judge_path(git_repository *view, const struct ws_strv *drivers, const char *path,
                      struct ws_error *err)
{
    static const char *names[] = {"filter", "working-tree-encoding"};
    const char *values[2] = {NULL, NULL};
    int rc = git_attr_get_many(values, view, GIT_ATTR_CHECK_INDEX_ONLY, path, 2, names);

    if (rc < 0) {
        return ws_fail_git(err, WS_E_REPOSITORY, rc, path, "the path's attributes cannot be read");
    }
    if (git_attr_value(values[0]) == GIT_ATTR_VALUE_STRING && ws_strv_has(drivers, values[0])) {
        return ws_fail(
            err, WS_E_REPOSITORY, path,
            "the file goes through the filter '%s', which wsfsm never runs; set `filters: ignore` "
            "in wsfsm.yaml to work on the stored bytes",
            values[0]);
    }
    if (git_attr_value(values[1]) == GIT_ATTR_VALUE_STRING && strcasecmp(values[1], "UTF-8") != 0) {
        return ws_fail(
            err, WS_E_REPOSITORY, path,
            "the file is kept in the encoding %s, which wsfsm does not convert; set `filters: "
            "ignore` in wsfsm.yaml to work on the stored bytes",
            values[1]);
    }
    return 0;
}

/* libgit2 opens this file of the checkout even where it is told to look at an index alone. */
static int check_checkout(const struct ws_repo *r, struct ws_error *err)
{
    char *path = ws_path_join(r->root, ".gitattributes");
    int rc = ws_plain_file(path, WS_E_REPOSITORY, err);

    free(path);
    return rc;
}

/* The attributes that hold in the base itself: an index of it alone, which nothing else looks at.
 */
static int judge_all(struct ws_repo *r, git_tree *tree, const struct ws_strv *drivers,
                     struct ws_error *err)
{
    git_repository *view = NULL;
    git_index *index = NULL;
    int rc = check_checkout(r, err), git = 0;

    if (rc < 0 || ws_git_view(&view, r, r->root, err) < 0) {
        return -1;
    }
    git = git_repository_index(&index, view);
    if (git == 0) {
        git = git_index_read_tree(index, tree);
    }
    if (git < 0) {
        rc = ws_fail_git(err, WS_E_REPOSITORY, git, r->root, "the base cannot be read");
    }
    for (size_t i = 0; rc == 0 && i < git_index_entrycount(index); i++) {
        rc = judge_path(view, drivers, git_index_get_byindex(index, i)->path, err);
    }
    git_index_free(index);
    git_repository_free(view);
    return rc;
}

int ws_filters_check(struct ws_repo *r, const char *base, const struct ws_index_look *index,
                     struct ws_error *err)
{
    static const char *const words[] = {"filter", "working-tree-encoding", NULL};
    struct ws_strv drivers = {0};
    git_tree *tree = NULL;
    bool any = false;
    int rc = ws_git_tree(&tree, r, base, err), git;

    if (rc == 0) {
        git = ws_filters_drivers(&drivers, r);
        if (git == 0) {
            git = ws_attributes_mention(&any, r, tree, index, words);
        }
        if (git < 0) {
            rc = ws_fail_git(err, WS_E_REPOSITORY, git, r->root, "the filters cannot be looked up");
        } else if (any) {
            rc = judge_all(r, tree, &drivers, err);
        }
    }
    git_tree_free(tree);
    ws_strv_release(&drivers);
    return rc;
}
