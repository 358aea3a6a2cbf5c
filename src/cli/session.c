#include "session.h"

#include <stdlib.h>
#include <string.h>

#include "log_files.h"
#include "wsfsm/base/clock.h"
#include "wsfsm/base/mem.h"
#include "wsfsm/run/lock.h"
#include "wsfsm/steps/toolrun.h"
#include "wsfsm/store/read.h"

void ws_cli_name_first(struct ws_error *err, const struct ws_diags *diags)
{
    for (size_t i = 0; i < diags->len; i++) {
        const struct ws_diag *d = &diags->items[i];

        if (d->severity == WS_ERROR) {
            char *where = d->file != NULL ? ws_format("%s:%u:%u", d->file, d->line, d->col) : NULL;

            ws_fail(err, err->code, where, "%s%s%s%s", d->text, d->code[0] != '\0' ? " [" : "",
                    d->code, d->code[0] != '\0' ? "]" : "");
            free(where);
            return;
        }
    }
}

int ws_cli_open(struct ws_session *s, const struct ws_cli *cli, struct ws_error *err)
{
    struct ws_session_options options = {.directory = cli->directory,
                                         .database = cli->database,
                                         .lenient = ws_args_cmd(cli->args)->by_plan};
    struct ws_diags diags = {0};
    int status = ws_session_open(s, &options, &diags, err);

    ws_cli_diags(cli, &diags);
    if (status != 0 && cli->json && err->code == WS_E_CONFIG) {
        ws_cli_name_first(err, &diags);
    }
    ws_diags_release(&diags);
    return status;
}

int ws_cli_open_to_read(struct ws_session *s, const struct ws_cli *cli, struct ws_error *err)
{
    if (ws_cli_open(s, cli, err) != 0) {
        return -1;
    }
    if (ws_session_store(s, WS_STORE_READ, NULL, err) != 0) {
        ws_session_close(s);
        return -1;
    }
    return 0;
}

int ws_cli_open_database(struct ws_session *s, const struct ws_cli *cli, enum ws_code code,
                         struct ws_error *err)
{
    if (ws_cli_open_to_read(s, cli, err) != 0) {
        return -1;
    }
    if (s->store == NULL) {
        ws_fail(err, code, s->config.database, "there is no database yet; the first run makes it");
        ws_session_close(s);
        return -1;
    }
    return 0;
}

/* The nearest of the ids that would have served: of the runs of `ws_id`, NULL: of all. */
static int unknown_run(struct ws_session *s, const char *id, const char *ws_id, bool by_run,
                       const char *what, struct ws_error *err)
{
    struct ws_run_rows all = {0};

    if (ws_store_runs(&all, s->store, NULL, ws_id, err) != 0) {
        return -1;
    }
    const char **ids = ws_calloc(all.len + 1, sizeof *ids);
    for (size_t i = 0; i < all.len; i++) {
        ids[i] = by_run ? all.items[i].run_id : all.items[i].ws_id;
    }
    ws_cli_unknown(err, id, ids, all.len, what, "'wsfsm status' lists them");
    free(ids);
    ws_run_rows_release(&all);
    return -1;
}

static int unknown_workstream(struct ws_session *s, const char *ws_id, struct ws_error *err)
{
    return unknown_run(s, ws_id, NULL, false, "no run of such a workstream", err);
}

static int unknown_run_of(struct ws_session *s, const char *run_id, const char *ws_id,
                          struct ws_error *err)
{
    struct ws_run_rows others = {0};

    if (ws_store_runs(&others, s->store, run_id, NULL, err) != 0) {
        return -1;
    }
    int status = others.len > 0
                     ? ws_fail(err, WS_E_UNKNOWN_ID, run_id, "is a run of %s, not of %s",
                               others.items[0].ws_id, ws_id)
                     : unknown_run(s, run_id, ws_id, true, "no such run of this workstream", err);
    ws_run_rows_release(&others);
    return status;
}

int ws_cli_runs(struct ws_run_rows *out, struct ws_session *s, const char *run_id,
                const char *ws_id, struct ws_error *err)
{
    if (ws_store_runs(out, s->store, run_id, ws_id, err) != 0) {
        return -1;
    }
    if (out->len > 0 || (run_id == NULL && ws_id == NULL)) {
        return 0;
    }
    if (run_id != NULL) {
        return ws_id != NULL ? unknown_run_of(s, run_id, ws_id, err)
                             : unknown_run(s, run_id, NULL, true, "no such run", err);
    }
    return unknown_workstream(s, ws_id, err);
}

int ws_cli_newest_run(struct ws_run_rows *out, int64_t *count, struct ws_session *s,
                      const char *ws_id, struct ws_error *err)
{
    if (ws_store_newest_run(out, count, s->store, ws_id, err) != 0) {
        return -1;
    }
    return out->len > 0 ? 0 : unknown_workstream(s, ws_id, err);
}

const char *ws_cli_liveness(int *pid, struct ws_session *s, const struct ws_run_row *run)
{
    char holder[65] = "";

    *pid = 0;
    if (run->final) {
        return "finished";
    }
    if (ws_run_lock_held(pid, holder, ws_repo_state_dir(s->repo), run->ws_id) &&
        strcmp(holder, run->run_id) == 0) {
        return "alive";
    }
    *pid = 0;
    return "interrupted";
}

/* A process that was killed leaves no word; what its tool printed last, or the last event, is
 * nearer to its end than the rows, which say when the step began. */
static int last_sign(int64_t *ms, struct ws_session *s, const struct ws_run_row *run,
                     struct ws_error *err)
{
    struct ws_event_rows last = {0};
    int64_t written, event = 0, now = ws_now_ms();

    if (ws_log_last_written(&written, s, run, err) != 0 ||
        ws_store_last_events(&last, s->store, run->run_id, run->ws_id, 1, err) != 0) {
        return -1;
    }
    if (last.len > 0 && ws_time_parse(&event, last.items[0].timestamp) && event > *ms) {
        *ms = event;
    }
    if (written > *ms && written <= now) {
        *ms = written;
    }
    ws_event_rows_release(&last);
    return 0;
}

int ws_cli_last_seen(char out[WS_TIME_SIZE], struct ws_session *s, const struct ws_run_row *run,
                     const char *liveness, struct ws_error *err)
{
    int64_t ms = 0;
    int status = 0;

    if (!ws_time_parse(&ms, run->updated_at)) {
        out[0] = '\0';
        return 0;
    }
    if (strcmp(liveness, "interrupted") == 0) {
        status = last_sign(&ms, s, run, err);
    }
    ws_time_format(out, ms);
    return status;
}

char *ws_cli_find_tool(struct ws_session *s, const struct ws_profile *profile, struct ws_error *err)
{
    const char *path = getenv("PATH");
    char *file = NULL;

    return ws_tool_find(&file, profile->command, path != NULL ? path : "", s->repo, err) == 0
               ? file
               : NULL;
}
