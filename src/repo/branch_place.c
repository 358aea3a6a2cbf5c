/* The branch of a run, and whether the user stands on it: git would show them the run's change as
 * the undoing of their own work. */
#include <stdlib.h>

#include "checked_out.h"
#include "prepare.h"
#include "wsfsm/base/mem.h"
#include "wsfsm/base/path.h"

int ws_worktree_branch_place(char **place, struct ws_repo *r, const char *run_id, const char *ws_id,
                             struct ws_error *err)
{
    struct ws_record rec;
    int rc = ws_record_read(&rec, r, ws_id, err);

    *place = NULL;
    if (rc < 0) {
        return -1;
    }
    if (rc == 1) {
        rec.run_id = ws_strdup(run_id);
        rec.ws_id = ws_strdup(ws_id);
        rec.admin = ws_strdup(ws_id);
    }
    struct ws_worktree *own = ws_admin_worktree(r, &rec);
    char *branch = ws_format("refs/heads/ws/%s/%s", run_id, ws_id);

    rc = ws_checked_out_elsewhere(place, own, branch, err);
    free(branch);
    ws_worktree_close(own);
    return rc;
}

int ws_worktree_check_branch(struct ws_repo *r, const char *run_id, const char *ws_id,
                             struct ws_error *err)
{
    char *place;
    int rc = ws_worktree_branch_place(&place, r, run_id, ws_id, err);

    if (rc == 0 && place != NULL && ws_path_exists(place)) {
        rc = ws_fail(err, WS_E_REPOSITORY, place,
                     "the run's branch ws/%s/%s is checked out here, and would be moved; take "
                     "another first: git -C '%s' switch -c NAME",
                     run_id, ws_id, place);
    } else if (rc == 0 && place != NULL) {
        rc = ws_fail(err, WS_E_REPOSITORY, place,
                     "the run's branch ws/%s/%s is checked out here, in a worktree that is not "
                     "there now; bring it back and take another there (git switch -c NAME), or, if "
                     "it is gone for good: git worktree prune",
                     run_id, ws_id);
    }
    free(place);
    return rc;
}
