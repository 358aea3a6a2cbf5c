#include "profile_read.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "fields.h"
#include "pattern.h"
#include "sandbox_read.h"
#include "template.h"
#include "wsfsm/base/mem.h"
#include "wsfsm/base/text.h"

/* Places the problem inside the string: at the same occurrence of the placeholder in the source. */
static void check_template(struct ws_reading *r, const struct ws_node *value,
                           enum ws_template_place place)
{
    struct ws_template_problem problem;
    unsigned line, col;
    size_t before = 0;

    if (ws_template_check(&problem, value->text, place)) {
        return;
    }
    for (const char *at = value->text; (at = strstr(at, problem.word)) < value->text + problem.at;
         at++) {
        before++;
    }
    ws_doc_locate_word(r->doc, value, problem.word, before, &line, &col);
    ws_reading_error_at(r, line, col, "%s", problem.message);
    free(problem.word);
    free(problem.message);
}

void ws_profile_check_argument(struct ws_reading *r, const struct ws_node *value)
{
    if (value->text != NULL) {
        check_template(r, value, WS_TEMPLATE_ARG);
    }
}

static bool is_list(const struct ws_node *value)
{
    return value->kind == WS_NODE_SEQ;
}

static void read_args(struct ws_reading *r, const struct ws_field *f, const struct ws_node *value,
                      void *at)
{
    ws_read_words(r, f, value, at);
    for (size_t i = 0; is_list(value) && i < value->len; i++) {
        ws_profile_check_argument(r, value->items[i]);
    }
}

static void read_env(struct ws_reading *r, const struct ws_field *f, const struct ws_node *value,
                     void *at)
{
    ws_read_env(r, f, value, at);
    for (size_t i = 0; value->kind == WS_NODE_MAP && i < value->len; i++) {
        if (value->items[i]->text != NULL) {
            check_template(r, value->items[i], WS_TEMPLATE_ENV);
        }
    }
}

static void read_dir(struct ws_reading *r, const struct ws_field *f, const struct ws_node *value,
                     void *at)
{
    ws_read_text(r, f, value, at);
    if (value->kind == WS_NODE_STRING) {
        check_template(r, value, WS_TEMPLATE_DIR);
    }
}

static const char *const type_names[] = {[WS_TOOL_AI] = "ai",
                                         [WS_TOOL_STATIC_CHECK] = "static_check",
                                         [WS_TOOL_TEST] = "test",
                                         [WS_TOOL_UTILITY] = "utility"};
enum { TYPES = sizeof type_names / sizeof *type_names };

const char *ws_tool_type_name(enum ws_tool_type type)
{
    return type_names[type];
}

static void read_type(struct ws_reading *r, const struct ws_field *f, const struct ws_node *value,
                      void *at)
{
    const char *name = value->kind == WS_NODE_STRING ? value->text : "";

    if (strcmp(name, "static-check") == 0) {
        name = type_names[WS_TOOL_STATIC_CHECK];
    }
    for (size_t i = 0; i < TYPES; i++) {
        if (strcmp(name, type_names[i]) == 0) {
            *(enum ws_tool_type *)at = (enum ws_tool_type)i;
            return;
        }
    }
    ws_reading_error(r, value, "'%s' must be ai, static_check, test or utility", f->name);
}

static void read_stdin(struct ws_reading *r, const struct ws_field *f, const struct ws_node *value,
                       void *at)
{
    const char *name = value->kind == WS_NODE_STRING ? value->text : "";

    if (strcmp(name, "prompt") != 0 && strcmp(name, "none") != 0) {
        ws_reading_error(r, value, "'%s' must be none or prompt", f->name);
        return;
    }
    *(bool *)at = strcmp(name, "prompt") == 0;
}

static void read_exit_codes(struct ws_reading *r, const struct ws_field *f,
                            const struct ws_node *value, void *at)
{
    struct ws_profile *p = at;

    if (value->kind != WS_NODE_SEQ || value->len == 0) {
        ws_reading_error(r, value, "'%s' must be a list of at least one exit code", f->name);
        return;
    }
    p->success_exit_code_count = 0;
    free(p->success_exit_codes);
    p->success_exit_codes = ws_calloc(value->len, sizeof *p->success_exit_codes);
    for (size_t i = 0; i < value->len; i++) {
        const struct ws_node *item = value->items[i];

        if (item->kind != WS_NODE_INT || item->integer < 0 || item->integer > 255) {
            ws_reading_error(r, item, "an exit code is an integer from 0 to 255");
        } else {
            p->success_exit_codes[p->success_exit_code_count++] = (int)item->integer;
        }
    }
}

static void read_patterns(struct ws_reading *r, const struct ws_field *f,
                          const struct ws_node *value, void *at)
{
    ws_read_texts(r, f, value, at);
    for (size_t i = 0; is_list(value) && i < value->len; i++) {
        const struct ws_node *item = value->items[i];
        char *problem = item->kind == WS_NODE_STRING ? ws_pattern_problem(item->text) : NULL;

        if (problem != NULL) {
            ws_reading_error(r, item, "'%.100s' is no extended regular expression: %s", item->text,
                             problem);
        }
        free(problem);
    }
}

