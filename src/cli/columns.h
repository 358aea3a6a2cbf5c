/* Aligned columns, for people. Widths only grow, so that a long table can be printed page by page.
 */
#ifndef WSFSM_CLI_COLUMNS_H
#define WSFSM_CLI_COLUMNS_H

#include <stddef.h>
#include <stdint.h>

#include "wsfsm/base/buf.h"
#include "wsfsm/base/strv.h"

enum { WS_COLUMNS_MAX = 12 };

struct ws_columns {
    size_t count;                 /* set by the caller */
    size_t width[WS_COLUMNS_MAX]; /* so far */
    struct ws_strv cells;         /* row by row, not yet printed */
};

/* Adds a cell; text of others is escaped. NULL and "" show as "-". */
void ws_columns_add(struct ws_columns *c, const char *text);
void ws_columns_addf(struct ws_columns *c, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Appends the complete rows to `out` and forgets them; the last column is not padded. */
void ws_columns_print(struct ws_buf *out, struct ws_columns *c);
void ws_columns_release(struct ws_columns *c);

/* Columns of a terminal that a text takes, at most: characters that may be wide count as two. */
size_t ws_display_width(const char *text);

/* "350 ms", "4.2 s", "3m07s", "2h05m", "3d04h" */
void ws_format_duration(struct ws_buf *out, int64_t ms);

/* The same in whole seconds, for a clock that ticks: "0 s", "42 s", "3m07s". */
void ws_format_seconds(struct ws_buf *out, int64_t ms);

/* "512 bytes", "3.1 MiB" */
void ws_format_bytes(struct ws_buf *out, int64_t bytes);

#endif
