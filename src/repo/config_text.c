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

/* A header, from '[' behind its ']'. Whether it is [branch "..."] (also git's old [branch.NAME]).
 */
static bool skip_header(struct cursor *c)
{
    static const char word[] = "branch";
    const size_t len = sizeof word - 1;
    const char *start = ++c->at;
    bool quoted = false, branch;

    branch = (size_t)(c->end - start) > len && strncasecmp(start, word, len) == 0 &&
             strchr(" \t.", start[len]) != NULL;
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
    return branch;
}

void ws_config_without_branches(struct ws_buf *out, const char *text, size_t len)
{
    struct cursor c = {.at = text, .end = text + len};
    bool branch = false;

    while (c.at < c.end) {
        const char *start = c.at;

        if (*c.at == '[') {
            branch = skip_header(&c);
        } else if (*c.at == '#' || *c.at == ';') {
            skip_line(&c);
        } else if (strchr(" \t\r\n", *c.at) != NULL && *c.at != '\0') {
            c.at++;
        } else {
            skip_value(&c);
        }
        if (!branch) {
            ws_buf_add(out, start, (size_t)(c.at - start));
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

static bool includes(const char *header, const char *end)
{
    static const char *const names[] = {"include", "includeif"};
    size_t len = 0;

    header++;
    while (header + len < end && strchr(" \t\"]", header[len]) == NULL) {
        len++;
    }
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (len == strlen(names[i]) && strncasecmp(header, names[i], len) == 0) {
            return true;
        }
    }
    return false;
}

void ws_config_includes(struct ws_strv *out, const char *text, size_t len)
{
    struct cursor c = {.at = text, .end = text + len};
    bool section = false;

    while (c.at < c.end) {
        const char *start = c.at;

        if (*c.at == '[') {
            skip_header(&c);
            section = includes(start, c.at);
        } else if (*c.at == '#' || *c.at == ';') {
            skip_line(&c);
        } else if (strchr(" \t\r\n", *c.at) != NULL && *c.at != '\0') {
            c.at++;
        } else {
            skip_value(&c);
            if (section) {
                add_include(out, start, c.at);
            }
        }
    }
}
