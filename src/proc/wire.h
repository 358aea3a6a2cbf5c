/* Frames between the orchestrator and its supervisor, over a stream socket: 4 bytes of length (of
 * what follows), 1 byte of type, fields. Both ends are the same executable on the same machine, so
 * numbers are in native order.
 *
 * Writing:  size_t at = ws_frame_begin(b, TYPE); ws_put_int(b, n); ...; ws_frame_end(b, at);
 * Reading:  ws_inbox_fill() when the socket is readable, then ws_inbox_next() until it answers 0. A
 * cursor never reads beyond its frame: it goes `bad` and yields zeros.
 */
#ifndef WSFSM_PROC_WIRE_H
#define WSFSM_PROC_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "wsfsm/base/buf.h"
#include "wsfsm/base/strv.h"

enum ws_frame { WS_FRAME_REQUEST = 1, WS_FRAME_STOP, WS_FRAME_PROGRESS, WS_FRAME_RESULT };

enum { WS_FRAME_MAX = 64 << 20 };

size_t ws_frame_begin(struct ws_buf *b, enum ws_frame type);
void ws_frame_end(struct ws_buf *b, size_t start);

void ws_put_int(struct ws_buf *b, int64_t n);
void ws_put_str(struct ws_buf *b, const char *s); /* NULL stays NULL */
void ws_put_strv(struct ws_buf *b, const struct ws_strv *v);

struct ws_cursor {
    const char *at;
    size_t left;
    bool bad; /* something did not fit; whatever was read is to be thrown away */
};

int64_t ws_get_int(struct ws_cursor *c);
char *ws_get_str(struct ws_cursor *c);                    /* the caller frees it */
void ws_get_strv(struct ws_cursor *c, struct ws_strv *v); /* appends */

struct ws_inbox {
    struct ws_buf bytes;
    size_t taken; /* bytes of frames already handed out */
};

void ws_inbox_release(struct ws_inbox *in);

/* One read. Returns its result: bytes, 0 at the end of the stream, -1 with errno. */
ssize_t ws_inbox_fill(struct ws_inbox *in, int fd);

/* 1: *type and *c are the next frame, valid until the next fill; 0: not complete yet; -1: not one
 * of ours. */
int ws_inbox_next(struct ws_inbox *in, enum ws_frame *type, struct ws_cursor *c);

#endif
