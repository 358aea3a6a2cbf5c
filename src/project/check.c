/* What can be wrong between workstreams that are sound by themselves. */
#include <stdlib.h>
#include <string.h>

#include "scope_entries.h"
#include "wsfsm/base/mem.h"
#include "wsfsm/base/text.h"

struct check {
    const struct ws_workstream **items; /* the sound ones by id, then by the order of reading */
    size_t len;
    const struct ws_between *how;
    struct ws_diags *diags;
    size_t errors;
};

static void error(struct check *c, const struct ws_workstream *w, const char *text)
{
    ws_diag_add(c->diags, WS_ERROR, NULL, w->file, w->line, w->col, "workstream %s: %s", w->id,
                text);
    c->errors++;
}

static void take_error(struct check *c, const struct ws_workstream *w, char *text)
{
    error(c, w, text);
    free(text);
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
            take_error(c, c->items[i],
                       ws_format("the id is declared already in %s:%u:%u", first->file, first->line,
                                 first->col));
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

static void unknown_dependency(struct check *c, const struct ws_workstream *w, const char *id)
{
    if (c->how->alone) {
        ws_diag_add(c->diags, WS_NOTE, NULL, w->file, w->line, w->col,
                    "workstream %s: depends on '%s', which is not declared in this file", w->id,
                    id);
        c->diags->items[c->diags->len - 1].follows = 0; /* it explains no finding before it */
        return;
    }
    const char *nearest = nearest_id(c, id);

    take_error(c, w,
               nearest != NULL
                   ? ws_format("depends on '%s', which no bundle declares; did you mean '%s'?", id,
                               nearest)
                   : ws_format("depends on '%s', which no bundle declares", id));
}

static void check_dependencies(struct check *c)
{
    for (size_t i = 0; i < c->len; i++) {
        const struct ws_strv *ids = &c->items[i]->depends_on;

        for (size_t k = 0; k < ids->len; k++) {
            if (find(c, ids->items[k]) == c->len) {
                unknown_dependency(c, c->items[i], ids->items[k]);
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

static void report_cycle(struct check *c, const struct step *path, size_t len, size_t again)
{
    struct ws_buf text = {0};
    size_t start = len - 1;

    while (path[start].at != again) {
        start--;
    }
    ws_buf_puts(&text, "dependency cycle: ");
    for (size_t i = start; i < len; i++) {
        ws_buf_printf(&text, "%s -> ", c->items[path[i].at]->id);
    }
    ws_buf_puts(&text, c->items[again]->id);
    error(c, c->items[again], ws_buf_str(&text));
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

static void warn_tool(struct check *c, const struct ws_workstream *w, const char *id)
{
    if (!c->how->has_tool(c->how->payload, id)) {
        ws_diag_add(c->diags, WS_WARNING, NULL, w->file, w->line, w->col,
                    "workstream %s: there is no profile for the tool '%s'", w->id, id);
    }
}

static void check_tools(struct check *c)
{
    for (size_t i = 0; c->how->has_tool != NULL && i < c->len; i++) {
        const struct ws_workstream *w = c->items[i];

        warn_tool(c, w, w->tool);
        for (size_t k = 0; k < w->static_tools.len; k++) {
            warn_tool(c, w, w->static_tools.items[k]);
        }
    }
}

static void check_overlaps(struct check *c)
{
    struct ws_scopes *scopes = ws_scopes_new(c->items, c->len, c->how->tree);
    struct ws_scope_pair pair;

    while (ws_scopes_next(scopes, &pair)) {
        const struct ws_workstream *a = c->items[pair.first], *b = c->items[pair.second];

        /* Two of the same id are one mistake, said already. */
        if (strcmp(a->id, b->id) != 0) {
            take_error(
                c, b,
                ws_format("files_scope overlaps with workstream %s (%s:%u:%u): '%s' and '%s'%s%s",
                          a->id, a->file, a->line, a->col, pair.two, pair.one,
                          pair.path != NULL ? " at " : "", pair.path != NULL ? pair.path : ""));
        }
    }
    ws_scopes_free(scopes);
}

size_t ws_bundles_check(const struct ws_bundles *b, const struct ws_between *how,
                        struct ws_diags *diags)
{
    struct check c = {.how = how, .diags = diags};

    c.items = ws_calloc(b->len, sizeof *c.items);
    for (size_t i = 0; i < b->len; i++) {
        if (b->items[i].sound) {
            c.items[c.len++] = &b->items[i];
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
