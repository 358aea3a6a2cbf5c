/* Are the changed paths of a worktree in scope? */
#include <stdlib.h>
#include <string.h>

#include "worktree_look.h"
#include "wsfsm/base/json.h"
#include "wsfsm/base/mem.h"
#include "wsfsm/base/text.h"
#include "wsfsm/project/scope.h"
#include "wsfsm/steps/base_tree.h"
#include "wsfsm/steps/context.h"
#include "wsfsm/store/read.h"

/* The scope as it was when the run began, not as the bundle says now. */
static int read_plan(struct ws_plan *plan, struct ws_look *l, struct ws_error *err)
{
    struct ws_run_rows runs = {0};

    if (l->session.store == NULL) {
        return ws_fail(err, WS_E_STORE, l->session.config.database, "there is no database");
    }
    int status = ws_cli_runs(&runs, &l->session, l->info->run_id, l->info->ws_id, err);
    if (status == 0) {
        status = ws_plan_parse(plan, runs.items[0].metadata_json, err);
    }
    ws_run_rows_release(&runs);
    return status;
}

/* The first tree that an attempt of this run has begun with; NULL: none has. malloc'ed. */
static int first_tree(char **tree, struct ws_look *l, struct ws_error *err)
{
    struct ws_attempt_rows rows = {0};
    int status = ws_store_attempts(&rows, l->session.store, l->info->run_id, l->info->ws_id, err);

    *tree = NULL;
    for (size_t i = 0; status == 0 && i < rows.len && *tree == NULL; i++) {
        *tree = ws_strdup(rows.items[i].start_tree);
    }
    ws_attempt_rows_release(&rows);
    return status;
}

/* What `worktree: {copy, setup}` of wsfsm.yaml left untracked, and nobody has touched since. */
static int find_given(struct ws_strv *given, struct ws_look *l, struct ws_error *err)
{
    struct ws_changes left = {0}, touched = {0};
    struct ws_strv names = {0};
    char *tree = NULL;
    int status = first_tree(&tree, l, err);

    if (status == 0 && tree != NULL) {
        status = ws_repo_diff(&left, l->session.repo, l->info->base_oid, tree, err);
    }
    if (status == 0 && left.len > 0) {
        status = ws_repo_diff(&touched, l->session.repo, tree, l->content.tree, err);
    }
    for (size_t i = 0; i < touched.len; i++) {
        ws_strv_add(&names, touched.items[i].path);
    }
    for (size_t i = 0; status == 0 && i < left.len; i++) {
        if (left.items[i].status == 'A' && !ws_strv_has(&names, left.items[i].path)) {
            ws_strv_add(given, left.items[i].path);
        }
    }
    free(tree);
    ws_strv_release(&names);
    ws_changes_release(&left);
    ws_changes_release(&touched);
    return status;
}

static int find_outside(struct ws_strv *outside, const struct ws_look *l,
                        const struct ws_plan *plan, const struct ws_strv *given,
                        struct ws_error *err)
{
    const struct ws_base_tree base = {.repo = l->session.repo, .oid = l->info->base_oid};
    const struct ws_tree_view view = ws_base_tree_view(&base);
    const struct ws_workstream *ws = &plan->workstream;
    struct ws_scope *scope;

    if (ws_scope_new(&scope, &ws->files_scope, &ws->files_create, &view, err) != 0) {
        return -1;
    }
    for (size_t i = 0; i < l->changes.len; i++) {
        const struct ws_change *c = &l->changes.items[i];

        if (!ws_scope_has(scope, c->path) && !ws_strv_has(given, c->path)) {
            ws_strv_add(outside, c->path);
        }
        if (c->old_path != NULL && !ws_scope_has(scope, c->old_path)) {
            ws_strv_add(outside, c->old_path);
        }
    }
    ws_strv_sort(outside);
    ws_strv_unique(outside);
    ws_scope_free(scope);
    return 0;
}

static void add_violations(struct ws_strv *out, const char *what, const struct ws_strv *paths)
{
    for (size_t i = 0; i < paths->len; i++) {
        ws_strv_addf(out, "%s: %s", what, paths->items[i]);
    }
}

/* Files that git would have put through a filter before a commit. */
static int find_raw(struct ws_strv *violations, struct ws_look *l, const struct ws_plan *plan,
                    const struct ws_strv *given, struct ws_error *err)
{
    struct ws_strv paths = {0};

    for (size_t i = 0; i < l->changes.len; i++) {
        if (!ws_strv_has(given, l->changes.items[i].path)) {
            ws_strv_add(&paths, l->changes.items[i].path);
        }
    }
    ws_strv_sort(&paths);
    int status = ws_repo_find_raw(violations, l->session.repo, l->info->base_oid, l->content.tree,
                                  &paths, plan->ignore_filters, err);
    ws_strv_release(&paths);
    return status;
}

