/* Writing JSON. Commas are placed by what stands before, so that calls just follow the shape of the text:
 *
 *     ws_json_open(b, '{');
 *     ws_json_key(b, "ids"); ws_json_open(b, '['); ws_json_int(b, 1); ws_json_close(b, ']');
 *     ws_json_close(b, '}');
 *
 * Strings are made valid UTF-8 (other bytes become U+FFFD); use ws_json_path for names of files. Reading JSON
 * is the business of the doc layer.
 */
#ifndef WSFSM_BASE_JSON_H
#define WSFSM_BASE_JSON_H

#include <stdbool.h>
#include <stdint.h>

#include "wsfsm/base/buf.h"
#include "wsfsm/base/strv.h"

void ws_json_open(struct ws_buf *b, char bracket);
void ws_json_close(struct ws_buf *b, char bracket);
void ws_json_key(struct ws_buf *b, const char *key);
void ws_json_str(struct ws_buf *b, const char *s); /* NULL gives null */
void ws_json_strn(struct ws_buf *b, const char *s, size_t len);
void ws_json_path(struct ws_buf *b, const char *path); /* by ws_escape_path */
void ws_json_int(struct ws_buf *b, int64_t n);
void ws_json_bool(struct ws_buf *b, bool v);
void ws_json_null(struct ws_buf *b);
void ws_json_raw(struct ws_buf *b, const char *json); /* a complete value; NULL or "" gives null */

/* key and value in one */
void ws_json_kstr(struct ws_buf *b, const char *key, const char *s);
void ws_json_kint(struct ws_buf *b, const char *key, int64_t n);
void ws_json_kbool(struct ws_buf *b, const char *key, bool v);
void ws_json_knull(struct ws_buf *b, const char *key);
void ws_json_kraw(struct ws_buf *b, const char *key, const char *json);
void ws_json_kstrv(struct ws_buf *b, const char *key, const struct ws_strv *v);
void ws_json_kpaths(struct ws_buf *b, const char *key, const struct ws_strv *paths);

#endif
