/* Replaces secrets by *** in a stream that arrives in pieces cut anywhere. What may be the
 * beginning of a secret is kept back until the next piece shows whether it is one; everything else
 * passes at once, so a live line is never behind by more than that. Overlapping secrets are covered
 * as one.
 */
#ifndef WSFSM_PROC_REDACT_H
#define WSFSM_PROC_REDACT_H

#include <stdbool.h>
#include <stddef.h>

#include "wsfsm/base/buf.h"
#include "wsfsm/base/strv.h"

struct ws_secret {
    char *text;
    size_t len;
};

struct ws_secrets {
    struct ws_secret *items;
    size_t len, cap;
    size_t longest;
    bool starts[256]; /* some secret begins with this byte */
};

/* Lines of 8 bytes or more of a secret that has several count as secrets too: tools print keys line
 * by line. */
void ws_secrets_init(struct ws_secrets *s, const struct ws_strv *values);
void ws_secrets_release(struct ws_secrets *s);

struct ws_redact {
    const struct ws_secrets *secrets; /* borrowed */
    struct ws_buf held;               /* kept back, starts with what may become a secret */
    size_t covered; /* so many bytes of it belong to a secret that was replaced already */
};

typedef void ws_redact_emit(void *payload, const char *data, size_t len);

void ws_redact_release(struct ws_redact *r);
void ws_redact_feed(struct ws_redact *r, const char *data, size_t len, ws_redact_emit *emit,
                    void *payload);

/* The stream is over. An unfinished secret of more than a few bytes is replaced as well. */
void ws_redact_end(struct ws_redact *r, ws_redact_emit *emit, void *payload);

/* A whole text at once; appends to `out`. */
void ws_redact_text(const struct ws_secrets *s, struct ws_buf *out, const char *data, size_t len);

#endif
