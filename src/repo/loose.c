#include "loose.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "internal.h"
#include "wsfsm/base/mem.h"

enum { INPUT = 64 * 1024, HEADER = 64 };

struct stream {
    z_stream z;
    int fd;
    const char *name;
    bool ended; /* the zlib stream, not the file */
    unsigned char input[INPUT];
};

static int damaged(const struct stream *s, const char *how)
{
    char *text = ws_format("objects/%s is damaged: %s", s->name, how);

    git_error_set_str(GIT_ERROR_ODB, text);
    free(text);
    return GIT_ERROR;
}

static int unreadable(const struct stream *s)
{
    char *text = ws_format("objects/%s cannot be read: %s", s->name, strerror(errno));

    git_error_set_str(GIT_ERROR_OS, text);
    free(text);
    return GIT_ERROR;
}

static int begin(struct stream *s, int fd, const char *name)
{
    s->fd = fd;
    s->name = name;
    s->ended = false;
    memset(&s->z, 0, sizeof s->z);
    return inflateInit(&s->z) == Z_OK ? 0 : damaged(s, "zlib has no memory");
}

static int refill(struct stream *s)
{
    ssize_t n;

    do {
        n = read(s->fd, s->input, sizeof s->input);
    } while (n < 0 && errno == EINTR);
    if (n < 0) {
        return unreadable(s);
    }
    if (n == 0) {
        return damaged(s, "it ends too early");
    }
    s->z.next_in = s->input;
    s->z.avail_in = (uInt)n;
    return 0;
}

/* Until `len` bytes have come, or the stream has ended. Returns in *got how many. */
static int inflate_to(size_t *got, struct stream *s, unsigned char *out, size_t len)
{
    *got = 0;
    while (*got < len && !s->ended) {
        uInt room = len - *got < INPUT ? (uInt)(len - *got) : INPUT;

        if (s->z.avail_in == 0 && refill(s) < 0) {
            return GIT_ERROR;
        }
        s->z.next_out = out + *got;
        s->z.avail_out = room;
        int rc = inflate(&s->z, Z_NO_FLUSH);
        if (rc != Z_OK && rc != Z_STREAM_END && rc != Z_BUF_ERROR) {
            return damaged(s, "it is no zlib stream");
        }
        *got += room - s->z.avail_out;
        s->ended = rc == Z_STREAM_END;
    }
    return 0;
}

/* "blob 12\0"; *length: of that, with the NUL. */
static bool parse(struct ws_loose *out, size_t *length, const unsigned char *text, size_t len)
{
    const unsigned char *nul = memchr(text, '\0', len);
    const char *space = nul != NULL ? strchr((const char *)text, ' ') : NULL;
    char type[HEADER], *rest;

    if (space == NULL || space[1] < '0' || space[1] > '9') {
        return false;
    }
    memcpy(type, text, (size_t)(space - (const char *)text));
    type[space - (const char *)text] = '\0';
    out->type = git_object_string2type(type);
    errno = 0;
    unsigned long long size = strtoull(space + 1, &rest, 10);
    out->size = (size_t)size;
    *length = (size_t)(nul - text) + 1;
    return git_object_typeisloose(out->type) == 1 && *rest == '\0' && errno == 0 &&
           size < SIZE_MAX / 2;
}

/* *kept: what came behind the header, at text + *length. */
static int read_header(struct ws_loose *out, unsigned char text[HEADER], size_t *length,
                       size_t *kept, struct stream *s)
{
    size_t got;

    if (inflate_to(&got, s, text, HEADER) < 0) {
        return GIT_ERROR;
    }
    if (!parse(out, length, text, got)) {
        return damaged(s, "it has no header");
    }
    *kept = got - *length;
    return 0;
}

/* The content, to its last byte and the end of the stream, which has a checksum. */
static int read_content(unsigned char *data, const struct ws_loose *o, const unsigned char *begun,
                        size_t kept, struct stream *s)
{
    unsigned char more;
    size_t got = 0, beyond = 0;

    if (kept > o->size) {
        return damaged(s, "it is longer than it says");
    }
    memcpy(data, begun, kept);
    if (inflate_to(&got, s, data + kept, o->size - kept) < 0 ||
        (!s->ended && inflate_to(&beyond, s, &more, 1) < 0)) {
        return GIT_ERROR;
    }
    return kept + got == o->size && beyond == 0 ? 0 : damaged(s, "it is not as long as it says");
}

static int read_whole(struct ws_loose *out, void **data, git_odb_backend *backend, struct stream *s)
{
    unsigned char text[HEADER];
    size_t length, kept;
    int rc = read_header(out, text, &length, &kept, s);

    if (rc < 0 || data == NULL) {
        return rc;
    }
    *data = git_odb_backend_data_alloc(backend, out->size + 1);
    if (*data == NULL) {
        return damaged(s, "there is no memory for it");
    }
    rc = read_content(*data, out, text + length, kept, s);
    if (rc < 0) {
        git_odb_backend_data_free(backend, *data);
        *data = NULL;
        return rc;
    }
    ((char *)*data)[out->size] = '\0';
    return 0;
}

int ws_loose_read(struct ws_loose *out, void **data, git_odb_backend *backend, int fd,
                  const char *name)
{
    struct stream *s = ws_alloc(sizeof *s);
    int rc = begin(s, fd, name);

    if (rc == 0) {
        rc = read_whole(out, data, backend, s);
        inflateEnd(&s->z);
    }
    free(s);
    return rc;
}
