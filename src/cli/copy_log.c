#include "copy_log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "wsfsm/base/mem.h"
#include "wsfsm/base/text.h"

enum { CHUNK = 64 << 10 };

struct reader {
    bool (*line)(void *payload, const char *text, size_t len, bool ended);
    void *payload;
    char *chunk;
    size_t len;
    bool stopped;
};

/* Bytes of a line without end that make whole characters. */
static size_t whole_characters(const char *text, size_t len)
{
    size_t end = len;

    while (end > 0 && len - end < 3 && ((unsigned char)text[end - 1] & 0xC0) == 0x80) {
        end--;
    }
    return end > 1 && (unsigned char)text[end - 1] >= 0xC0 ? end - 1 : len;
}

static void give(struct reader *r, const char *text, size_t len, bool ended)
{
    if (!r->stopped) {
        r->stopped = !r->line(r->payload, text, len, ended);
    }
}

/* Gives away the lines that are complete; what is left moves to the front. */
static void give_lines(struct reader *r, bool last)
{
    char *chunk = r->chunk;
    size_t at = 0;
    const char *end;

    while ((end = memchr(chunk + at, '\n', r->len - at)) != NULL) {
        give(r, chunk + at, (size_t)(end - chunk) - at, true);
        at = (size_t)(end - chunk) + 1;
    }
    if (at < r->len && last) {
        give(r, chunk + at, r->len - at, true);
        at = r->len;
    } else if (at == 0 && r->len == CHUNK) {
        at = whole_characters(chunk, r->len);
        give(r, chunk, at, false);
    }
    r->len -= at;
    memmove(chunk, chunk + at, r->len);
}

int ws_read_log(const char *path,
                bool (*line)(void *payload, const char *text, size_t len, bool ended),
                void *payload, struct ws_error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    ssize_t got;
    int status = 0;

    if (fd == -1) {
        return ws_fail_errno(err, WS_E_IO, path, "the log cannot be read");
    }
    struct reader r = {.line = line, .payload = payload, .chunk = ws_alloc(CHUNK)};
    do {
        got = read(fd, r.chunk + r.len, CHUNK - r.len);
        if (got >= 0) {
            r.len += (size_t)got;
            give_lines(&r, got == 0);
        }
    } while (!r.stopped && (got > 0 || (got == -1 && errno == EINTR)));
    if (got == -1) {
        status = ws_fail_errno(err, WS_E_IO, path, "the log cannot be read");
    }
    close(fd);
    free(r.chunk);
    return status;
}

static bool copy_line(void *payload, const char *text, size_t len, bool ended)
{
    struct ws_out *out = payload;

    ws_escape_line(&out->text, text, len);
    ws_buf_puts(&out->text, ended ? "\n" : "");
    ws_out_flush_when_large(out);
    return !out->closed;
}

int ws_copy_log(struct ws_out *out, const char *path, struct ws_error *err)
{
    return ws_read_log(path, copy_line, out, err);
}
