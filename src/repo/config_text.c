#include "config_text.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

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
