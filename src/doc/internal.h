/* What the two readers of this layer share: the source with its errors, and nodes being built. */
#ifndef WSFSM_SRC_DOC_INTERNAL_H
#define WSFSM_SRC_DOC_INTERNAL_H

#include "wsfsm/doc/doc.h"

/* After so many errors the rest of a file says nothing new. */
enum { WS_DOC_ERRORS_MAX = 50, WS_DOC_STORED_DEPTH = 4 * WS_DOC_DEPTH };

struct ws_source {
    const char *text; /* without its byte order mark */
    size_t len;
    const char *file;
    struct ws_diags *diags;
    unsigned depth_max;
    size_t scalar_max;
    unsigned errors;
    size_t at; /* a cursor: offsets mostly grow, so a place is found from the one before */
    unsigned line, col;
};

/* Line and column of an offset; a line ends with LF, CR LF or CR. */
void ws_source_locate(struct ws_source *s, size_t offset, unsigned *line, unsigned *col);
void ws_source_error(struct ws_source *s, size_t offset, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
bool ws_source_gave_up(const struct ws_source *s); /* too many errors */

/* Is it text at all (UTF-8, no NUL)? */
bool ws_source_check(struct ws_source *s);

struct ws_node *ws_node_new(struct ws_source *s, enum ws_node_kind kind, size_t at, size_t end);
void ws_node_free(struct ws_node *node);
void ws_node_push(struct ws_node *parent, struct ws_node *key, struct ws_node *value);

/* A string's bytes; false, an error and a flawed node when they hold a NUL or are too long. */
bool ws_node_set_text(struct ws_source *s, struct ws_node *node, const char *text, size_t len);

/* Reports every key of a mapping that stands there already, and marks it as flawed. */
void ws_node_check_keys(struct ws_source *s, const struct ws_node *map);

/* Gives a plain scalar its kind and value by the YAML 1.2 core schema; node->text is set. */
void ws_schema_resolve(struct ws_node *node);
void ws_schema_integer(struct ws_node *node, const char *digits, int base);

/* Length of the JSON number at the start of text, 0 when there is none. */
size_t ws_json_number_len(const char *text, size_t len);

/* The readers: the root, or NULL. What was wrong is counted in s->errors, also when there is a
 * root. */
struct ws_node *ws_yaml_load(struct ws_source *s);
struct ws_node *ws_json_load(struct ws_source *s);

#endif
