/* What can be wrong between workstreams. Of an unsound one counts what could be read without an
 * error: its own errors are said already, and none of them shall bring another one. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "scope_entries.h"
#include "wsfsm/base/mem.h"
#include "wsfsm/base/text.h"

struct check {
    const struct ws_workstream **items; /* those with an id by it, then by the order of reading */
    size_t len;
    bool all_known; /* every file and id could be read */
    const struct ws_between *how;
    struct ws_diags *diags;
    size_t errors;
};

static void report(struct check *c, enum ws_severity severity, const struct ws_workstream *w,
                   struct ws_place at, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

static void report(struct check *c, enum ws_severity severity, const struct ws_workstream *w,
                   struct ws_place at, const char *format, ...)
{
    va_list ap;
    char *text;

    va_start(ap, format);
    text = ws_vformat(format, ap);
    va_end(ap);
    ws_diag_add(c->diags, severity, NULL, w->file, at.line, at.col, "workstream %s: %s", w->id,
                text);
    if (severity == WS_NOTE) {
        c->diags->items[c->diags->len - 1].follows = 0; /* it explains no finding before it */
    }
    c->errors += severity == WS_ERROR;
    free(text);
}

static struct ws_place id_of(const struct ws_workstream *w)
{
    return (struct ws_place){w->line, w->col};
}

static int by_id(const void *a, const void *b)
{
    const struct ws_workstream *x = *(const struct ws_workstream *const *)a;
    const struct ws_workstream *y = *(const struct ws_workstream *const *)b;
    int order = strcmp(x->id, y->id);

    return order != 0 ? order : (x > y) - (x < y);
}

/* Index of the first workstream of that id, c->len when there is none. */
static size_t find(const struct check *c, const char *id)
{
    size_t low = 0, high = c->len;

    while (low < high) {
        size_t mid = low + (high - low) / 2;

        if (strcmp(c->items[mid]->id, id) < 0) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    return low < c->len && strcmp(c->items[low]->id, id) == 0 ? low : c->len;
}

static void check_duplicates(struct check *c)
{
    for (size_t i = 1; i < c->len; i++) {
        const struct ws_workstream *first = c->items[find(c, c->items[i]->id)];

        if (first != c->items[i]) {
            report(c, WS_ERROR, c->items[i], id_of(c->items[i]),
                   "the id is declared already in %s:%u:%u", first->file, first->line, first->col);
        }
    }
}

static const char *nearest_id(const struct check *c, const char *id)
{
    const char **ids = ws_calloc(c->len, sizeof *ids);
    const char *nearest;

    for (size_t i = 0; i < c->len; i++) {
        ids[i] = c->items[i]->id;
    }
    nearest = ws_nearest(id, ids, c->len);
    free(ids);
    return nearest;
}

static void unknown_dependency(struct check *c, const struct ws_workstream *w, size_t index)
{
    const char *id = w->depends_on.items[index];
    struct ws_place at = w->depends_on_at[index];

    if (c->how->alone) {
        report(c, WS_NOTE, w, at, "depends on '%s', which is not declared in this file", id);
        return;
    }
    if (!c->all_known) {
        report(c, WS_NOTE, w, at, "depends on '%s', which no bundle that can be read declares", id);
        return;
    }
    const char *nearest = nearest_id(c, id);

    if (nearest != NULL) {
        report(c, WS_ERROR, w, at, "depends on '%s', which no bundle declares; did you mean '%s'?",
               id, nearest);
    } else {
        report(c, WS_ERROR, w, at, "depends on '%s', which no bundle declares", id);
    }
}

static void check_dependencies(struct check *c)
{
    for (size_t i = 0; i < c->len; i++) {
        const struct ws_strv *ids = &c->items[i]->depends_on;

        for (size_t k = 0; k < ids->len; k++) {
            if (find(c, ids->items[k]) == c->len) {
                unknown_dependency(c, c->items[i], k);
            }
        }
    }
}

/* A walk along the dependencies, depth first, with its path kept outside of the C stack: a folder
 * may declare more workstreams than that is deep. */
struct step {
    size_t at;   /* index of the workstream */
    size_t next; /* which of its dependencies comes next */
};

enum colour { UNSEEN, ON_PATH, DONE };

/* The last step of the path depends on a workstream that stands on it already. */
static void report_cycle(struct check *c, const struct step *path, size_t len, size_t again)
{
    const struct step *last = &path[len - 1];
    const struct ws_workstream *w = c->items[last->at];
    struct ws_buf text = {0};
    size_t start = len - 1;

    while (path[start].at != again) {
        start--;
    }
    for (size_t i = start; i < len; i++) {
        ws_buf_printf(&text, "%s -> ", c->items[path[i].at]->id);
    }
    ws_buf_puts(&text, c->items[again]->id);
    report(c, WS_ERROR, w, w->depends_on_at[last->next - 1], "dependency cycle: %s",
           ws_buf_str(&text));
    ws_buf_release(&text);
}

static void walk(struct check *c, enum colour *colours, struct step *path, size_t from)
{
    size_t len = 1;

    path[0] = (struct step){.at = from};
    colours[from] = ON_PATH;
    while (len > 0) {
        struct step *top = &path[len - 1];
        const struct ws_strv *ids = &c->items[top->at]->depends_on;

        if (top->next == ids->len) {
            colours[top->at] = DONE;
            len--;
            continue;
        }
        size_t to = find(c, ids->items[top->next++]);

        if (to < c->len && colours[to] == ON_PATH) {
            report_cycle(c, path, len, to);
        } else if (to < c->len && colours[to] == UNSEEN) {
            colours[to] = ON_PATH;
            path[len++] = (struct step){.at = to};
        }
    }
}

static void check_cycles(struct check *c)
{
    enum colour *colours = ws_calloc(c->len, sizeof *colours);
    struct step *path = ws_calloc(c->len, sizeof *path);

    for (size_t i = 0; i < c->len; i++) {
        if (colours[i] == UNSEEN) {
            walk(c, colours, path, i);
        }
    }
    free(colours);
    free(path);
}

static void check_tool(struct check *c, const struct ws_workstream *w, const char *id,
                       struct ws_place at)
{
    const struct ws_between *how = c->how;
    const char *nearest;

    if (how->has_tool(how->payload, id)) {
        return;
    }
    nearest = how->nearest_tool != NULL ? how->nearest_tool(how->payload, id) : NULL;
    if (nearest != NULL) {
        report(c, WS_WARNING, w, at, "there is no profile for the tool '%s'; did you mean '%s'?",
               id, nearest);
    } else {
        report(c, WS_WARNING, w, at, "there is no profile for the tool '%s'", id);
    }
}

static void check_tools(struct check *c)
{
    for (size_t i = 0; c->how->has_tool != NULL && i < c->len; i++) {
        const struct ws_workstream *w = c->items[i];

        if (!w->sound) {
            continue;
        }
        check_tool(c, w, w->tool, w->tool_at);
        for (size_t k = 0; k < w->static_tools.len; k++) {
            check_tool(c, w, w->static_tools.items[k], w->static_tools_at[k]);
        }
    }
}

/* Where a workstream says an entry that was found in its scope. */
static struct ws_place place_of(const struct ws_workstream *w, const char *entry)
{
    size_t i = 0;

    while (w->files_scope.items[i] != entry) {
        i++;
    }
    return w->files_scope_at[i];
}

/* Those whose scope is known. The table of pairs is made for no more than these. */
static size_t scoped(const struct ws_workstream **out, const struct check *c)
{
    size_t len = 0;

    for (size_t i = 0; i < c->len; i++) {
        if (c->items[i]->files_scope.len > 0) {
            out[len++] = c->items[i];
        }
    }
    return len;
}

static void check_overlaps(struct check *c)
{
    const struct ws_workstream **items = ws_calloc(c->len, sizeof *items);
    size_t len = scoped(items, c);
    struct ws_scopes *scopes;
    struct ws_scope_pair pair;
    struct ws_error err = {0};

    if (ws_scopes_new(&scopes, items, len, c->how->tree, &err) < 0) {
        ws_diags_unread(c->diags, err.where, &err); /* which is not to say that none overlap */
        free(items);
        return;
    }
    while (ws_scopes_next(scopes, &pair)) {
        const struct ws_workstream *a = items[pair.first], *b = items[pair.second];
        struct ws_place at = place_of(a, pair.one);

        if (strcmp(a->id, b->id) == 0) {
            continue; /* declared twice: said already */
        }
        report(c, WS_ERROR, b, place_of(b, pair.two),
               "files_scope '%s' overlaps with '%s' of workstream %s (%s:%u:%u)%s%s", pair.two,
               pair.one, a->id, a->file, at.line, at.col, pair.path != NULL ? ", both cover " : "",
               pair.path != NULL ? pair.path : "");
    }
    ws_scopes_free(scopes);
    free(items);
}

size_t ws_bundles_check(const struct ws_bundles *b, const struct ws_between *how,
                        struct ws_diags *diags)
{
    struct check c = {.how = how, .diags = diags, .all_known = b->unread == 0};

    c.items = ws_calloc(b->len, sizeof *c.items);
    for (size_t i = 0; i < b->len; i++) {
        if (b->items[i].id != NULL && ws_valid_ws_id(b->items[i].id)) {
            c.items[c.len++] = &b->items[i];
        } else {
            c.all_known = false;
        }
    }
    if (c.len > 1) {
        qsort(c.items, c.len, sizeof *c.items, by_id);
    }
    check_duplicates(&c);
    check_dependencies(&c);
    check_cycles(&c);
    check_overlaps(&c);
    check_tools(&c);
    free(c.items);
    return c.errors;
}
