#include "template.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "wsfsm/base/mem.h"
#include "wsfsm/base/text.h"

struct placeholder {
    const char *name;
    size_t offset; /* in ws_template_values */
    bool list;
};

#define TEXT(member)                                                                               \
    {                                                                                              \
#member, offsetof(struct ws_template_values, member), false                                \
    }
#define LIST(member)                                                                               \
    {                                                                                              \
#member, offsetof(struct ws_template_values, member), true                                 \
    }

static const struct placeholder placeholders[] = {
    TEXT(cwd),          TEXT(repo_root),     TEXT(worktree_path), TEXT(run_id),
    TEXT(ws_id),        TEXT(step),          TEXT(prompt_file),   TEXT(model_name),
    TEXT(log_dir),      TEXT(message),       TEXT(patch_file),    LIST(files_scope),
    LIST(files_create), LIST(changed_files), LIST(scope_files),
};
enum { COUNT = sizeof placeholders / sizeof *placeholders };

/* A piece of a template: a placeholder ("{name}"), or text that stands for itself. */
struct piece {
    const char *start;
    size_t len;
    bool named;
    size_t skip; /* bytes of the template behind the text that are not output: the second of two
                    braces */
};

static size_t name_len(const char *text)
{
    return strspn(text, "abcdefghijklmnopqrstuvwxyz_");
}

static bool next_piece(struct piece *p, const char **at)
{
    const char *text = *at;

    *p = (struct piece){.start = text, .len = 1};
    if (*text == '\0') {
        return false;
    }
    if ((text[0] == '{' || text[0] == '}') && text[1] == text[0]) {
        p->skip = 1;
    } else if (*text == '{') {
        size_t len = name_len(text + 1);

        if (len > 0 && text[1 + len] == '}') {
            p->named = true;
            p->len = len + 2;
        }
    } else if (*text != '}') {
        p->len = strcspn(text, "{}");
    }
    *at = text + p->len + p->skip;
    return true;
}

static const struct placeholder *placeholder_of(const struct piece *p)
{
    for (size_t i = 0; i < COUNT; i++) {
        if (strlen(placeholders[i].name) == p->len - 2 &&
            memcmp(placeholders[i].name, p->start + 1, p->len - 2) == 0) {
            return &placeholders[i];
        }
    }
    return NULL;
}

static char *unknown_message(const char *word)
{
    const char *names[COUNT];
    char *name = ws_strndup(word + 1, strlen(word) - 2), *message;

    for (size_t i = 0; i < COUNT; i++) {
        names[i] = placeholders[i].name;
    }
    const char *nearest = ws_nearest(name, names, COUNT);

    if (nearest != NULL) {
        message = ws_format("unknown placeholder '%.100s'; did you mean '{%s}'?", word, nearest);
    } else {
        message =
            ws_format("unknown placeholder '%.100s'; for a brace itself write '{{' and '}}'", word);
    }
    free(name);
    return message;
}

bool ws_template_check(struct ws_template_problem *problem, const char *text,
                       enum ws_template_place place)
{
    const char *at = text;
    size_t lists = 0;
    struct piece p;

    while (next_piece(&p, &at)) {
        const struct placeholder *known = p.named ? placeholder_of(&p) : NULL;
        const char *message = NULL;

        if (!p.named) {
            continue;
        }
        if (known != NULL && known->list && place != WS_TEMPLATE_ARG) {
            message = "is a list and stands in arguments only";
        } else if (known != NULL && known->list && ++lists > 1) {
            message = "is a second list; an argument can hold one";
        } else if (known != NULL) {
            continue;
        }
        *problem = (struct ws_template_problem){.at = (size_t)(p.start - text),
                                                .word = ws_strndup(p.start, p.len)};
        problem->message = message != NULL ? ws_format("%s %s", problem->word, message)
                                           : unknown_message(problem->word);
        return false;
    }
    return true;
}

static const char *text_value(const struct placeholder *known,
                              const struct ws_template_values *values)
{
    return *(const char *const *)((const char *)values + known->offset);
}

const struct ws_strv *ws_template_list(bool *exact, const char *text,
                                       const struct ws_template_values *values)
{
    static const struct ws_strv empty;
    const char *at = text;
    struct piece p;

    while (next_piece(&p, &at)) {
        const struct placeholder *known = p.named ? placeholder_of(&p) : NULL;

        if (known != NULL && known->list) {
            const struct ws_strv *list =
                *(const struct ws_strv *const *)((const char *)values + known->offset);

            *exact = p.start == text && *at == '\0';
            return list != NULL ? list : &empty;
        }
    }
    return NULL;
}

bool ws_template_lacks_model(const char *text, const struct ws_template_values *values)
{
    struct piece p;

    while (values->model_name == NULL && next_piece(&p, &text)) {
        const struct placeholder *known = p.named ? placeholder_of(&p) : NULL;

        if (known != NULL && known->offset == offsetof(struct ws_template_values, model_name)) {
            return true;
        }
    }
    return false;
}

static int fill_placeholder(struct ws_buf *out, const struct piece *p,
                            const struct ws_template_values *values, const char *item,
                            struct ws_error *err)
{
    const struct placeholder *known = placeholder_of(p);
    const char *value;

    if (known == NULL) {
        return ws_fail(err, WS_E_CONFIG, NULL, "unknown placeholder '%.*s'", (int)p->len, p->start);
    }
    value = known->list ? item : text_value(known, values);
    if (value == NULL) {
        return ws_fail(err, WS_E_CONFIG, NULL, "there is no value for {%s} here%s", known->name,
                       known->offset == offsetof(struct ws_template_values, patch_file)
                           ? "; the bundle's metadata.patch names the patch file"
                           : "");
    }
    if (known->offset == offsetof(struct ws_template_values, message) &&
        strlen(value) > WS_MESSAGE_MAX) {
        return ws_fail(
            err, WS_E_CONFIG, NULL,
            "the prompt has %zu bytes, {message} takes %d; let the profile use {prompt_file} or "
            "'stdin: prompt'",
            strlen(value), WS_MESSAGE_MAX);
    }
    ws_buf_puts(out, value); /* as it is: a value is never looked through for placeholders */
    return 0;
}

int ws_template_fill(struct ws_buf *out, const char *text, const struct ws_template_values *values,
                     const char *item, struct ws_error *err)
{
    struct piece p;

    while (next_piece(&p, &text)) {
        if (!p.named) {
            ws_buf_add(out, p.start, p.len);
        } else if (fill_placeholder(out, &p, values, item, err) < 0) {
            return -1;
        }
    }
    return 0;
}
