#include "cache.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "wsfsm/base/fault.h"
#include "wsfsm/base/mem.h"
#include "wsfsm/base/path.h"

/* Written and read by the same program on the same machine: structs as they lie in memory. */
struct header {
    char magic[16];
    uint64_t checksum; /* of everything behind the header */
    uint64_t nodes;
    struct ws_cache_key key;
};

struct row {
    struct ws_stamp stamp;
    git_oid oid;
    uint32_t mode, children;
    uint16_t name_len;
    uint8_t tracked, in_base;
};

/* Bytes between members would be whatever the stack held, and the checksum with them. */
_Static_assert(sizeof(struct ws_stamp) == 5 * sizeof(uint64_t), "a stamp has no padding");
_Static_assert(sizeof(struct row) == sizeof(struct ws_stamp) + sizeof(git_oid) +
                                         2 * sizeof(uint32_t) + sizeof(uint16_t) +
                                         2 * sizeof(uint8_t),
               "a row has no padding");
_Static_assert(sizeof(struct header) ==
                   16 + 4 * sizeof(uint64_t) + sizeof(git_oid) + sizeof(uint32_t),
               "a header has no padding");

enum { MAX_DEPTH = 512, MAX_NAME = 255 };

static const size_t MAX_FILE = (size_t)1 << 30;
static const char MAGIC[16] = "wsfsm-cache-1";

/* Against torn writes, not against an adversary. */
static uint64_t checksum(const char *data, size_t len)
{
    uint64_t sum = 0x9e3779b97f4a7c15u ^ len;

    while (len >= sizeof(uint64_t)) {
        uint64_t word;

        memcpy(&word, data, sizeof word);
        sum = (sum ^ word) * 0xff51afd7ed558ccdu;
        sum ^= sum >> 32;
        data += sizeof word;
        len -= sizeof word;
    }
    for (; len > 0; len--) {
        sum = (sum ^ (unsigned char)*data++) * 0xff51afd7ed558ccdu;
    }
    return sum;
}

struct reader {
    const char *at, *end;
    uint64_t left; /* nodes that may still come */
};

static bool read_node(struct ws_node *n, struct reader *in, unsigned depth)
{
    struct row row;

    if (in->left == 0 || depth > MAX_DEPTH || (size_t)(in->end - in->at) < sizeof row) {
        return false;
    }
    in->left--;
    memcpy(&row, in->at, sizeof row);
    in->at += sizeof row;
    if (row.name_len > MAX_NAME || (size_t)(in->end - in->at) < row.name_len ||
        row.children > in->left) {
        return false;
    }
    n->name = ws_strndup(in->at, row.name_len);
    in->at += row.name_len;
    n->mode = row.mode;
    n->oid = row.oid;
    n->stamp = row.stamp;
    n->tracked = row.tracked != 0;
    n->in_base = row.in_base != 0;
    n->items = row.children > 0 ? ws_calloc(row.children, sizeof *n->items) : NULL;
    n->cap = row.children;
    while (n->len < row.children) {
        if (!read_node(&n->items[n->len++], in, depth + 1)) {
            return false;
        }
    }
    return true;
}

bool ws_cache_load(struct ws_node *root, const char *path, struct ws_cache_key *key)
{
    struct ws_buf text = {0};
    struct header h;
    bool good = false;

    memset(root, 0, sizeof *root);
    if (ws_read_file(&text, path, MAX_FILE, NULL) < 0 || text.len < sizeof h) {
        ws_buf_release(&text);
        return false;
    }
    memcpy(&h, text.data, sizeof h);
    if (memcmp(h.magic, MAGIC, sizeof MAGIC) == 0 && h.key.dev == key->dev &&
        h.key.ino == key->ino && git_oid_equal(&h.key.base, &key->base) &&
        checksum(text.data + sizeof h, text.len - sizeof h) == h.checksum) {
        struct reader in = {
            .at = text.data + sizeof h, .end = text.data + text.len, .left = h.nodes};

        good = read_node(root, &in, 0) && in.left == 0 && in.at == in.end;
    }
    ws_buf_release(&text);
    key->pending = h.key.pending;
    if (!good) {
        ws_node_release(root);
    }
    return good;
}

static uint64_t write_node(struct ws_buf *out, const struct ws_node *n)
{
    size_t len = n->name != NULL ? strlen(n->name) : 0;
    struct row row;
    uint64_t count = 1;

    memset(&row, 0, sizeof row);
    row.stamp = n->stamp;
    row.oid = n->oid;
    row.mode = n->mode;
    row.children = (uint32_t)n->len;
    row.name_len = (uint16_t)len;
    row.tracked = n->tracked;
    row.in_base = n->in_base;
    ws_buf_add(out, &row, sizeof row);
    ws_buf_add(out, n->name != NULL ? n->name : "", len);
    for (size_t i = 0; i < n->len; i++) {
        count += write_node(out, &n->items[i]);
    }
    return count;
}

/* Not fsynced: after a crash the checksum tells. The temporary name is one of its own for each
 * workstream, written again by the next try, and none that ws_state_lock() sweeps away: content is
 * taken in without that lock. */
static int put_file(const char *path, const struct ws_buf *text)
{
    char *temporary = ws_format("%s-new", path);
    int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    int rc = fd < 0 ? -1 : ws_write_all(fd, text->data, text->len);

    if (fd >= 0 && close(fd) < 0) {
        rc = -1;
    }
    ws_fault_point("repo.cache_written");
    if (rc == 0) {
        unlink(path); /* ext4 writes a file out at once that takes another's place */
        rc = rename(temporary, path);
    }
    if (rc < 0) {
        int saved = errno;

        unlink(temporary);
        errno = saved;
    }
    free(temporary);
    return rc;
}

int ws_cache_save(const struct ws_node *root, const char *path, const struct ws_cache_key *key,
                  struct ws_error *err)
{
    struct ws_buf text = {0};
    struct header h;
    int rc;

    memset(&h, 0, sizeof h);
    ws_buf_add(&text, &h, sizeof h);
    memcpy(h.magic, MAGIC, sizeof MAGIC);
    h.key = *key;
    h.nodes = write_node(&text, root);
    h.checksum = checksum(text.data + sizeof h, text.len - sizeof h);
    memcpy(text.data, &h, sizeof h);
    rc = put_file(path, &text);
    ws_buf_release(&text);
    return rc < 0 ? ws_fail_errno(err, WS_E_IO, path, "cannot write the file") : 0;
}
