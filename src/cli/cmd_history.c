#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "columns.h"
#include "commands.h"
#include "session.h"
#include "wsfsm/base/clock.h"
#include "wsfsm/base/json.h"
#include "wsfsm/base/mem.h"
#include "wsfsm/base/path.h"
#include "wsfsm/base/strv.h"
#include "wsfsm/base/text.h"
#include "wsfsm/doc/doc.h"
#include "wsfsm/repo/repo.h"
#include "wsfsm/store/read.h"

enum { PAGE = 1000, POLL_MS = 200, TREE_SHORT = 10 };

static const struct ws_option options[] = {
    {.name = "ws-id",
     .argument = "ID",
     .required = true,
     .complete = WS_COMPLETE_WS_ID,
     .help = "The workstream."},
    {.name = "run-id",
     .argument = "ID",
     .complete = WS_COMPLETE_RUN_ID,
     .help = "The run. Default: the newest one of the workstream."},
    {.name = "after",
     .argument = "SEQ",
     .max = INT64_MAX,
     .help = "Only transitions after number SEQ."},
    {.name = "limit",
     .argument = "N",
     .min = 1,
     .max = INT64_MAX,
     .help = "At most N transitions."},
    {.name = "follow", .help = "Go on printing until the workstream has reached a final state."},
    {0},
};

struct history {
    struct ws_cli *cli;
    struct ws_session *session;
    char *run_id, *ws_id;
    int64_t after; /* printed up to here */
    int64_t left;  /* rows still wanted; -1: all */
    struct ws_columns table;
    struct ws_strv refs;        /* the run's, in git; sorted */
    struct ws_strv kept;        /* snapshots of the rows printed */
    char last_at[WS_TIME_SIZE]; /* time of row `after`; "": not known */
};

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* What the attempt that ended by this transition left in the worktree; NULL: nothing was kept. The
 * caller frees it. */
static char *snapshot_of(const struct history *h, const struct ws_transition_row *t)
{
    char *ref = ws_format("refs/wsfsm/%s/%s/%lld", h->run_id, h->ws_id, (long long)t->seq);

    if (h->refs.len == 0 ||
        bsearch(&ref, h->refs.items, h->refs.len, sizeof *h->refs.items, by_name) == NULL) {
        free(ref);
        ref = NULL;
    }
    return ref;
}

static void print_json(const struct history *h, const struct ws_transition_row *t)
{
    struct ws_buf *out = &h->cli->out.text;
    char *snapshot = snapshot_of(h, t);

    ws_json_open(out, '{');
    ws_json_kstr(out, "run_id", t->run_id);
    ws_json_kstr(out, "ws_id", t->ws_id);
    ws_json_kint(out, "seq", t->seq);
    ws_json_kstr(out, "from_state", t->from_state);
    ws_json_kstr(out, "event", t->event);
    ws_json_kstr(out, "to_state", t->to_state);
    ws_json_kint(out, "arm", t->arm);
    ws_json_kstr(out, "guard", t->guard);
    if (t->guard_answer >= 0) {
        ws_json_kbool(out, "guard_answer", t->guard_answer != 0);
    } else {
        ws_json_knull(out, "guard_answer");
    }
    ws_json_kstr(out, "at", t->at);
    ws_json_kstr(out, "deadline", t->deadline);
    ws_json_kstr(out, "tree_oid", t->tree_oid);
    ws_json_kstr(out, "snapshot", snapshot);
    ws_json_key(out, "facts");
    ws_doc_add_stored(out, t->facts_json);
    if (t->attempt_id > 0) {
        ws_json_kint(out, "attempt_id", t->attempt_id);
    } else {
        ws_json_knull(out, "attempt_id");
    }
    ws_json_kint(out, "fence", t->fence);
    ws_json_kstr(out, "prev_hash", t->prev_hash);
    ws_json_kstr(out, "hash", t->hash);
    ws_json_close(out, '}');
    ws_buf_putc(out, '\n');
    free(snapshot);
}

static void add_titles(struct ws_columns *table)
{
    static const char *const titles[] = {"SEQ", "AT", "TRANSITION", "GUARD", "TOOK", "TREE"};

    for (size_t i = 0; i < table->count; i++) {
        ws_columns_add(table, titles[i]);
    }
}

