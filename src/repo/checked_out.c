#include "checked_out.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "wsfsm/base/mem.h"
#include "wsfsm/base/path.h"
#include "wsfsm/base/text.h"

enum { MAX_TEXT = 16 * 1024 };

/* *line is NULL when there is no such file. -1: nobody knows, as the disk fails. */
static int first_line(char **line, const char *folder, const char *name, struct ws_error *err)
{
    char *path = ws_path_join(folder, name);
    struct ws_error why = {0};
    struct ws_buf text = {0};
    int rc = 0;

    *line = NULL;
    errno = 0;
    if (ws_read_file(&text, path, MAX_TEXT, &why) == 0) {
        *line = ws_strndup(ws_buf_str(&text), strcspn(ws_buf_str(&text), "\n"));
    } else if (ws_errno_is_trouble(errno)) {
        rc = ws_fail(err, why.code, path, "%s", why.message);
    }
    ws_buf_release(&text);
    free(path);
    return rc;
}

static int add_head(struct ws_strv *branches, const char *folder, struct ws_error *err)
{
    char *line;
    int rc = first_line(&line, folder, "HEAD", err);

    if (line != NULL && ws_starts_with(line, "ref: refs/heads/")) {
        ws_strv_add(branches, line + strlen("ref: "));
    }
    free(line);
    return rc;
}

struct look {
    struct ws_repo *r;
    struct ws_strv *branches;
    const struct ws_worktree *own;
    const char *branch;
    char **place;
};

typedef int each_fn(const struct look *l, const char *folder, struct ws_error *err);

/* Git's folders about linked worktrees, until one of them fails. */
static int for_all_linked(const struct look *l, each_fn *each, struct ws_error *err)
{
    char *worktrees = ws_path_join(l->r->git_dir, "worktrees");

    errno = 0;
    DIR *d = opendir(worktrees);
    struct dirent *e;
    int rc = 0;

    while (rc == 0 && d != NULL && (errno = 0, e = readdir(d)) != NULL) {
        char *folder = ws_path_join(worktrees, e->d_name);

        if (e->d_name[0] != '.') {
            rc = each(l, folder, err);
        }
        free(folder);
    }
    if (rc == 0 && ws_errno_is_trouble(errno)) {
        rc = ws_fail_errno(err, WS_E_IO, worktrees, "cannot read the folder");
    }
    if (d != NULL) {
        closedir(d);
    }
    free(worktrees);
    return rc;
}

static int add_linked(const struct look *l, const char *folder, struct ws_error *err)
{
    char *gitdir;
    int rc = first_line(&gitdir, folder, "gitdir", err);

    if (rc == 0 && (gitdir == NULL || !ws_path_under(gitdir, l->r->worktrees))) {
        rc = add_head(l->branches, folder, err);
    }
    free(gitdir);
    return rc;
}

int ws_checked_out(struct ws_strv *branches, struct ws_repo *r, struct ws_error *err)
{
    const struct look look = {.r = r, .branches = branches};
    int rc = add_head(branches, r->git_dir, err);

    if (rc == 0) {
        rc = for_all_linked(&look, add_linked, err);
    }
    ws_strv_sort(branches);
    ws_strv_unique(branches);
    return rc;
}

/* A rebase has HEAD off the branch, and moves the branch when it is done. */
static int is_on(bool *on, const char *folder, const char *branch, struct ws_error *err)
{
    static const char *const names[] = {"HEAD", "rebase-merge/head-name", "rebase-apply/head-name"};
    int rc = 0;

    *on = false;
    for (size_t i = 0; rc == 0 && !*on && i < sizeof names / sizeof *names; i++) {
        char *line;

        rc = first_line(&line, folder, names[i], err);
        if (line != NULL) {
            *on =
                strcmp(ws_starts_with(line, "ref: ") ? line + strlen("ref: ") : line, branch) == 0;
        }
        free(line);
    }
    return rc;
}

static bool is_own(const struct ws_worktree *own, const char *folder, const char *place)
{
    return ws_admin_is_place(own, place) ||
           (strcmp(folder, own->admin_path) == 0 && ws_admin_is_in_place(own));
}

static int find_linked(const struct look *l, const char *folder, struct ws_error *err)
{
    char *place = NULL;
    bool on = false;
    int rc = *l->place == NULL ? ws_admin_place(&place, folder, err) : 0;

    if (rc == 0 && place != NULL && !is_own(l->own, folder, place)) {
        rc = is_on(&on, folder, l->branch, err);
    }
    if (on) {
        *l->place = place;
        place = NULL;
    }
    free(place);
    return rc;
}

int ws_checked_out_elsewhere(char **place, const struct ws_worktree *own, const char *branch,
                             struct ws_error *err)
{
    const struct look look = {.r = own->r, .own = own, .branch = branch, .place = place};
    bool on;

    *place = NULL;
    if (is_on(&on, own->r->git_dir, branch, err) < 0) {
        return -1;
    }
    if (on) {
        *place = ws_strdup(own->r->root);
        return 0;
    }
    int rc = for_all_linked(&look, find_linked, err);

    if (rc < 0) {
        free(*place);
        *place = NULL;
    }
    return rc;
}
