#include "node.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "durable.h"
#include "wsfsm/base/buf.h"
#include "wsfsm/base/mem.h"

/* The coarse clock that stamps files ticks every 1 to 10 ms. */
enum { TICK_NS = 20 * 1000 * 1000 };

static const int64_t NS = INT64_C(1000000000);

void ws_node_release(struct ws_node *n)
{
    for (size_t i = 0; i < n->len; i++) {
        ws_node_release(&n->items[i]);
    }
    free(n->items);
    free(n->name);
    memset(n, 0, sizeof *n);
}

struct ws_node *ws_node_add(struct ws_node *folder, const char *name)
{
    struct ws_node *n;

    folder->items = ws_grow(folder->items, &folder->cap, folder->len, sizeof *folder->items);
    n = &folder->items[folder->len++];
    n->name = ws_strdup(name);
    return n;
}

static int64_t in_ns(const struct timespec *t)
{
    return (int64_t)t->tv_sec * NS + t->tv_nsec;
}

int64_t ws_stamp_settled(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return in_ns(&now) - TICK_NS;
}

struct ws_stamp ws_stamp_of(const struct stat *st, int64_t settled_before)
{
    struct ws_stamp stamp = {.mtime = in_ns(&st->st_mtim),
                             .ctime = in_ns(&st->st_ctim),
                             .ino = st->st_ino,
                             .size = (uint64_t)st->st_size,
                             .mode = st->st_mode};
    /* A file system without fractions of a second stamps with seconds only. */
    int64_t slack = st->st_ctim.tv_nsec == 0 ? 2 * NS : 0;

    if (stamp.ctime + slack >= settled_before || stamp.mtime + slack >= settled_before) {
        return (struct ws_stamp){0};
    }
    return stamp;
}

bool ws_stamp_same(const struct ws_stamp *stamp, const struct stat *st)
{
    return stamp->ino == st->st_ino && stamp->ctime == in_ns(&st->st_ctim) &&
           stamp->mtime == in_ns(&st->st_mtim) && stamp->size == (uint64_t)st->st_size &&
           stamp->mode == st->st_mode;
}

/* git sorts a folder as if its name ended with '/'. */
static int by_git(const void *a, const void *b)
{
    const struct ws_node *x = *(const struct ws_node *const *)a;
    const struct ws_node *y = *(const struct ws_node *const *)b;
    const char *p = x->name, *q = y->name;

    while (*p != '\0' && *p == *q) {
        p++;
        q++;
    }
    int c = *p != '\0' ? (unsigned char)*p : (x->mode == GIT_FILEMODE_TREE ? '/' : 0);
    int d = *q != '\0' ? (unsigned char)*q : (y->mode == GIT_FILEMODE_TREE ? '/' : 0);

    return c - d;
}

int ws_node_write_tree(struct ws_node *folder, struct ws_repo *r, struct ws_error *err)
{
    struct ws_node **sorted = ws_calloc(folder->len + 1, sizeof *sorted);
    struct ws_buf raw = {0};
    int rc;

    for (size_t i = 0; i < folder->len; i++) {
        sorted[i] = &folder->items[i];
    }
    qsort(sorted, folder->len, sizeof *sorted, by_git);
    for (size_t i = 0; i < folder->len; i++) {
        ws_buf_printf(&raw, "%o ", sorted[i]->mode);
        ws_buf_add(&raw, sorted[i]->name, strlen(sorted[i]->name) + 1);
        ws_buf_add(&raw, sorted[i]->oid.id, GIT_OID_RAWSZ);
    }
    rc = ws_durable_write(&folder->oid, r, ws_buf_str(&raw), raw.len, GIT_OBJECT_TREE);
    free(sorted);
    ws_buf_release(&raw);
    return rc < 0 ? ws_fail_git(err, WS_E_IO, rc, r->git_dir, "a tree cannot be written") : 0;
}
