#include "change.h"

#include <stdlib.h>
#include <string.h>

#include "wsfsm/base/json.h"
#include "wsfsm/base/mem.h"
#include "wsfsm/base/text.h"
#include "wsfsm/project/scope.h"
#include "wsfsm/steps/base_tree.h"
#include "wsfsm/steps/environment.h"

static void name_each(struct ws_strv *out, const char *what, const struct ws_strv *paths)
{
    for (size_t i = 0; i < paths->len; i++)
        ws_strv_addf(out, "%s: %s", what, paths->items[i]);
}

static void put_in_order(struct ws_strv *v)
{
    ws_strv_sort(v);
    ws_strv_unique(v);
}

static void add_names(struct ws_strv *out, const struct ws_changes *changes)
{
    for (size_t i = 0; i < changes->len; i++) {
        ws_strv_add(out, changes->items[i].path);
        if (changes->items[i].old_path)
            ws_strv_add(out, changes->items[i].old_path);
    }
    put_in_order(out);
}

/* Of what is recorded and shown, and of nothing that is looked up by it. */
static void mask(struct ws_strv *names, const struct ws_work *w)
{
    ws_redact_each(names, &w->secrets);
    put_in_order(names);
}

static bool declared(const struct ws_workstream *ws, const char *path)
{
    return ws_strv_has(&ws->files_scope, path) || ws_strv_has(&ws->files_create, path);
}

/* A name cannot be masked in a commit, so that such a change must not become one. A name that the
 * base has, or the bundle, gives nothing away: a value that is also a word of the project stops no
 * work on it. */
static void name_secrets(struct ws_strv *out, const struct ws_work *w,
                         const struct ws_changes *changes)
{
    for (size_t i = 0; i < changes->len && w->secrets.len; i++) {
        const struct ws_change *ch = &changes->items[i];
        bool fresh = ch->status == 'A' || ch->old_path;
        if (!fresh || declared(&w->context->plan->workstream, ch->path))
            continue;
        char *shown = ws_redacted(ch->path, &w->secrets);
        if (strcmp(shown, ch->path) != 0)
            ws_strv_addf(out, "a new name that holds the value of a secret: %s", shown);
        free(shown);
    }
}

static const char *change_tree(const struct ws_context *c)
{
    return c->facts.change[0] ? c->facts.change : c->plan->base_oid;
}

/* What was untracked when this attempt began and was not touched by it: what setup left, and the
 * by-products of the steps since the last change. An agent finds them in the worktree, and they are
 * none of its doing. */
static int find_carried(struct ws_strv *out, const struct ws_work *w, struct ws_error *err)
{
    const struct ws_context *c = w->context;
    struct ws_changes left = {0}, touched = {0};
    struct ws_strv names = {0};
    int rc = ws_repo_diff(&left, c->repo, change_tree(c), w->start.tree, err);
    if (rc == 0)
        rc = ws_repo_diff(&touched, c->repo, w->start.tree, w->now.tree, err);
    if (rc == 0)
        add_names(&names, &touched);
    for (size_t i = 0; rc == 0 && i < left.len; i++) {
        const struct ws_change *ch = &left.items[i];
        if ((ch->status == 'A' || ch->old_path) && !ws_strv_has(&names, ch->path))
            ws_strv_add(out, ch->path);
    }
    ws_changes_release(&left);
    ws_changes_release(&touched);
    ws_strv_release(&names);
    return rc;
}

static int tree_of_change(char out[WS_OID_HEX], const struct ws_work *w, struct ws_error *err)
{
    const struct ws_context *c = w->context;
    struct ws_strv carried = {0};
    int rc = 0;
    memcpy(out, w->now.tree, WS_OID_HEX);
    if (strcmp(c->facts.change, w->start.tree) != 0)
        rc = find_carried(&carried, w, err);
    if (rc == 0 && carried.len)
        rc = ws_repo_tree_without(out, c->repo, w->now.tree, &carried, err);
    if (rc == 0 && carried.len)
        rc = ws_work_hold(w, w->attempt->seq + 1, WS_REF_CHANGE, out, err);
    ws_strv_release(&carried);
    return rc;
}

int ws_change_take(struct ws_work *w, struct ws_error *err)
{
    struct ws_context *c = w->context;
    struct ws_changes changes = {0};
    struct ws_strv own = {0};
    char tree[WS_OID_HEX];
    int rc = tree_of_change(tree, w, err);
    if (rc == 0)
        rc = ws_repo_diff(&changes, c->repo, c->plan->base_oid, tree, err);
    if (rc == 0) {
        ws_facts_release(&c->facts);
        memcpy(c->facts.change, tree, sizeof tree);
        add_names(&c->facts.changed_files, &changes);
        ws_changes_to_own(&own, &changes);
        name_each(&c->facts.violations, "folder of wsfsm's own", &own);
        name_each(&c->facts.violations, "nested repository", &w->now.nested);
        name_each(&c->facts.violations, "device, FIFO, socket or name of git's own",
                  &w->now.special);
        name_each(&c->facts.violations, "folder that cannot be looked into", &w->now.closed);
        name_each(&c->facts.violations, "too large to be kept", &w->now.too_large);
        name_secrets(&c->facts.violations, w, &changes);
        mask(&c->facts.changed_files, w);
        mask(&c->facts.violations, w);
    }
    ws_strv_release(&own);
    ws_changes_release(&changes);
    return rc;
}

