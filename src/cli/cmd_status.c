#include <stdlib.h>
#include <string.h>

#include "columns.h"
#include "commands.h"
#include "session.h"
#include "wsfsm/base/clock.h"
#include "wsfsm/base/json.h"
#include "wsfsm/base/mem.h"

static const struct ws_option options[] = {
    {.name = "run-id", .argument = "ID", .complete = WS_COMPLETE_RUN_ID, .help = "This run only."},
    {.name = "ws-id",
     .argument = "ID",
     .complete = WS_COMPLETE_WS_ID,
     .help = "Runs of this workstream only."},
    {0},
};

/* A run, and how it stands. */
struct standing {
    const struct ws_run_row *run;
    const char *liveness;
    int pid;
    int64_t elapsed_ms;
};

/* From the start until the end, or until now when it is at work; an interrupted run until its last
 * sign. */
static int look(struct standing *out, struct ws_session *s, const struct ws_run_row *run,
                struct ws_error *err)
{
    char last_seen[WS_TIME_SIZE];
    int64_t from = 0, to = 0;

    *out = (struct standing){.run = run};
    out->liveness = ws_cli_liveness(&out->pid, s, run);
    if (ws_cli_last_seen(last_seen, s, run, out->liveness, err) != 0) {
        return -1;
    }
    if (ws_time_parse(&from, run->created_at) && ws_time_parse(&to, last_seen)) {
        out->elapsed_ms = (strcmp(out->liveness, "alive") == 0 ? ws_now_ms() : to) - from;
    }
    return 0;
}

static void print_json(struct ws_buf *out, const struct standing *of)
{
    const struct ws_run_row *row = of->run;

    ws_json_open(out, '{');
    ws_json_kstr(out, "run_id", row->run_id);
    ws_json_kstr(out, "ws_id", row->ws_id);
    ws_json_kstr(out, "status", row->run_status);
    ws_json_kstr(out, "state", row->state);
    ws_json_kstr(out, "liveness", of->liveness);
    if (of->pid > 0) {
        ws_json_kint(out, "pid", of->pid);
    } else {
        ws_json_knull(out, "pid");
    }
    ws_json_kint(out, "elapsed_ms", of->elapsed_ms);
    ws_json_kint(out, "transitions", row->last_seq);
    ws_json_kstr(out, "created_at", row->created_at);
    ws_json_kstr(out, "updated_at", row->updated_at);
    ws_json_kstr(out, "machine_digest", row->digest);
    ws_json_kbool(out, "dry_run", row->dry_run);
    ws_json_close(out, '}');
}

static void add_row(struct ws_columns *table, const struct standing *of)
{
    const struct ws_run_row *row = of->run;
    struct ws_buf elapsed = {0};

    ws_format_duration(&elapsed, of->elapsed_ms);
    ws_columns_add(table, row->run_id);
    ws_columns_add(table, row->ws_id);
    ws_columns_add(table, row->run_status);
    ws_columns_add(table, row->state);
    if (of->pid > 0) {
        ws_columns_addf(table, "%s (pid %d)", of->liveness, of->pid);
    } else {
        ws_columns_addf(table, "%s%s", of->liveness, row->dry_run ? " (dry run)" : "");
    }
    ws_columns_add(table, ws_buf_str(&elapsed));
    ws_buf_release(&elapsed);
}

static void print(struct ws_cli *cli, const struct standing *all, size_t count)
{
    struct ws_columns table = {.count = 6};

    if (cli->json) {
        ws_json_open(&cli->out.text, '[');
        for (size_t i = 0; i < count; i++) {
            print_json(&cli->out.text, &all[i]);
        }
        ws_json_close(&cli->out.text, ']');
        ws_buf_putc(&cli->out.text, '\n');
        return;
    }
    if (count == 0) {
        return;
    }
    static const char *const titles[] = {"RUN", "WORKSTREAM", "STATUS", "STATE", "NOW", "ELAPSED"};
    for (size_t i = 0; i < table.count; i++) {
        ws_columns_add(&table, titles[i]);
    }
    for (size_t i = 0; i < count; i++) {
        add_row(&table, &all[i]);
    }
    ws_columns_print(&cli->out.text, &table);
    ws_columns_release(&table);
}

static int look_and_print(struct ws_cli *cli, struct ws_session *s, const struct ws_run_rows *runs,
                          struct ws_error *err)
{
    struct standing *all = ws_calloc(runs->len + 1, sizeof *all);
    int status = 0;

    for (size_t i = 0; status == 0 && i < runs->len; i++) {
        status = look(&all[i], s, &runs->items[i], err);
    }
    if (status == 0) {
        print(cli, all, runs->len);
    }
    free(all);
    return status;
}

/* A tool that killed its supervisor and wsfsm runs on until somebody looks: here. */
static void end_strays(struct ws_cli *cli, struct ws_session *s, const struct ws_run_rows *runs)
{
    for (size_t i = 0; i < runs->len; i++) {
        const struct ws_run_row *row = &runs->items[i];
        struct ws_error why = {0};
        int pid;

        if (!row->dry_run && strcmp(ws_cli_liveness(&pid, s, row), "interrupted") == 0 &&
            ws_run_end_strays(s, row, &why) != 0) {
            ws_cli_warning(cli, "%s: %s", row->run_id, why.message);
        }
    }
}

static int run(struct ws_cli *cli, struct ws_error *err)
{
    struct ws_session session = {0};
    struct ws_run_rows runs = {0};
    int status = 0;

    if (ws_cli_open_to_read(&session, cli, err) != 0) {
        return -1;
    }
    if (session.store != NULL) {
        status = ws_cli_runs(&runs, &session, ws_args_value(cli->args, "run-id"),
                             ws_args_value(cli->args, "ws-id"), err);
        if (status == 0) {
            end_strays(cli, &session, &runs);
            status = look_and_print(cli, &session, &runs, err);
        }
    }
    ws_run_rows_release(&runs);
    ws_session_close(&session);
    return status;
}

const struct ws_cmd ws_cmd_status = {
    .name = "status",
    .summary = "List the runs, newest first",
    .description = "Shows for each run its workstream, its state, whether it is alive (an "
                   "orchestrator holds it), interrupted (it began, did not end, and nothing works "
                   "on it) or finished, and the time it took: to the last sign of an "
                   "interrupted one. Prints nothing when nothing was "
                   "ever run. What the tool of an interrupted run left running is ended.",
    .options = options,
    .run = run,
};
