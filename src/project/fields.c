#include "fields.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "wsfsm/base/mem.h"
#include "wsfsm/base/text.h"
#include "wsfsm/project/scope.h"

enum { SECONDS_MAX = 30 * 24 * 3600 };

static void report(struct ws_reading *r, unsigned line, unsigned col, const char *format,
                   va_list ap) __attribute__((format(printf, 4, 0)));

static void report(struct ws_reading *r, unsigned line, unsigned col, const char *format,
                   va_list ap)
{
    char *text = ws_vformat(format, ap);

    ws_diag_add(r->diags, WS_ERROR, NULL, ws_doc_file(r->doc), line, col, "%s%s%s",
                r->subject != NULL ? r->subject : "", r->subject != NULL ? ": " : "", text);
    r->errors++;
    free(text);
}

void ws_reading_error_at(struct ws_reading *r, unsigned line, unsigned col, const char *format, ...)
{
    va_list ap;

    va_start(ap, format);
    report(r, line, col, format, ap);
    va_end(ap);
}

void ws_reading_error(struct ws_reading *r, const struct ws_node *at, const char *format, ...)
{
    va_list ap;

    if (at->flawed) {
        r->errors++;
        return;
    }
    va_start(ap, format);
    report(r, at->line, at->col, format, ap);
    va_end(ap);
}

bool ws_read_kind(struct ws_reading *r, const struct ws_node *value, enum ws_node_kind kind,
                  const char *name)
{
    if (value->kind == kind) {
        return true;
    }
    ws_reading_error(r, value, "'%s' must be %s, not %s", name, ws_node_kind_name(kind),
                     ws_node_kind_name(value->kind));
    return false;
}

bool ws_is_blank(const char *text)
{
    return text[strspn(text, " \t\r\n\v\f")] == '\0';
}

enum { TOOL_ID_MAX = 100 }; /* it is a part of a log's name */

bool ws_valid_tool_id(const char *id)
{
    if (strlen(id) > TOOL_ID_MAX || !isalnum((unsigned char)*id)) {
        return false;
    }
    while (*id != '\0' && (isalnum((unsigned char)*id) || strchr("._-", *id) != NULL)) {
        id++;
    }
    return *id == '\0';
}

bool ws_valid_env_name(const char *name, size_t len)
{
    if (len == 0 || isdigit((unsigned char)*name)) {
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        if (!isalnum((unsigned char)name[i]) && name[i] != '_') {
            return false;
        }
    }
    return true;
}

/* Is the key this field's name, perhaps with '-' for '_'? */
static bool names_field(const struct ws_reading *r, const char *key, const char *name)
{
    for (; *key != '\0' && *name != '\0'; key++, name++) {
        if (*key != *name && !(r->kebab_keys && *key == '-' && *name == '_')) {
            return false;
        }
    }
    return *key == *name;
}

static void unknown_field(struct ws_reading *r, const struct ws_node *key,
                          const struct ws_field *fields, size_t count)
{
    const char **names = ws_calloc(count, sizeof *names);
    const char *nearest;

    for (size_t i = 0; i < count; i++) {
        names[i] = fields[i].name;
    }
    nearest = ws_nearest(key->text, names, count);
    if (nearest != NULL) {
        ws_reading_error(r, key, "unknown field '%.100s'; did you mean '%s'?", key->text, nearest);
    } else {
        ws_reading_error(r, key, "unknown field '%.100s'", key->text);
    }
    free(names);
}

static void read_member(struct ws_reading *r, const struct ws_field *field,
                        const struct ws_node *value, void *out)
{
    if (value->kind == WS_NODE_NULL && r->null_is_absent) {
        return;
    }
    if (field->read != NULL) {
        field->read(r, field, value, (char *)out + field->offset);
    } else {
        ws_read_kind(r, value, field->kind, field->name);
    }
}

void ws_read_fields(struct ws_reading *r, const struct ws_node *map, const struct ws_field *fields,
                    size_t count, void *out)
{
    bool *seen = ws_calloc(count, sizeof *seen), all_named = true;

    for (size_t k = 0; k < map->len; k++) {
        const struct ws_node *key = map->keys[k];
        size_t i = 0;

        while (i < count && !names_field(r, key->text, fields[i].name)) {
            i++;
        }
        if (i == count) {
            unknown_field(r, key, fields, count);
            all_named = all_named && !key->flawed;
        } else if (seen[i]) {
            ws_reading_error(r, key, "'%s' is given twice", fields[i].name);
        } else {
            seen[i] = true;
            read_member(r, &fields[i], map->items[k], out);
        }
    }
    for (size_t i = 0; all_named && i < count; i++) { /* else it may stand there */
        if (fields[i].required && !seen[i]) {
            ws_reading_error(r, map, "'%s' is missing", fields[i].name);
        }
    }
    free(seen);
}

void ws_read_text(struct ws_reading *r, const struct ws_field *f, const struct ws_node *value,
                  void *at)
{
    char **out = at;

    if (!ws_read_kind(r, value, WS_NODE_STRING, f->name)) {
        return;
    }
    if (ws_is_blank(value->text)) {
        ws_reading_error(r, value, "'%s' must not be empty", f->name);
        return;
    }
    free(*out);
    *out = ws_strdup(value->text);
}

/* One item of a list of strings; NULL and an error when it is none. */
static const char *item_text(struct ws_reading *r, const struct ws_field *f,
                             const struct ws_node *item)
{
    if (item->kind != WS_NODE_STRING) {
        ws_reading_error(r, item, "an item of '%s' must be a string, not %s", f->name,
                         ws_node_kind_name(item->kind));
        return NULL;
    }
    if (ws_is_blank(item->text)) {
        ws_reading_error(r, item, "an item of '%s' must not be empty", f->name);
        return NULL;
    }
    return item->text;
}