#define AT(member) offsetof(struct ws_profile, member)

/* The first two stand in stored profiles only; in a file the id is the key. */
enum { STORED_ONLY = 2 };

static const struct ws_field fields[] = {
    {.name = "id", .read = ws_read_tool_id, .offset = AT(id), .required = true},
    {.name = "source", .read = ws_read_text, .offset = AT(source), .required = true},
    {.name = "type", .read = read_type, .offset = AT(type)},
    {.name = "command", .read = ws_read_text, .offset = AT(command), .required = true},
    {.name = "args", .read = read_args, .offset = AT(args)},
    {.name = "env", .read = read_env, .offset = AT(env)},
    {.name = "pass_env", .read = ws_read_env_names, .offset = AT(pass_env)},
    {.name = "working_dir", .read = read_dir, .offset = AT(working_dir)},
    {.name = "timeout_sec", .read = ws_read_seconds, .offset = AT(timeout_sec)},
    {.name = "idle_timeout_sec", .read = ws_read_seconds, .offset = AT(idle_timeout_sec)},
    {.name = "success_exit_codes", .read = read_exit_codes},
    {.name = "stdin", .read = read_stdin, .offset = AT(stdin_prompt)},
    {.name = "failure_patterns", .read = read_patterns, .offset = AT(failure_patterns)},
    {.name = "capture_output", .read = ws_read_flag, .offset = AT(capture_output)},
    {.name = "version_args", .read = ws_read_words, .offset = AT(version_args)},
    {.name = "sandbox", .read = ws_read_sandbox, .offset = AT(sandbox)},
    {.name = "network", .read = ws_read_network, .offset = AT(sandbox)},
    {.name = "sandbox_paths", .read = ws_read_sandbox_paths, .offset = AT(sandbox)},
};

enum { FIELDS = sizeof fields / sizeof *fields };

void ws_profile_defaults(struct ws_profile *p, const char *id)
{
    *p = (struct ws_profile){.id = ws_strdup(id), .type = WS_TOOL_UTILITY, .capture_output = true};
    p->working_dir = ws_strdup("{worktree_path}");
    p->success_exit_codes = ws_calloc(1, sizeof *p->success_exit_codes);
    p->success_exit_code_count = 1;
}

void ws_profile_fields(struct ws_profile *p, struct ws_reading *r, const struct ws_node *map)
{
    r->kebab_keys = true;
    ws_read_fields(r, map, fields + STORED_ONLY, FIELDS - STORED_ONLY, p);
    ws_check_sandbox(r, map, &p->sandbox);
}

static size_t read_profile(struct ws_profile *p, const struct ws_doc *doc, const struct ws_node *id,
                           const struct ws_node *map, struct ws_diags *diags)
{
    struct ws_reading r = {.doc = doc, .diags = diags};

    r.subject = ws_format("tool %.100s", id->text);
    ws_profile_defaults(p, id->text);
    if (!ws_valid_tool_id(id->text)) {
        ws_reading_error(&r, id, "no tool id (letters, digits, '.', '_', '-'; 100 at most)");
    }
    if (map->kind == WS_NODE_MAP) {
        ws_profile_fields(p, &r, map);
    } else {
        ws_reading_error(&r, map, "a profile must be a mapping, not %s",
                         ws_node_kind_name(map->kind));
    }
    free(r.subject);
    return r.errors;
}

size_t ws_profile_restore(struct ws_profile *out, const struct ws_doc *doc, struct ws_diags *diags)
{
    struct ws_reading r = {.doc = doc, .diags = diags};

    ws_profile_defaults(out, NULL);
    if (ws_read_kind(&r, ws_doc_root(doc), WS_NODE_MAP, "profile")) {
        ws_read_fields(&r, ws_doc_root(doc), fields, FIELDS, out);
    }
    return r.errors;
}

static void put(struct ws_profiles *out, struct ws_profile *p)
{
    for (size_t i = 0; i < out->len; i++) {
        if (strcmp(out->items[i].id, p->id) == 0) {
            ws_profile_release(&out->items[i]);
            out->items[i] = *p;
            return;
        }
    }
    out->items = ws_grow(out->items, &out->cap, out->len, sizeof *out->items);
    out->items[out->len++] = *p;
}

size_t ws_profiles_take(struct ws_profiles *out, const struct ws_doc *doc,
                        const struct ws_node *map, const char *source, struct ws_diags *diags)
{
    size_t errors = 0;

    if (map->kind != WS_NODE_MAP) {
        ws_diag_add(diags, WS_ERROR, NULL, ws_doc_file(doc), map->line, map->col,
                    "profiles must be a mapping of tool ids, not %s", ws_node_kind_name(map->kind));
        return 1;
    }
    for (size_t i = 0; i < map->len; i++) {
        const struct ws_node *id = map->keys[i];
        struct ws_profile p;
        size_t found = read_profile(&p, doc, id, map->items[i], diags);

        p.source =
            source != NULL ? ws_strdup(source) : ws_format("%s:%u", ws_doc_file(doc), id->line);
        if (found == 0) {
            put(out, &p);
        } else {
            ws_profile_release(&p);
        }
        errors += found;
    }
    return errors;
}
