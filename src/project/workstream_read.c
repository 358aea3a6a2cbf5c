/* One workstream out of its mapping. */
#include "workstream_read.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "fields.h"
#include "wsfsm/base/mem.h"
#include "wsfsm/project/scope.h"

static void read_id(struct ws_reading *r, const struct ws_field *f, const struct ws_node *value,
                    void *at)
{
    size_t errors = r->errors;

    ws_read_text(r, f, value, at);
    if (r->errors == errors && !ws_valid_ws_id(value->text)) {
        ws_reading_error(
            r, value,
            "'%.120s' is no workstream id: 'ws-' and lower-case letters, digits and '-', at most "
            "100 bytes",
            value->text);
    }
}

static bool is_text(const struct ws_node *item)
{
    return item->kind == WS_NODE_STRING && !ws_is_blank(item->text);
}

static void read_ids(struct ws_reading *r, const struct ws_field *f, const struct ws_node *value,
                     void *at)
{
    struct ws_strv texts = {0};

    ws_read_texts(r, f, value, &texts);
    for (size_t i = 0; i < value->len; i++) {
        const struct ws_node *item = value->items[i];

        if (!is_text(item)) {
            continue; /* said already */
        }
        if (ws_valid_ws_id(item->text)) {
            ws_strv_add(at, item->text);
        } else {
            ws_reading_error(r, item, "'%.120s' in '%s' is no workstream id", item->text, f->name);
        }
    }
    ws_strv_release(&texts);
}

static void check_fits(struct ws_reading *r, const struct ws_field *f, const struct ws_node *number)
{
    if (ws_node_fits(number)) {
        return;
    }
    ws_reading_error(r, number,
                     number->kind == WS_NODE_INT ? "'%s' is too large a number"
                                                 : "'%s' must be a finite number",
                     f->name);
}

static void read_issue(struct ws_reading *r, const struct ws_field *f, const struct ws_node *value,
                       void *at)
{
    struct ws_workstream *w = at;

    if (value->kind == WS_NODE_INT) {
        check_fits(r, f, value);
        w->ccpm_issue = ws_format("%" PRId64, value->integer);
        w->ccpm_issue_is_int = true;
    } else if (value->kind == WS_NODE_STRING && !ws_is_blank(value->text)) {
        w->ccpm_issue = ws_strdup(value->text);
    } else {
        ws_reading_error(r, value, "'%s' must be an integer or a string that is not empty",
                         f->name);
    }
}

static void read_gate(struct ws_reading *r, const struct ws_field *f, const struct ws_node *value,
                      void *at)
{
    if (!ws_read_kind(r, value, WS_NODE_INT, f->name)) {
        return;
    }
    if (value->integer < 1) {
        ws_reading_error(r, value, "'%s' must be at least 1", f->name);
        return;
    }
    check_fits(r, f, value);
    *(int64_t *)at = value->integer;
}

static void read_number(struct ws_reading *r, const struct ws_field *f, const struct ws_node *value,
                        void *at)
{
    (void)at;
    if (value->kind == WS_NODE_INT || ws_read_kind(r, value, WS_NODE_FLOAT, f->name)) {
        check_fits(r, f, value);
    }
}

static void read_integer(struct ws_reading *r, const struct ws_field *f,
                         const struct ws_node *value, void *at)
{
    (void)at;
    if (ws_read_kind(r, value, WS_NODE_INT, f->name)) {
        check_fits(r, f, value);
    }
}

/* Metadata is free, but for what this program reads in it. */
static void read_metadata(struct ws_reading *r, const struct ws_field *f,
                          const struct ws_node *value, void *at)
{
    static const struct ws_field static_tools = {.name = "metadata.static_tools"};
    struct ws_workstream *w = at;

    if (!ws_read_kind(r, value, WS_NODE_MAP, f->name)) {
        return;
    }
    const char *patch = ws_node_str(value, "patch", NULL);
    const struct ws_node *tools = ws_node_get(value, "static_tools");

    if (patch != NULL) {
        w->patch = ws_strdup(patch);
    }
    if (tools != NULL && !w->static_tools_given) {
        w->static_tools_given = true;
        ws_read_tool_ids(r, &static_tools, tools, &w->static_tools);
    }
}

#define AT(member) offsetof(struct ws_workstream, member)

