#include <stdlib.h>
#include <string.h>

#include "internal.h"
#include "wsfsm/base/mem.h"
#include "wsfsm/base/text.h"
#include "wsfsm/repo/mend.h"
#include "wsfsm/steps/binding.h"

int ws_find_run(struct ws_run_rows *out, struct ws_session *s, const char *run_id,
                const struct ws_observer *observer, struct ws_error *err)
{
    bool there = false;
    *out = (struct ws_run_rows){0};
    if (!s->store && ws_store_look(&there, s->config.database, err) < 0)
        return -1;
    if (there && ws_session_store(s, WS_STORE_WRITE, observer, err) < 0)
        return -1;
    if (!s->store)
        return 1;
    if (ws_store_runs(out, s->store, run_id, NULL, err) < 0)
        return -1;
    return out->len ? 0 : 1;
}

int ws_no_such_run(struct ws_session *s, const char *run_id, struct ws_error *err)
{
    struct ws_run_rows all = {0};
    struct ws_buf help = {0};
    if (s->store && ws_store_runs(&all, s->store, NULL, NULL, err) < 0)
        return -1;
    const char **ids = ws_calloc(all.len + 1, sizeof *ids);
    for (size_t i = 0; i < all.len; i++)
        ids[i] = all.items[i].run_id;
    ws_suggest(&help, run_id, ids, all.len, "'wsfsm status' lists them");
    ws_fail(err, WS_E_UNKNOWN_ID, run_id, "there is no run of that id%s", ws_buf_str(&help));
    ws_buf_release(&help);
    free(ids);
    ws_run_rows_release(&all);
    return -1;
}

/* What stands in the database, looked at under the lock: another process may have ended the run
 * while we waited for our turn. */
static int read_run(struct ws_held *h, struct ws_session *s, const char *run_id,
                    struct ws_error *err)
{
    struct ws_run_rows rows;
    int rc = ws_find_run(&rows, s, run_id, NULL, err);
    const struct ws_run_row *row = rows.items;
    if (rc == 1)
        rc = ws_no_such_run(s, run_id, err);
    if (rc == 0 && row->final)
        rc = ws_fail(err, WS_E_UNUSABLE_ID, run_id, "has ended in %s; start a new run instead",
                     row->state);
    if (rc == 0)
        rc = ws_plan_parse(&h->plan, row->metadata_json, err);
    if (rc == 0)
        rc = ws_store_load_machine(&h->stored, s->store, row->digest, err);
    if (rc == 0)
        rc = ws_machine_bound(h->machine = h->stored, err);
    ws_run_rows_release(&rows);
    return rc;
}

/* Under the lock of those who start: nobody takes the run away, or enters one beside it, between
 * these steps. */
static int take_up(struct ws_held *h, struct ws_session *s, const struct ws_run_row *row,
                   enum ws_hold_how how, struct ws_error *err)
{
    const char *state_dir = ws_repo_state_dir(s->repo);
    int rc = how == WS_HOLD_TAKE_OVER
                 ? ws_run_lock_replace(&h->lock, state_dir, row->ws_id, row->run_id, err)
                 : ws_run_lock_check(&h->lock, state_dir, row->ws_id, err);
    if (rc == 0)
        rc = read_run(h, s, row->run_id, err);
    if (rc == 0 && how != WS_HOLD_TO_CANCEL)
        rc = ws_admit_scope(s, &h->plan, err);
    if (rc == 0) {
        if (!row->dry_run)
            ws_repo_mend(s->repo);
        rc = ws_store_take_lease(&h->fence, s->store, row->run_id, row->ws_id, err);
    }
    return rc;
}

int ws_hold_run(struct ws_held *out, struct ws_session *s, const struct ws_run_row *row,
                enum ws_hold_how how, struct ws_error *err)
{
    const char *state_dir = ws_repo_state_dir(s->repo);
    struct ws_run_lock starting;
    *out = (struct ws_held){.lock = {.fd = -1}, .run_id = ws_strdup(row->run_id)};
    int rc = how == WS_HOLD_TAKE_OVER
                 ? 0
                 : ws_run_lock_take(&out->lock, state_dir, row->ws_id, row->run_id, err);
    if (rc == 0)
        rc = ws_run_lock_starting(&starting, state_dir, err);
    if (rc == 0) {
        rc = take_up(out, s, row, how, err);
        ws_run_lock_release(&starting);
    }
    if (rc < 0)
        ws_held_release(out);
    return rc;
}

void ws_held_release(struct ws_held *h)
{
    ws_run_lock_release(&h->lock);
    ws_machine_free(h->stored);
    ws_plan_release(&h->plan);
    free(h->run_id);
    *h = (struct ws_held){.lock = {.fd = -1}};
}
