#include "config_text.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "wsfsm/base/mem.h"

struct cursor {
    const char *at, *end;
};

static void skip_line(struct cursor *c)
{
    while (c->at < c->end && *c->at != '\n') {
        c->at++;
    }
}

/* A value: to the end of its line, which a backslash continues and in which quotes hide '#', ';'
 * and '['. */
static void skip_value(struct cursor *c)
{
    bool quoted = false;

    while (c->at < c->end && *c->at != '\n') {
        if (!quoted && (*c->at == '#' || *c->at == ';')) {
            skip_line(c);
            return;
        }
        if (*c->at == '\\') {
            c->at++;
            if (c->at < c->end && *c->at == '\r' && c->at + 1 < c->end && c->at[1] == '\n') {
                c->at++;
            }
        } else if (*c->at == '"') {
            quoted = !quoted;
        }
        if (c->at < c->end) {
            c->at++;
        }
    }
}

/* A header, from '[' behind its ']'. */
static void skip_header(struct cursor *c)
{
    bool quoted = false;

    while (c->at < c->end && *c->at != '\n' && (quoted || *c->at != ']')) {
        if (*c->at == '"') {
            quoted = !quoted;
        } else if (quoted && *c->at == '\\' && c->at + 1 < c->end) {
            c->at++;
        }
        c->at++;
    }
    if (c->at < c->end && *c->at == ']') {
        c->at++;
    }
}

/* What a configuration consists of; put together, the pieces are its text. */
struct piece {
    enum { PIECE_HEADER, PIECE_VALUE, PIECE_OTHER } kind; /* other: comments and blanks */
    const char *at, *end;
};

static bool next_piece(struct piece *p, struct cursor *c)
{
    if (c->at == c->end) {
        return false;
    }
    *p = (struct piece){.kind = PIECE_OTHER, .at = c->at};
    if (*c->at == '[') {
        p->kind = PIECE_HEADER;
        skip_header(c);
    } else if (*c->at == '#' || *c->at == ';') {
        skip_line(c);
    } else if (strchr(" \t\r\n", *c->at) != NULL && *c->at != '\0') {
        c->at++;
    } else {
        p->kind = PIECE_VALUE;
        skip_value(c);
    }
    p->end = c->at;
    return true;
}

/* Whether the header is of a section of this name, which one of `ends` follows. */
static bool is_section(const struct piece *header, const char *name, const char *ends)
{
    const char *at = header->at + 1;
    size_t len = strlen(name);

    return (size_t)(header->end - at) > len && strncasecmp(at, name, len) == 0 && at[len] != '\0' &&
           strchr(ends, at[len]) != NULL;
}

void ws_config_without_branches(struct ws_buf *out, const char *text, size_t len)
{
    struct cursor c = {.at = text, .end = text + len};
    struct piece p;
    bool branch = false;

    while (next_piece(&p, &c)) {
        if (p.kind == PIECE_HEADER) {
            branch = is_section(&p, "branch", " \t."); /* [branch "NAME"], once [branch.NAME] */
        }
        if (!branch) {
            ws_buf_add(out, p.at, (size_t)(p.end - p.at));
        }
    }
    if (out->len > 0 && out->data[out->len - 1] != '\n') {
        ws_buf_putc(out, '\n');
    }
}

/* A value as git reads it: without comment, quotes and the blanks around it. */
static char *plain_value(const char *at, const char *end)
{
    struct ws_buf out = {0};
    bool quoted = false;
    size_t kept = 0;

    while (at < end && strchr(" \t", *at) != NULL) {
        at++;
    }
    for (; at < end && (quoted || strchr("#;", *at) == NULL); at++) {
        if (*at == '"') {
            quoted = !quoted;
        } else if (*at == '\\' && at + 1 < end) {
            at++;
            if (*at != '\n') {
                ws_buf_putc(&out, *at);
            }
        } else {
            ws_buf_putc(&out, *at);
        }
        kept = quoted || strchr(" \t\r", *at) == NULL ? out.len : kept;
    }
    char *value = ws_strndup(ws_buf_str(&out), kept);

    ws_buf_release(&out);
    return value;
}

/* One "name = value" of a section that includes. */
static void add_include(struct ws_strv *out, const char *at, const char *end)
{
    static const char name[] = "path";
    const size_t len = sizeof name - 1;

    if ((size_t)(end - at) <= len || strncasecmp(at, name, len) != 0) {
        return;
    }
    for (at += len; at < end && strchr(" \t", *at) != NULL; at++) {
    }
    if (at < end && *at == '=') {
        ws_strv_take(out, plain_value(at + 1, end));
    }
}

void ws_config_includes(struct ws_strv *out, const char *text, size_t len)
{
    struct cursor c = {.at = text, .end = text + len};
    struct piece p;
    bool includes = false;

    while (next_piece(&p, &c)) {
        if (p.kind == PIECE_HEADER) {
            includes = is_section(&p, "include", " \t\"]") || is_section(&p, "includeif", " \t\"]");
        } else if (p.kind == PIECE_VALUE && includes) {
            add_include(out, p.at, p.end);
        }
    }
}
