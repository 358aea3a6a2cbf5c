#include "wsfsm/base/strv.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "wsfsm/base/mem.h"

void ws_strv_clear(struct ws_strv *v)
{
    for (size_t i = 0; i < v->len; i++) {
        free(v->items[i]);
        v->items[i] = NULL;
    }
    v->len = 0;
}

void ws_strv_release(struct ws_strv *v)
{
    if (v != NULL) {
        ws_strv_clear(v);
        free(v->items);
        *v = (struct ws_strv){0};
    }
}

void ws_strv_take(struct ws_strv *v, char *s)
{
    /* One slot more than there are strings: the NULL. */
    v->items = ws_grow(v->items, &v->cap, v->len + 1, sizeof *v->items);
    v->items[v->len++] = s;
}

void ws_strv_add(struct ws_strv *v, const char *s)
{
    ws_strv_take(v, ws_strdup(s));
}

void ws_strv_addf(struct ws_strv *v, const char *format, ...)
{
    va_list ap;

    va_start(ap, format);
    ws_strv_take(v, ws_vformat(format, ap));
    va_end(ap);
}

void ws_strv_copy(struct ws_strv *to, const struct ws_strv *from)
{
    size_t len = from->len; /* `to` may be `from` */

    for (size_t i = 0; i < len; i++) {
        ws_strv_add(to, from->items[i]);
    }
}

bool ws_strv_has(const struct ws_strv *v, const char *s)
{
    for (size_t i = 0; i < v->len; i++) {
        if (strcmp(v->items[i], s) == 0) {
            return true;
        }
    }
    return false;
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

void ws_strv_sort(struct ws_strv *v)
{
    if (v->len > 1) {
        qsort(v->items, v->len, sizeof *v->items, by_bytes);
    }
}

void ws_strv_unique(struct ws_strv *v)
{
    size_t kept = 0;

    for (size_t i = 0; i < v->len; i++) {
        if (kept > 0 && strcmp(v->items[kept - 1], v->items[i]) == 0) {
            free(v->items[i]);
        } else {
            v->items[kept++] = v->items[i];
        }
    }
    for (size_t i = kept; i < v->len; i++) {
        v->items[i] = NULL;
    }
    v->len = kept;
}
