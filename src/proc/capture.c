#include "capture.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "wsfsm/base/mem.h"

enum { READ_SIZE = 64 << 10 };

void ws_capture_init(struct ws_capture *c, const char *log, int64_t log_cap,
                     const struct ws_secrets *secrets, struct ws_patterns *patterns)
{
    *c = (struct ws_capture){.fd = -1, .redact.secrets = secrets, .matcher.patterns = patterns};
    ws_logfile_open(&c->log, log, log_cap);
}

void ws_capture_release(struct ws_capture *c)
{
    if (c->fd >= 0)
        close(c->fd);
    ws_redact_release(&c->redact);
    ws_matcher_release(&c->matcher);
    c->fd = -1;
}

static void keep_tail(struct ws_capture *c, const char *data, size_t len)
{
    if (len > WS_TAIL_MAX) {
        data += len - WS_TAIL_MAX;
        len = WS_TAIL_MAX;
    }
    if (c->tail_len + len > sizeof c->tail) {
        size_t keep = WS_TAIL_MAX;
        memmove(c->tail, c->tail + c->tail_len - keep, keep);
        c->tail_len = keep;
    }
    memcpy(c->tail + c->tail_len, data, len);
    c->tail_len += len;
}

static void take_redacted(void *payload, const char *data, size_t len)
{
    struct ws_capture *c = payload;
    ws_logfile_write(&c->log, data, len);
    ws_live_line_feed(&c->live, data, len);
    keep_tail(c, data, len);
}

ssize_t ws_capture_read(struct ws_capture *c)
{
    char chunk[READ_SIZE];
    ssize_t n = read(c->fd, chunk, sizeof chunk);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return 0;
    if (n <= 0) {
        close(c->fd);
        c->fd = -1;
        return -1;
    }
    c->bytes += (uint64_t)n;
    ws_matcher_feed(&c->matcher, chunk, (size_t)n);
    ws_redact_feed(&c->redact, chunk, (size_t)n, take_redacted, c);
    return n;
}

void ws_capture_end(struct ws_capture *c)
{
    ws_matcher_end(&c->matcher);
    ws_redact_end(&c->redact, take_redacted, c);
    ws_logfile_close(&c->log);
}

char *ws_capture_tail(const struct ws_capture *c)
{
    size_t len = c->tail_len < WS_TAIL_MAX ? c->tail_len : WS_TAIL_MAX;
    return ws_printed_text(c->tail + c->tail_len - len, len);
}

char *ws_printed_text(const char *data, size_t len)
{
    char *text = ws_alloc(len + 1);
    memcpy(text, data, len);
    for (char *nul = memchr(text, '\0', len); nul != NULL;
         nul = memchr(nul, '\0', len - (size_t)(nul - text)))
        *nul = '?';
    return text;
}
