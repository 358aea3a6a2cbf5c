/* A vector of owned strings, with a NULL after the last, so that `items` can serve as an argv. A zeroed
 * struct is an empty one (`items` is NULL until the first string). */
#ifndef WSFSM_BASE_STRV_H
#define WSFSM_BASE_STRV_H

#include <stdbool.h>
#include <stddef.h>

struct ws_strv {
    char **items;
    size_t len;
    size_t cap;
};

void ws_strv_release(struct ws_strv *v);
void ws_strv_clear(struct ws_strv *v);
void ws_strv_add(struct ws_strv *v, const char *s);
void ws_strv_take(struct ws_strv *v, char *s); /* takes ownership */
void ws_strv_addf(struct ws_strv *v, const char *format, ...) __attribute__((format(printf, 2, 3)));
void ws_strv_copy(struct ws_strv *to, const struct ws_strv *from); /* appends copies */
bool ws_strv_has(const struct ws_strv *v, const char *s);
void ws_strv_sort(struct ws_strv *v); /* by bytes */
void ws_strv_unique(struct ws_strv *v); /* of a sorted vector */

#endif
