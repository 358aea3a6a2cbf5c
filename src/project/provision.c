#include "wsfsm/project/provision.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "profile_read.h"
#include "provision_read.h"
#include "wsfsm/base/mem.h"

void ws_provision_release(struct ws_provision *p)
{
    ws_strv_release(&p->copy);
    ws_profiles_release(&p->setup);
}

/* What only a shell gives a meaning to. (Braces are placeholders'.) */
static const char for_a_shell[] = "\"'\\`$|&;<>()*?[]#~!\n";
static const char blanks[] = " \t";

static void take_word(struct ws_profile *p, const char *word, size_t len)
{
    char *copy = ws_strndup(word, len);

    if (p->command == NULL) {
        p->command = copy;
    } else {
        ws_strv_take(&p->args, copy);
    }
}

/* Words between blanks. Whoever counts on more than that is told, not surprised. */
static void read_line(struct ws_profile *p, struct ws_reading *r, const struct ws_node *item)
{
    const char *at = item->text + strspn(item->text, blanks);
    const char *special = strpbrk(item->text, for_a_shell);

    if (special != NULL) {
        ws_reading_error(r, item,
                         "%s is run without a shell, which '%c' would need; write a list of words, "
                         "such as [sh, -c, \"...\"]",
                         p->id, *special == '\n' ? ' ' : *special);
        return;
    }
    while (*at != '\0') {
        size_t len = strcspn(at, blanks);

        take_word(p, at, len);
        at += len;
        at += strspn(at, blanks);
    }
    ws_profile_check_argument(r, item);
}

static void read_list(struct ws_profile *p, struct ws_reading *r, const struct ws_node *item)
{
    const struct ws_field field = {.name = p->id};
    struct ws_strv words = {0};

    ws_read_words(r, &field, item, &words);
    for (size_t i = 0; i < words.len; i++) {
        take_word(p, words.items[i], strlen(words.items[i]));
    }
    for (size_t i = 1; i < item->len; i++) {
        ws_profile_check_argument(r, item->items[i]);
    }
    ws_strv_release(&words);
}

/* One command: a line, a list of words, or a profile with its limits and variables. */
static void read_command(struct ws_profiles *out, struct ws_reading *r, const struct ws_node *item)
{
    char *id = ws_format("setup-%zu", out->len + 1);
    size_t known = r->errors;
    struct ws_profile p;

    ws_profile_defaults(&p, id);
    p.source = ws_format("%s:%u", ws_doc_file(r->doc), item->line);
    if (item->kind == WS_NODE_STRING) {
        read_line(&p, r, item);
    } else if (item->kind == WS_NODE_SEQ) {
        read_list(&p, r, item);
    } else if (item->kind == WS_NODE_MAP) {
        ws_profile_fields(&p, r, item);
    }
    if (r->errors == known && (p.command == NULL || ws_is_blank(p.command))) {
        ws_reading_error(r, item,
                         "%s must be a command: a line, a list of words, or a mapping with "
                         "'command'",
                         id);
    }
    out->items = ws_grow(out->items, &out->cap, out->len, sizeof *out->items);
    out->items[out->len++] = p;
    free(id);
}

static void read_setup(struct ws_reading *r, const struct ws_field *f, const struct ws_node *value,
                       void *at)
{
    if (value->kind == WS_NODE_STRING) {
        read_command(at, r, value);
    } else if (ws_read_kind(r, value, WS_NODE_SEQ, f->name)) {
        for (size_t i = 0; i < value->len; i++) {
            read_command(at, r, value->items[i]);
        }
    }
}

void ws_read_provision(struct ws_reading *r, const struct ws_field *f, const struct ws_node *value,
                       void *at)
{
    static const struct ws_field fields[] = {
        {.name = "copy", .read = ws_read_paths, .offset = offsetof(struct ws_provision, copy)},
        {.name = "setup", .read = read_setup, .offset = offsetof(struct ws_provision, setup)},
    };
    struct ws_reading inner = *r;

    if (!ws_read_kind(r, value, WS_NODE_MAP, f->name)) {
        return;
    }
    inner.subject = (char *)f->name;
    ws_read_fields(&inner, value, fields, sizeof fields / sizeof *fields, at);
    r->errors = inner.errors;
}
