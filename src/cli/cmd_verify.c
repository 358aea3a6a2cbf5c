#include "commands.h"
#include "session.h"
#include "wsfsm/base/json.h"
#include "wsfsm/base/text.h"
#include "wsfsm/run/anchors.h"
#include "wsfsm/store/verify.h"

#include <string.h>

static const struct ws_option options[] = {
    {.name = "run-id",
     .argument = "ID",
     .complete = WS_COMPLETE_RUN_ID,
     .help = "This run only. Default: all."},
    {0},
};

static const struct ws_exit_note exits[] = {
    {0, "history, machines, ledger and anchors agree"},
    {4, "there is no database, or it cannot be read"},
    {6, "they do not agree; the first line names the first bad row"},
    {0, NULL},
};

static void print_json(struct ws_buf *out, const struct ws_findings *f, const struct ws_strv *notes)
{
    ws_json_open(out, '{');
    ws_json_kbool(out, "sound", f->len == 0);
    ws_json_kint(out, "runs", (int64_t)f->runs);
    ws_json_kint(out, "transitions", (int64_t)f->transitions);
    ws_json_key(out, "findings");
    ws_json_open(out, '[');
    for (size_t i = 0; i < f->len; i++) {
        const struct ws_finding *finding = &f->items[i];

        ws_json_open(out, '{');
        ws_json_kstr(out, "run_id", finding->run_id);
        ws_json_kstr(out, "ws_id", finding->ws_id);
        if (finding->seq > 0) {
            ws_json_kint(out, "seq", finding->seq);
        } else {
            ws_json_knull(out, "seq");
        }
        ws_json_kstr(out, "message", finding->text);
        ws_json_close(out, '}');
    }
    ws_json_close(out, ']');
    ws_json_kstrv(out, "notes", notes);
    ws_json_close(out, '}');
    ws_buf_putc(out, '\n');
}

static void place(struct ws_buf *out, const struct ws_finding *f)
{
    if (f->run_id == NULL) {
        ws_buf_puts(out, "database: ");
        return;
    }
    ws_buf_puts(out, "run ");
    ws_escape_line(out, f->run_id, strlen(f->run_id));
    if (f->ws_id != NULL) {
        ws_buf_puts(out, ", workstream ");
        ws_escape_line(out, f->ws_id, strlen(f->ws_id));
    }
    if (f->seq > 0) {
        ws_buf_printf(out, ", transition %lld", (long long)f->seq);
    }
    ws_buf_puts(out, ": ");
}

static void print_text(struct ws_cli *cli, const struct ws_findings *f)
{
    struct ws_buf *out = &cli->out.text;

    for (size_t i = 0; i < f->len; i++) {
        place(out, &f->items[i]);
        ws_escape_line(out, f->items[i].text, strlen(f->items[i].text));
        ws_buf_putc(out, '\n');
    }
    if (f->len == 0 && !cli->quiet) {
        ws_buf_printf(out, "sound: runs %zu, transitions %zu\n", f->runs, f->transitions);
    }
}

static void print(struct ws_cli *cli, const struct ws_findings *f, const struct ws_strv *notes)
{
    if (cli->json) {
        print_json(&cli->out.text, f, notes);
        return;
    }
    print_text(cli, f);
    for (size_t i = 0; i < notes->len; i++) {
        ws_cli_note(cli, "%s", notes->items[i]);
    }
}

/* A run that is not in the database may be a typing error, or one that somebody took out of it: git
 * knows. */
static int verify(struct ws_findings *findings, struct ws_strv *notes, struct ws_session *s,
                  const char *run_id, struct ws_error *err)
{
    struct ws_run_rows runs = {0};
    struct ws_error unknown = {0};
    struct ws_error why = {0};
    int status = 0;
    bool known = run_id == NULL || ws_cli_runs(&runs, s, run_id, NULL, &unknown) == 0;

    ws_run_rows_release(&runs);
    if (known) {
        status = ws_store_verify(findings, s->store, run_id, err);
    }
    if (status == 0) {
        status = ws_anchors_verify(findings, notes, s, run_id, &why);
        if (status != 0 && findings->len == 0) {
            *err = why;
        } else if (status != 0) { /* what is wrong is no less so */
            ws_strv_addf(notes, "the anchors could not all be looked at: %s%s%s", why.where,
                         why.where[0] != '\0' ? ": " : "", why.message);
            status = 0;
        }
    }
    if (status == 0 && !known && findings->len == 0) {
        *err = unknown;
        status = -1;
    }
    return status;
}

static int run(struct ws_cli *cli, struct ws_error *err)
{
    const char *run_id = ws_args_value(cli->args, "run-id");
    struct ws_session session = {0};
    struct ws_findings findings = {0};
    struct ws_strv notes = {0};

    if (ws_cli_open_database(&session, cli, WS_E_STORE, err) != 0) {
        return -1;
    }
    int status = verify(&findings, &notes, &session, run_id, err);
    if (status == 0) {
        print(cli, &findings, &notes);
        status = findings.len > 0 ? ws_code_exit(WS_E_INTEGRITY) : 0;
    }
    ws_findings_release(&findings);
    ws_strv_release(&notes);
    ws_session_close(&session);
    return status;
}

const struct ws_cmd ws_cmd_verify = {
    .name = "verify",
    .summary = "Recompute the history and compare it with what git keeps",
    .description = "Recomputes the hash chain of every history and of the ledger, walks each "
                   "history through the machine it is pinned to, and compares the ends with the "
                   "anchors under refs/wsfsm in git. The first bad row is named first. The "
                   "history is tamper-evident, not tamper-proof: whoever can write both database "
                   "and repository can forge both.",
    .options = options,
    .exits = exits,
    .run = run,
};
