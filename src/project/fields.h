/* Reading a mapping by a table of its fields: every error of it at once, each at the key or value
 * that is wrong. */
#ifndef WSFSM_SRC_PROJECT_FIELDS_H
#define WSFSM_SRC_PROJECT_FIELDS_H

#include <stdbool.h>
#include <stddef.h>

#include "wsfsm/base/diag.h"
#include "wsfsm/base/strv.h"
#include "wsfsm/doc/doc.h"

struct ws_reading {
    const struct ws_doc *doc;
    struct ws_diags *diags;
    char *subject;       /* what is read, in front of each message: "workstream ws-a" */
    bool kebab_keys;     /* "timeout-sec" is "timeout_sec" */
    bool null_is_absent; /* a key whose lines are all commented out says nothing */
    size_t errors;
};

struct ws_field {
    const char *name;
    /* Checks the value and stores it at out + offset; NULL: nothing but the kind is checked,
     * nothing is stored. */
    void (*read)(struct ws_reading *r, const struct ws_field *field, const struct ws_node *value,
                 void *at);
    size_t offset;
    enum ws_node_kind kind; /* without `read` */
    bool required;
    size_t at_least; /* lists: number of items */
};

void ws_read_fields(struct ws_reading *r, const struct ws_node *map, const struct ws_field *fields,
                    size_t count, void *out);

/* Of a flawed node an error is said already: it is counted, and that is all. */
void ws_reading_error(struct ws_reading *r, const struct ws_node *at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void ws_reading_error_at(struct ws_reading *r, unsigned line, unsigned col, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* false and an error when the value is of another kind. */
bool ws_read_kind(struct ws_reading *r, const struct ws_node *value, enum ws_node_kind kind,
                  const char *name);
bool ws_is_blank(const char *text);
bool ws_valid_tool_id(const char *id); /* [A-Za-z0-9][A-Za-z0-9._-]* */
bool ws_valid_env_name(const char *name, size_t len);

/* Readers; the type that `at` points to stands behind each. */
void ws_read_text(struct ws_reading *r, const struct ws_field *f, const struct ws_node *value,
                  void *at); /* char * */
void ws_read_texts(struct ws_reading *r, const struct ws_field *f, const struct ws_node *value,
                   void *at); /* ws_strv */
void ws_read_tool_id(struct ws_reading *r, const struct ws_field *f, const struct ws_node *value,
                     void *at); /* char * */
void ws_read_tool_ids(struct ws_reading *r, const struct ws_field *f, const struct ws_node *value,
                      void *at); /* ws_strv */
void ws_read_seconds(struct ws_reading *r, const struct ws_field *f, const struct ws_node *value,
                     void *at); /* long */
void ws_read_flag(struct ws_reading *r, const struct ws_field *f, const struct ws_node *value,
                  void *at); /* bool */
/* Paths of the repository, or patterns of them, as they are compared (ws_scope_normalise). */
void ws_read_paths(struct ws_reading *r, const struct ws_field *f, const struct ws_node *value,
                   void *at); /* ws_strv */
/* Texts as they are written, numbers and booleans too. */
void ws_read_words(struct ws_reading *r, const struct ws_field *f, const struct ws_node *value,
                   void *at); /* ws_strv */
void ws_read_env(struct ws_reading *r, const struct ws_field *f, const struct ws_node *value,
                 void *at); /* ws_strv */
void ws_read_env_names(struct ws_reading *r, const struct ws_field *f, const struct ws_node *value,
                       void *at); /* ws_strv */

#endif
