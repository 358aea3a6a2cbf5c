/* The folders that are ours in the user's checkout: .wsfsm and .worktrees. */
#include "state_dir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lock.h"
#include "wsfsm/base/fault.h"
#include "wsfsm/base/hash.h"
#include "wsfsm/base/mem.h"
#include "wsfsm/base/path.h"
#include "wsfsm/base/text.h"

enum { ID_DIGITS = 32 };

static int make_folder(const char *path, mode_t mode, struct ws_error *err)
{
    struct stat st;

    if (mkdir(path, mode) == 0) {
        ws_fault_point("repo.folder_made");
    } else if (errno != EEXIST) {
        return ws_fail_errno(err, WS_E_IO, path, "cannot make this folder");
    }
    if (lstat(path, &st) < 0) {
        return ws_fail_errno(err, WS_E_IO, path, "cannot look at this folder");
    }
    if (!S_ISDIR(st.st_mode)) {
        return ws_fail(err, WS_E_REPOSITORY, path,
                       "a folder of wsfsm's must be here, and something else is; move it away");
    }
    if ((mode & 0077) == 0 && (st.st_mode & 0777) != mode && chmod(path, mode) < 0) {
        return ws_fail_errno(err, WS_E_IO, path, "cannot make this folder yours alone");
    }
    return 0;
}

/* A file of ours, made by way of .wsfsm/worktrees, where what a crash leaves behind is swept away.
 */
static int put_file(struct ws_repo *r, const char *folder, const char *name, const char *text,
                    mode_t mode, struct ws_error *err)
{
    char *fresh = ws_format("%s/worktrees/%s.new", r->state_dir, name);
    char *path = ws_path_join(folder, name);
    struct stat st;
    int rc = 0;

    if (lstat(path, &st) == 0) {
        rc = S_ISREG(st.st_mode)
                 ? 0
                 : ws_fail(err, WS_E_REPOSITORY, path, "this must be a plain file; move it away");
        goto out;
    }
    rc = ws_write_file(fresh, text, strlen(text), mode, err);
    if (rc == 0 && rename(fresh, path) < 0) {
        rc = errno == EXDEV ? ws_write_file(path, text, strlen(text), mode, err)
                            : ws_fail_errno(err, WS_E_IO, path, "cannot make the file");
        unlink(fresh);
    }
    if (rc < 0) {
        unlink(fresh); /* no .gitignore hides it from the user's status yet */
    }
    ws_fault_point("repo.file_put");
out:
    free(fresh);
    free(path);
    return rc;
}

/* The lock is held: nobody else is writing there. */
static void sweep(struct ws_repo *r)
{
    char *folder = ws_path_join(r->state_dir, "worktrees");
    DIR *d = opendir(folder);
    struct dirent *e;

    while (d != NULL && (e = readdir(d)) != NULL) {
        if (ws_ends_with(e->d_name, ".tmp") || ws_ends_with(e->d_name, ".new")) {
            unlinkat(dirfd(d), e->d_name, 0);
        }
    }
    if (d != NULL) {
        closedir(d);
    }
    free(folder);
}

static char *lock_path(const struct ws_repo *r)
{
    return ws_path_join(r->state_dir, "worktrees.lock");
}

int ws_state_lock(struct ws_repo *r, struct ws_error *err)
{
    char *path = lock_path(r);
    int rc = ws_lock_take(&r->state_lock, path, err);

    if (rc == 0) {
        sweep(r);
    }
    free(path);
    return rc;
}

void ws_state_unlock(struct ws_repo *r)
{
    ws_lock_drop(r->state_lock);
    r->state_lock = -1;
}

static int make_folders(struct ws_repo *r, struct ws_error *err)
{
    char *records = ws_path_join(r->state_dir, "worktrees");
    int rc = make_folder(r->state_dir, 0700, err);

    if (rc == 0) {
        rc = make_folder(records, 0700, err);
    }
    free(records);
    return rc;
}

void ws_repo_make_private(struct ws_repo *r)
{
    struct stat st;

    if (lstat(r->state_dir, &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == geteuid() &&
        (st.st_mode & 0077) != 0) {
        (void)chmod(r->state_dir, st.st_mode & 0700);
    }
}

static bool is_hidden(const char *folder)
{
    char *path = ws_path_join(folder, ".gitignore");
    struct stat st;
    bool is = lstat(path, &st) == 0 && S_ISREG(st.st_mode);

    free(path);
    return is;
}

/* In a folder that could not be hidden, the file would show in the user's status. */
static void take_lock_away(struct ws_repo *r)
{
    char *path = lock_path(r);

    unlink(path);
    free(path);
}

static int hide(struct ws_repo *r, struct ws_error *err)
{
    int rc = put_file(r, r->state_dir, ".gitignore", "*\n", 0600, err);

    if (rc < 0 && !is_hidden(r->state_dir)) {
        take_lock_away(r);
    }
    return rc;
}

int ws_repo_make_dirs(struct ws_repo *r, struct ws_error *err)
{
    int rc;

    if (ws_repo_check_own(r, NULL, err) < 0 || make_folders(r, err) < 0) {
        return -1;
    }
    if (is_hidden(r->state_dir)) {
        return 0;
    }
    if (r->state_lock >= 0) { /* it was hidden when the lock was taken */
        return hide(r, err);
    }
    if (ws_state_lock(r, err) < 0) {
        return -1;
    }
    rc = hide(r, err);
    ws_state_unlock(r);
    return rc;
}

int ws_worktrees_make(struct ws_repo *r, struct ws_error *err)
{
    if (make_folder(r->worktrees, 0777, err) < 0) {
        return -1;
    }
    return is_hidden(r->worktrees) ? 0 : put_file(r, r->worktrees, ".gitignore", "*\n", 0644, err);
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
static int make_id(struct ws_repo *r, struct ws_error *err)
{
    char line[ID_DIGITS + 2];
    int rc;

    if (ws_repo_make_dirs(r, err) < 0 || ws_state_lock(r, err) < 0) {
        return -1;
    }
    ws_random_hex(line, ID_DIGITS);
    memcpy(line + ID_DIGITS, "\n", 2);
    rc = put_file(r, r->state_dir, "repository-id", line, 0600, err);
    ws_state_unlock(r);
    return rc;
}

int ws_repo_id(char out[33], struct ws_repo *r, bool create, struct ws_error *err)
{
    char *path = ws_path_join(r->state_dir, "repository-id");
    int rc = 0;

    out[0] = '\0';
    if (create && !ws_path_exists(path)) {
        rc = make_id(r, err);
    }
    if (rc == 0 && ws_path_exists(path)) {
        rc = read_id(out, path, err);
    }
    free(path);
    return rc;
}
