#include <stdlib.h>
#include <string.h>

#include "internal.h"

/* The hold that --take-over takes away is that of a process which has this very run. */
static bool can_be_taken_over(struct ws_session *s, const struct ws_run_row *row)
{
    char holder[65];
    return ws_run_lock_held(NULL, holder, ws_repo_state_dir(s->repo), row->ws_id) &&
           strcmp(holder, row->run_id) == 0;
}

static int hold(struct ws_held *held, struct ws_session *s, const struct ws_run_row *row,
                bool take_over, struct ws_error *err)
{
    struct ws_error why = {0};
    int rc = ws_hold_run(held, s, row, take_over ? WS_HOLD_TAKE_OVER : WS_HOLD_TO_GO_ON, &why);
    if (rc < 0 && why.code == WS_E_BUSY && !take_over && can_be_taken_over(s, row))
        return ws_fail(err, why.code, why.where, "%s; `wsfsm resume --take-over` takes it away",
                       why.message);
    if (rc < 0)
        *err = why;
    return rc;
}

/* A dry run calls no tool and writes no ref: it does not go on with one that does. */
static int check_not_dry(struct ws_session *s, const struct ws_run_row *row,
                         const struct ws_run_options *o, struct ws_error *err)
{
    if (row->dry_run || !(o->dry_run || s->config.dry_run))
        return 0;
    return ws_fail(err, WS_E_UNUSABLE_ID, row->run_id,
                   "is no dry run, and a dry run cannot go on with it (--dry-run, or "
                   "PIPELINE_DRY_RUN); give the dry run an id of its own");
}

/* Under the machine it was started with and with what it was started with; nothing is read from the
 * checkout. */
int ws_run_resume(struct ws_summary *out, struct ws_session *s,
                  const struct ws_run_options *options, struct ws_error *err)
{
    struct ws_run_rows rows;
    struct ws_held held;
    *out = (struct ws_summary){0};
    if (ws_proc_check(err) < 0)
        return -1;
    int rc = ws_find_run(&rows, s, options->run_id, options->observer, err);
    if (rc == 1)
        rc = ws_no_such_run(s, options->run_id, err);
    if (rc == 0)
        rc = check_not_dry(s, &rows.items[0], options, err);
    if (rc == 0)
        rc = hold(&held, s, &rows.items[0], options->take_over, err);
    if (rc == 0) {
        rc = ws_drive(s, &held, options, err);
        if (rc == 0)
            rc = ws_run_summary(out, s, held.run_id, err);
        ws_held_release(&held);
    }
    ws_run_rows_release(&rows);
    return rc;
}
