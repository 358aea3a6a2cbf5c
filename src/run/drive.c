#include <stdlib.h>
#include <string.h>

#include "internal.h"
#include "wsfsm/base/json.h"
#include "wsfsm/base/mem.h"
#include "wsfsm/engine/engine.h"
#include "wsfsm/steps/lifecycle.h"

static int engine_step(struct ws_report *report, void *payload, const struct ws_attempt *attempt,
                       struct ws_error *err)
{
    return ws_step_run(report, payload, attempt, err);
}

static int engine_recover(struct ws_report *report, void *payload, const struct ws_attempt *attempt,
                          struct ws_error *err)
{
    return ws_step_recover(report, payload, attempt, err);
}

static int engine_guard(bool *truth, void *payload, const char *guard,
                        const struct ws_report *report)
{
    (void)payload;
    return ws_step_guard(truth, guard, report);
}

static int engine_ending(struct ws_ending *out, void *payload, const struct ws_state *final,
                         const struct ws_sealed *sealed, const struct ws_report *report,
                         struct ws_error *err)
{
    (void)report;
    return ws_step_ending(out, payload, final, sealed, err);
}

static void engine_moved(void *payload, const struct ws_move *move, const struct ws_sealed *sealed)
{
    const struct ws_context *c = payload;
    const struct ws_arm *arm = &move->machine->arms[move->arm];
    (void)sealed;
    if (c->observer && c->observer->entered)
        c->observer->entered(c->observer->payload, move->machine->states[arm->from].name,
                             arm->event, move->machine->states[arm->to].name);
}

static int finish_end(struct ws_session *s, const char *run_id, const struct ws_run_options *o,
                      struct ws_error *err)
{
    struct ws_effect_rows rows = {0};
    int rc = ws_store_effects(&rows, s->store, err);
    for (size_t i = 0; rc == 0 && i < rows.len; i++) {
        struct ws_strv notes = {0};
        if (!rows.items[i].run_id || strcmp(rows.items[i].run_id, run_id) != 0)
            continue;
        rc = ws_effect_carry_out(&notes, s->repo, s->store, &rows.items[i], err);
        ws_warn_each(o->observer, &notes);
        ws_strv_release(&notes);
    }
    ws_effect_rows_release(&rows);
    return rc;
}

/* When a signal stopped it, for who asks how long the run was at work. The run stands as well
 * without that word, so nothing fails for it. */
static void note_left(const struct ws_context *c, const struct ws_end *end,
                      const struct ws_run_options *o)
{
    struct ws_error why = {0};
    struct ws_buf payload = {0};
    ws_json_open(&payload, '{');
    ws_json_kstr(&payload, "state", c->machine->states[end->state].name);
    ws_json_kint(&payload, "seq", end->seq);
    ws_json_close(&payload, '}');
    int rc = ws_context_check_lease(c, &why);
    if (rc == 0)
        rc = ws_store_event(c->store, c->run_id, c->ws_id, "workstream_left", ws_buf_str(&payload),
                            &why);
    if (rc < 0)
        ws_warn(o, ws_format("that the run was left is not recorded: %s", why.message));
    ws_buf_release(&payload);
}

static int drive(struct ws_session *s, const struct ws_held *run, const struct ws_run_options *o,
                 int (*walk)(struct ws_end *, const struct ws_engine *, struct ws_error *),
                 struct ws_error *err)
{
    const char *ws_id = run->plan.workstream.id;
    struct ws_context context = {
        .run_id = run->run_id,
        .ws_id = ws_id,
        .fence = run->fence,
        .repo = s->repo,
        .store = s->store,
        .plan = &run->plan,
        .machine = run->machine,
        .stop = o->stop,
        .observer = o->observer,
        .ends = walk == ws_engine_cancel,
    };
    struct ws_store_journal store_journal = {s->store, run->run_id, ws_id, run->fence,
                                             run->machine};
    const struct ws_journal journal = ws_journal_of_store(&store_journal);
    const struct ws_engine engine = {
        .machine = run->machine,
        .journal = &journal,
        .step = engine_step,
        .recover = engine_recover,
        .guard = engine_guard,
        .ending = engine_ending,
        .moved = engine_moved,
        .payload = &context,
    };
    struct ws_end end;
    int rc = walk(&end, &engine, err);
    if (rc == 0 && end.stand == WS_STAND_FINAL)
        rc = finish_end(s, run->run_id, o, err);
    else if (rc == 0 && !run->plan.dry_run)
        note_left(&context, &end, o);
    ws_context_release(&context);
    return rc;
}

/* What the user keeps from wsfsm stops a run before the attempt it was left in counts as
 * interrupted: those are few. A cancel needs nothing of it. */
int ws_drive(struct ws_session *s, const struct ws_held *run, const struct ws_run_options *o,
             struct ws_error *err)
{
    if (!run->plan.dry_run &&
        ws_worktree_admit_again(s->repo, run->run_id, run->plan.workstream.id, err) < 0)
        return -1;
    return drive(s, run, o, ws_engine_run, err);
}

int ws_drive_cancel(struct ws_session *s, const struct ws_held *run, const struct ws_run_options *o,
                    struct ws_error *err)
{
    return drive(s, run, o, ws_engine_cancel, err);
}
