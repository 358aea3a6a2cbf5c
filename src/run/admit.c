#include <stdlib.h>
#include <string.h>

#include "internal.h"
#include "wsfsm/base/json.h"
#include "wsfsm/base/mem.h"
#include "wsfsm/base/path.h"
#include "wsfsm/project/scope.h"
#include "wsfsm/repo/mend.h"
#include "wsfsm/steps/base_tree.h"

/* It may lie in the checkout, where the user put it; with its journal, no change of theirs. */
static bool is_database(const struct ws_session *s, const char *path)
{
    char *full = ws_path_join(ws_repo_root(s->repo), path);
    size_t len = strlen(s->config.database);
    bool is = strncmp(full, s->config.database, len) == 0 &&
              (full[len] == '\0' || strcmp(full + len, "-journal") == 0);
    free(full);
    return is;
}

static int find_dirty(struct ws_strv *out, const struct ws_session *s, struct ws_error *err)
{
    struct ws_strv all = {0};
    int rc = ws_repo_dirty(&all, s->repo, err);
    for (size_t i = 0; i < all.len; i++)
        if (!is_database(s, all.items[i]))
            ws_strv_add(out, all.items[i]);
    ws_strv_release(&all);
    return rc;
}

/* The agent would work on stale files where the user's checkout differs in scope. */
int ws_admit_checkout(struct ws_session *s, const struct ws_plan *plan,
                      const struct ws_run_options *o, struct ws_error *err)
{
    const struct ws_base_tree base = {.repo = s->repo, .oid = plan->base_oid};
    const struct ws_tree_view view = ws_base_tree_view(&base);
    const struct ws_workstream *ws = &plan->workstream;
    struct ws_strv dirty = {0};
    struct ws_scope *scope;
    if (ws_scope_new(&scope, &ws->files_scope, &ws->files_create, &view, err) < 0)
        return -1;
    int rc = find_dirty(&dirty, s, err);
    for (size_t i = 0; rc == 0 && i < dirty.len && !o->allow_dirty; i++)
        if (ws_scope_has(scope, dirty.items[i]))
            rc = ws_fail(err, WS_E_DIRTY_SCOPE, dirty.items[i],
                         "has uncommitted changes and is in scope; commit or stash them, or say "
                         "--allow-dirty");
    if (rc == 0 && dirty.len)
        ws_warn(o, ws_format("the checkout has %zu uncommitted change%s; the run works on commit "
                             "%.10s without them",
                             dirty.len, dirty.len == 1 ? "" : "s", plan->base_oid));
    ws_scope_free(scope);
    ws_strv_release(&dirty);
    return rc;
}

/* Do two running workstreams' scopes meet? */
static int check_overlap(struct ws_session *s, const struct ws_plan *plan,
                         const struct ws_run_row *other, struct ws_error *err)
{
    const struct ws_base_tree base = {.repo = s->repo, .oid = plan->base_oid};
    const struct ws_tree_view view = ws_base_tree_view(&base);
    struct ws_plan theirs;
    struct ws_strv a = {0}, b = {0};
    const char *one, *two;
    if (ws_plan_parse(&theirs, other->metadata_json, err) < 0)
        return -1;
    ws_strv_copy(&a, &plan->workstream.files_scope);
    ws_strv_copy(&a, &plan->workstream.files_create);
    ws_strv_copy(&b, &theirs.workstream.files_scope);
    ws_strv_copy(&b, &theirs.workstream.files_create);
    int rc = ws_scope_overlap(&one, &two, &a, &b, &view, err);
    if (rc == 0 && one)
        rc = ws_fail(err, WS_E_BUSY, other->ws_id,
                     "is running (run %s) and may touch '%s', which meets '%s' here", other->run_id,
                     two, one);
    ws_strv_release(&a);
    ws_strv_release(&b);
    ws_plan_release(&theirs);
    return rc;
}

/* Of the unfinished runs, `rows`: a living one whose scope overlaps refuses this one. */
static int check_overlaps(struct ws_session *s, const struct ws_plan *plan,
                          const struct ws_run_rows *rows, struct ws_error *err)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < rows->len; i++) {
        const struct ws_run_row *r = &rows->items[i];
        if (strcmp(r->ws_id, plan->workstream.id) != 0 && ws_run_alive(NULL, s, r->ws_id))
            rc = check_overlap(s, plan, r, err);
    }
    return rc;
}

int ws_admit_scope(struct ws_session *s, const struct ws_plan *plan, struct ws_error *err)
{
    struct ws_run_rows rows = {0};
    int rc = ws_store_unfinished_runs(&rows, s->store, err);
    if (rc == 0)
        rc = check_overlaps(s, plan, &rows, err);
    ws_run_rows_release(&rows);
    return rc;
}

/* A dead run of the same workstream is worth a note. What a dead one left half done in git's folder
 * is mended. */
int ws_admit_beside_others(struct ws_session *s, const struct ws_plan *plan,
                           const struct ws_run_options *o, struct ws_error *err)
{
    struct ws_run_rows rows = {0};
    int rc = ws_store_unfinished_runs(&rows, s->store, err);
    for (size_t i = 0; rc == 0 && i < rows.len; i++) {
        const char *id = rows.items[i].run_id;
        if (!strcmp(rows.items[i].ws_id, plan->workstream.id))
            ws_note(o, ws_format("run %s of this workstream is unfinished; `wsfsm resume --run-id "
                                 "%s` goes on with it",
                                 id, id));
    }
    if (rc == 0)
        rc = check_overlaps(s, plan, &rows, err);
    if (rc == 0 && rows.len && !plan->dry_run)
        ws_repo_mend(s->repo);
    ws_run_rows_release(&rows);
    return rc;
}

int ws_note_dependencies(struct ws_session *s, const char *run_id, const struct ws_workstream *ws,
                         const struct ws_run_options *o, struct ws_error *err)
{
    for (size_t i = 0; i < ws->depends_on.len; i++) {
        const char *needed = ws->depends_on.items[i];
        bool well = false;
        if (ws_store_ended_well(&well, s->store, needed, err) < 0)
            return -1;
        if (well)
            continue;
        struct ws_buf payload = {0};
        ws_json_open(&payload, '{');
        ws_json_kstr(&payload, "depends_on", needed);
        ws_json_close(&payload, '}');
        int rc =
            ws_store_event(s->store, run_id, ws->id, "dependency_unmet", ws_buf_str(&payload), err);
        ws_buf_release(&payload);
        if (rc < 0)
            return -1;
        ws_warn(o, ws_format("%s depends on %s, which has never ended well", ws->id, needed));
    }
    return 0;
}
