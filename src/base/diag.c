#include "wsfsm/base/diag.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "wsfsm/base/mem.h"
#include "wsfsm/base/text.h"

void ws_diags_release(struct ws_diags *d)
{
    if (d == NULL) {
        return;
    }
    for (size_t i = 0; i < d->len; i++) {
        free(d->items[i].file);
        free(d->items[i].text);
    }
    free(d->items);
    *d = (struct ws_diags){0};
}

/* 1 + index of the last finding that is not a note, 0 when there is none. */
static size_t last_finding(const struct ws_diags *d)
{
    size_t n = d->len;

    while (n > 0 && d->items[n - 1].severity == WS_NOTE) {
        n--;
    }
    return n;
}

void ws_diag_add(struct ws_diags *d, enum ws_severity severity, const char *code, const char *file,
                 unsigned line, unsigned col, const char *format, ...)
{
    struct ws_buf text = {0}, escaped = {0};
    struct ws_diag item = {.severity = severity, .file = ws_strdup(file), .line = line, .col = col};
    va_list ap;

    va_start(ap, format);
    ws_buf_vprintf(&text, format, ap);
    va_end(ap);
    ws_escape_line(&escaped, text.data, text.len);
    item.text = ws_buf_steal(&escaped);
    ws_buf_release(&text);
    if (code != NULL) {
        memcpy(item.code, code, strnlen(code, sizeof item.code - 1));
    }
    if (severity == WS_NOTE) {
        item.follows = last_finding(d);
    }
    d->items = ws_grow(d->items, &d->cap, d->len, sizeof *d->items);
    d->items[d->len++] = item;
}

void ws_diag_name(struct ws_diag *d, const char *subject)
{
    struct ws_buf text = {0};

    ws_escape_line(&text, subject, strlen(subject));
    ws_buf_printf(&text, ": %s", d->text);
    free(d->text);
    d->text = ws_buf_steal(&text);
}

int ws_diags_unread(struct ws_diags *d, const char *file, const struct ws_error *why)
{
    return d->unread.code == WS_E_OK ? ws_fail(&d->unread, why->code, file, "%s", why->message)
                                     : -1;
}

int ws_diags_all_read(const struct ws_diags *d, struct ws_error *err)
{
    return d->unread.code == WS_E_OK
               ? 0
               : ws_fail(err, d->unread.code, d->unread.where, "%s", d->unread.message);
}

size_t ws_diags_count(const struct ws_diags *d, enum ws_severity severity)
{
    size_t count = 0;

    for (size_t i = 0; i < d->len; i++) {
        count += d->items[i].severity == severity;
    }
    return count;
}

void ws_diags_promote(struct ws_diags *d)
{
    for (size_t i = 0; i < d->len; i++) {
        if (d->items[i].severity == WS_WARNING) {
            d->items[i].severity = WS_ERROR;
        }
    }
}

/* What an item is sorted by: the place of the finding it belongs to, then the order of adding. */
struct rank {
    const struct ws_diag *head;
    size_t head_index;
    size_t index;
};

static int compare(size_t a, size_t b)
{
    return (a > b) - (a < b);
}

static int by_place(const void *a, const void *b)
{
    const struct rank *x = a, *y = b;
    int order = strcmp(x->head->file != NULL ? x->head->file : "",
                       y->head->file != NULL ? y->head->file : "");

    if (order == 0) {
        order = compare(x->head->line, y->head->line);
    }
    if (order == 0) {
        order = compare(x->head->col, y->head->col);
    }
    if (order == 0) {
        order = compare(x->head_index, y->head_index);
    }
    return order != 0 ? order : compare(x->index, y->index);
}

void ws_diags_sort(struct ws_diags *d)
{
    if (d->len < 2) {
        return;
    }
    struct rank *ranks = ws_calloc(d->len, sizeof *ranks);
    struct ws_diag *sorted = ws_calloc(d->len, sizeof *sorted);
    size_t *moved_to = ws_calloc(d->len, sizeof *moved_to);

    for (size_t i = 0; i < d->len; i++) {
        size_t head = d->items[i].follows > 0 ? d->items[i].follows - 1 : i;

        ranks[i] = (struct rank){.head = &d->items[head], .head_index = head, .index = i};
    }
    qsort(ranks, d->len, sizeof *ranks, by_place);
    for (size_t i = 0; i < d->len; i++) {
        sorted[i] = d->items[ranks[i].index];
        moved_to[ranks[i].index] = i;
    }
    for (size_t i = 0; i < d->len; i++) {
        if (sorted[i].follows > 0) {
            sorted[i].follows = moved_to[sorted[i].follows - 1] + 1;
        }
    }
    memcpy(d->items, sorted, d->len * sizeof *sorted);
    free(ranks);
    free(sorted);
    free(moved_to);
}

void ws_diag_format(struct ws_buf *out, const struct ws_diag *d)
{
    static const char *const names[] = {
        [WS_NOTE] = "note", [WS_WARNING] = "warning", [WS_ERROR] = "error"};

    if (d->file != NULL) {
        ws_escape_line(out, d->file, strlen(d->file));
        ws_buf_putc(out, ':');
    }
    if (d->line > 0) {
        ws_buf_printf(out, "%u:", d->line);
        if (d->col > 0) {
            ws_buf_printf(out, "%u:", d->col);
        }
    }
    if (d->file != NULL || d->line > 0) {
        ws_buf_putc(out, ' ');
    }
    ws_buf_printf(out, "%s: %s", names[d->severity], d->text);
    if (d->code[0] != '\0') {
        ws_buf_printf(out, " [%s]", d->code);
    }
}
