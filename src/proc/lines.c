#include "lines.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wsfsm/base/mem.h"

static bool ends_line(char c)
{
    return c == '\n' || c == '\r';
}

/* One past the last line end in data[0..len), 0 when there is none. */
static size_t after_last_end(const char *data, size_t len)
{
    const char *newline = memrchr(data, '\n', len);
    size_t after = newline == NULL ? 0 : (size_t)(newline - data) + 1;
    const char *bar = memrchr(data + after, '\r', len - after);
    return bar == NULL ? after : (size_t)(bar - data) + 1;
}

static void extend(struct ws_live_line *l, const char *data, size_t len)
{
    size_t room = sizeof l->open - l->open_len;
    if (len > room)
        len = room;
    memcpy(l->open + l->open_len, data, len);
    l->open_len += len;
}

static void finish(struct ws_live_line *l)
{
    if (l->open_len > 0) {
        memcpy(l->last, l->open, l->open_len);
        l->last_len = l->open_len;
    }
    l->open_len = 0;
}

void ws_live_line_feed(struct ws_live_line *l, const char *data, size_t len)
{
    size_t open = after_last_end(data, len);
    if (open > 0) {
        /* Only the last line that says something is of interest: look for it from the end. */
        size_t end = open;
        while (end > 0 && ends_line(data[end - 1]))
            end--;
        size_t start = after_last_end(data, end);
        if (start > 0 || (len > 0 && ends_line(data[0])))
            finish(l);
        extend(l, data + start, end - start);
        finish(l);
    }
    extend(l, data + open, len - open);
}

const char *ws_live_line_text(const struct ws_live_line *l, size_t *len)
{
    *len = l->open_len > 0 ? l->open_len : l->last_len;
    return l->open_len > 0 ? l->open : l->last;
}

int ws_patterns_init(struct ws_patterns *p, const struct ws_strv *expressions, char *why,
                     size_t size)
{
    *p = (struct ws_patterns){.items = ws_calloc(expressions->len + 1, sizeof *p->items)};
    for (size_t i = 0; i < expressions->len; i++) {
        int rc = regcomp(&p->items[i], expressions->items[i], REG_EXTENDED | REG_NOSUB);
        if (rc != 0) {
            char reason[128];
            regerror(rc, &p->items[i], reason, sizeof reason);
            snprintf(why, size, "%s (failure pattern '%.100s')", reason, expressions->items[i]);
            ws_patterns_release(p);
            return -1;
        }
        p->len++;
    }
    return 0;
}

void ws_patterns_release(struct ws_patterns *p)
{
    for (size_t i = 0; i < p->len; i++)
        regfree(&p->items[i]);
    free(p->items);
    ws_buf_release(&p->line);
    *p = (struct ws_patterns){0};
}

static void match_line(struct ws_patterns *p, const char *line, size_t len)
{
    if (len > 0 && line[len - 1] == '\r')
        len--;
    for (size_t i = 0; i < p->len && !p->matched; i++) {
        /* Bounds instead of a terminator: a NUL byte in the line hides nothing. */
        regmatch_t bounds = {.rm_so = 0, .rm_eo = (regoff_t)len};
        if (regexec(&p->items[i], line, 1, &bounds, REG_STARTEND) == 0) {
            p->matched = true;
            ws_buf_add(&p->line, line, len);
        }
    }
}

static void collect(struct ws_matcher *m, const char *data, size_t len)
{
    size_t room = WS_LINE_MAX - m->line.len;
    ws_buf_add(&m->line, data, len < room ? len : room);
}

void ws_matcher_feed(struct ws_matcher *m, const char *data, size_t len)
{
    while (len > 0 && m->patterns->len > 0 && !m->patterns->matched) {
        const char *newline = memchr(data, '\n', len);
        size_t part = newline == NULL ? len : (size_t)(newline - data);
        collect(m, data, part);
        if (newline == NULL)
            return;
        match_line(m->patterns, ws_buf_str(&m->line), m->line.len);
        ws_buf_clear(&m->line);
        data += part + 1;
        len -= part + 1;
    }
}

void ws_matcher_end(struct ws_matcher *m)
{
    if (m->line.len > 0 && !m->patterns->matched)
        match_line(m->patterns, m->line.data, m->line.len);
    ws_buf_clear(&m->line);
}

void ws_matcher_release(struct ws_matcher *m)
{
    ws_buf_release(&m->line);
}
