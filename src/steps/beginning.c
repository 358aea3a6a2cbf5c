#include "beginning.h"

#include <stdlib.h>
#include <string.h>

#include "wsfsm/base/mem.h"
#include "wsfsm/doc/doc.h"
#include "wsfsm/store/read.h"

/* The tree an attempt that was finished ended with; NULL: it had none. malloc'ed. */
static char *end_tree(const struct ws_attempt_row *row)
{
    struct ws_doc *doc = row->result_json ? ws_doc_parse_stored(row->result_json, NULL) : NULL;
    const struct ws_node *details = doc ? ws_node_get(ws_doc_root(doc), "details") : NULL;
    char *tree = details ? ws_strdup(ws_node_str(details, "tree_id", NULL)) : NULL;
    ws_doc_free(doc);
    return tree;
}

static int take_tree(struct ws_beginning *out, const char *tree, struct ws_error *err)
{
    if (strlen(tree) >= WS_OID_HEX)
        return ws_fail(err, WS_E_INTEGRITY, tree, "this is not the id of a tree");
    memcpy(out->tree, tree, strlen(tree) + 1);
    return 0;
}

/* One that was killed before it had said where it began did so where the one before it ended, or
 * with the base: nothing of it has run. */
int ws_beginning_find(struct ws_beginning *out, const struct ws_context *c,
                      const struct ws_attempt *attempt, struct ws_error *err)
{
    struct ws_attempt_rows rows = {0};
    *out = (struct ws_beginning){.may_make = true};
    int rc = ws_store_attempts(&rows, c->store, c->run_id, c->ws_id, err);
    for (size_t i = 0; rc == 0 && i < rows.len && rows.items[i].id <= attempt->id; i++) {
        const struct ws_attempt_row *row = &rows.items[i];
        bool left = row->id == attempt->id || !strcmp(row->status, "interrupted");
        char *tree = left ? ws_strdup(row->start_tree) : end_tree(row);
        if (tree)
            rc = take_tree(out, tree, err);
        if (row->id == attempt->id)
            out->said = tree != NULL;
        else
            out->may_make = left || !out->tree[0];
        free(tree);
    }
    ws_attempt_rows_release(&rows);
    if (rc == 0 && !out->tree[0])
        rc = ws_repo_tree_of(out->tree, c->repo, c->plan->base_oid, err);
    return rc;
}
