/* What changed between two trees. */
#include <stdlib.h>

#include "internal.h"
#include "wsfsm/base/mem.h"

void ws_changes_release(struct ws_changes *c)
{
    if (c == NULL) {
        return;
    }
    for (size_t i = 0; i < c->len; i++) {
        free(c->items[i].path);
        free(c->items[i].old_path);
    }
    free(c->items);
    *c = (struct ws_changes){0};
}

static char status_letter(git_delta_t status)
{
    switch (status) {
    case GIT_DELTA_ADDED:
        return 'A';
    case GIT_DELTA_DELETED:
        return 'D';
    case GIT_DELTA_TYPECHANGE:
        return 'T';
    case GIT_DELTA_RENAMED:
        return 'R';
    default:
        return 'M';
    }
}

static void add_change(struct ws_changes *out, const git_diff_delta *delta)
{
    struct ws_change c = {.status = status_letter(delta->status),
                          .old_mode = delta->old_file.mode,
                          .new_mode = delta->new_file.mode};

    c.path = ws_strdup(c.status == 'D' ? delta->old_file.path : delta->new_file.path);
    if (c.status == 'R') {
        c.old_path = ws_strdup(delta->old_file.path);
    }
    out->items = ws_grow(out->items, &out->cap, out->len, sizeof *out->items);
    out->items[out->len++] = c;
}

int ws_repo_diff(struct ws_changes *out, struct ws_repo *r, const char *old_tree,
                 const char *new_tree, struct ws_error *err)
{
    git_diff_options options;
    git_diff_find_options find;
    git_tree *from = NULL, *to = NULL;
    git_diff *diff = NULL;
    int rc = -1, git = 0;

    git_diff_options_init(&options, GIT_DIFF_OPTIONS_VERSION);
    git_diff_find_options_init(&find, GIT_DIFF_FIND_OPTIONS_VERSION);
    options.flags = GIT_DIFF_INCLUDE_TYPECHANGE;
    find.flags = GIT_DIFF_FIND_RENAMES;
    if (ws_git_tree(&from, r, old_tree, err) < 0 || ws_git_tree(&to, r, new_tree, err) < 0) {
        goto out;
    }
    git = git_diff_tree_to_tree(&diff, r->git, from, to, &options);
    if (git == 0) {
        git = git_diff_find_similar(diff, &find);
    }
    if (git < 0) {
        ws_fail_git(err, WS_E_REPOSITORY, git, r->root, "the trees cannot be compared");
        goto out;
    }
    for (size_t i = 0; i < git_diff_num_deltas(diff); i++) {
        add_change(out, git_diff_get_delta(diff, i));
    }
    rc = 0;
out:
    git_diff_free(diff);
    git_tree_free(from);
    git_tree_free(to);
    return rc;
}

/* *same: the tree has at this path what a side of a diff has there, or neither has a file. */
static int is_as_in(bool *same, const git_diff_file *file, bool there, const git_tree *tree,
                    struct ws_error *err)
{
    git_tree_entry *entry;

    if (ws_git_entry(&entry, tree, file->path, err) < 0) {
        return -1;
    }
    if (entry == NULL || git_tree_entry_type(entry) == GIT_OBJECT_TREE) {
        *same = !there;
    } else {
        *same = there && git_oid_equal(git_tree_entry_id(entry), &file->id) &&
                git_tree_entry_filemode(entry) == file->mode;
    }
    git_tree_entry_free(entry);
    return 0;
}

static int compare(git_diff **out, git_tree **trees, struct ws_repo *r, const char *const *oids,
                   struct ws_error *err)
{
    git_diff_options options;
    int rc;

    git_diff_options_init(&options, GIT_DIFF_OPTIONS_VERSION);
    options.flags = GIT_DIFF_INCLUDE_TYPECHANGE;
    for (size_t i = 0; i < 3; i++) {
        if (ws_git_tree(&trees[i], r, oids[i], err) < 0) {
            return -1;
        }
    }
    rc = git_diff_tree_to_tree(out, r->git, trees[0], trees[1], &options);
    return rc < 0 ? ws_fail_git(err, WS_E_REPOSITORY, rc, r->root, "the trees cannot be compared")
                  : 0;
}

int ws_tree_is_mixed(bool *is, struct ws_repo *r, const char *tree, const char *one,
                     const char *other, struct ws_error *err)
{
    const char *const oids[] = {tree, one, other};
    git_tree *trees[3] = {NULL};
    git_diff *diff = NULL;
    int rc = compare(&diff, trees, r, oids, err);

    *is = rc == 0;
    for (size_t i = 0; rc == 0 && *is && i < git_diff_num_deltas(diff); i++) {
        const git_diff_delta *d = git_diff_get_delta(diff, i);

        rc = is_as_in(is, &d->old_file, d->status != GIT_DELTA_ADDED, trees[2], err);
    }
    git_diff_free(diff);
    for (size_t i = 0; i < 3; i++) {
        git_tree_free(trees[i]);
    }
    return rc;
}
