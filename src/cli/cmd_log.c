#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "commands.h"
#include "copy_log.h"
#include "log_files.h"
#include "session.h"
#include "wsfsm/base/json.h"
#include "wsfsm/base/mem.h"
#include "wsfsm/base/strv.h"
#include "wsfsm/base/text.h"
#include "wsfsm/repo/repo.h"
#include "wsfsm/store/read.h"

static const struct ws_option options[] = {
    {.name = "run-id",
     .argument = "ID",
     .required = true,
     .complete = WS_COMPLETE_RUN_ID,
     .help = "The run."},
    {.name = "step",
     .argument = "NAME",
     .help = "The step, such as edit. Default: the last one that ran a tool (in that attempt)."},
    {.name = "attempt",
     .argument = "N",
     .min = 1,
     .max = INT64_MAX,
     .help = "Which attempt of the step, from 1. Default: the last one."},
    {.name = "stderr",
     .help = "What the tools wrote to standard error instead of standard output."},
    {0},
};

/* One log file that is printed, and how. */
struct log {
    struct ws_cli *cli;
    const struct ws_attempt_row *attempt;
    const char *tool;
    const char *stream;
};

static bool print_json_line(void *payload, const char *text, size_t len, bool ended)
{
    struct log *l = payload;
    struct ws_buf *out = &l->cli->out.text;

    ws_json_open(out, '{');
    ws_json_kstr(out, "step", l->attempt->step_name);
    ws_json_kint(out, "attempt", l->attempt->number);
    ws_json_kstr(out, "tool", l->tool);
    ws_json_kstr(out, "stream", l->stream);
    ws_json_key(out, "line");
    ws_json_strn(out, text, len);
    ws_json_kbool(out, "complete", ended);
    ws_json_close(out, '}');
    ws_buf_putc(out, '\n');
    ws_out_flush_when_large(&l->cli->out);
    return !l->cli->out.closed;
}

static int print_file(struct log *l, const char *path, struct ws_error *err)
{
    return l->cli->json ? ws_read_log(path, print_json_line, l, err)
                        : ws_copy_log(&l->cli->out, path, err);
}

static void print_title(struct log *l, bool first)
{
    struct ws_buf *out = &l->cli->out.text;

    if (!l->cli->json) {
        ws_buf_printf(out, "%s==> ", first ? "" : "\n");
        ws_escape_line(out, l->attempt->step_name, strlen(l->attempt->step_name));
        ws_buf_printf(out, ", attempt %d, ", l->attempt->number);
        ws_escape_line(out, l->tool, strlen(l->tool));
        ws_buf_printf(out, " (%s) <==\n", l->stream);
    }
}

static off_t size_of(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 ? st.st_size : 0;
}

/* An empty log looks like a mistake; the other stream may have what is looked for. */
static void note_empty(const struct log *l, const char *path)
{
    bool is_stderr = strcmp(l->stream, "stderr") == 0;
    const char *suffix = is_stderr ? ".stderr.log" : ".stdout.log";
    size_t len = strlen(path);
    char *stem = ws_strndup(path, ws_ends_with(path, suffix) ? len - strlen(suffix) : len);
    char *other = ws_format("%s.%s.log", stem, is_stderr ? "stdout" : "stderr");
    const char *hint =
        is_stderr ? "; without --stderr: standard output" : "; with --stderr: standard error";

    if (size_of(path) == 0) {
        ws_cli_note(l->cli, "%s, attempt %d: %s printed nothing to standard %s%s",
                    l->attempt->step_name, l->attempt->number, l->tool,
                    is_stderr ? "error" : "output", size_of(other) > 0 ? hint : "");
    }
    free(other);
    free(stem);
}

static int print_files(struct ws_cli *cli, const struct ws_attempt_row *attempt,
                       const struct ws_log_files *files, const char *stream, struct ws_error *err)
{
    int status = 0;

    for (size_t i = 0; status == 0 && i < files->len && !cli->out.closed; i++) {
        const struct ws_log_file *file = &files->items[i];
        struct log log = {cli, attempt, file->tool, stream};

        if (files->len > 1) {
            print_title(&log, i == 0);
        }
        if (file->path != NULL) {
            status = print_file(&log, file->path, err);
            note_empty(&log, file->path);
        } else {
            ws_cli_note(cli, "%s has no log: %s", file->tool, file->reason);
        }
    }
    return status;
}

static int unknown_attempt(const struct ws_attempt_rows *rows, const char *run_id, const char *step,
                           long long number, struct ws_error *err)
{
    const char **names = ws_calloc(rows->len + 1, sizeof *names);
    struct ws_buf help = {0};
    int attempts = 0;

    for (size_t i = 0; i < rows->len; i++) {
        names[i] = rows->items[i].step_name;
        attempts += step == NULL || strcmp(names[i], step) == 0;
    }
    if (step != NULL && attempts == 0) {
        ws_suggest(&help, step, names, rows->len, NULL);
        ws_fail(err, WS_E_UNKNOWN_ID, run_id, "no step '%s' was begun%s", step, ws_buf_str(&help));
    } else {
        ws_fail(err, WS_E_UNKNOWN_ID, run_id, "there is no attempt %lld%s%s", number,
                step != NULL ? " of " : "", step != NULL ? step : "");
    }
    ws_buf_release(&help);
    free(names);
    return -1;
}