int ws_change_files(struct ws_strv *out, const struct ws_work *w, struct ws_error *err)
{
    const struct ws_context *c = w->context;
    struct ws_changes changes = {0};
    if (!c->facts.change[0])
        return 0;
    int rc = ws_repo_diff(&changes, c->repo, c->plan->base_oid, c->facts.change, err);
    for (size_t i = 0; rc == 0 && i < changes.len; i++)
        if (changes.items[i].status != 'D')
            ws_strv_add(out, changes.items[i].path);
    ws_strv_sort(out);
    ws_changes_release(&changes);
    return rc;
}

static bool any_masked(const struct ws_strv *paths)
{
    for (size_t i = 0; i < paths->len; i++)
        if (strstr(paths->items[i], WS_MASK))
            return true;
    return false;
}

/* The facts name the paths of the change; the trees know what a mask stands for. */
static int find_outside(struct ws_strv *out, const struct ws_context *c,
                        const struct ws_scope *scope, struct ws_error *err)
{
    const struct ws_strv *paths = &c->facts.changed_files;
    struct ws_changes changes = {0};
    struct ws_strv names = {0};
    int rc = 0;
    if (any_masked(paths)) {
        rc = ws_repo_diff(&changes, c->repo, c->plan->base_oid, change_tree(c), err);
        add_names(&names, &changes);
        paths = &names;
    }
    for (size_t i = 0; rc == 0 && i < paths->len; i++)
        if (!ws_scope_has(scope, paths->items[i]))
            ws_strv_add(out, paths->items[i]);
    ws_changes_release(&changes);
    ws_strv_release(&names);
    return rc;
}

/* Did the edit make it, and is it a violation for that? */
static bool is_told(const struct ws_facts *f, const char *path)
{
    char *end = ws_format(": %s", path);
    bool told = false;
    for (size_t i = 0; i < f->violations.len && !told; i++)
        told = ws_ends_with(f->violations.items[i], end);
    free(end);
    return told;
}

/* A folder that is not looked into is in scope when all that is in it may be. */
static bool covers(const struct ws_scope *scope, const char *path)
{
    char *below = ws_format("%s/x", path);
    bool has = ws_scope_has(scope, path) || ws_scope_has(scope, below);
    free(below);
    return has;
}

/* What a tree cannot hold shows in none: there the file is as it was, or not at all. */
static int find_unkept(struct ws_strv *byproducts, struct ws_strv *notes, struct ws_work *w,
                       const struct ws_scope *scope, struct ws_error *err)
{
    struct ws_facts *f = &w->context->facts;
    const struct ws_strv *lists[] = {&w->now.too_large, &w->now.special, &w->now.closed};
    struct ws_strv unkept = {0}, tracked = {0};
    for (size_t l = 0; l < sizeof lists / sizeof *lists; l++)
        for (size_t i = 0; i < lists[l]->len; i++)
            if (!is_told(f, lists[l]->items[i]))
                ws_strv_add(&unkept, lists[l]->items[i]);
    int rc = ws_repo_paths_in(&tracked, w->context->repo, change_tree(w->context), &unkept, err);
    for (size_t i = 0; rc == 0 && i < unkept.len; i++) {
        const char *path = unkept.items[i];
        if (!ws_strv_has(&tracked, path))
            ws_strv_add(byproducts, path);
        else
            ws_strv_add(covers(scope, path) ? notes : &f->out_of_scope, path);
    }
    ws_strv_release(&unkept);
    ws_strv_release(&tracked);
    return rc;
}

/* What later tools left behind: untracked paths are by-products, tracked ones outside the scope a
 * violation. */
static int find_left_behind(struct ws_strv *byproducts, struct ws_strv *notes, struct ws_work *w,
                            const struct ws_scope *scope, struct ws_error *err)
{
    struct ws_context *c = w->context;
    struct ws_changes changes = {0};
    int rc = ws_repo_diff(&changes, c->repo, change_tree(c), w->now.tree, err);
    for (size_t i = 0; rc == 0 && i < changes.len; i++) {
        const struct ws_change *ch = &changes.items[i];
        const char *tracked = ch->old_path ? ch->old_path : ch->path;
        if (ch->status == 'A' || ch->old_path)
            ws_strv_add(byproducts, ch->path);
        if (ch->status == 'A')
            continue;
        ws_strv_add(ws_scope_has(scope, tracked) ? notes : &c->facts.out_of_scope, tracked);
    }
    ws_changes_release(&changes);
    if (rc == 0)
        rc = find_unkept(byproducts, notes, w, scope, err);
    ws_strv_sort(byproducts);
    ws_strv_unique(byproducts);
    ws_strv_sort(notes);
    ws_strv_unique(notes);
    return rc;
}

