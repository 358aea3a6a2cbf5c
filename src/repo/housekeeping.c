/* Listing worktrees and removing them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "prepare.h"
#include "state_dir.h"
#include "wsfsm/base/mem.h"
#include "wsfsm/base/path.h"

void ws_worktree_infos_release(struct ws_worktree_infos *infos)
{
    if (infos == NULL) {
        return;
    }
    for (size_t i = 0; i < infos->len; i++) {
        struct ws_worktree_info *info = &infos->items[i];
        char *const owned[] = {info->ws_id,    info->run_id, info->path,   info->branch,
                               info->base_oid, info->state,  info->problem};

        for (size_t k = 0; k < sizeof owned / sizeof *owned; k++) {
            free(owned[k]);
        }
    }
    free(infos->items);
    memset(infos, 0, sizeof *infos);
}

static struct ws_worktree_info *add(struct ws_worktree_infos *out)
{
    out->items = ws_grow(out->items, &out->cap, out->len, sizeof *out->items);
    return &out->items[out->len++];
}

static bool was_moved(const struct ws_worktree *w)
{
    return w->rec.root != NULL && strcmp(w->rec.root, w->r->root) != 0;
}

static void describe(struct ws_worktree_info *info, struct ws_worktree *w)
{
    struct ws_error err = {0};
    char *elsewhere = NULL;
    struct stat st;

    info->locked = ws_admin_check_unlocked(w, NULL) < 0;
    info->ws_id = ws_strdup(w->rec.ws_id);
    info->run_id = ws_strdup(w->rec.run_id);
    info->path = ws_strdup(w->path);
    info->branch = ws_strdup(w->branch);
    info->base_oid = ws_strdup(w->rec.base);
    if (w->rec.state != WS_RECORD_MADE) {
        info->state = ws_strdup("making");
        info->problem =
            ws_strdup("interrupted while it was made or removed; the next run clears it");
    } else if (lstat(w->path, &st) < 0) {
        (void)ws_admin_elsewhere(&elsewhere, w, NULL);
        info->state = ws_strdup("gone");
        info->problem =
            elsewhere != NULL
                ? ws_format("moved by hand to %s, and yours; the next run makes it again",
                            elsewhere)
            : info->locked ? ws_strdup("the folder is gone, and git worktree lock keeps its place")
                           : ws_strdup("the folder is gone; the next run makes it again");
    } else if (st.st_dev != w->rec.dev || st.st_ino != w->rec.ino) {
        info->state = ws_strdup("foreign");
        info->problem = ws_strdup("this is not the folder wsfsm made");
    } else {
        info->state = ws_strdup("made");
        if (ws_worktree_check(w, &err) < 0) {
            info->problem = was_moved(w)
                                ? ws_format("the repository was moved here from %s; the next "
                                            "run, or git worktree repair, follows",
                                            w->rec.root)
                                : ws_format("%s: %s", err.where, err.message);
        }
    }
    free(elsewhere);
}

int ws_worktree_list(struct ws_worktree_infos *out, struct ws_repo *r, struct ws_error *err)
{
    struct ws_strv ids = {0};
    int rc = ws_record_list(&ids, r, err);

    for (size_t i = 0; rc == 0 && i < ids.len; i++) {
        struct ws_error why = {0};
        struct ws_record rec;
        int read = ws_record_read(&rec, r, ids.items[i], &why);

        if (read == 0) {
            struct ws_worktree *w = ws_admin_worktree(r, &rec);

            describe(add(out), w);
            ws_worktree_close(w);
        } else if (read < 0 && why.code != WS_E_INTEGRITY) {
            rc = ws_fail(err, why.code, why.where, "%s", why.message);
        } else if (read < 0) {
            struct ws_worktree_info *info = add(out);

            info->ws_id = ws_strdup(ids.items[i]);
            info->path = ws_path_join(r->worktrees, ids.items[i]);
            info->state = ws_strdup("foreign");
            info->problem = ws_strdup(why.message);
        }
    }
    ws_strv_release(&ids);
    return rc;
}

static int remove_locked(char **snapshot_ref, struct ws_strv *lost, struct ws_repo *r,
                         const char *ws_id, struct ws_error *err)
{
    struct ws_record rec;
    struct ws_worktree *w;
    struct stat st;
    int rc = ws_record_read(&rec, r, ws_id, err);

    if (rc != 0) {
        return rc < 0 ? -1
                      : ws_fail(err, WS_E_UNKNOWN_ID, ws_id,
                                "there is no worktree of this workstream");
    }
    w = ws_admin_worktree(r, &rec);
    bool there = lstat(w->path, &st) == 0;
    if (!there && errno != ENOENT && errno != ENOTDIR) {
        /* what cannot be seen is not gone: it would be removed without a snapshot */
        rc = ws_fail_errno(err, WS_E_IO, w->path, "cannot look at the worktree's folder");
    } else {
        rc = ws_admin_check_unlocked(w, err);
    }
    if (rc == 0 && there && w->rec.state == WS_RECORD_MADE) {
        rc = ws_worktree_keep(snapshot_ref, lost, w, err);
    }
    if (rc == 0) {
        rc = ws_worktree_teardown(w, err);
    }
    ws_worktree_close(w);
    return rc;
}

int ws_worktree_remove(char **snapshot_ref, struct ws_strv *lost, struct ws_repo *r,
                       const char *ws_id, struct ws_error *err)
{
    int rc;

    *snapshot_ref = NULL;
    if (ws_repo_make_dirs(r, err) < 0 || ws_state_lock(r, err) < 0) {
        return -1;
    }
    rc = remove_locked(snapshot_ref, lost, r, ws_id, err);
    ws_state_unlock(r);
    return rc;
}
