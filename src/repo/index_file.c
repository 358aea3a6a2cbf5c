#include "index_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "blob.h"
#include "wsfsm/base/buf.h"
#include "wsfsm/base/mem.h"
#include "wsfsm/base/path.h"

/* As in git's Documentation/gitformat-index. An entry: times, device, inode, mode, owner and size
 * in words of four bytes, the id, flags; from version 3 on more flags; the path. */
enum {
    HEADER = 12,
    MODE_AT = 24,
    OID_AT = 40,
    FLAGS_AT = 60,
    PATH_AT = 62,
    MORE_FLAGS = 0x40, /* in the first byte of the flags */
    EXTENSION = 8,
    TRAILER = 20
};

/* Room for the names that begin with a dot, which come first. */
enum { FIRST_READ = 1 << 16 };

static const size_t MAX_FILE = (size_t)1 << 30;
static const char ATTRIBUTES[] = ".gitattributes";

struct reader {
    const unsigned char *at, *end;
    uint32_t version, entries;
    struct ws_buf path; /* of the last entry: version 4 says only where one differs from it */
    const unsigned char *entry; /* the last one, and its path, which ends with a NUL */
    const char *name;
    size_t name_len;
};

static size_t left(const struct reader *in)
{
    return (size_t)(in->end - in->at);
}

