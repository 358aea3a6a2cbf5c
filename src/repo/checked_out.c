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

static int add_linked(struct ws_strv *branches, struct ws_repo *r, const char *folder,
                      struct ws_error *err)
{
    char *gitdir;
    int rc = first_line(&gitdir, folder, "gitdir", err);

    if (rc == 0 && (gitdir == NULL || !ws_path_under(gitdir, r->worktrees))) {
        rc = add_head(branches, folder, err);
    }
    free(gitdir);
    return rc;
}

static int add_all_linked(struct ws_strv *branches, struct ws_repo *r, const char *worktrees,
                          struct ws_error *err)
{
    errno = 0;
    DIR *d = opendir(worktrees);
    struct dirent *e;
    int rc = 0;

    while (rc == 0 && d != NULL && (errno = 0, e = readdir(d)) != NULL) {
        char *folder = ws_path_join(worktrees, e->d_name);

        if (e->d_name[0] != '.') {
            rc = add_linked(branches, r, folder, err);
        }
        free(folder);
    }
    if (rc == 0 && ws_errno_is_trouble(errno)) {
        rc = ws_fail_errno(err, WS_E_IO, worktrees, "cannot read the folder");
    }
    if (d != NULL) {
        closedir(d);
    }
    return rc;
}

int ws_checked_out(struct ws_strv *branches, struct ws_repo *r, struct ws_error *err)
{
    char *worktrees = ws_path_join(r->git_dir, "worktrees");
    int rc = add_head(branches, r->git_dir, err);

    if (rc == 0) {
        rc = add_all_linked(branches, r, worktrees, err);
    }
    ws_strv_sort(branches);
    ws_strv_unique(branches);
    free(worktrees);
    return rc;
}
