/* YAML and JSON text as one tree with positions. Hostile text is expected: sizes and depth are
 * limited, duplicate keys, anchors, aliases, tags, merge keys and second documents are errors, and
 * every error is located.
 *
 * YAML (libyaml's events) is resolved by the YAML 1.2 core schema. JSON is strict (jansson decides
 * what is JSON; positions come from a scan of the same bytes).
 */
#ifndef WSFSM_DOC_DOC_H
#define WSFSM_DOC_DOC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wsfsm/base/buf.h"
#include "wsfsm/base/diag.h"
#include "wsfsm/base/error.h"

enum { WS_DOC_BYTES = 1 << 20, WS_DOC_DEPTH = 32, WS_DOC_SCALAR = 64 << 10 };

enum ws_node_kind {
    WS_NODE_NULL,
    WS_NODE_BOOL,
    WS_NODE_INT,
    WS_NODE_FLOAT,
    WS_NODE_STRING,
    WS_NODE_SEQ,
    WS_NODE_MAP
};

struct ws_node {
    enum ws_node_kind kind;
    unsigned line, col; /* from 1; col in bytes */
    const char *text;   /* scalars: the text (a string's value, NUL-terminated and without NUL
                           inside), else NULL */
    bool boolean;
    int64_t integer; /* WS_NODE_INT: saturated when out of range, see `overflow` */
    bool overflow;
    double real;
    struct ws_node **items; /* SEQ: items; MAP: values */
    struct ws_node **keys;  /* MAP: string nodes */
    size_t len;
    size_t at, end; /* bytes of the source that the node was read from */
    bool flawed;    /* in a flawed document: an error tells of it, and what it says is not known */
};

struct ws_doc; /* owns the nodes */

enum ws_doc_format { WS_DOC_YAML, WS_DOC_JSON };

/* By the name's end: .json is JSON, .yaml and .yml are YAML. false: neither. */
bool ws_doc_format_of(enum ws_doc_format *format, const char *file);

/* Reads and parses. YAML of nothing but comments has a null as its root. NULL with at least one
 * error in *diags (located in `file`, which is the name to show), or diags->unread. The file must
 * be a regular one of at most WS_DOC_BYTES, and not empty. */
struct ws_doc *ws_doc_read(const char *path, const char *file, enum ws_doc_format format,
                           struct ws_diags *diags);
struct ws_doc *ws_doc_parse(const char *text, size_t len, const char *file,
                            enum ws_doc_format format, struct ws_diags *diags);
void ws_doc_free(struct ws_doc *doc);

/* As above, but a tree that could be read to its end is kept whatever errors it has (duplicate
 * keys, tags, values that are too long), for who wants to report the other errors of the file, too.
 * Nothing may be done by what such a document says. */
struct ws_doc *ws_doc_read_flawed(const char *path, const char *file, enum ws_doc_format format,
                                  struct ws_diags *diags);
struct ws_doc *ws_doc_parse_flawed(const char *text, size_t len, const char *file,
                                   enum ws_doc_format format, struct ws_diags *diags);
bool ws_doc_flawed(const struct ws_doc *doc);

/* JSON that this program wrote and kept itself: no limit of size but memory, and deeper than what a
 * user may write, as it may wrap a whole bundle. NULL: *err is filled (WS_E_INTEGRITY). */
struct ws_doc *ws_doc_parse_stored(const char *json, struct ws_error *err);

/* Stored JSON to print: one value on one line. null when there is none, or when somebody spoilt
 * it. */
void ws_doc_add_stored(struct ws_buf *out, const char *json);

const struct ws_node *ws_doc_root(const struct ws_doc *doc);
const char *ws_doc_file(const struct ws_doc *doc);

/* Where the `nth` (from 0) occurrence of a word of a string stands in the source; the string's own
 * place when it was written with escapes. */
void ws_doc_locate_word(const struct ws_doc *doc, const struct ws_node *node, const char *word,
                        size_t nth, unsigned *line, unsigned *col);

const struct ws_node *ws_node_get(const struct ws_node *map,
                                  const char *key);    /* the first; NULL: absent or no map */
bool ws_node_fits(const struct ws_node *number);       /* into 64 bits, and it is finite */
const char *ws_node_kind_name(enum ws_node_kind kind); /* "a list", "a string", ... for messages */

/* Convenience for JSON that we wrote ourselves and read back: absent or of another kind gives the
 * default. */
const char *ws_node_str(const struct ws_node *map, const char *key, const char *fallback);
int64_t ws_node_int(const struct ws_node *map, const char *key, int64_t fallback);
bool ws_node_bool(const struct ws_node *map, const char *key, bool fallback);

/* The tree as compact JSON (keys in their order). */
void ws_node_json(struct ws_buf *out, const struct ws_node *node);

#endif