static int find_violations(struct ws_strv *violations, struct ws_look *l,
                           const struct ws_plan *plan, struct ws_error *err)
{
    struct ws_strv moved = {0}, own = {0};
    int status = 0;

    if (!l->content.head_on_branch) {
        ws_strv_addf(violations, "HEAD is not on %s", l->info->branch);
    }
    ws_changes_to_own(&own, &l->changes);
    add_violations(violations, "folder of wsfsm's own", &own);
    add_violations(violations, "nested repository", &l->content.nested);
    add_violations(violations, "device, FIFO, socket or name of git's own", &l->content.special);
    add_violations(violations, "folder that cannot be looked into", &l->content.closed);
    add_violations(violations, "too large to be kept", &l->content.too_large);
    if (plan->fingerprint != NULL) {
        status = ws_repo_fingerprint_compare(violations, &moved, l->session.repo, plan->fingerprint,
                                             l->info->branch, err);
    }
    ws_strv_release(&moved);
    ws_strv_release(&own);
    return status;
}

static void print_scope(struct ws_cli *cli, const struct ws_look *l, const struct ws_strv *outside,
                        const struct ws_strv *violations)
{
    struct ws_buf *out = &cli->out.text;
    bool in_scope = outside->len == 0 && violations->len == 0;

    if (cli->json) {
        ws_json_open(out, '{');
        ws_json_kstr(out, "ws_id", l->info->ws_id);
        ws_json_kstr(out, "run_id", l->info->run_id);
        ws_json_kbool(out, "in_scope", in_scope);
        ws_json_kint(out, "changed", (int64_t)l->changes.len);
        ws_json_kpaths(out, "out_of_scope_files", outside);
        ws_json_kstrv(out, "violations", violations);
        if (ws_look_is_encoded(l)) {
            ws_json_kbool(out, "paths_encoded", true);
        }
        ws_json_close(out, '}');
        ws_buf_putc(out, '\n');
        return;
    }
    for (size_t i = 0; i < outside->len; i++) {
        ws_buf_puts(out, "not in scope: ");
        ws_out_path(&cli->out, outside->items[i]);
    }
    for (size_t i = 0; i < violations->len; i++) {
        ws_out_escaped(&cli->out, violations->items[i]);
        ws_buf_putc(out, '\n');
    }
    if (in_scope && !cli->quiet) {
        ws_buf_printf(out, "in scope: %zu changed path%s\n", l->changes.len,
                      l->changes.len == 1 ? "" : "s");
    }
}

static int run_validate_scope(struct ws_cli *cli, struct ws_error *err)
{
    struct ws_look l = {0};
    struct ws_plan plan = {0};
    struct ws_strv given = {0}, outside = {0}, violations = {0};
    int status = ws_look_at(&l, cli, err);

    if (status == 0) {
        status = read_plan(&plan, &l, err);
    }
    if (status == 0) {
        status = find_given(&given, &l, err);
    }
    if (status == 0) {
        status = find_outside(&outside, &l, &plan, &given, err);
    }
    if (status == 0) {
        status = find_violations(&violations, &l, &plan, err);
    }
    if (status == 0) {
        status = find_raw(&violations, &l, &plan, &given, err);
    }
    if (status == 0) {
        print_scope(cli, &l, &outside, &violations);
        status = outside.len > 0 || violations.len > 0 ? 1 : 0;
    }
    ws_strv_release(&given);
    ws_strv_release(&outside);
    ws_strv_release(&violations);
    ws_plan_release(&plan);
    ws_look_release(&l);
    return status;
}

static const struct ws_exit_note scope_exits[] = {
    {0, "what the worktree holds is in scope"},
    {1, "it is not; the paths are printed"},
    {0, NULL},
};

const struct ws_cmd ws_cmd_worktree_validate_scope = {
    .name = "validate-scope",
    .summary = "Check that what a worktree holds now is in scope",
    .description =
        "Compares the worktree with the base of its run: every changed path has to "
        "match files_scope or files_create of the bundle as it was when the run began, "
        "and the repository around the worktree has to be as it was. What the worktree was "
        "given by 'worktree' of wsfsm.yaml does not count.",
    .options = ws_look_options,
    .exits = scope_exits,
    .run = run_validate_scope,
};
