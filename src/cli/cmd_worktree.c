#include <stdlib.h>
#include <string.h>

#include "columns.h"
#include "commands.h"
#include "worktrees.h"
#include "wsfsm/base/json.h"
#include "wsfsm/base/mem.h"
#include "wsfsm/base/text.h"
#include "wsfsm/run/lock.h"

const struct ws_worktree_info *ws_cli_find_worktree(const struct ws_worktree_infos *infos,
                                                    const char *ws_id, struct ws_error *err)
{
    const char **ids = ws_calloc(infos->len + 1, sizeof *ids);
    const struct ws_worktree_info *found = NULL;

    for (size_t i = 0; i < infos->len; i++) {
        ids[i] = infos->items[i].ws_id;
        if (strcmp(ids[i], ws_id) == 0) {
            found = &infos->items[i];
        }
    }
    if (found == NULL) {
        ws_cli_unknown(err, ws_id, ids, infos->len, "this workstream has no worktree", NULL);
    }
    free(ids);
    return found;
}

static int open_and_list(struct ws_session *s, struct ws_worktree_infos *infos, struct ws_cli *cli,
                         struct ws_error *err)
{
    *infos = (struct ws_worktree_infos){0};
    if (ws_cli_open_to_read(s, cli, err) != 0) {
        return -1;
    }
    if (ws_worktree_list(infos, s->repo, err) != 0) {
        ws_session_close(s);
        return -1;
    }
    return 0;
}

/* --- list --- */

static void list_json(struct ws_buf *out, const struct ws_worktree_infos *infos)
{
    ws_json_open(out, '[');
    for (size_t i = 0; i < infos->len; i++) {
        const struct ws_worktree_info *w = &infos->items[i];

        ws_json_open(out, '{');
        ws_json_kstr(out, "ws_id", w->ws_id);
        ws_json_kstr(out, "run_id", w->run_id);
        ws_json_kstr(out, "state", w->state);
        ws_json_kstr(out, "problem", w->problem);
        ws_json_kbool(out, "locked", w->locked);
        ws_json_kstr(out, "branch", w->branch);
        ws_json_kstr(out, "base", w->base_oid);
        ws_json_key(out, "path");
        ws_json_path(out, w->path);
        if (ws_path_is_encoded(w->path)) {
            ws_json_kbool(out, "paths_encoded", true);
        }
        ws_json_close(out, '}');
    }
    ws_json_close(out, ']');
    ws_buf_putc(out, '\n');
}

static void list_text(struct ws_buf *out, const struct ws_worktree_infos *infos)
{
    static const char *const titles[] = {"WORKSTREAM", "RUN", "STATE", "PATH", "PROBLEM"};
    struct ws_columns table = {.count = sizeof titles / sizeof *titles};

    for (size_t i = 0; infos->len > 0 && i < table.count; i++) {
        ws_columns_add(&table, titles[i]);
    }
    for (size_t i = 0; i < infos->len; i++) {
        const struct ws_worktree_info *w = &infos->items[i];

        ws_columns_add(&table, w->ws_id);
        ws_columns_add(&table, w->run_id);
        ws_columns_add(&table, w->state);
        ws_columns_add(&table, w->path);
        ws_columns_add(&table, w->problem);
    }
    ws_columns_print(out, &table);
    ws_columns_release(&table);
}

static int run_list(struct ws_cli *cli, struct ws_error *err)
{
    struct ws_session session = {0};
    struct ws_worktree_infos infos;

    if (open_and_list(&session, &infos, cli, err) != 0) {
        return -1;
    }
    if (cli->json) {
        list_json(&cli->out.text, &infos);
    } else {
        list_text(&cli->out.text, &infos);
    }
    ws_worktree_infos_release(&infos);
    ws_session_close(&session);
    return 0;
}

static const struct ws_cmd cmd_list = {
    .name = "list",
    .summary = "List the worktrees that wsfsm made",
    .run = run_list,
};

/* --- remove, gc --- */

static void print_removed(struct ws_cli *cli, const struct ws_worktree_info *w,
                          const char *snapshot, const struct ws_strv *lost, const char *kept)
{
    struct ws_buf *out = &cli->out.text;

    if (cli->json) {
        ws_json_open(out, '{');
        ws_json_kstr(out, "ws_id", w->ws_id);
        ws_json_kstr(out, "run_id", w->run_id);
        ws_json_kbool(out, "removed", kept == NULL);
        ws_json_kstr(out, "snapshot", snapshot);
        ws_json_kpaths(out, "lost", lost);
        ws_json_kstr(out, "kept_because", kept);
        ws_json_close(out, '}');
        return;
    }
    ws_out_escaped(&cli->out, w->ws_id);
    if (kept != NULL) {
        ws_buf_puts(out, ": kept: ");
        ws_out_escaped(&cli->out, kept);
    } else {
        ws_buf_puts(out, ": removed");
        if (snapshot != NULL) {
            ws_buf_puts(out, "; its content is kept as ");
            ws_out_escaped(&cli->out, snapshot);
        }
    }
    ws_buf_putc(out, '\n');
    for (size_t i = 0; i < lost->len; i++) {
        ws_buf_puts(out, "not kept: ");
        ws_escape_path(out, lost->items[i]);
        ws_buf_putc(out, '\n');
    }
}

/* Under the workstream's lock, so that no run is at work there. */
static int remove_one(struct ws_cli *cli, struct ws_session *s, const struct ws_worktree_info *w,
                      struct ws_error *err)
{
    struct ws_strv lost = {0};
    struct ws_run_lock lock;
    char *snapshot = NULL;

