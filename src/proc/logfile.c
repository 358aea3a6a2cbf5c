#include "logfile.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "wsfsm/base/mem.h"
#include "wsfsm/base/path.h"

enum { COPY_SIZE = 32 << 10 };

static int create(const char *path, int mode)
{
    if (unlink(path) < 0 && errno != ENOENT)
        return -1;
    return open(path, mode | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
}

void ws_logfile_open(struct ws_logfile *log, const char *path, int64_t cap)
{
    *log = (struct ws_logfile){
        .path = path, .ring_fd = -1, .head_cap = cap / 2, .ring_cap = cap - cap / 2};
    log->fd = create(path, O_WRONLY);
    log->failed = log->fd < 0;
}

static void open_ring(struct ws_logfile *log)
{
    char *path = ws_format("%s.tail", log->path);
    log->ring_fd = create(path, O_RDWR);
    if (log->ring_fd < 0 || unlink(path) < 0)
        log->failed = true;
    free(path);
}

static int write_at(int fd, const char *data, size_t len, int64_t offset)
{
    while (len > 0) {
        ssize_t n = pwrite(fd, data, len, (off_t)offset);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return -1;
        data += n;
        offset += n;
        len -= (size_t)n;
    }
    return 0;
}

static void write_ring(struct ws_logfile *log, const char *data, size_t len)
{
    if (log->ring_fd < 0)
        open_ring(log);
    while (len > 0 && !log->failed) {
        int64_t at = log->ringed % log->ring_cap;
        int64_t room = log->ring_cap - at;
        size_t part = (uint64_t)room < len ? (size_t)room : len;
        if (write_at(log->ring_fd, data, part, at) < 0)
            log->failed = true;
        log->ringed += (int64_t)part;
        data += part;
        len -= part;
    }
}

void ws_logfile_write(struct ws_logfile *log, const char *data, size_t len)
{
    if (log->failed)
        return;
    int64_t room = log->head_cap - log->head;
    size_t part = (uint64_t)room < len ? (size_t)room : len;
    if (part > 0) {
        if (ws_write_all(log->fd, data, part) < 0)
            log->failed = true;
        log->head += (int64_t)part;
    }
    if (part < len)
        write_ring(log, data + part, len - part);
}

bool ws_logfile_cut(const struct ws_logfile *log)
{
    return log->ringed > log->ring_cap;
}

/* Appends the ring's bytes from..to to the log. */
static int append_ring(struct ws_logfile *log, int64_t from, int64_t to)
{
    char chunk[COPY_SIZE];
    while (from < to) {
        size_t want = to - from < COPY_SIZE ? (size_t)(to - from) : COPY_SIZE;
        ssize_t n = pread(log->ring_fd, chunk, want, (off_t)from);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0 || ws_write_all(log->fd, chunk, (size_t)n) < 0)
            return -1;
        from += n;
    }
    return 0;
}

static int append_tail(struct ws_logfile *log)
{
    if (!ws_logfile_cut(log))
        return append_ring(log, 0, log->ringed);
    char note[64];
    int len = snprintf(note, sizeof note, "\n[wsfsm: %" PRId64 " bytes cut here]\n",
                       log->ringed - log->ring_cap);
    int64_t oldest = log->ringed % log->ring_cap;
    if (ws_write_all(log->fd, note, (size_t)len) < 0 || append_ring(log, oldest, log->ring_cap) < 0)
        return -1;
    return append_ring(log, 0, oldest);
}

void ws_logfile_close(struct ws_logfile *log)
{
    if (log->ring_fd >= 0 && !log->failed && append_tail(log) < 0)
        log->failed = true;
    if (log->ring_fd >= 0)
        close(log->ring_fd);
    if (log->fd >= 0 && close(log->fd) < 0)
        log->failed = true;
    log->fd = log->ring_fd = -1;
}
