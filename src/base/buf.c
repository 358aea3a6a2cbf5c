#include "wsfsm/base/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fatal.h"
#include "wsfsm/base/mem.h"

enum { FIRST_SIZE = 64 };

/* Room for `more` bytes and the NUL. */
static void reserve(struct ws_buf *b, size_t more)
{
    size_t needed, doubled;

    if (__builtin_add_overflow(b->len, more, &needed) ||
        __builtin_add_overflow(needed, 1, &needed)) {
        ws_fatal("out of memory: a text is too long");
    }
    if (needed <= b->cap) {
        return;
    }
    if (__builtin_mul_overflow(b->cap, 2, &doubled) || doubled < needed) {
        doubled = needed;
    }
    if (doubled < FIRST_SIZE) {
        doubled = FIRST_SIZE;
    }
    b->data = ws_realloc(b->data, doubled);
    b->cap = doubled;
}

void ws_buf_release(struct ws_buf *b)
{
    if (b != NULL) {
        free(b->data);
        *b = (struct ws_buf){0};
    }
}

void ws_buf_clear(struct ws_buf *b)
{
    b->len = 0;
    if (b->data != NULL) {
        b->data[0] = '\0';
    }
}

void ws_buf_add(struct ws_buf *b, const void *data, size_t len)
{
    if (len == 0) {
        return;
    }
    reserve(b, len);
    memcpy(b->data + b->len, data, len);
    b->len += len;
    b->data[b->len] = '\0';
}

void ws_buf_puts(struct ws_buf *b, const char *s)
{
    ws_buf_add(b, s, strlen(s));
}

void ws_buf_putc(struct ws_buf *b, char c)
{
    ws_buf_add(b, &c, 1);
}

void ws_buf_vprintf(struct ws_buf *b, const char *format, va_list ap)
{
    va_list again;

    va_copy(again, ap);
    int len = vsnprintf(NULL, 0, format, again);
    va_end(again);
    if (len < 0) {
        ws_fatal("a text cannot be formatted");
    }
    reserve(b, (size_t)len);
    vsnprintf(b->data + b->len, (size_t)len + 1, format, ap);
    b->len += (size_t)len;
}

void ws_buf_printf(struct ws_buf *b, const char *format, ...)
{
    va_list ap;

    va_start(ap, format);
    ws_buf_vprintf(b, format, ap);
    va_end(ap);
}

const char *ws_buf_str(const struct ws_buf *b)
{
    return b->data != NULL ? b->data : "";
}

char *ws_buf_steal(struct ws_buf *b)
{
    char *text = b->data != NULL ? b->data : ws_strdup("");

    *b = (struct ws_buf){0};
    return text;
}
