#include <stdlib.h>
#include <string.h>

#include "internal.h"
#include "wsfsm/base/json.h"
#include "wsfsm/base/mem.h"
#include "wsfsm/doc/doc.h"
#include "wsfsm/steps/facts.h"

void ws_summary_release(struct ws_summary *s)
{
    if (!s)
        return;
    free(s->run_id);
    free(s->ws_id);
    free(s->final_status);
    free(s->reason);
    free(s->branch);
    free(s->commit_oid);
    for (size_t i = 0; i < s->step_count; i++) {
        free(s->steps[i].step);
        free(s->steps[i].status);
        free(s->steps[i].result_json);
    }
    free(s->steps);
    ws_strv_release(&s->changed_files);
    ws_strv_release(&s->out_of_scope_files);
    ws_strv_release(&s->snapshots);
    free(s->snapshots_unknown);
    *s = (struct ws_summary){0};
}

/* What stands for the result of an attempt that was left: it gets one when it is resumed. */
static char *result_of_left(const char *step)
{
    struct ws_buf out = {0};
    ws_json_open(&out, '{');
    ws_json_kstr(&out, "step_name", step);
    ws_json_kbool(&out, "success", false);
    ws_json_kstr(&out, "status", WS_EVENT_INTERRUPTED);
    ws_json_kraw(&out, "details", "{\"tools\":[]}");
    ws_json_kstr(&out, "error_code", WS_EVENT_INTERRUPTED);
    ws_json_kstr(&out, "error_message", "left before its end");
    ws_json_close(&out, '}');
    return ws_buf_steal(&out);
}

static char *result_of(const struct ws_attempt_row *a)
{
    struct ws_buf out = {0};
    if (!a->result_json)
        return result_of_left(a->step_name);
    ws_doc_add_stored(&out, a->result_json);
    return ws_buf_steal(&out);
}

/* The last one of each step. */
static void take_steps(struct ws_summary *out, const struct ws_attempt_rows *attempts)
{
    out->steps = ws_calloc(attempts->len + 1, sizeof *out->steps);
    for (size_t i = 0; i < attempts->len; i++) {
        const struct ws_attempt_row *a = &attempts->items[i];
        out->steps[out->step_count++] = (struct ws_step_result){
            .step = ws_strdup(a->step_name),
            .status = ws_strdup(a->result_json ? a->status : WS_EVENT_INTERRUPTED),
            .result_json = result_of(a),
        };
    }
}

static int take_facts(struct ws_summary *out, const char *json, struct ws_error *err)
{
    struct ws_facts facts = {0};
    int rc = ws_facts_parse(&facts, json, err);
    if (rc == 0) {
        ws_strv_copy(&out->changed_files, &facts.changed_files);
        ws_strv_copy(&out->out_of_scope_files, &facts.out_of_scope);
    }
    ws_facts_release(&facts);
    return rc;
}

static int take_end(struct ws_summary *out, struct ws_session *s, const struct ws_run_row *row,
                    const struct ws_attempt_rows *attempts, struct ws_error *err)
{
    struct ws_transition_rows rows = {0};
    struct ws_ledger_rows ledger = {0};
    int rc = ws_store_history(&rows, s->store, row->run_id, row->ws_id, row->last_seq - 1, 1, err);
    if (rc == 0)
        rc = ws_store_ledger(&ledger, s->store, row->run_id, err);
    if (rc == 0 && ledger.len)
        out->commit_oid = ws_strdup(ledger.items[ledger.len - 1].commit_oid);
    if (rc == 0 && !out->finished)
        out->reason = ws_strdup(WS_EVENT_INTERRUPTED);
    else if (rc == 0 && !out->success && rows.len)
        out->reason = ws_end_reason(&rows.items[0], attempts);
    ws_transition_rows_release(&rows);
    ws_ledger_rows_release(&ledger);
    return rc;
}

/* Of all attempts, not only of each step's last: an interrupted one may have held the work. How the
 * run ended stands in the store, whatever became of the repository. */
static void take_snapshots(struct ws_summary *out, struct ws_session *s)
{
    struct ws_strv refs = {0};
    struct ws_error err = {0};
    char *prefix = ws_format("refs/wsfsm/%s/%s/", out->run_id, out->ws_id);
    if (ws_repo_refs(&refs, s->repo, prefix, &err) < 0)
        out->snapshots_unknown = ws_format("%s: %s", err.where, err.message);
    for (size_t i = 0; !out->snapshots_unknown && i < refs.len; i++)
        if (ws_ref_is_snapshot(refs.items[i]))
            ws_strv_add(&out->snapshots, refs.items[i]);
    ws_strv_release(&refs);
    free(prefix);
}

static int fill(struct ws_summary *out, struct ws_session *s, const struct ws_run_row *row,
                struct ws_error *err)
{
    struct ws_attempt_rows attempts = {0};
    struct ws_position position = {0};
    out->run_id = ws_strdup(row->run_id);
    out->ws_id = ws_strdup(row->ws_id);
    out->final_status = ws_strdup(row->state);
    out->success = !strcmp(row->run_status, "completed");
    out->finished = row->final;
    out->dry_run = row->dry_run;
    out->branch = row->dry_run ? NULL : ws_format("ws/%s/%s", row->run_id, row->ws_id);

    int rc = ws_store_last_attempts(&attempts, s->store, row->run_id, row->ws_id, err);
    if (rc == 0) {
        take_steps(out, &attempts);
        rc = take_end(out, s, row, &attempts, err);
    }
    if (rc == 0)
        rc = ws_store_position(&position, s->store, row->run_id, row->ws_id, err);
    if (rc == 0)
        rc = take_facts(out, position.facts_json, err);
    if (rc == 0 && !out->success && !out->dry_run)
        take_snapshots(out, s);
    ws_position_release(&position);
    ws_attempt_rows_release(&attempts);
    return rc;
}

int ws_run_summary(struct ws_summary *out, struct ws_session *s, const char *run_id,
                   struct ws_error *err)
{
    struct ws_run_rows rows = {0};
    *out = (struct ws_summary){0};
    int rc = ws_store_runs(&rows, s->store, run_id, NULL, err);
    if (rc == 0 && !rows.len)
        rc = ws_fail(err, WS_E_UNKNOWN_ID, run_id, "there is no run of that id");
    if (rc == 0)
        rc = fill(out, s, &rows.items[0], err);
    if (rc < 0)
        ws_summary_release(out);
    ws_run_rows_release(&rows);
    return rc;
}