/* What the state left by this transition took. */
static void add_duration(struct history *h, const struct ws_transition_row *t)
{
    struct ws_buf text = {0};
    int64_t from, to;

    if (h->last_at[0] != '\0' && ws_time_parse(&from, h->last_at) && ws_time_parse(&to, t->at)) {
        ws_format_duration(&text, to - from);
    }
    ws_columns_add(&h->table, ws_buf_str(&text));
    ws_buf_release(&text);
}

static void add_row(struct history *h, const struct ws_transition_row *t)
{
    ws_columns_addf(&h->table, "%lld", (long long)t->seq);
    ws_columns_add(&h->table, t->at);
    ws_columns_addf(&h->table, "%s -%s-> %s", t->from_state, t->event, t->to_state);
    if (t->guard != NULL) {
        ws_columns_addf(&h->table, "%s: %s", t->guard, t->guard_answer > 0 ? "yes" : "no");
    } else {
        ws_columns_add(&h->table, NULL);
    }
    add_duration(h, t);
    if (t->tree_oid != NULL) {
        ws_columns_addf(&h->table, "%.*s", TREE_SHORT, t->tree_oid);
    } else {
        ws_columns_add(&h->table, NULL);
    }
    char *snapshot = snapshot_of(h, t);
    if (snapshot != NULL) {
        ws_strv_take(&h->kept, snapshot);
    }
}

/* Snapshots of the transitions printed, and those that are of none: kept when the worktree was
 * reused or removed. */
static void print_snapshots(struct history *h)
{
    struct ws_buf *out = &h->cli->out.text;

    for (size_t i = 0; i < h->refs.len; i++) {
        if (ws_starts_with(ws_path_base(h->refs.items[i]), "left-")) {
            ws_strv_add(&h->kept, h->refs.items[i]);
        }
    }
    if (h->kept.len > 0) {
        ws_buf_puts(out, "\nsnapshots (git show REF; git restore --source REF -- PATH):\n");
    }
    for (size_t i = 0; i < h->kept.len; i++) {
        ws_buf_puts(out, "  ");
        ws_out_escaped(&h->cli->out, h->kept.items[i]);
        ws_buf_putc(out, '\n');
    }
}

static int read_refs(struct history *h, struct ws_error *err)
{
    char *prefix = ws_format("refs/wsfsm/%s/%s/", h->run_id, h->ws_id);

    ws_strv_clear(&h->refs);
    int status = ws_repo_refs(&h->refs, h->session->repo, prefix, err);
    free(prefix);
    return status;
}

static void keep_time(struct history *h, const struct ws_transition_row *t)
{
    h->after = t->seq;
    h->last_at[0] = '\0';
    strncat(h->last_at, t->at, sizeof h->last_at - 1);
}

static void print_page(struct history *h, const struct ws_transition_rows *rows)
{
    for (size_t i = 0; i < rows->len; i++) {
        if (h->cli->json) {
            print_json(h, &rows->items[i]);
        } else {
            add_row(h, &rows->items[i]);
        }
        keep_time(h, &rows->items[i]);
    }
    if (!h->cli->json) {
        ws_columns_print(&h->cli->out.text, &h->table);
    }
    ws_out_flush(&h->cli->out);
}

/* Everything that is there now, page by page, so that a long history needs no memory. */
static int print_rest(struct history *h, struct ws_error *err)
{
    size_t got = PAGE;

    while (got == PAGE && h->left != 0 && !h->cli->out.closed) {
        struct ws_transition_rows rows = {0};
        int64_t limit = h->left < 0 || h->left > PAGE ? PAGE : h->left;

        if (ws_store_history(&rows, h->session->store, h->run_id, h->ws_id, h->after, limit, err) !=
            0) {
            return -1;
        }
        if (rows.len > 0 && read_refs(h, err) != 0) {
            ws_transition_rows_release(&rows);
            return -1;
        }
        got = rows.len;
        if (h->left > 0) {
            h->left -= (int64_t)got;
        }
        print_page(h, &rows);
        ws_transition_rows_release(&rows);
    }
    return 0;
}