/* Which attempt was chosen, for who did not say, and how to have another. */
static void note_choice(const struct ws_cli *cli, const struct ws_attempt_rows *rows,
                        const struct ws_attempt_row *chosen)
{
    struct ws_strv others = {0};
    struct ws_buf list = {0};

    for (size_t i = 0; i < rows->len; i++) {
        const char *step = rows->items[i].step_name;

        if (strcmp(step, chosen->step_name) != 0 && !ws_strv_has(&others, step)) {
            ws_buf_printf(&list, "%s%s", others.len > 0 ? ", " : "; --step prints another: ", step);
            ws_strv_add(&others, step);
        }
    }
    ws_cli_note(cli, "this is %s, attempt %d%s", chosen->step_name, chosen->number,
                ws_buf_str(&list));
    ws_buf_release(&list);
    ws_strv_release(&others);
}

/* Prints the last attempt that fits; unless a step was asked for, the last one that ran a tool. */
static int print_attempt(struct ws_cli *cli, struct ws_session *s,
                         const struct ws_attempt_rows *rows, const char *run_id,
                         struct ws_error *err)
{
    const char *step = ws_args_value(cli->args, "step");
    const char *stream = ws_args_has(cli->args, "stderr") ? "stderr" : "stdout";
    long long number = ws_args_number(cli->args, "attempt", 0);
    bool printed = false, found = false;
    int status = 0;

    for (size_t i = rows->len; status == 0 && i > 0 && !printed && !(found && step != NULL); i--) {
        const struct ws_attempt_row *row = &rows->items[i - 1];
        struct ws_log_files files = {0};

        if ((step != NULL && strcmp(row->step_name, step) != 0) ||
            (number > 0 && row->number != number)) {
            continue;
        }
        found = true;
        status = ws_log_files_of(&files, s, row, stream, err);
        if (status == 0 && files.len > 0) {
            printed = true;
            if (step == NULL) {
                note_choice(cli, rows, row);
            }
            status = print_files(cli, row, &files, stream, err);
        }
        ws_log_files_release(&files);
    }
    if (status == 0 && !found && (step != NULL || number > 0)) {
        return unknown_attempt(rows, run_id, step, number, err);
    }
    if (status == 0 && !printed) {
        ws_cli_note(cli, "no tool ran there; nothing to print");
    }
    return status;
}

/* Names the snapshots of the run, for who reads a log because work seems lost. On standard error:
 * what is on standard output is the tools'. */
static void note_snapshots(struct ws_cli *cli, struct ws_session *s, const struct ws_run_row *run)
{
    struct ws_strv refs = {0};
    struct ws_error err = {0};
    char *prefix = ws_format("refs/wsfsm/%s/%s/", run->run_id, run->ws_id);
    bool any = false;

    if (ws_repo_refs(&refs, s->repo, prefix, &err) != 0) {
        ws_cli_warning(cli, "the snapshots of this run are not known: %s", err.message);
    }
    for (size_t i = 0; i < refs.len; i++) {
        if (ws_ref_is_snapshot(refs.items[i])) {
            ws_cli_note(cli, "snapshot %s", refs.items[i]);
            any = true;
        }
    }
    if (any) {
        ws_cli_note(cli, "to look at one: git show REF; to get files of it back: git restore "
                         "--source REF -- PATH");
    }
    free(prefix);
    ws_strv_release(&refs);
}

static int print_log(struct ws_cli *cli, struct ws_session *s, const struct ws_run_row *run,
                     struct ws_error *err)
{
    struct ws_attempt_rows rows = {0};
    int status = ws_store_attempts(&rows, s->store, run->run_id, run->ws_id, err);

    if (status == 0) {
        status = print_attempt(cli, s, &rows, run->run_id, err);
    }
    ws_attempt_rows_release(&rows);
    return status;
}

static int run(struct ws_cli *cli, struct ws_error *err)
{
    struct ws_session session = {0};
    struct ws_run_rows runs = {0};

    if (ws_cli_open_database(&session, cli, WS_E_UNKNOWN_ID, err) != 0) {
        return -1;
    }
    int status = ws_cli_runs(&runs, &session, ws_args_value(cli->args, "run-id"), NULL, err);
    if (status == 0) {
        status = print_log(cli, &session, &runs.items[0], err);
    }
    if (status == 0) {
        ws_out_flush(&cli->out);
        note_snapshots(cli, &session, &runs.items[0]);
    }
    ws_run_rows_release(&runs);
    ws_session_close(&session);
    return status;
}

const struct ws_cmd ws_cmd_log = {
    .name = "log",
    .summary = "Print what the tools of a run printed",
    .description = "Prints the log of each tool of an attempt, also of one in progress or "
                   "interrupted. Control "
                   "characters are shown, not obeyed, and secrets were replaced by *** before "
                   "they were written. A log is cut in its middle when a tool printed very much. "
                   "Notes on standard error name the snapshots of the run. "
                   "With --json: one object a line of output.",
    .options = options,
    .run = run,
};