static uint32_t word(const unsigned char *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/* How much of the path before is not in this one: seven bits a byte, high ones first. */
static bool read_strip(size_t *out, struct reader *in)
{
    size_t value = 0;

    for (size_t i = 0; i < 4 && in->at < in->end; i++) {
        unsigned char byte = *in->at++;

        value += byte & 0x7f;
        if ((byte & 0x80) == 0) {
            *out = value;
            return true;
        }
        value = (value + 1) << 7;
    }
    return false;
}

static bool is_attributes(const char *path, size_t len)
{
    const size_t name_len = sizeof ATTRIBUTES - 1;
    const char *name = path + len - name_len;

    return len >= name_len && memcmp(name, ATTRIBUTES, name_len) == 0 &&
           (len == name_len || name[-1] == '/');
}

/* Filled up to eight bytes by at least one NUL. */
static bool read_plain_path(struct reader *in)
{
    const unsigned char *nul = memchr(in->at, '\0', left(in));
    size_t size;

    if (nul == NULL) {
        return false;
    }
    size = ((size_t)(nul - in->entry) + 8) / 8 * 8;
    if (size > (size_t)(in->end - in->entry)) {
        return false;
    }
    in->name = (const char *)in->at;
    in->name_len = (size_t)(nul - in->at);
    in->at = in->entry + size;
    return true;
}

static bool read_packed_path(struct reader *in)
{
    const unsigned char *nul;
    size_t strip;

    if (!read_strip(&strip, in) || strip > in->path.len) {
        return false;
    }
    nul = memchr(in->at, '\0', left(in));
    if (nul == NULL) {
        return false;
    }
    in->path.len -= strip;
    ws_buf_add(&in->path, in->at, (size_t)(nul - in->at));
    in->name = ws_buf_str(&in->path);
    in->name_len = in->path.len;
    in->at = nul + 1;
    return true;
}

static bool read_entry(struct reader *in)
{
    bool longer;

    in->entry = in->at;
    if (left(in) < PATH_AT + 2) {
        return false;
    }
    longer = in->version > 2 && (in->entry[FLAGS_AT] & MORE_FLAGS) != 0;
    in->at += PATH_AT + (longer ? 2 : 0);
    return in->version == 4 ? read_packed_path(in) : read_plain_path(in);
}

static uint32_t mode_of(const struct reader *in)
{
    return word(in->entry + MODE_AT);
}

static void note_attributes(struct ws_index_look *out, const struct reader *in)
{
    if (is_attributes(in->name, in->name_len) && mode_of(in) != GIT_FILEMODE_COMMIT) {
        out->attributes = ws_grow(out->attributes, &out->cap, out->len, sizeof *out->attributes);
        git_oid_fromraw(&out->attributes[out->len++], in->entry + OID_AT);
    }
}

/* The first row is the root's: an empty name, how many entries are below it (-1: git does not know
 * the tree), how many rows, the tree. */
static void read_tree(struct ws_index_look *out, const struct reader *in, const unsigned char *at,
                      size_t len)
{
    const unsigned char *line = at + 1, *end = len > 0 ? memchr(at, '\n', len) : NULL;
    char count[16];
    int written;

    if (end == NULL || at[0] != '\0' || (size_t)(at + len - end) <= GIT_OID_RAWSZ) {
        return;
    }
    written = snprintf(count, sizeof count, "%u ", in->entries);
    out->whole = written < end - line && memcmp(line, count, (size_t)written) == 0;
    git_oid_fromraw(&out->tree, end + 1);
}

static bool read_extensions(struct ws_index_look *out, struct reader *in)
{
    while (left(in) >= EXTENSION) {
        const unsigned char *name = in->at;
        uint32_t len = word(name + 4);

        in->at += EXTENSION;
        if (len > left(in)) {
            return false;
        }
        if (name[0] < 'A' || name[0] > 'Z') {
            memcpy(out->required, name, 4);
        } else if (memcmp(name, "TREE", 4) == 0) {
            read_tree(out, in, in->at, len);
        }
        in->at += len;
    }
    return left(in) == 0;
}

static const char *begin(struct reader *in, const unsigned char *data, size_t len)
{
    *in = (struct reader){0};
    if (len < HEADER + TRAILER || memcmp(data, "DIRC", 4) != 0) {
        return "it is no index";
    }
    in->at = data + HEADER;
    in->end = data + len - TRAILER;
    in->version = word(data + 4);
    in->entries = word(data + 8);
    return in->version < 2 || in->version > 4 ? "its version is not known" : NULL;
}

static const char *read_index(struct ws_index_look *out, const unsigned char *data, size_t len)
{
    static const unsigned char none[TRAILER];
    struct reader in;
    const char *problem = begin(&in, data, len);
    bool sound = true;

    if (problem != NULL) {
        return problem;
    }
    if (memcmp(in.end, none, TRAILER) == 0) {
        return "it has no checksum";
    }
    for (uint32_t i = 0; sound && i < in.entries; i++) {
        sound = read_entry(&in);
        if (sound) {
            note_attributes(out, &in);
        }
    }
    sound = sound && read_extensions(out, &in);
    ws_buf_release(&in.path);
    return sound ? NULL : "it is broken";
}

void ws_index_look(struct ws_index_look *out, const struct ws_repo *r)
{
    char *path = ws_path_join(r->git_dir, "index");
    struct ws_buf bytes = {0};

    *out = (struct ws_index_look){0};
    errno = 0;
    if (ws_read_file(&bytes, path, MAX_FILE, NULL) == 0) {
        out->problem = read_index(out, (const unsigned char *)bytes.data, bytes.len);
    } else if (errno != ENOENT) {
        out->problem = "it is no file that can be read";
    }
    ws_buf_release(&bytes);
    free(path);
}

void ws_index_look_release(struct ws_index_look *look)
{
    free(look->attributes);
    *look = (struct ws_index_look){0};
}

/* Whether it came to its end, or was told to: not when there is more to read, or none of it sound.
 */
static bool visit_entries(const struct ws_buf *bytes, ws_index_visit each, void *payload)
{
    struct reader in;
    bool done = begin(&in, (const unsigned char *)bytes->data, bytes->len) != NULL, stopped = false;

    for (uint32_t i = 0; !done && !stopped && i < in.entries; i++) {
        done = !read_entry(&in);
        stopped = !done && each(payload, in.name, mode_of(&in));
    }
    ws_buf_release(&in.path);
    return stopped || !done;
}

/* The whole of it only when its beginning was not enough. */
static int visit_file(int fd, const char *path, ws_index_visit each, void *payload,
                      struct ws_error *err)
{
    const size_t limits[] = {FIRST_READ, MAX_FILE};
    struct ws_buf bytes = {0};
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < sizeof limits / sizeof *limits; i++) {
        ws_buf_clear(&bytes);
        int more = lseek(fd, 0, SEEK_SET) < 0 ? -1 : ws_read_all(&bytes, fd, limits[i]);

        if (more < 0) {
            rc = ws_fail_errno(err, WS_E_IO, path, "cannot read the index");
        } else if (visit_entries(&bytes, each, payload) || more == 0) {
            break;
        }
    }
    ws_buf_release(&bytes);
    return rc;
}

int ws_index_each(const struct ws_repo *r, ws_index_visit each, void *payload, struct ws_error *err)
{
    char *path = ws_path_join(r->git_dir, "index");
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC), rc = 0;
    struct stat st;
    bool there = fd >= 0 && fstat(fd, &st) == 0;

    if (!there && ws_errno_is_trouble(errno)) {
        rc = ws_fail_errno(err, WS_E_IO, path, "cannot read the index");
    } else if (there && S_ISREG(st.st_mode)) {
        rc = visit_file(fd, path, each, payload, err);
    }
    if (fd >= 0) {
        close(fd);
    }
    free(path);
    return rc;
}
