/* Is the worktree still what we made: compared by bytes, before libgit2 looks at anything of it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "admin.h"
#include "own.h"
#include "plain.h"
#include "wsfsm/base/mem.h"
#include "wsfsm/base/path.h"
#include "wsfsm/base/text.h"

enum { MAX_TEXT = 64 * 1024 };

char *ws_admin_text(const struct ws_worktree *w, enum ws_admin_text which)
{
    switch (which) {
    case WS_TEXT_LINK:
        return ws_format("gitdir: %s\n", w->admin_path);
    case WS_TEXT_GITDIR:
        return ws_format("%s/.git\n", w->path);
    case WS_TEXT_COMMONDIR:
        return ws_strdup("../..\n");
    case WS_TEXT_HEAD:
        break;
    }
    return ws_format("ref: %s\n", w->branch);
}

/* A failing disk is no evidence against anybody. */
static int unreadable(const char *path, const char *evidence, struct ws_error *err)
{
    return ws_errno_is_trouble(errno)
               ? ws_fail_errno(err, WS_E_IO, path, "this file of git's cannot be read")
               : ws_fail(err, WS_E_SCOPE_VIOLATION, path, "%s", evidence);
}

static int check_file(const struct ws_worktree *w, enum ws_admin_text which, const char *folder,
                      const char *name, struct ws_error *err)
{
    char *path = ws_path_join(folder, name), *text = ws_admin_text(w, which);
    struct ws_buf found = {0};
    struct stat st;
    int rc = 0;

    if (lstat(path, &st) < 0) {
        rc = unreadable(path, "this file of git's is gone", err);
    } else if (!S_ISREG(st.st_mode)) {
        rc = ws_fail(err, WS_E_SCOPE_VIOLATION, path, "this is no longer a plain file");
    } else if (ws_read_file(&found, path, MAX_TEXT, NULL) < 0) {
        rc = unreadable(path, "this is no longer a plain file", err);
    } else if (strcmp(ws_buf_str(&found), text) != 0 || found.len != strlen(text)) {
        rc = which == WS_TEXT_HEAD
                 ? ws_fail(err, WS_E_SCOPE_VIOLATION, path, "HEAD has left the branch %s",
                           w->branch + strlen("refs/heads/"))
                 : ws_fail(err, WS_E_SCOPE_VIOLATION, path, "this file of git's was changed");
    }
    ws_buf_release(&found);
    free(path);
    free(text);
    return rc;
}

static int check_admin(struct ws_worktree *w, struct ws_error *err)
{
    char *config = ws_path_join(w->admin_path, "config.worktree");
    struct stat st;
    int rc = 0;

    if (lstat(w->admin_path, &st) < 0) {
        rc = unreadable(w->admin_path, "git's folder of the worktree is gone", err);
    } else if (!S_ISDIR(st.st_mode)) {
        rc = ws_fail(err, WS_E_SCOPE_VIOLATION, w->admin_path,
                     "git's folder of the worktree is gone");
    } else if (lstat(config, &st) == 0) {
        rc = ws_fail(err, WS_E_SCOPE_VIOLATION, config,
                     "settings of its own were given to the worktree");
    } else if (ws_errno_is_trouble(errno)) {
        rc = ws_fail_errno(err, WS_E_IO, config, "this file of git's cannot be read");
    }
    free(config);
    return rc;
}

int ws_worktree_check(struct ws_worktree *w, struct ws_error *err)
{
    int fd;

    if (ws_admin_open_folder(&fd, w, err) < 0) {
        return -1;
    }
    close(fd);
    if (check_admin(w, err) < 0 || check_file(w, WS_TEXT_LINK, w->path, ".git", err) < 0 ||
        check_file(w, WS_TEXT_GITDIR, w->admin_path, "gitdir", err) < 0 ||
        check_file(w, WS_TEXT_COMMONDIR, w->admin_path, "commondir", err) < 0 ||
        check_file(w, WS_TEXT_HEAD, w->admin_path, "HEAD", err) < 0) {
        return -1;
    }
    return ws_plain_git_dir(w->r->git_dir, WS_E_SCOPE_VIOLATION, err) < 0 ||
                   ws_own_objects(w->r, WS_E_SCOPE_VIOLATION, err) < 0
               ? -1
               : ws_plain_refs(w->r, WS_E_SCOPE_VIOLATION, err);
}

/* The commit that HEAD's line names; empty when there is none. */
static void resolve(char oid[WS_OID_HEX], struct ws_repo *r, const char *line)
{
    git_object *commit = NULL;
    git_oid id;

    if (ws_starts_with(line, "ref: refs/heads/")) {
        if (ws_repo_ref(oid, r, line + strlen("ref: "), NULL) < 0) {
            oid[0] = '\0';
        }
    } else if (strlen(line) == WS_OID_HEX - 1) {
        memcpy(oid, line, WS_OID_HEX);
    }
    if (oid[0] != '\0' && (ws_git_oid(&id, oid, NULL) < 0 ||
                           git_object_lookup(&commit, r->git, &id, GIT_OBJECT_COMMIT) < 0)) {
        oid[0] = '\0';
    }
    git_object_free(commit);
}

int ws_admin_head(char oid[WS_OID_HEX], bool *on_branch, struct ws_worktree *w,
                  struct ws_error *err)
{
    char *path = ws_path_join(w->admin_path, "HEAD");
    struct ws_buf text = {0};
    struct stat st;
    int rc = 0;

    oid[0] = '\0';
    *on_branch = false;
    if (lstat(path, &st) == 0 && !S_ISREG(st.st_mode)) {
        goto out; /* nothing that could be read */
    }
    if (ws_read_file(&text, path, MAX_TEXT, err) == 0) {
        char *line = ws_strndup(ws_buf_str(&text), strcspn(ws_buf_str(&text), "\n"));

        *on_branch =
            ws_starts_with(line, "ref: ") && strcmp(line + strlen("ref: "), w->branch) == 0;
        resolve(oid, w->r, line);
        free(line);
    } else if (ws_errno_is_trouble(errno)) {
        rc = -1;
    }
out:
    ws_buf_release(&text);
    free(path);
    return rc;
}
