/* Either format's text as a tree, and the tree as JSON again. */
#ifndef WSFSM_TESTS_FUZZ_DOC_H
#define WSFSM_TESTS_FUZZ_DOC_H

#include "fuzz.h"
#include "wsfsm/doc/doc.h"

static inline void fuzz_visit(const struct ws_doc *doc, const struct ws_node *node, size_t size)
{
    unsigned line, col;

    fuzz_require(node->at <= node->end && node->end <= size);
    fuzz_require(node->line > 0 && node->col > 0);
    fuzz_require((node->text != NULL) == (node->kind < WS_NODE_SEQ));
    if (node->kind == WS_NODE_STRING) {
        ws_doc_locate_word(doc, node, "a", 1, &line, &col);
        fuzz_require(line >= node->line);
    }
    for (size_t i = 0; i < node->len; i++) {
        if (node->kind == WS_NODE_MAP) {
            fuzz_visit(doc, node->keys[i], size);
            fuzz_require(ws_doc_flawed(doc) ||
                         ws_node_get(node, node->keys[i]->text) == node->items[i]);
        }
        fuzz_visit(doc, node->items[i], size);
    }
}

/* What is kept of a tree is JSON, and says the same when it is read again. */
static inline void fuzz_keep(const struct ws_node *root)
{
    struct ws_buf kept = {0}, again = {0};
    struct ws_error err = {0};

    ws_node_json(&kept, root);
    struct ws_doc *doc = ws_doc_parse_stored(ws_buf_str(&kept), &err);

    fuzz_require(doc != NULL);
    ws_node_json(&again, ws_doc_root(doc));
    fuzz_require(strcmp(ws_buf_str(&kept), ws_buf_str(&again)) == 0);
    ws_doc_free(doc);
    ws_buf_release(&kept);
    ws_buf_release(&again);
}

static inline int fuzz_doc(const uint8_t *data, size_t size, enum ws_doc_format format)
{
    struct ws_diags diags = {0};
    struct ws_doc *doc = ws_doc_parse((const char *)data, size, "fuzz", format, &diags);

    fuzz_require((doc == NULL) == (ws_diags_count(&diags, WS_ERROR) > 0));
    fuzz_diags(&diags, data, size);
    if (doc != NULL) {
        fuzz_visit(doc, ws_doc_root(doc), size);
        fuzz_keep(ws_doc_root(doc));
    } else {
        doc = ws_doc_parse_flawed((const char *)data, size, "fuzz", format, &diags);
        if (doc != NULL) {
            fuzz_require(ws_doc_flawed(doc));
            fuzz_visit(doc, ws_doc_root(doc), size);
        }
    }
    ws_doc_free(doc);
    ws_diags_release(&diags);
    return 0;
}

#endif
