/* Reading files of bundles; what is wrong between them is the business of check.c. */
#include "wsfsm/project/bundle.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>

#include "workstream_read.h"
#include "wsfsm/base/mem.h"
#include "wsfsm/base/path.h"

static struct ws_workstream *append(struct ws_bundles *b)
{
    b->items = ws_grow(b->items, &b->cap, b->len, sizeof *b->items);
    return &b->items[b->len++];
}

static int read_doc(struct ws_bundles *out, const struct ws_doc *doc, struct ws_diags *diags)
{
    const struct ws_node *root = ws_doc_root(doc);

    if (root->kind == WS_NODE_MAP) {
        ws_workstream_read(append(out), doc, root, 0, diags);
        return 0;
    }
    if (root->kind != WS_NODE_SEQ && root->flawed) {
        return -1; /* said already */
    }
    if (root->kind != WS_NODE_SEQ || root->len == 0) {
        ws_diag_add(diags, WS_ERROR, NULL, ws_doc_file(doc), root->line, root->col,
                    "a bundle holds a workstream (a mapping) or a list of them, not %s",
                    root->kind == WS_NODE_SEQ ? "an empty list" : ws_node_kind_name(root->kind));
        return -1;
    }
    for (size_t i = 0; i < root->len; i++) {
        ws_workstream_read(append(out), doc, root->items[i], i, diags);
    }
    return 0;
}

/* The mapping of the document that a finding stands in, and its index; NULL: in none. */
static const struct ws_node *mapping_at(size_t *index, const struct ws_node *root,
                                        const struct ws_diag *d)
{
    struct ws_node *const *items = root->kind == WS_NODE_SEQ ? root->items : NULL;
    size_t len = items != NULL ? root->len : 1;

    for (size_t i = len; i-- > 0;) {
        const struct ws_node *item = items != NULL ? items[i] : root;

        if (item->line < d->line || (item->line == d->line && item->col <= d->col)) {
            *index = i;
            return item->kind == WS_NODE_MAP ? item : NULL;
        }
    }
    return NULL;
}

/* The findings of the document itself say which workstream they are of, as those of fields do. */
static void name_workstreams(struct ws_diags *diags, size_t from, const struct ws_doc *doc)
{
    for (size_t i = from; i < diags->len; i++) {
        struct ws_diag *d = &diags->items[i];
        size_t index = 0;
        const struct ws_node *map = mapping_at(&index, ws_doc_root(doc), d);

        if (d->severity == WS_ERROR && map != NULL) {
            char *subject = ws_workstream_subject(map, index);

            ws_diag_name(d, subject);
            free(subject);
        }
    }
}

int ws_bundle_read(struct ws_bundles *out, const char *path, const char *shown,
                   struct ws_diags *diags)
{
    enum ws_doc_format format;
    struct ws_doc *doc;
    size_t known = diags->len;
    int rc = -1;

    if (!ws_doc_format_of(&format, path)) {
        ws_diag_add(diags, WS_ERROR, NULL, shown, 1, 1,
                    ws_path_exists(path) ? "the name of a bundle ends with .yaml, .yml or .json"
                                         : "there is no such file or folder");
        out->unread++;
        return -1;
    }
    doc = ws_doc_read_flawed(path, shown, format, diags);
    if (doc != NULL) {
        name_workstreams(diags, known, doc);
        rc = read_doc(out, doc, diags);
    }
    out->unread += rc < 0;
    ws_doc_free(doc);
    return rc;
}

static int cannot_list(const char *shown, struct ws_error *err)
{
    if (errno == ENOENT) {
        return ws_fail(err, WS_E_BUNDLE, shown,
                       "there is no such folder of bundles; 'wsfsm init' makes a first bundle");
    }
    return ws_fail_errno(err, ws_errno_is_trouble(errno) ? WS_E_IO : WS_E_BUNDLE, shown,
                         "cannot read the folder of bundles");
}

static int list_names(struct ws_strv *names, const char *dir, const char *shown,
                      struct ws_error *err)
{
    enum ws_doc_format format;
    struct dirent *entry;
    DIR *d = opendir(dir);

    if (d == NULL) {
        return cannot_list(shown, err);
    }
    while (errno = 0, (entry = readdir(d)) != NULL) {
        if (entry->d_name[0] != '.' && ws_doc_format_of(&format, entry->d_name)) {
            ws_strv_add(names, entry->d_name);
        }
    }
    int rc = errno != 0 ? cannot_list(shown, err) : 0;
    closedir(d);
    ws_strv_sort(names);
    return rc;
}

int ws_bundle_read_dir(struct ws_bundles *out, const char *dir, const char *shown,
                       struct ws_diags *diags, struct ws_error *err)
{
    struct ws_strv names = {0};
    int rc = list_names(&names, dir, shown, err);

    for (size_t i = 0; rc == 0 && i < names.len; i++) {
        char *path = ws_path_join(dir, names.items[i]);
        char *name = ws_path_join(shown, names.items[i]);

        ws_bundle_read(out, path, name, diags);
        free(path);
        free(name);
    }
    ws_strv_release(&names);
    return rc == 0 ? ws_diags_all_read(diags, err) : -1;
}

int ws_bundle_from_json(struct ws_workstream *out, const char *json, struct ws_error *err)
{
    struct ws_diags diags = {0};
    struct ws_doc *doc = ws_doc_parse_stored(json, err);

    *out = (struct ws_workstream){0};
    if (doc == NULL) {
        return -1;
    }
    ws_workstream_read(out, doc, ws_doc_root(doc), 0, &diags);
    if (!out->sound) {
        ws_fail(err, WS_E_BUNDLE, ws_doc_file(doc), "%s", diags.items[0].text);
        ws_workstream_release(out);
    }
    ws_doc_free(doc);
    ws_diags_release(&diags);
    return out->sound ? 0 : -1;
}

void ws_bundles_release(struct ws_bundles *b)
{
    if (b == NULL) {
        return;
    }
    for (size_t i = 0; i < b->len; i++) {
        ws_workstream_release(&b->items[i]);
    }
    free(b->items);
    *b = (struct ws_bundles){0};
}
