#include "wsfsm/steps/facts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wsfsm/base/json.h"
#include "wsfsm/base/text.h"
#include "wsfsm/doc/doc.h"
#include "wsfsm/steps/binding.h"

void ws_facts_release(struct ws_facts *f)
{
    if (!f)
        return;
    ws_strv_release(&f->changed_files);
    ws_strv_release(&f->out_of_scope);
    ws_strv_release(&f->violations);
    *f = (struct ws_facts){0};
}

/* Paths in JSON, and which of them had to be escaped for it, so that they can be had back. */
static void paths(struct ws_buf *out, const char *key, const char *encoded, const struct ws_strv *v)
{
    struct ws_buf scratch = {0};
    bool any = false;
    ws_json_kpaths(out, key, v);
    for (size_t i = 0; i < v->len; i++) {
        if (!ws_escape_path(&scratch, v->items[i]))
            continue;
        if (!any) {
            ws_json_key(out, encoded);
            ws_json_open(out, '[');
        }
        any = true;
        ws_json_int(out, (int64_t)i);
    }
    if (any)
        ws_json_close(out, ']');
    ws_buf_release(&scratch);
}

void ws_facts_json(struct ws_buf *out, const struct ws_facts *f)
{
    ws_json_open(out, '{');
    ws_json_kstr(out, "change", f->change[0] ? f->change : NULL);
    ws_json_kbool(out, "scope_checked", f->scope_checked);
    paths(out, "changed_files", "changed_files_encoded", &f->changed_files);
    paths(out, "out_of_scope_files", "out_of_scope_files_encoded", &f->out_of_scope);
    ws_json_kstrv(out, "violations", &f->violations);
    ws_json_close(out, '}');
}

static void strings(struct ws_strv *out, const struct ws_node *map, const char *key)
{
    const struct ws_node *list = ws_node_get(map, key);
    for (size_t i = 0; list && list->kind == WS_NODE_SEQ && i < list->len; i++)
        if (list->items[i]->kind == WS_NODE_STRING)
            ws_strv_add(out, list->items[i]->text);
}

static void decode(struct ws_strv *paths, const struct ws_node *map, const char *encoded)
{
    const struct ws_node *list = ws_node_get(map, encoded);
    for (size_t i = 0; list && list->kind == WS_NODE_SEQ && i < list->len; i++) {
        const struct ws_node *n = list->items[i];
        if (n->kind != WS_NODE_INT || n->integer < 0 || (size_t)n->integer >= paths->len)
            continue;
        char **path = &paths->items[n->integer];
        char *raw = ws_unescape_path(*path);
        free(*path);
        *path = raw;
    }
}

int ws_facts_parse(struct ws_facts *out, const char *json, struct ws_error *err)
{
    *out = (struct ws_facts){0};
    if (!json)
        return 0;
    struct ws_doc *doc = ws_doc_parse_stored(json, err);
    if (!doc)
        return -1;
    const struct ws_node *root = ws_doc_root(doc);
    snprintf(out->change, sizeof out->change, "%s", ws_node_str(root, "change", ""));
    out->scope_checked = ws_node_bool(root, "scope_checked", false);
    strings(&out->changed_files, root, "changed_files");
    strings(&out->out_of_scope, root, "out_of_scope_files");
    decode(&out->changed_files, root, "changed_files_encoded");
    decode(&out->out_of_scope, root, "out_of_scope_files_encoded");
    strings(&out->violations, root, "violations");
    ws_doc_free(doc);
    return 0;
}

bool ws_guard_in_scope(const struct ws_facts *facts)
{
    return facts->scope_checked && !facts->out_of_scope.len && !facts->violations.len;
}