/* Is the history complete? Asked before the rows are read, so that the last one is not missed. */
static int is_final(bool *final, struct history *h, struct ws_error *err)
{
    struct ws_run_rows runs = {0};

    if (ws_store_runs(&runs, h->session->store, h->run_id, h->ws_id, err) != 0) {
        return -1;
    }
    *final = runs.len == 0 || runs.items[0].final;
    ws_run_rows_release(&runs);
    return 0;
}

static int follow(struct history *h, struct ws_error *err)
{
    const struct timespec pause = {.tv_nsec = POLL_MS * 1000000L};
    bool final = false;

    for (;;) {
        if (is_final(&final, h, err) != 0 || print_rest(h, err) != 0) {
            return -1;
        }
        if (final || h->left == 0 || h->cli->out.closed) {
            return 0;
        }
        nanosleep(&pause, NULL);
    }
}

/* The row before the first one that is wanted tells when its state was entered. */
static int read_start(struct history *h, struct ws_error *err)
{
    struct ws_transition_rows rows = {0};

    if (h->after <= 0) {
        return 0;
    }
    if (ws_store_history(&rows, h->session->store, h->run_id, h->ws_id, h->after - 1, 1, err) !=
        0) {
        return -1;
    }
    if (rows.len == 1 && rows.items[0].seq == h->after) {
        keep_time(h, &rows.items[0]);
    }
    ws_transition_rows_release(&rows);
    return 0;
}

/* Which run it is about; a note to who did not say names the one that was chosen. */
static int choose_run(struct ws_run_rows *runs, struct ws_cli *cli, struct ws_session *session,
                      struct ws_error *err)
{
    const char *run_id = ws_args_value(cli->args, "run-id");
    const char *ws_id = ws_args_value(cli->args, "ws-id");
    int64_t count;

    if (run_id != NULL) {
        return ws_cli_runs(runs, session, run_id, ws_id, err);
    }
    if (ws_cli_newest_run(runs, &count, session, ws_id, err) != 0) {
        return -1;
    }
    if (count > 1) {
        ws_cli_note(cli, "this is run %s%s, the newest of %lld; --run-id prints another",
                    runs->items[0].run_id, runs->items[0].dry_run ? ", a dry run" : "",
                    (long long)count);
    }
    return 0;
}

static int print_history(struct ws_cli *cli, struct ws_session *session, struct ws_error *err)
{
    struct history h = {
        .cli = cli,
        .session = session,
        .after = ws_args_number(cli->args, "after", 0),
        .left = ws_args_number(cli->args, "limit", -1),
        .table.count = 6,
    };
    struct ws_run_rows runs = {0};
    int status = choose_run(&runs, cli, session, err);

    if (status == 0) {
        h.run_id = runs.items[0].run_id;
        h.ws_id = runs.items[0].ws_id;
        add_titles(&h.table);
        status = read_start(&h, err);
    }
    if (status == 0) {
        status = ws_args_has(cli->args, "follow") ? follow(&h, err) : print_rest(&h, err);
    }
    if (status == 0 && !cli->json) {
        print_snapshots(&h);
    }
    ws_strv_release(&h.refs);
    ws_strv_release(&h.kept);
    ws_columns_release(&h.table);
    ws_run_rows_release(&runs);
    return status;
}

static int run(struct ws_cli *cli, struct ws_error *err)
{
    struct ws_session session = {0};
    int status = 0;

    if (ws_cli_open_to_read(&session, cli, err) != 0) {
        return -1;
    }
    if (session.store != NULL) {
        status = print_history(cli, &session, err);
    }
    ws_session_close(&session);
    return status;
}

const struct ws_cmd ws_cmd_history = {
    .name = "history",
    .summary = "Print the transitions of a workstream, oldest first",
    .description =
        "One line for each transition: its number, when it was taken, from which state by which "
        "event to which state, the guard that was asked and its answer, the time spent in the "
        "state that was left, and the content of the worktree as a git tree. Below the table "
        "stand the snapshots that are kept. With --json: one object a line, with every column.",
    .options = options,
    .run = run,
};
