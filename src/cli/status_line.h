/* The one line that shows, on a terminal, what a run is doing. Pure. */
#ifndef WSFSM_CLI_STATUS_LINE_H
#define WSFSM_CLI_STATUS_LINE_H

#include <stddef.h>
#include <stdint.h>

#include "wsfsm/base/buf.h"

struct ws_status_line {
    const char *state;     /* NULL: not yet known */
    const char *tool;      /* NULL: none runs */
    int64_t elapsed_ms;    /* of the tool */
    int64_t quiet_ms;      /* since the last byte it printed */
    const char *last_line; /* what it printed last; NULL or "": nothing yet */
};

/* Appends the line, escaped, at most `columns` wide. */
void ws_status_line_format(struct ws_buf *out, const struct ws_status_line *s, size_t columns);

/* Appends text up to `columns` wide; what is cut shows as "...". */
void ws_cut_to_width(struct ws_buf *out, const char *text, size_t columns);

#endif
