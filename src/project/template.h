/* Placeholders in a profile's texts. */
#ifndef WSFSM_SRC_PROJECT_TEMPLATE_H
#define WSFSM_SRC_PROJECT_TEMPLATE_H

#include <stdbool.h>
#include <stddef.h>

#include "wsfsm/base/buf.h"
#include "wsfsm/project/profile.h"

enum ws_template_place { WS_TEMPLATE_ARG, WS_TEMPLATE_ENV, WS_TEMPLATE_DIR };

struct ws_template_problem {
    size_t at;     /* offset of its '{' */
    char *word;    /* "{name}"; the caller frees it */
    char *message; /* the caller frees it */
};

/* false: *problem says what is wrong. */
bool ws_template_check(struct ws_template_problem *problem, const char *text,
                       enum ws_template_place place);

/* The list an argument holds a placeholder of, NULL when it holds none; *exact: it is nothing else.
 */
const struct ws_strv *ws_template_list(bool *exact, const char *text,
                                       const struct ws_template_values *values);

/* Does the text hold {model_name} while there is no value for it? */
bool ws_template_lacks_model(const char *text, const struct ws_template_values *values);

/* Appends the text with its placeholders filled in, that of a list by `item`. */
int ws_template_fill(struct ws_buf *out, const char *text, const struct ws_template_values *values,
                     const char *item, struct ws_error *err);

#endif
