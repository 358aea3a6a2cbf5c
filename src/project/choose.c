/* The workstream a command names. */
#include <stdlib.h>
#include <string.h>

#include "wsfsm/base/mem.h"
#include "wsfsm/base/text.h"
#include "wsfsm/project/bundle.h"

static void suggest(struct ws_buf *out, const struct ws_bundles *b, const char *id)
{
    const char **ids = ws_calloc(b->len + 1, sizeof *ids);
    size_t count = 0;

    for (size_t i = 0; i < b->len; i++) {
        if (b->items[i].id != NULL) {
            ids[count++] = b->items[i].id;
        }
    }
    ws_suggest(out, id, ids, count, NULL);
    free(ids);
}

/* Does a file of which something is wrong hold a workstream whose id is not known? */
static bool hides_an_id(const struct ws_bundles *b, const char *file)
{
    size_t read = 0;

    for (size_t i = 0; i < b->len; i++) {
        const struct ws_workstream *w = &b->items[i];

        if (strcmp(w->file, file) != 0) {
            continue;
        }
        if (w->id == NULL || !ws_valid_ws_id(w->id)) {
            return true;
        }
        read++;
    }
    return read == 0;
}

/* The first error of a file that may declare the workstream, NULL when there is none. */
static const struct ws_diag *hiding(const struct ws_bundles *b, const struct ws_diags *diags)
{
    const char *last = "";

    for (size_t i = 0; diags != NULL && i < diags->len; i++) {
        const struct ws_diag *d = &diags->items[i];

        if (d->severity != WS_ERROR || d->file == NULL || strcmp(d->file, last) == 0) {
            continue;
        }
        if (hides_an_id(b, d->file)) {
            return d;
        }
        last = d->file;
    }
    return NULL;
}

static int unknown(const struct ws_bundles *b, const char *id, const struct ws_diags *diags,
                   struct ws_error *err)
{
    const struct ws_diag *d = hiding(b, diags);
    struct ws_buf help = {0};

    suggest(&help, b, id);
    if (d != NULL) {
        char *where = ws_format("%s:%u:%u", d->file, d->line, d->col);

        ws_fail(err, WS_E_BUNDLE, where, "%s; no bundle that can be read declares '%.100s'%s",
                d->text, id, ws_buf_str(&help));
        free(where);
    } else {
        ws_fail(err, WS_E_UNKNOWN_ID, id, "no bundle declares this workstream%s",
                ws_buf_str(&help));
    }
    ws_buf_release(&help);
    return -1;
}

/* The first error of the file whose text begins so. */
static const struct ws_diag *first_error(const struct ws_diags *diags, const char *file,
                                         const char *start)
{
    for (size_t i = 0; diags != NULL && i < diags->len; i++) {
        const struct ws_diag *d = &diags->items[i];

        if (d->severity == WS_ERROR && d->file != NULL && strcmp(d->file, file) == 0 &&
            ws_starts_with(d->text, start)) {
            return d;
        }
    }
    return NULL;
}

/* The first error that a workstream's own mapping has, else that of its file. */
static int unsound(const struct ws_workstream *w, const struct ws_diags *diags,
                   struct ws_error *err)
{
    char *start = ws_format("workstream %s: ", w->id);
    const struct ws_diag *found = first_error(diags, w->file, start);
    char *where;

    if (found == NULL) {
        found = first_error(diags, w->file, "");
    }
    where = ws_format("%s:%u:%u", w->file, found != NULL ? found->line : w->line,
                      found != NULL ? found->col : w->col);
    ws_fail(err, WS_E_BUNDLE, where, "%s%s", found != NULL ? found->text : start,
            found != NULL ? "" : "the bundle is unsound");
    free(where);
    free(start);
    return -1;
}

const struct ws_workstream *ws_bundles_find(const struct ws_bundles *b, const char *id,
                                            const struct ws_diags *diags, struct ws_error *err)
{
    const struct ws_workstream *found = NULL;

    for (size_t i = 0; i < b->len; i++) {
        const struct ws_workstream *w = &b->items[i];

        if (w->id == NULL || strcmp(w->id, id) != 0) {
            continue;
        }
        if (found != NULL) {
            ws_fail(err, WS_E_BUNDLE, id, "declared twice: %s:%u:%u and %s:%u:%u", found->file,
                    found->line, found->col, w->file, w->line, w->col);
            return NULL;
        }
        found = w;
    }
    if (found == NULL) {
        unknown(b, id, diags, err);
    } else if (!found->sound) {
        unsound(found, diags, err);
        found = NULL;
    }
    return found;
}