static const struct ws_field fields[] = {
    {.name = "id", .read = read_id, .offset = AT(id), .required = true},
    {.name = "openspec_change",
     .read = ws_read_text,
     .offset = AT(openspec_change),
     .required = true},
    {.name = "ccpm_issue", .read = read_issue, .required = true},
    {.name = "gate", .read = read_gate, .offset = AT(gate), .required = true},
    {.name = "files_scope",
     .read = ws_read_paths,
     .offset = AT(files_scope),
     .required = true,
     .at_least = 1},
    {.name = "tasks", .read = ws_read_texts, .offset = AT(tasks), .required = true},
    {.name = "tool", .read = ws_read_tool_id, .offset = AT(tool), .required = true},
    {.name = "files_create", .read = ws_read_paths, .offset = AT(files_create)},
    {.name = "acceptance_tests", .read = ws_read_texts, .offset = AT(acceptance_tests)},
    {.name = "static_tools", .read = ws_read_tool_ids, .offset = AT(static_tools)},
    {.name = "depends_on", .read = read_ids, .offset = AT(depends_on)},
    {.name = "circuit_breaker", .kind = WS_NODE_MAP},
    {.name = "metadata", .read = read_metadata},
    {.name = "title", .read = ws_read_text, .offset = AT(title)},
    {.name = "doc_id", .kind = WS_NODE_STRING},
    {.name = "kind", .kind = WS_NODE_STRING},
    {.name = "priority", .kind = WS_NODE_STRING},
    {.name = "parallel_ok", .kind = WS_NODE_BOOL},
    {.name = "conflict_group", .kind = WS_NODE_STRING},
    {.name = "capability", .kind = WS_NODE_STRING},
    {.name = "capability_payload", .kind = WS_NODE_MAP},
    {.name = "estimated_context_tokens", .read = read_integer},
    {.name = "max_cost_usd", .read = read_number},
    {.name = "compensation_actions", .kind = WS_NODE_SEQ},
    {.name = "test_gates", .kind = WS_NODE_SEQ},
};

char *ws_workstream_subject(const struct ws_node *map, size_t index)
{
    const char *id = ws_node_str(map, "id", NULL);

    return id != NULL && !ws_is_blank(id) ? ws_format("workstream %.100s", id)
                                          : ws_format("workstream no. %zu (without id)", index + 1);
}

static struct ws_place *item_places(const struct ws_node *list)
{
    struct ws_place *places = ws_calloc(list != NULL ? list->len : 0, sizeof *places);

    for (size_t i = 0; list != NULL && i < list->len; i++) {
        places[i] = (struct ws_place){list->items[i]->line, list->items[i]->col};
    }
    return places;
}

/* The value of a key that stands there once and has no error of its own, else NULL. */
static const struct ws_node *only(const struct ws_node *map, const char *key)
{
    const struct ws_node *found = ws_node_get(map, key);
    size_t count = 0;

    for (size_t i = 0; found != NULL && i < map->len; i++) {
        count += strcmp(map->keys[i]->text, key) == 0;
    }
    return count == 1 && !found->flawed ? found : NULL;
}

/* Nothing is concluded from a list that was not read whole. */
static void keep_whole(struct ws_strv *list, struct ws_place **at, const struct ws_node *node)
{
    if (node != NULL && list->len == node->len) {
        *at = item_places(node);
    } else {
        ws_strv_release(list);
    }
}

/* Of a sound workstream: each list has as many items as were read. */
static void keep_places(struct ws_workstream *w, const struct ws_node *map)
{
    const struct ws_node *tool = ws_node_get(map, "tool");
    const struct ws_node *static_tools = ws_node_get(map, "static_tools");

    if (static_tools == NULL) {
        static_tools = ws_node_get(ws_node_get(map, "metadata"), "static_tools");
    }
    w->tool_at = (struct ws_place){tool->line, tool->col};
    w->static_tools_at = item_places(static_tools);
}

void ws_workstream_read(struct ws_workstream *w, const struct ws_doc *doc,
                        const struct ws_node *map, size_t index, struct ws_diags *diags)
{
    struct ws_reading r = {
        .doc = doc, .diags = diags, .subject = ws_workstream_subject(map, index)};
    const struct ws_node *id = ws_node_get(map, "id");
    struct ws_buf json = {0};

    w->file = ws_strdup(ws_doc_file(doc));
    w->line = id != NULL ? id->line : map->line;
    w->col = id != NULL ? id->col : map->col;
    if (map->kind == WS_NODE_MAP) {
        /* Known before metadata is read, whatever the order of the keys. */
        w->static_tools_given = ws_node_get(map, "static_tools") != NULL;
        ws_read_fields(&r, map, fields, sizeof fields / sizeof *fields, w);
    } else {
        ws_reading_error(&r, map, "a workstream must be a mapping, not %s",
                         ws_node_kind_name(map->kind));
    }
    ws_node_json(&json, map);
    w->json = ws_buf_steal(&json);
    w->sound = r.errors == 0 && !ws_doc_flawed(doc);
    keep_whole(&w->files_scope, &w->files_scope_at, only(map, "files_scope"));
    keep_whole(&w->depends_on, &w->depends_on_at, only(map, "depends_on"));
    if (w->sound) {
        keep_places(w, map);
    }
    free(r.subject);
}

void ws_workstream_release(struct ws_workstream *w)
{
    if (w == NULL) {
        return;
    }
    void *owned[] = {w->id,
                     w->openspec_change,
                     w->ccpm_issue,
                     w->title,
                     w->tool,
                     w->patch,
                     w->json,
                     w->file,
                     w->files_scope_at,
                     w->static_tools_at,
                     w->depends_on_at};
    struct ws_strv *lists[] = {&w->files_scope,      &w->files_create, &w->tasks,
                               &w->acceptance_tests, &w->static_tools, &w->depends_on};

    for (size_t i = 0; i < sizeof owned / sizeof *owned; i++) {
        free(owned[i]);
    }
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        ws_strv_release(lists[i]);
    }
    *w = (struct ws_workstream){0};
}
