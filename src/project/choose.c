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

static int unknown(const struct ws_bundles *b, const char *id, const struct ws_diags *diags,
                   struct ws_error *err)
{
    struct ws_buf help = {0};

    suggest(&help, b, id);
    if (diags != NULL && ws_diags_count(diags, WS_ERROR) > 0) {
        ws_buf_puts(&help, "; some bundles cannot be read");
    }
    ws_fail(err, WS_E_UNKNOWN_ID, id, "no bundle declares this workstream%s", ws_buf_str(&help));
    ws_buf_release(&help);
    return -1;
}

/* The first error that a workstream's own mapping has. */
static int unsound(const struct ws_workstream *w, const struct ws_diags *diags,
                   struct ws_error *err)
{
    char *start = ws_format("workstream %s: ", w->id);
    const struct ws_diag *found = NULL;
    char *where;

    for (size_t i = 0; diags != NULL && found == NULL && i < diags->len; i++) {
        const struct ws_diag *d = &diags->items[i];

        if (d->severity == WS_ERROR && d->file != NULL && strcmp(d->file, w->file) == 0 &&
            ws_starts_with(d->text, start)) {
            found = d;
        }
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
