#include "report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "wsfsm/base/mem.h"
#include "wsfsm/base/text.h"
#include "wsfsm/machine/parse.h"

enum { FINDINGS_MAX = 200 }; /* collected; WS_DIAGS_MAX of them are handed on */

static bool reported(const struct ws_def_report *r, const char *code, struct ws_word at)
{
    for (size_t i = 0; i < r->diags.len; i++) {
        const struct ws_diag *d = &r->diags.items[i];

        if (d->line == at.line && d->col == at.col && strcmp(d->code, code) == 0) {
            return true;
        }
    }
    return false;
}

__attribute__((format(printf, 5, 0))) static void add(struct ws_def_report *r,
                                                      enum ws_severity severity, const char *code,
                                                      struct ws_word at, const char *format,
                                                      va_list ap)
{
    char *text;

    if (severity != WS_NOTE) {
        r->dropped =
            reported(r, code, at) ||
            (r->diags.len >= FINDINGS_MAX && (severity == WS_WARNING || r->errors >= FINDINGS_MAX));
        r->errors += severity == WS_ERROR;
    }
    if (!r->dropped) {
        text = ws_vformat(format, ap);
        ws_diag_add(&r->diags, severity, code, r->file, at.line, at.col, "%s", text);
        free(text);
    }
}

void ws_def_report_error(struct ws_def_report *r, const char *code, struct ws_word at,
                         const char *format, ...)
{
    va_list ap;

    va_start(ap, format);
    add(r, WS_ERROR, code, at, format, ap);
    va_end(ap);
}

void ws_def_report_warning(struct ws_def_report *r, const char *code, struct ws_word at,
                           const char *format, ...)
{
    va_list ap;

    va_start(ap, format);
    add(r, WS_WARNING, code, at, format, ap);
    va_end(ap);
}

void ws_def_report_note(struct ws_def_report *r, struct ws_word at, const char *format, ...)
{
    va_list ap;

    va_start(ap, format);
    add(r, WS_NOTE, NULL, at, format, ap);
    va_end(ap);
}

int ws_def_report_syntax(struct ws_def_report *r, const char *code, struct ws_word at,
                         const char *format, ...)
{
    va_list ap;

    if (r->syntax_line != at.line) {
        r->syntax_line = at.line;
        va_start(ap, format);
        add(r, WS_ERROR, code, at, format, ap);
        va_end(ap);
    }
    return -1;
}

bool ws_def_report_is_full(const struct ws_def_report *r)
{
    return r->errors >= FINDINGS_MAX;
}

const char *ws_hint(char out[WS_HINT_SIZE], const char *word, const char *const *candidates,
                    size_t count)
{
    const char *near = NULL;

    for (size_t i = 0; i < count && near == NULL; i++) {
        near = strcasecmp(candidates[i], word) == 0 ? candidates[i] : NULL;
    }
    if (near == NULL) {
        near = ws_nearest(word, candidates, count);
    }
    out[0] = '\0';
    if (near != NULL && strlen(near) <= WS_NAME_MAX) {
        snprintf(out, WS_HINT_SIZE, "; did you mean '%s'?", near);
    }
    return out;
}

static void drop(struct ws_diags *d, size_t i)
{
    free(d->items[i].file);
    free(d->items[i].text);
    memmove(d->items + i, d->items + i + 1, (d->len - i - 1) * sizeof *d->items);
    d->len--;
}

static void drop_behind(struct ws_diags *d, enum ws_severity severity)
{
    for (size_t i = d->len; i-- > 0 && d->len > WS_DIAGS_MAX;) {
        if (d->items[i].severity <= severity) {
            drop(d, i);
        }
    }
}

void ws_def_report_finish(struct ws_def_report *r, struct ws_diags *to)
{
    size_t finding = 0; /* 1 + index of the last one that is not a note */

    ws_diags_sort(&r->diags);
    drop_behind(&r->diags, WS_NOTE);
    drop_behind(&r->diags, WS_WARNING);
    drop_behind(&r->diags, WS_ERROR);
    for (size_t i = 0; i < r->diags.len; i++) {
        struct ws_diag item = r->diags.items[i];

        if (item.severity != WS_NOTE) {
            finding = to->len + 1;
        }
        item.follows = item.severity == WS_NOTE ? finding : 0;
        to->items = ws_grow(to->items, &to->cap, to->len, sizeof *to->items);
        to->items[to->len++] = item;
    }
    free(r->diags.items);
    r->diags = (struct ws_diags){0};
}