    if (ws_run_lock_take(&lock, ws_repo_state_dir(s->repo), w->ws_id, NULL, err) != 0) {
        return -1;
    }
    int status = ws_run_end_dead(s, w->ws_id, err);
    if (status == 0) {
        status = ws_worktree_remove(&snapshot, &lost, s->repo, w->ws_id, err);
    }
    if (status == 0) {
        print_removed(cli, w, snapshot, &lost, NULL);
    }
    ws_run_lock_release(&lock);
    ws_strv_release(&lost);
    free(snapshot);
    return status;
}

static int run_remove(struct ws_cli *cli, struct ws_error *err)
{
    struct ws_session session = {0};
    struct ws_worktree_infos infos;

    if (open_and_list(&session, &infos, cli, err) != 0) {
        return -1;
    }
    const struct ws_worktree_info *w =
        ws_cli_find_worktree(&infos, ws_args_value(cli->args, "ws-id"), err);
    int status = w != NULL ? remove_one(cli, &session, w, err) : -1;
    if (status == 0 && cli->json) {
        ws_buf_putc(&cli->out.text, '\n');
    }
    ws_worktree_infos_release(&infos);
    ws_session_close(&session);
    return status;
}

/* Why a worktree stays; *why NULL: its run has ended. */
static int find_why_kept(const char **why, struct ws_session *s, const struct ws_worktree_info *w,
                         struct ws_error *err)
{
    struct ws_run_rows runs = {0};

    *why = "its run is not in the database";
    if (strcmp(w->state, "foreign") == 0) {
        *why = w->problem != NULL ? w->problem : "wsfsm did not make it";
        return 0;
    }
    if (w->locked) {
        *why = "it is locked (git worktree unlock)";
        return 0;
    }
    if (s->store != NULL && ws_store_runs(&runs, s->store, w->run_id, w->ws_id, err) != 0) {
        return -1;
    }
    if (runs.len > 0) {
        *why = runs.items[0].final ? NULL : "its run is unfinished";
    }
    ws_run_rows_release(&runs);
    return 0;
}

/* Errors that speak of one worktree; behind any other, the disk or the database fails for all of
 * them. */
static bool is_of_one(enum ws_code code)
{
    return code == WS_E_BUSY || code == WS_E_SCOPE_VIOLATION || code == WS_E_UNKNOWN_ID ||
           code == WS_E_INTEGRITY;
}

/* 0: removed, or to be kept; 1: could not be removed. */
static int collect(struct ws_cli *cli, struct ws_session *s, const struct ws_worktree_info *w,
                   struct ws_error *err)
{
    struct ws_error why = {0};
    const char *kept;

    if (find_why_kept(&kept, s, w, err) != 0) {
        return -1;
    }
    if (kept != NULL) {
        print_removed(cli, w, NULL, &(struct ws_strv){0}, kept);
        return 0;
    }
    if (remove_one(cli, s, w, &why) == 0) {
        return 0;
    }
    if (!is_of_one(why.code)) {
        *err = why;
        return -1;
    }
    print_removed(cli, w, NULL, &(struct ws_strv){0}, why.message);
    return 1;
}

static int collect_all(struct ws_cli *cli, struct ws_session *s,
                       const struct ws_worktree_infos *infos, struct ws_error *err)
{
    int status = 0;

    for (size_t i = 0; status >= 0 && i < infos->len; i++) {
        int one = collect(cli, s, &infos->items[i], err);

        status = one != 0 ? one : status;
    }
    return status;
}

static int run_gc(struct ws_cli *cli, struct ws_error *err)
{
    struct ws_session session = {0};
    struct ws_worktree_infos infos;

    if (open_and_list(&session, &infos, cli, err) != 0) {
        return -1;
    }
    if (cli->json) {
        ws_json_open(&cli->out.text, '[');
    }
    size_t nothing = cli->out.text.len;
    int status = collect_all(cli, &session, &infos, err);
    if (status < 0 && cli->out.text.len == nothing) {
        ws_buf_clear(&cli->out.text); /* it failed before there was anything to tell */
    } else if (cli->json) {
        ws_json_close(&cli->out.text, ']');
        ws_buf_putc(&cli->out.text, '\n');
    }
    ws_worktree_infos_release(&infos);
    ws_session_close(&session);
    return status;
}

static const struct ws_option remove_options[] = {
    {.name = "ws-id",
     .argument = "ID",
     .required = true,
     .complete = WS_COMPLETE_WS_ID,
     .help = "The workstream whose worktree goes."},
    {0},
};

static const struct ws_cmd cmd_remove = {
    .name = "remove",
    .summary = "Remove a worktree; its content is kept as a snapshot",
    .description = "Keeps what the worktree holds as a commit under refs/wsfsm, then removes the "
                   "folder; what no snapshot can hold is named. The branch stays. A workstream "
                   "that is being run is refused (exit 5), and a locked worktree (exit 4).",
    .options = remove_options,
    .run = run_remove,
};

static const struct ws_exit_note gc_exits[] = {
    {0, "done; worktrees of unfinished runs are kept"},
    {1, "a worktree could not be removed"},
    {0, NULL},
};

static const struct ws_cmd cmd_gc = {
    .name = "gc",
    .summary = "Remove the worktrees of all finished runs; contents are kept as snapshots",
    .exits = gc_exits,
    .run = run_gc,
};

static const struct ws_cmd *const commands[] = {
    &cmd_list, &ws_cmd_worktree_status, &cmd_remove, &cmd_gc, &ws_cmd_worktree_validate_scope, NULL,
};

const struct ws_cmd ws_cmd_worktree = {
    .name = "worktree",
    .summary = "Look at the worktrees and remove them",
    .description = "Each workstream has a git worktree of its own, .worktrees/WORKSTREAM. It "
                   "stays after the run, until it is removed.",
    .commands = commands,
};
