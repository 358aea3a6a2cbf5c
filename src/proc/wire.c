#include "wire.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "wsfsm/base/mem.h"

enum { HEADER = sizeof(uint32_t), READ_SIZE = 64 << 10 };

static const uint32_t NO_STRING = UINT32_MAX;

static void put_length(struct ws_buf *b, size_t n)
{
    uint32_t length = (uint32_t)n;
    ws_buf_add(b, &length, sizeof length);
}

size_t ws_frame_begin(struct ws_buf *b, enum ws_frame type)
{
    size_t start = b->len;
    put_length(b, 0);
    ws_buf_putc(b, (char)type);
    return start;
}

void ws_frame_end(struct ws_buf *b, size_t start)
{
    uint32_t length = (uint32_t)(b->len - start - HEADER);
    memcpy(b->data + start, &length, sizeof length);
}

void ws_put_int(struct ws_buf *b, int64_t n)
{
    ws_buf_add(b, &n, sizeof n);
}

void ws_put_str(struct ws_buf *b, const char *s)
{
    if (s == NULL) {
        put_length(b, NO_STRING);
        return;
    }
    size_t len = strlen(s);
    put_length(b, len);
    ws_buf_add(b, s, len);
}

void ws_put_strv(struct ws_buf *b, const struct ws_strv *v)
{
    put_length(b, v->len);
    for (size_t i = 0; i < v->len; i++)
        ws_put_str(b, v->items[i]);
}

/* The next `size` bytes, NULL when the frame has fewer. */
static const char *take(struct ws_cursor *c, size_t size)
{
    if (c->bad || c->left < size) {
        c->bad = true;
        return NULL;
    }
    const char *at = c->at;
    c->at += size;
    c->left -= size;
    return at;
}

static uint32_t get_length(struct ws_cursor *c)
{
    uint32_t length = 0;
    const char *at = take(c, sizeof length);
    if (at != NULL)
        memcpy(&length, at, sizeof length);
    return length;
}

int64_t ws_get_int(struct ws_cursor *c)
{
    int64_t n = 0;
    const char *at = take(c, sizeof n);
    if (at != NULL)
        memcpy(&n, at, sizeof n);
    return n;
}

char *ws_get_str(struct ws_cursor *c)
{
    uint32_t len = get_length(c);
    if (c->bad || len == NO_STRING)
        return NULL;
    const char *at = take(c, len);
    return at == NULL ? NULL : ws_strndup(at, len);
}

void ws_get_strv(struct ws_cursor *c, struct ws_strv *v)
{
    uint32_t count = get_length(c);
    for (uint32_t i = 0; i < count && !c->bad; i++) {
        char *s = ws_get_str(c);
        if (s == NULL)
            c->bad = true;
        else
            ws_strv_take(v, s);
    }
}

void ws_inbox_release(struct ws_inbox *in)
{
    ws_buf_release(&in->bytes);
    in->taken = 0;
}

ssize_t ws_inbox_fill(struct ws_inbox *in, int fd)
{
    if (in->taken > 0) {
        size_t left = in->bytes.len - in->taken;
        memmove(in->bytes.data, in->bytes.data + in->taken, left);
        in->bytes.len = left;
        in->taken = 0;
    }
    char chunk[READ_SIZE];
    ssize_t n = read(fd, chunk, sizeof chunk);
    if (n > 0)
        ws_buf_add(&in->bytes, chunk, (size_t)n);
    return n;
}

int ws_inbox_next(struct ws_inbox *in, enum ws_frame *type, struct ws_cursor *c)
{
    size_t left = in->bytes.len - in->taken;
    if (left < HEADER)
        return 0;
    const char *at = in->bytes.data + in->taken;
    uint32_t length;
    memcpy(&length, at, sizeof length);
    if (length == 0 || length > WS_FRAME_MAX)
        return -1;
    if (left - HEADER < length)
        return 0;
    *type = (enum ws_frame)(unsigned char)at[HEADER];
    *c = (struct ws_cursor){.at = at + HEADER + 1, .left = length - 1};
    in->taken += HEADER + length;
    return 1;
}
