#include "prepare.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "content.h"
#include "remove_tree.h"
#include "state_dir.h"
#include "wsfsm/base/fault.h"
#include "wsfsm/base/mem.h"
#include "wsfsm/base/path.h"
#include "wsfsm/base/text.h"

/* --- what is left of an earlier try --- */

static int remove_folder(struct ws_worktree *w, struct ws_error *err)
{
    struct stat st;

    if (w->rec.ino != 0) {
        return ws_remove_folder(w->path, w->rec.dev, w->rec.ino, err);
    }
    /* Killed between making the folder and noting which it is: then it is empty. */
    if (rmdir(w->path) == 0 || errno == ENOENT) {
        return 0;
    }
    return lstat(w->path, &st) == 0 ? ws_fail(err, WS_E_REPOSITORY, w->path,
                                              "something is where the worktree must go, and wsfsm "
                                              "did not make it; move it away")
                                    : ws_fail_errno(err, WS_E_IO, w->path, "cannot look at it");
}

/* The folder, and git's about it unless that is the user's: of a worktree that was moved, or that
 * took the name while ours was made. */
static int remove_both(struct ws_worktree *w, bool theirs, struct ws_error *err)
{
    if (w->rec.state == WS_RECORD_MADE) {
        w->rec.state = WS_RECORD_REMOVING;
        if (ws_record_write(&w->rec, w->r, err) < 0) {
            return -1;
        }
    }
    if (remove_folder(w, err) < 0) {
        return -1;
    }
    ws_fault_point("repo.folder_removed");
    if (ws_admin_remove(w, theirs, err) < 0) {
        return -1;
    }
    ws_fault_point("repo.admin_removed");
    return 0;
}

int ws_worktree_teardown(struct ws_worktree *w, struct ws_error *err)
{
    static const char *const files[] = {".cache", ".cache-new"};
    char *elsewhere = NULL;

    if (ws_admin_check_unlocked(w, err) < 0 || ws_admin_elsewhere(&elsewhere, w, err) < 0) {
        return -1;
    }
    int rc = remove_both(w, elsewhere != NULL, err);

    free(elsewhere);
    for (size_t i = 0; rc == 0 && i < sizeof files / sizeof *files; i++) {
        char *path = ws_record_path(w->r, w->rec.ws_id, files[i]);

        unlink(path);
        free(path);
    }
    return rc == 0 ? ws_record_delete(w->r, w->rec.ws_id, err) : -1;
}

/* --- making --- */

static int make_folder(struct ws_worktree *w, struct ws_error *err)
{
    struct stat st;

    if (mkdir(w->path, 0777) < 0) {
        return errno == EEXIST
                   ? ws_fail(err, WS_E_REPOSITORY, w->path,
                             "something is where the worktree must go, and wsfsm did not make it; "
                             "move it away")
                   : ws_fail_errno(err, WS_E_IO, w->path, "cannot make the worktree's folder");
    }
    ws_fault_point("repo.worktree_folder_made");
    if (lstat(w->path, &st) < 0) {
        return ws_fail_errno(err, WS_E_IO, w->path, "cannot look at it");
    }
    w->rec.dev = st.st_dev;
    w->rec.ino = st.st_ino;
    return ws_record_write(&w->rec, w->r, err);
}

static int fill_folder(struct ws_worktree *w, struct ws_error *err)
{
    struct ws_node root = {0};
    git_tree *base = NULL;
    int fd = -1, rc = -1;

    if (ws_git_tree(&base, w->r, w->rec.base, err) == 0 &&
        ws_content_put(&root, w, git_tree_id(base), true, err) == 0 &&
        ws_content_keep(&root, w, err) == 0 && ws_admin_open_folder(&fd, w, err) == 0 &&
        ws_admin_write_link(w, fd, err) == 0) {
        ws_fault_point("repo.link_made");
        rc = ws_admin_make(w, &root, err);
    }
    if (fd >= 0) {
        close(fd);
    }
    git_tree_free(base);
    ws_node_release(&root);
    return rc;
}

/* A new worktree, from the record on. What fails leaves nothing behind. */
static int make(struct ws_worktree *w, struct ws_error *err)
{
    if (ws_path_exists(w->path)) {
        return ws_fail(
            err, WS_E_REPOSITORY, w->path,
            "something is where the worktree must go, and wsfsm did not make it; move it away");
    }
    if (ws_record_write(&w->rec, w->r, err) < 0) {
        return -1;
    }
    if (make_folder(w, err) == 0 && ws_worktree_make_branch(w, err) == 0 &&
        fill_folder(w, err) == 0) {
        w->rec.state = WS_RECORD_MADE;
        if (ws_record_write(&w->rec, w->r, err) == 0) {
            return 0;
        }
        w->rec.state = WS_RECORD_MAKING;
    }
    (void)ws_worktree_teardown(w, NULL);
    return -1;
}

/* --- taking over an earlier run's --- */

