/* Two views of a stream as lines: the one people see while it runs, and the one failure patterns
 * are matched on. */
#ifndef WSFSM_PROC_LINES_H
#define WSFSM_PROC_LINES_H

#include <regex.h>
#include <stdbool.h>
#include <stddef.h>

#include "wsfsm/base/buf.h"
#include "wsfsm/base/strv.h"

enum { WS_LINE_MAX = 64 << 10, WS_LIVE_MAX = 1024 };

/* The last line that is not empty, its first WS_LIVE_MAX bytes; a carriage return ends a line too,
 * as progress bars mean it. */
struct ws_live_line {
    char open[WS_LIVE_MAX]; /* the line being printed */
    char last[WS_LIVE_MAX]; /* the one before */
    size_t open_len, last_len;
};

void ws_live_line_feed(struct ws_live_line *l, const char *data, size_t len);
const char *ws_live_line_text(const struct ws_live_line *l, size_t *len);

struct ws_patterns {
    regex_t *items;
    size_t len;
    bool matched;
    struct ws_buf line; /* the first line that matched, as printed */
};

/* Returns 0, or -1 with the reason in `why`. */
int ws_patterns_init(struct ws_patterns *p, const struct ws_strv *expressions, char *why,
                     size_t size);
void ws_patterns_release(struct ws_patterns *p);

/* One stream's part: the line that is not complete yet. Lines are cut at WS_LINE_MAX, a final
 * carriage return is no part of them. */
struct ws_matcher {
    struct ws_patterns *patterns; /* borrowed; streams share it */
    struct ws_buf line;
};

void ws_matcher_feed(struct ws_matcher *m, const char *data, size_t len);
void ws_matcher_end(struct ws_matcher *m); /* the last line may lack its newline */
void ws_matcher_release(struct ws_matcher *m);

#endif
