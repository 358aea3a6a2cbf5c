/* The profiles that ship: the build compiles their text in, and a start that calls one tool reads
 * one profile. */
#include <stdlib.h>
#include <string.h>

#include "profile_read.h"
#include "wsfsm/base/mem.h"

/* An id stands at the beginning of a line; what is between two of them belongs to the first. */
static bool starts_profile(const char *line)
{
    return strchr(" #-\r\n", line[0]) == NULL;
}

static const char *next_line(const char *at, const char *end)
{
    const char *newline = memchr(at, '\n', (size_t)(end - at));

    return newline != NULL ? newline + 1 : end;
}

static void add_unread(struct ws_profiles *out, const char *text)
{
    struct ws_profile *p;

    out->items = ws_grow(out->items, &out->cap, out->len, sizeof *out->items);
    p = &out->items[out->len++];
    *p = (struct ws_profile){.id = ws_strndup(text, strcspn(text, ":\n")), .unread = text};
}

void ws_profiles_builtin(struct ws_profiles *out)
{
    const char *at = (const char *)ws_profiles_text, *end = at + ws_profiles_text_len;

    for (; at < end; at = next_line(at, end)) {
        if (starts_profile(at)) {
            add_unread(out, at);
        }
    }
}

static size_t length_of(const char *text)
{
    const char *end = (const char *)ws_profiles_text + ws_profiles_text_len;
    const char *at = next_line(text, end);

    while (at < end && !starts_profile(at)) {
        at = next_line(at, end);
    }
    return (size_t)(at - text);
}

bool ws_profile_complete(struct ws_profile *p)
{
    struct ws_profiles one = {0};
    struct ws_diags diags = {0};
    struct ws_doc *doc;

    if (p->unread == NULL) {
        return true;
    }
    doc = ws_doc_parse(p->unread, length_of(p->unread), "tools/profiles.yaml", WS_DOC_YAML, &diags);
    if (doc != NULL) {
        ws_profiles_take(&one, doc, ws_doc_root(doc), "built in", &diags);
    }
    ws_doc_free(doc);
    ws_diags_release(&diags);
    if (one.len != 1) {
        ws_profiles_release(&one);
        return false;
    }
    ws_profile_release(p);
    *p = one.items[0];
    free(one.items);
    return true;
}
