#include "redact.h"

#include <stdlib.h>
#include <string.h>

#include "wsfsm/base/mem.h"

enum {
    LINE_MIN = 8,       /* a shorter line of a secret is too common a text to be hidden */
    UNFINISHED_MIN = 4, /* fewer bytes of a secret at the very end give nothing away */
};

static const char MASK[] = "***";

static void add_secret(struct ws_secrets *s, const char *text, size_t len)
{
    if (len == 0)
        return;
    s->items = ws_grow(s->items, &s->cap, s->len, sizeof *s->items);
    s->items[s->len++] = (struct ws_secret){.text = ws_strndup(text, len), .len = len};
    s->starts[(unsigned char)text[0]] = true;
    if (len > s->longest)
        s->longest = len;
}

static void add_lines(struct ws_secrets *s, const char *value)
{
    for (const char *line = value; *line != '\0';) {
        size_t len = strcspn(line, "\r\n");
        if (len >= LINE_MIN)
            add_secret(s, line, len);
        line += len;
        line += strspn(line, "\r\n");
    }
}

void ws_secrets_init(struct ws_secrets *s, const struct ws_strv *values)
{
    *s = (struct ws_secrets){0};
    for (size_t i = 0; i < values->len; i++) {
        add_secret(s, values->items[i], strlen(values->items[i]));
        if (strpbrk(values->items[i], "\r\n") != NULL)
            add_lines(s, values->items[i]);
    }
}

void ws_secrets_release(struct ws_secrets *s)
{
    for (size_t i = 0; i < s->len; i++)
        free(s->items[i].text);
    free(s->items);
    *s = (struct ws_secrets){0};
}

/* Length of the longest secret at `at`, 0 when there is none. *unfinished: the text ends within a
 * longer one. */
static size_t match_at(const struct ws_secrets *s, const char *at, size_t left, bool *unfinished)
{
    size_t longest = 0;
    *unfinished = false;
    for (size_t i = 0; i < s->len; i++) {
        const struct ws_secret *secret = &s->items[i];
        size_t len = secret->len < left ? secret->len : left;
        if (memcmp(secret->text, at, len) != 0)
            continue;
        if (secret->len > left)
            *unfinished = true;
        else if (secret->len > longest)
            longest = secret->len;
    }
    return longest;
}

/* Emits everything before the first byte that must be held, and returns the index of that byte.
 * *covered: in, how many leading bytes are replaced already; out, the same counted from the start
 * of the text (it may lie beyond the returned index). */
static size_t scan(const struct ws_secrets *s, const char *text, size_t len, size_t *covered,
                   ws_redact_emit *emit, void *payload)
{
    size_t i = 0;
    for (; i < len; i++) {
        if (!s->starts[(unsigned char)text[i]])
            continue;
        bool unfinished;
        size_t from = *covered;
        size_t match = match_at(s, text + i, len - i, &unfinished);
        if (match > 0) {
            if (i >= from) {
                if (i > from)
                    emit(payload, text + from, i - from);
                emit(payload, MASK, sizeof MASK - 1);
            }
            if (i + match > from)
                *covered = i + match;
        }
        if (unfinished)
            break;
    }
    if (i > *covered) {
        emit(payload, text + *covered, i - *covered);
        *covered = i;
    }
    return i;
}

void ws_redact_release(struct ws_redact *r)
{
    ws_buf_release(&r->held);
    r->covered = 0;
}

void ws_redact_feed(struct ws_redact *r, const char *data, size_t len, ws_redact_emit *emit,
                    void *payload)
{
    if (r->secrets->len == 0) {
        emit(payload, data, len);
        return;
    }
    if (r->held.len > 0) {
        ws_buf_add(&r->held, data, len);
        data = r->held.data;
        len = r->held.len;
    }
    size_t covered = r->covered;
    size_t hold = scan(r->secrets, data, len, &covered, emit, payload);
    r->covered = covered - hold;
    if (r->held.len > 0) {
        memmove(r->held.data, r->held.data + hold, len - hold);
        r->held.len = len - hold;
    } else if (hold < len) {
        ws_buf_add(&r->held, data + hold, len - hold);
    }
}

void ws_redact_end(struct ws_redact *r, ws_redact_emit *emit, void *payload)
{
    const char *rest = ws_buf_str(&r->held);
    size_t len = r->held.len;
    /* The held bytes begin an unfinished secret; a byte further on may begin another one, which is
     * covered with the rest when the first is long enough to count. */
    if (len > r->covered) {
        if (len >= UNFINISHED_MIN)
            emit(payload, MASK, sizeof MASK - 1);
        else
            emit(payload, rest + r->covered, len - r->covered);
    }
    ws_buf_clear(&r->held);
    r->covered = 0;
}

static void append(void *payload, const char *data, size_t len)
{
    ws_buf_add(payload, data, len);
}

void ws_redact_text(const struct ws_secrets *s, struct ws_buf *out, const char *data, size_t len)
{
    struct ws_redact r = {.secrets = s};
    ws_redact_feed(&r, data, len, append, out);
    ws_redact_end(&r, append, out);
    ws_redact_release(&r);
}
