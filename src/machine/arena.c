#include "arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "wsfsm/base/mem.h"

enum { CHUNK_SIZE = 16 * 1024 };

struct chunk {
    struct chunk *next;
    size_t used, size;
    alignas(max_align_t) unsigned char bytes[];
};

struct ws_arena {
    struct chunk *chunks; /* the one being filled first */
};

struct ws_arena *ws_arena_new(void)
{
    return ws_alloc(sizeof(struct ws_arena));
}

void ws_arena_free(struct ws_arena *a)
{
    if (a == NULL) {
        return;
    }
    while (a->chunks != NULL) {
        struct chunk *next = a->chunks->next;

        free(a->chunks);
        a->chunks = next;
    }
    free(a);
}

static struct chunk *add_chunk(struct ws_arena *a, size_t need)
{
    size_t size = need > CHUNK_SIZE ? need : CHUNK_SIZE;
    struct chunk *c = ws_alloc(sizeof *c + size);

    c->size = size;
    c->next = a->chunks;
    a->chunks = c;
    return c;
}

void *ws_arena_alloc(struct ws_arena *a, size_t count, size_t size)
{
    const size_t align = alignof(max_align_t);
    size_t need = 0;
    struct chunk *c = a->chunks;
    void *p;

    if (__builtin_mul_overflow(count, size, &need) || need > SIZE_MAX - sizeof *c - align) {
        abort(); /* no machine of WS_STATES_MAX states comes near */
    }
    need = (need + align - 1) / align * align;
    if (c == NULL || c->size - c->used < need) {
        c = add_chunk(a, need);
    }
    p = c->bytes + c->used;
    c->used += need;
    return p;
}

char *ws_arena_string(struct ws_arena *a, const char *s, size_t len)
{
    char *copy = ws_arena_alloc(a, len + 1, 1);

    memcpy(copy, s, len);
    return copy;
}

void *ws_arena_copy(struct ws_arena *a, const void *items, size_t count, size_t size)
{
    void *copy = ws_arena_alloc(a, count, size);

    if (count > 0) {
        memcpy(copy, items, count * size);
    }
    return copy;
}
