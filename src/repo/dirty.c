/* The user's own checkout: what is not committed there, and which files are the user's. */
#include <stdlib.h>
#include <string.h>

#include "internal.h"
#include "plain.h"
#include "wsfsm/base/mem.h"
#include "wsfsm/base/path.h"
#include "wsfsm/base/text.h"

/* Our folders are hidden by a .gitignore of theirs, but for the moment before it is written. */
static bool is_ours(const git_diff_delta *delta, const char *path)
{
    return delta->status == GIT_DELTA_UNTRACKED &&
           (ws_starts_with(path, ".wsfsm/") || ws_starts_with(path, ".worktrees/"));
}

static void add_side(struct ws_strv *out, const git_diff_delta *delta)
{
    if (delta == NULL) {
        return;
    }
    const char *path = delta->new_file.path != NULL ? delta->new_file.path : delta->old_file.path;
    if (!is_ours(delta, path)) {
        ws_strv_add(out, path);
    }
}

int ws_repo_dirty(struct ws_strv *out, struct ws_repo *r, struct ws_error *err)
{
    git_status_options options;
    git_status_list *list = NULL;
    int rc;

    if (ws_plain_checkout(r, err) < 0) {
        return -1;
    }
    git_status_options_init(&options, GIT_STATUS_OPTIONS_VERSION);
    options.show = GIT_STATUS_SHOW_INDEX_AND_WORKDIR;
    options.flags = GIT_STATUS_OPT_INCLUDE_UNTRACKED | GIT_STATUS_OPT_RECURSE_UNTRACKED_DIRS |
                    GIT_STATUS_OPT_EXCLUDE_SUBMODULES;
    rc = git_status_list_new(&list, r->git, &options);
    if (rc < 0) {
        return ws_fail_git(err, WS_E_REPOSITORY, rc, r->root,
                           "the checkout's status cannot be read");
    }
    for (size_t i = 0; i < git_status_list_entrycount(list); i++) {
        const git_status_entry *e = git_status_byindex(list, i);

        add_side(out, e->head_to_index);
        add_side(out, e->index_to_workdir);
    }
    git_status_list_free(list);
    ws_strv_sort(out);
    ws_strv_unique(out);
    return 0;
}

static bool in_index(struct ws_repo *r, const char *path)
{
    git_index *index = NULL;
    bool found = false;

    if (git_repository_index(&index, r->git) == 0) {
        size_t at;

        git_index_read(index, 0);
        found = git_index_find(&at, index, path) == 0;
    }
    git_index_free(index);
    return found;
}

bool ws_repo_owns_file(struct ws_repo *r, const char *absolute)
{
    char *real = realpath(absolute, NULL);
    bool owns = false;

    if (real != NULL && ws_path_under(real, r->worktrees)) {
        owns = true;
    } else if (real != NULL && ws_path_under(real, r->root) && strcmp(real, r->root) != 0) {
        owns = in_index(r, real + strlen(r->root) + 1);
    }
    /* The name itself may be tracked and be a link that leads outside. */
    if (!owns && ws_path_under(absolute, r->root) && strcmp(absolute, r->root) != 0) {
        owns = in_index(r, absolute + strlen(r->root) + 1);
    }
    free(real);
    return owns;
}
