/* The folders that are ours in the user's checkout: .wsfsm and .worktrees. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "internal.h"
#include "lock.h"
#include "wsfsm/base/fault.h"
#include "wsfsm/base/hash.h"
#include "wsfsm/base/path.h"

enum { ID_DIGITS = 32 };

/* A folder that hides itself from git status: `path`, with a .gitignore of "*". */
static int make_hidden(const char *path, mode_t mode, mode_t file_mode, struct ws_error *err)
{
    struct stat st;
    char *ignore;
    int rc = 0;

    if (mkdir(path, mode) < 0 && errno != EEXIST) {
        return ws_fail_errno(err, WS_E_IO, path, "cannot make this folder");
    }
    if (lstat(path, &st) < 0 || !S_ISDIR(st.st_mode)) {
        return ws_fail(err, WS_E_REPOSITORY, path,
                       "a folder of wsfsm's must be here, and something else is; move it away");
    }
    if ((mode & 0077) == 0 && (st.st_mode & 0077) != 0 && chmod(path, mode) < 0) {
        return ws_fail_errno(err, WS_E_IO, path, "cannot take away others' access to this folder");
    }
    ws_fault_point("repo.folder_made");
    ignore = ws_path_join(path, ".gitignore");
    if (lstat(ignore, &st) < 0) {
        rc = ws_write_file(ignore, "*\n", 2, file_mode, err);
    } else if (!S_ISREG(st.st_mode)) {
        rc = ws_fail(err, WS_E_REPOSITORY, ignore, "must be a plain file; move it away");
    }
    free(ignore);
    return rc;
}

int ws_repo_make_dirs(struct ws_repo *r, struct ws_error *err)
{
    char *records = ws_path_join(r->state_dir, "worktrees");
    struct stat st;
    int rc = make_hidden(r->state_dir, 0700, 0600, err);

    if (rc == 0) {
        rc = make_hidden(r->worktrees, 0777, 0644, err);
    }
    if (rc == 0 && mkdir(records, 0700) < 0 && errno != EEXIST) {
        rc = ws_fail_errno(err, WS_E_IO, records, "cannot make this folder");
    }
    if (rc == 0 && (lstat(records, &st) < 0 || !S_ISDIR(st.st_mode))) {
        rc = ws_fail(err, WS_E_REPOSITORY, records,
                     "a folder of wsfsm's must be here, and something else is; move it away");
    }
    free(records);
    return rc;
}

static int read_id(char out[33], const char *path, struct ws_error *err)
{
    struct ws_buf text = {0};
    int rc = ws_read_file(&text, path, 64, err);

    if (rc == 0) {
        while (text.len > 0 && text.data[text.len - 1] == '\n') {
            text.data[--text.len] = '\0';
        }
        if (text.len != ID_DIGITS || strspn(text.data, "0123456789abcdef") != ID_DIGITS) {
            rc = ws_fail(err, WS_E_INTEGRITY, path, "this is not the id of a repository");
        } else {
            memcpy(out, text.data, ID_DIGITS + 1);
        }
    }
    ws_buf_release(&text);
    return rc;
}

/* Two may come at once: under the lock one makes it, the other finds it. */
static int make_id(struct ws_repo *r, const char *path, struct ws_error *err)
{
    char line[ID_DIGITS + 2];
    char *lock_path;
    int lock, rc;

    if (ws_repo_make_dirs(r, err) < 0) {
        return -1;
    }
    lock_path = ws_path_join(r->state_dir, "worktrees.lock");
    rc = ws_lock_take(&lock, lock_path, err);
    free(lock_path);
    if (rc < 0) {
        return -1;
    }
    if (!ws_path_exists(path)) {
        ws_random_hex(line, ID_DIGITS);
        line[ID_DIGITS] = '\n';
        rc = ws_write_file(path, line, ID_DIGITS + 1, 0600, err);
    }
    ws_lock_drop(lock);
    return rc;
}

int ws_repo_id(char out[33], struct ws_repo *r, bool create, struct ws_error *err)
{
    char *path = ws_path_join(r->state_dir, "repository-id");
    int rc = 0;

    out[0] = '\0';
    if (create && !ws_path_exists(path)) {
        rc = make_id(r, path, err);
    }
    if (rc == 0 && ws_path_exists(path)) {
        rc = read_id(out, path, err);
    }
    free(path);
    return rc;
}