static int take_over(struct ws_worktree *w, struct ws_prepared *how,
                     const struct ws_worktree_spec *spec, struct ws_error *err)
{
    struct ws_record rec = {.state = WS_RECORD_MAKING, .dev = w->rec.dev, .ino = w->rec.ino};
    char tree[WS_OID_HEX];
    int rc;

    if (ws_admin_check_unlocked(w, err) < 0 || ws_worktree_check(w, err) < 0 ||
        ws_worktree_keep(&how->snapshot_ref, &how->lost, w, err) < 0) {
        return -1;
    }
    rec.run_id = ws_strdup(spec->run_id);
    rec.ws_id = ws_strdup(spec->ws_id);
    rec.admin = ws_strdup(w->rec.admin);
    memcpy(rec.base, spec->base_oid, WS_OID_HEX);
    ws_record_release(&w->rec);
    w->rec = rec;
    free(w->branch);
    w->branch = ws_format("refs/heads/ws/%s/%s", spec->run_id, spec->ws_id);
    if (ws_record_write(&w->rec, w->r, err) < 0 || ws_worktree_make_branch(w, err) < 0) {
        return -1;
    }
    rc = ws_repo_tree_of(tree, w->r, spec->base_oid, err);
    if (rc == 0) {
        rc = ws_worktree_restore(w, tree, spec->base_oid, NULL, err);
    }
    if (rc == 0) {
        w->rec.state = WS_RECORD_MADE;
        rc = ws_record_write(&w->rec, w->r, err);
    }
    return rc;
}

/* --- prepare --- */

/* These become names of files and refs: the caller has checked them, and a mistake there must not
 * reach the disk. */
static bool is_id(const char *s)
{
    return s != NULL && s[0] != '\0' && s[0] != '-' && strlen(s) <= 100 &&
           strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") ==
               strlen(s);
}

static int check_spec(const struct ws_worktree_spec *spec, struct ws_error *err)
{
    git_oid oid;

    if (!is_id(spec->run_id) || !is_id(spec->ws_id)) {
        return ws_fail(err, WS_E_INTERNAL, spec->ws_id, "not the ids of a run and a workstream");
    }
    return ws_git_oid(&oid, spec->base_oid, err);
}

static int make_new(struct ws_worktree **out, struct ws_prepared *how, struct ws_repo *r,
                    const struct ws_worktree_spec *spec, struct ws_error *err)
{
    struct ws_record rec = {.state = WS_RECORD_MAKING};
    struct ws_worktree *w;

    rec.run_id = ws_strdup(spec->run_id);
    rec.ws_id = ws_strdup(spec->ws_id);
    rec.admin = ws_admin_free_name(r, spec->ws_id);
    memcpy(rec.base, spec->base_oid, WS_OID_HEX);
    w = ws_admin_worktree(r, &rec);
    if (make(w, err) < 0) {
        ws_worktree_close(w);
        return -1;
    }
    how->created = true;
    *out = w;
    return 0;
}

static int prepare_locked(struct ws_worktree **out, struct ws_prepared *how, struct ws_repo *r,
                          const struct ws_worktree_spec *spec, struct ws_error *err)
{
    struct ws_record rec;
    struct ws_worktree *w;
    int rc = ws_worktree_check_branch(r, spec->run_id, spec->ws_id, err);

    if (rc == 0) {
        rc = ws_record_read(&rec, r, spec->ws_id, err);
    }
    if (rc != 0) {
        return rc == 1 ? make_new(out, how, r, spec, err) : -1;
    }
    w = ws_admin_worktree(r, &rec);
    if (w->rec.state != WS_RECORD_MADE || !ws_path_exists(w->path)) {
        rc = ws_worktree_teardown(w, err);
        ws_worktree_close(w);
        return rc == 0 ? make_new(out, how, r, spec, err) : -1;
    }
    rc = ws_admin_follow_move(w, err);
    if (rc < 0) {
        ws_worktree_close(w);
        return -1;
    }
    if (strcmp(w->rec.run_id, spec->run_id) != 0) {
        rc = take_over(w, how, spec, err);
    } else if (strcmp(w->rec.base, spec->base_oid) != 0) {
        rc = ws_fail(err, WS_E_UNUSABLE_ID, spec->run_id,
                     "this run's worktree stands on another base");
    } else {
        rc = ws_worktree_check(w, err);
    }
    if (rc < 0) {
        ws_worktree_close(w);
        return -1;
    }
    *out = w;
    return 0;
}

int ws_worktree_prepare(struct ws_worktree **out, struct ws_prepared *how, struct ws_repo *r,
                        const struct ws_worktree_spec *spec, struct ws_error *err)
{
    int rc;

    *out = NULL;
    memset(how, 0, sizeof *how);
    if (check_spec(spec, err) < 0 || ws_repo_make_dirs(r, err) < 0 || ws_state_lock(r, err) < 0) {
        return -1;
    }
    rc = ws_worktrees_make(r, err);
    if (rc == 0) {
        rc = prepare_locked(out, how, r, spec, err);
    }
    ws_state_unlock(r);
    if (rc < 0) {
        free(how->snapshot_ref);
        how->snapshot_ref = NULL;
        ws_strv_release(&how->lost);
    }
    return rc;
}
