#include "wsfsm/doc/doc.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"
#include "wsfsm/base/json.h"
#include "wsfsm/base/mem.h"
#include "wsfsm/base/path.h"
#include "wsfsm/base/text.h"

struct ws_doc {
    char *file;
    char *text;
    size_t len;
    struct ws_node *root;
    bool flawed;
};

bool ws_doc_format_of(enum ws_doc_format *format, const char *file)
{
    if (ws_ends_with(file, ".json")) {
        *format = WS_DOC_JSON;
        return true;
    }
    *format = WS_DOC_YAML;
    return ws_ends_with(file, ".yaml") || ws_ends_with(file, ".yml");
}

/* What is wrong with the file as a whole is said of its beginning, so that each error has a place.
 */
static void file_error(struct ws_diags *diags, const char *file, const char *why)
{
    ws_diag_add(diags, WS_ERROR, NULL, file, 1, 1, "%s", why);
}

static struct ws_doc *parse(struct ws_source *s, enum ws_doc_format format)
{
    struct ws_doc *doc = NULL;
    struct ws_node *root = NULL;

    if (s->len >= 3 && memcmp(s->text, "\xef\xbb\xbf", 3) == 0) {
        s->text += 3;
        s->len -= 3;
    }
    if (s->len == 0) {
        file_error(s->diags, s->file, "the file is empty");
        return NULL;
    }
    if (ws_source_check(s)) {
        root = format == WS_DOC_JSON ? ws_json_load(s) : ws_yaml_load(s);
    }
    if (root == NULL) {
        return NULL;
    }
    doc = ws_alloc(sizeof *doc);
    doc->file = ws_strdup(s->file);
    doc->text = ws_strndup(s->text, s->len);
    doc->len = s->len;
    doc->root = root;
    doc->flawed = s->errors > 0;
    return doc;
}

static struct ws_doc *drop_flawed(struct ws_doc *doc)
{
    if (doc != NULL && doc->flawed) {
        ws_doc_free(doc);
        return NULL;
    }
    return doc;
}

struct ws_doc *ws_doc_parse_flawed(const char *text, size_t len, const char *file,
                                   enum ws_doc_format format, struct ws_diags *diags)
{
    struct ws_source source = {.text = text,
                               .len = len,
                               .file = file,
                               .diags = diags,
                               .depth_max = WS_DOC_DEPTH,
                               .scalar_max = WS_DOC_SCALAR};

    if (len > WS_DOC_BYTES) {
        ws_diag_add(diags, WS_ERROR, NULL, file, 1, 1, "the file has more than %d bytes",
                    WS_DOC_BYTES);
        return NULL;
    }
    return parse(&source, format);
}

struct ws_doc *ws_doc_parse(const char *text, size_t len, const char *file,
                            enum ws_doc_format format, struct ws_diags *diags)
{
    return drop_flawed(ws_doc_parse_flawed(text, len, file, format, diags));
}

struct ws_doc *ws_doc_parse_stored(const char *json, struct ws_error *err)
{
    struct ws_diags diags = {0};
    struct ws_source source = {.text = json,
                               .len = strlen(json),
                               .file = "stored JSON",
                               .diags = &diags,
                               .depth_max = WS_DOC_STORED_DEPTH,
                               .scalar_max = SIZE_MAX};
    struct ws_doc *doc = drop_flawed(parse(&source, WS_DOC_JSON));

    if (doc == NULL) {
        ws_fail(err, WS_E_INTEGRITY, source.file, "line %u, column %u: %s", diags.items[0].line,
                diags.items[0].col, diags.items[0].text);
    }
    ws_diags_release(&diags);
    return doc;
}

void ws_doc_add_stored(struct ws_buf *out, const char *json)
{
    struct ws_doc *doc = json != NULL ? ws_doc_parse_stored(json, NULL) : NULL;

    if (doc != NULL) {
        ws_node_json(out, doc->root);
    } else {
        ws_json_null(out);
    }
    ws_doc_free(doc);
}

struct ws_doc *ws_doc_read_flawed(const char *path, const char *file, enum ws_doc_format format,
                                  struct ws_diags *diags)
{
    struct ws_buf text = {0};
    struct ws_error err = {0};
    struct ws_doc *doc = NULL;

    errno = 0;
    if (ws_read_file(&text, path, WS_DOC_BYTES, &err) < 0 && ws_errno_is_trouble(errno)) {
        ws_diags_unread(diags, file, &err);
    } else if (err.code != WS_E_OK) {
        file_error(diags, file, err.message);
    } else {
        doc = ws_doc_parse_flawed(ws_buf_str(&text), text.len, file, format, diags);
    }
    ws_buf_release(&text);
    return doc;
}

struct ws_doc *ws_doc_read(const char *path, const char *file, enum ws_doc_format format,
                           struct ws_diags *diags)
{
    return drop_flawed(ws_doc_read_flawed(path, file, format, diags));
}

void ws_doc_free(struct ws_doc *doc)
{
    if (doc == NULL) {
        return;
    }
    ws_node_free(doc->root);
    free(doc->file);
    free(doc->text);
    free(doc);
}

const struct ws_node *ws_doc_root(const struct ws_doc *doc)
{
    return doc->root;
}

bool ws_doc_flawed(const struct ws_doc *doc)
{
    return doc->flawed;
}

const char *ws_doc_file(const struct ws_doc *doc)
{
    return doc->file;
}

void ws_doc_locate_word(const struct ws_doc *doc, const struct ws_node *node, const char *word,
                        size_t nth, unsigned *line, unsigned *col)
{
    struct ws_source source = {.text = doc->text, .len = doc->len};
    size_t len = strlen(word), at = node->at;

    *line = node->line;
    *col = node->col;
    for (; at + len <= node->end; at++) {
        if (memcmp(doc->text + at, word, len) == 0 && nth-- == 0) {
            ws_source_locate(&source, at, line, col);
            return;
        }
    }
}
