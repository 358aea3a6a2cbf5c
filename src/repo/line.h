/* Values in our line formats: one value, no blanks, no newlines; every byte comes back. */
#ifndef WSFSM_REPO_LINE_H
#define WSFSM_REPO_LINE_H

#include <stdbool.h>

#include "wsfsm/base/buf.h"

/* Bytes outside 0x21..0x7e and '%' become %XX; the empty value becomes "%". */
void ws_line_put(struct ws_buf *out, const char *value);
/* The next value of the line at *at, which moves behind it; malloc'ed. NULL: none, or not one of
 * ours. */
char *ws_line_take(const char **at);

#endif