static bool is_list(struct ws_reading *r, const struct ws_field *f, const struct ws_node *value)
{
    if (value->kind != WS_NODE_SEQ) {
        ws_reading_error(r, value, "'%s' must be a list of strings, not %s", f->name,
                         ws_node_kind_name(value->kind));
        return false;
    }
    if (value->len < f->at_least) {
        ws_reading_error(r, value, "'%s' must have at least %zu item", f->name, f->at_least);
        return false;
    }
    return true;
}

void ws_read_texts(struct ws_reading *r, const struct ws_field *f, const struct ws_node *value,
                   void *at)
{
    if (!is_list(r, f, value)) {
        return;
    }
    for (size_t i = 0; i < value->len; i++) {
        const char *text = item_text(r, f, value->items[i]);

        if (text != NULL) {
            ws_strv_add(at, text);
        }
    }
}

static bool check_tool_id(struct ws_reading *r, const struct ws_node *at, const char *id)
{
    if (!ws_valid_tool_id(id)) {
        ws_reading_error(
            r, at, "'%.100s' is no tool id (letters, digits, '.', '_', '-'; 100 at most)", id);
        return false;
    }
    return true;
}

void ws_read_tool_id(struct ws_reading *r, const struct ws_field *f, const struct ws_node *value,
                     void *at)
{
    size_t errors = r->errors;

    ws_read_text(r, f, value, at);
    if (r->errors == errors) {
        check_tool_id(r, value, *(char **)at);
    }
}

void ws_read_tool_ids(struct ws_reading *r, const struct ws_field *f, const struct ws_node *value,
                      void *at)
{
    if (!is_list(r, f, value)) {
        return;
    }
    for (size_t i = 0; i < value->len; i++) {
        const char *text = item_text(r, f, value->items[i]);

        if (text != NULL && check_tool_id(r, value->items[i], text)) {
            ws_strv_add(at, text);
        }
    }
}

void ws_read_seconds(struct ws_reading *r, const struct ws_field *f, const struct ws_node *value,
                     void *at)
{
    if (!ws_read_kind(r, value, WS_NODE_INT, f->name)) {
        return;
    }
    if (value->overflow || value->integer < 0 || value->integer > SECONDS_MAX) {
        ws_reading_error(r, value, "'%s' must be a number of seconds from 0 (none) to %d (30 days)",
                         f->name, SECONDS_MAX);
        return;
    }
    *(long *)at = (long)value->integer;
}

void ws_read_flag(struct ws_reading *r, const struct ws_field *f, const struct ws_node *value,
                  void *at)
{
    if (ws_read_kind(r, value, WS_NODE_BOOL, f->name)) {
        *(bool *)at = value->boolean;
    }
}

void ws_read_paths(struct ws_reading *r, const struct ws_field *f, const struct ws_node *value,
                   void *at)
{
    struct ws_strv texts = {0};

    ws_read_texts(r, f, value, &texts);
    for (size_t i = 0; i < value->len; i++) {
        const struct ws_node *item = value->items[i];
        const char *why;
        char *path;

        if (item->kind != WS_NODE_STRING || ws_is_blank(item->text)) {
            continue; /* said already */
        }
        if (ws_scope_normalise(&path, &why, item->text)) {
            ws_strv_take(at, path);
        } else {
            ws_reading_error(r, item, "path '%.200s' in '%s' %s", item->text, f->name, why);
        }
    }
    ws_strv_release(&texts);
}

/* What stands in an argument or a variable: any scalar but null, as it was written. */
static bool is_word(const struct ws_node *node)
{
    return node->kind != WS_NODE_SEQ && node->kind != WS_NODE_MAP && node->kind != WS_NODE_NULL;
}

void ws_read_words(struct ws_reading *r, const struct ws_field *f, const struct ws_node *value,
                   void *at)
{
    if (!is_list(r, f, value)) {
        return;
    }
    for (size_t i = 0; i < value->len; i++) {
        const struct ws_node *item = value->items[i];

        if (is_word(item)) {
            ws_strv_add(at, item->text);
        } else {
            ws_reading_error(r, item, "an item of '%s' must be a string, not %s", f->name,
                             ws_node_kind_name(item->kind));
        }
    }
}

void ws_read_env(struct ws_reading *r, const struct ws_field *f, const struct ws_node *value,
                 void *at)
{
    if (!ws_read_kind(r, value, WS_NODE_MAP, f->name)) {
        return;
    }
    for (size_t i = 0; i < value->len; i++) {
        const struct ws_node *key = value->keys[i], *item = value->items[i];

        if (!ws_valid_env_name(key->text, strlen(key->text))) {
            ws_reading_error(r, key, "'%.100s' is no name of a variable", key->text);
        } else if (!is_word(item)) {
            ws_reading_error(r, item, "the value of '%s' must be a string, not %s", key->text,
                             ws_node_kind_name(item->kind));
        } else {
            ws_strv_addf(at, "%s=%s", key->text, item->text);
        }
    }
}

void ws_read_env_names(struct ws_reading *r, const struct ws_field *f, const struct ws_node *value,
                       void *at)
{
    if (!is_list(r, f, value)) {
        return;
    }
    for (size_t i = 0; i < value->len; i++) {
        const char *name = item_text(r, f, value->items[i]);
        size_t len = name != NULL ? strlen(name) : 0;

        if (name == NULL) {
            continue;
        }
        if (ws_valid_env_name(name, len - (len > 1 && name[len - 1] == '*'))) {
            ws_strv_add(at, name);
        } else {
            ws_reading_error(r, value->items[i],
                             "'%.100s' is no name of a variable, nor a prefix with '*'", name);
        }
    }
}
