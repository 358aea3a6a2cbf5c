/* One output stream of the program: read from its pipe, counted, redacted, logged, its tail and
 * live line kept. */
#ifndef WSFSM_PROC_CAPTURE_H
#define WSFSM_PROC_CAPTURE_H

#include <stdbool.h>
#include <stdint.h>

#include "lines.h"
#include "logfile.h"
#include "redact.h"
#include "wsfsm/proc/proc.h"

struct ws_capture {
    int fd;         /* the pipe's reading end, non-blocking; -1 after its end */
    uint64_t bytes; /* as printed */
    struct ws_redact redact;
    struct ws_logfile log;
    struct ws_matcher matcher;
    struct ws_live_line live;
    char tail[2 * WS_TAIL_MAX]; /* redacted; more than is kept, so that it moves seldom */
    size_t tail_len;
};

/* `secrets` and `patterns` are borrowed until release. Takes no fd yet. */
void ws_capture_init(struct ws_capture *c, const char *log, int64_t log_cap,
                     const struct ws_secrets *secrets, struct ws_patterns *patterns);
void ws_capture_release(struct ws_capture *c);

/* Takes what one read gives: bytes; 0: nothing there now; -1: the stream has ended and its fd is
 * closed. */
ssize_t ws_capture_read(struct ws_capture *c);

/* Ends the stream, wherever it stands, and completes its log. */
void ws_capture_end(struct ws_capture *c);

char *ws_capture_tail(const struct ws_capture *c); /* malloc'ed; NUL bytes in it become '?' */

/* Bytes of the program as a string: a NUL would end it and hide the rest, so it becomes '?'.
 * malloc'ed. */
char *ws_printed_text(const char *data, size_t len);

#endif
