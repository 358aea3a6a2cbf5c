#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "admin.h"
#include "wsfsm/base/mem.h"
#include "wsfsm/base/path.h"
#include "wsfsm/base/text.h"

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

/* The folder of the worktree by a line of git's, which newer gits also write relative to their own
 * folder. NULL: it names none. */
static char *resolve(const char *admin_path, const char *line)
{
    char *from = ws_strdup(admin_path), *link, *place = NULL;

    while (line[0] != '/' && ws_starts_with(line, "../")) {
        char *up = ws_path_dir(from);

        free(from);
        from = up;
        line += strlen("../");
    }
    link = ws_path_join(from, line);
    if (ws_ends_with(link, "/.git")) {
        place = ws_path_dir(link);
    } else if (line[0] == '/') {
        place = ws_strdup(line);
    }
    free(link);
    free(from);
    return place;
}

int ws_admin_place(char **place, const char *admin_path, struct ws_error *err)
{
    char *path = ws_path_join(admin_path, "gitdir");
    struct ws_error why = {0};
    struct ws_buf text = {0};
    int rc = 0;

    *place = NULL;
    errno = 0;
    if (ws_read_file(&text, path, MAX_TEXT, &why) == 0) {
        char *line = ws_strndup(ws_buf_str(&text), strcspn(ws_buf_str(&text), "\n"));

        *place = resolve(admin_path, line);
        free(line);
    } else if (ws_errno_is_trouble(errno)) {
        rc = ws_fail(err, why.code, path, "%s", why.message);
    }
    ws_buf_release(&text);
    free(path);
    return rc;
}

bool ws_admin_is_place(const struct ws_worktree *w, const char *place)
{
    char *then = w->rec.root != NULL ? formerly(w, w->path) : NULL;
    bool is = strcmp(place, w->path) == 0 || (then != NULL && strcmp(place, then) == 0);

    free(then);
    return is;
}

/* What stands at the place is there and is no worktree of git's folder about ours. */
static bool is_other(const struct ws_worktree *w, const char *place)
{
    char *path = ws_path_join(place, ".git"), *link = NULL, *real = NULL;
    struct ws_buf text = {0};
    struct stat st;
    bool other = lstat(path, &st) == 0;

    if (other && S_ISREG(st.st_mode)) {
        other = ws_read_file(&text, path, MAX_TEXT, NULL) == 0;
        if (other && ws_starts_with(ws_buf_str(&text), "gitdir: ")) {
            const char *line = ws_buf_str(&text) + strlen("gitdir: ");
            char *name = ws_strndup(line, strcspn(line, "\n"));

            link = ws_path_join(place, name);
            real = realpath(link, NULL);
            other = real == NULL || strcmp(real, w->admin_path) != 0;
            free(name);
        }
    }
    ws_buf_release(&text);
    free(real);
    free(link);
    free(path);
    return other;
}

bool ws_admin_is_in_place(const struct ws_worktree *w)
{
    struct stat st;

    return w->rec.state == WS_RECORD_MADE && lstat(w->path, &st) == 0 && st.st_dev == w->rec.dev &&
           st.st_ino == w->rec.ino;
}

int ws_admin_elsewhere(char **place, const struct ws_worktree *w, struct ws_error *err)
{
    if (ws_admin_place(place, w->admin_path, err) < 0) {
        return -1;
    }
    /* A tool may have written the name of something else. */
    if (*place != NULL &&
        (ws_admin_is_place(w, *place) || (ws_admin_is_in_place(w) && is_other(w, *place)))) {
        free(*place);
        *place = NULL;
    }
    return 0;
}

/* Git writes a plain file; anything else of that name is a tool's. */
static int look_for_lock(bool *locked, const struct ws_worktree *w, struct ws_error *err)
{
    char *path = ws_path_join(w->admin_path, "locked");
    struct stat st;
    int rc = 0;

    *locked = lstat(path, &st) == 0;
    if (*locked) {
        *locked = S_ISREG(st.st_mode);
    } else if (ws_errno_is_trouble(errno)) {
        rc = ws_fail_errno(err, WS_E_IO, path, "cannot look for the lock of the worktree");
    }
    free(path);
    return rc;
}

int ws_admin_check_unlocked(const struct ws_worktree *w, struct ws_error *err)
{
    char *elsewhere = NULL;
    bool locked;
    int rc = look_for_lock(&locked, w, err);

    if (rc == 0 && locked) {
        rc = ws_admin_elsewhere(&elsewhere, w, err);
    }
    if (rc == 0 && locked && (elsewhere == NULL || ws_admin_is_in_place(w))) {
        rc = ws_fail(err, WS_E_REPOSITORY, w->path,
                     "the worktree is locked; git worktree unlock it first");
    }
    free(elsewhere);
    return rc;
}
