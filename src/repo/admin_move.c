#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "admin.h"
#include "wsfsm/base/mem.h"
#include "wsfsm/base/path.h"

enum { MAX_TEXT = 64 * 1024 };

/* `path` as it was called before the move; NULL when it does not lie in the repository. */
static char *formerly(const struct ws_worktree *w, const char *path)
{
    if (!ws_path_under(path, w->r->root)) {
        return NULL;
    }
    return ws_format("%s%s", w->rec.root, path + strlen(w->r->root));
}

static char *former_text(const struct ws_worktree *w, enum ws_admin_text which)
{
    struct ws_worktree then = *w;
    char *text = NULL;

    then.path = formerly(w, w->path);
    then.admin_path = formerly(w, w->admin_path);
    if (then.path != NULL && then.admin_path != NULL) {
        text = ws_admin_text(&then, which);
    }
    free(then.path);
    free(then.admin_path);
    return text;
}

static int follow(struct ws_worktree *w, enum ws_admin_text which, const char *folder,
                  const char *name, struct ws_error *err)
{
    char *path = ws_path_join(folder, name), *then = former_text(w, which);
    struct ws_buf found = {0};
    struct stat st;
    int rc = 0;

    if (then != NULL && lstat(path, &st) == 0 && S_ISREG(st.st_mode) &&
        ws_read_file(&found, path, MAX_TEXT, NULL) == 0 && strcmp(ws_buf_str(&found), then) == 0) {
        char *now = ws_admin_text(w, which);

        rc = ws_write_file(path, now, strlen(now), 0644, err);
        free(now);
    }
    ws_buf_release(&found);
    free(then);
    free(path);
    return rc;
}

int ws_admin_follow_move(struct ws_worktree *w, struct ws_error *err)
{
    if (w->rec.root == NULL || strcmp(w->rec.root, w->r->root) == 0) {
        return 0;
    }
    if (follow(w, WS_TEXT_LINK, w->path, ".git", err) < 0 ||
        follow(w, WS_TEXT_GITDIR, w->admin_path, "gitdir", err) < 0) {
        return -1;
    }
    return ws_record_write(&w->rec, w->r, err);
}

char *ws_admin_moved_to(const struct ws_worktree *w)
{
    char *gitdir = ws_path_join(w->admin_path, "gitdir"), *link = NULL, *place = NULL;
    char *ours = ws_admin_text(w, WS_TEXT_LINK);
    struct ws_buf text = {0}, back = {0};

    if (ws_read_file(&text, gitdir, MAX_TEXT, NULL) == 0 && ws_buf_str(&text)[0] == '/') {
        link = ws_strndup(ws_buf_str(&text), strcspn(ws_buf_str(&text), "\n"));
    }
    if (link != NULL && strcmp(ws_path_base(link), ".git") == 0 &&
        ws_read_file(&back, link, MAX_TEXT, NULL) == 0 && strcmp(ws_buf_str(&back), ours) == 0) {
        place = ws_path_dir(link);
    }
    if (place != NULL && strcmp(place, w->path) == 0) {
        free(place);
        place = NULL;
    }
    ws_buf_release(&text);
    ws_buf_release(&back);
    free(ours);
    free(link);
    free(gitdir);
    return place;
}

bool ws_admin_is_locked(const struct ws_worktree *w)
{
    char *path = ws_path_join(w->admin_path, "locked");
    bool is = ws_path_exists(path);

    free(path);
    return is;
}

int ws_admin_check_unlocked(const struct ws_worktree *w, struct ws_error *err)
{
    if (!ws_admin_is_locked(w)) {
        return 0;
    }
    return ws_fail(err, WS_E_REPOSITORY, w->path,
                   "the worktree is locked; git worktree unlock it first");
}