static void tell_paths(struct ws_report *r, const char *type, const char *key,
                       const struct ws_strv *paths)
{
    if (!paths->len)
        return;
    struct ws_buf payload = {0};
    ws_json_open(&payload, '{');
    ws_json_kpaths(&payload, key, paths);
    ws_json_close(&payload, '}');
    ws_report_event(r, type, ws_buf_str(&payload));
    ws_buf_release(&payload);
}

/* Who runs a formatter as an analyser wonders where its work went. */
static void note_changed_after_edit(const struct ws_context *c, const struct ws_strv *paths)
{
    if (!paths->len || !c->observer || !c->observer->note)
        return;
    char *text = paths->len == 1
                     ? ws_format("%s was changed after the edit; that is not a part of the change",
                                 paths->items[0])
                     : ws_format("%s and %zu more were changed after the edit; that is not a part "
                                 "of the change",
                                 paths->items[0], paths->len - 1);
    c->observer->note(c->observer->payload, text);
    free(text);
}

static void tell_scope(struct ws_work *w)
{
    struct ws_facts *f = &w->context->facts;
    bool in_scope = !f->out_of_scope.len && !f->violations.len;
    struct ws_buf payload = {0};
    ws_json_open(&payload, '{');
    ws_json_kpaths(&payload, "paths", &f->out_of_scope);
    ws_json_kstrv(&payload, "violations", &f->violations);
    ws_json_kint(&payload, "changed_files", (int64_t)f->changed_files.len);
    ws_json_close(&payload, '}');
    ws_report_event(w->report, in_scope ? "scope_ok" : "scope_violation", ws_buf_str(&payload));
    ws_buf_release(&payload);
    ws_report_evidence(w->report, "scope", "in_scope", in_scope ? WS_PASS : WS_FAIL,
                       change_tree(w->context));
    if (!in_scope && !w->report->error_code)
        ws_report_reason(w->report, "scope_violation", "%s%s (%zu in all)",
                         f->violations.len ? "" : "changed outside the scope: ",
                         f->violations.len ? f->violations.items[0] : f->out_of_scope.items[0],
                         f->violations.len + f->out_of_scope.len);
}

/* What git would have put through a filter first. */
static int find_raw(struct ws_work *w, struct ws_error *err)
{
    struct ws_context *c = w->context;
    struct ws_strv raw = {0};
    int rc = ws_repo_find_raw(&raw, c->repo, c->plan->base_oid, change_tree(c),
                              &c->facts.changed_files, c->plan->ignore_filters, err);
    ws_strv_copy(&c->facts.violations, &raw);
    ws_strv_release(&raw);
    return rc;
}

/* The repository around the worktree: what a tool must leave alone. */
static int compare_surroundings(struct ws_strv *moved, struct ws_work *w, struct ws_error *err)
{
    struct ws_context *c = w->context;
    return ws_repo_fingerprint_compare(&c->facts.violations, moved, c->repo, c->plan->fingerprint,
                                       ws_worktree_branch(c->worktree), err);
}

int ws_change_check_scope(struct ws_work *w, struct ws_error *err)
{
    struct ws_context *c = w->context;
    const struct ws_workstream *ws = &c->plan->workstream;
    const struct ws_base_tree base = {.repo = c->repo, .oid = c->plan->base_oid};
    const struct ws_tree_view view = ws_base_tree_view(&base);
    struct ws_scope *scope;
    struct ws_strv byproducts = {0}, notes = {0}, moved = {0};

    if (ws_scope_new(&scope, &ws->files_scope, &ws->files_create, &view, err) < 0)
        return -1;
    ws_strv_clear(&c->facts.out_of_scope);
    int rc = find_outside(&c->facts.out_of_scope, c, scope, err);
    if (rc == 0)
        rc = find_left_behind(&byproducts, &notes, w, scope, err);
    if (rc == 0)
        rc = find_raw(w, err);
    if (rc == 0)
        rc = compare_surroundings(&moved, w, err);
    if (rc == 0) {
        mask(&c->facts.out_of_scope, w);
        mask(&c->facts.violations, w);
        mask(&byproducts, w);
        mask(&notes, w);
        mask(&moved, w);
        c->facts.scope_checked = true;
        tell_paths(w->report, "byproducts", "paths", &byproducts);
        tell_paths(w->report, "changed_after_edit", "paths", &notes);
        note_changed_after_edit(c, &notes);
        tell_paths(w->report, "ref_moved", "refs", &moved);
        tell_scope(w);
    }
    ws_scope_free(scope);
    ws_strv_release(&byproducts);
    ws_strv_release(&notes);
    ws_strv_release(&moved);
    return rc;
}
