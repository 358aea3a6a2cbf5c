/* Memory that is released in one go: the strings and arrays of one machine. */
#ifndef WS_MACHINE_ARENA_H
#define WS_MACHINE_ARENA_H

#include <stddef.h>

struct ws_arena; /* see ws_arena_new() */

struct ws_arena *ws_arena_new(void);
void ws_arena_free(struct ws_arena *a); /* NULL is fine */

void *ws_arena_alloc(struct ws_arena *a, size_t count,
                     size_t size); /* zeroed, aligned for anything */
char *ws_arena_string(struct ws_arena *a, const char *s, size_t len);
void *ws_arena_copy(struct ws_arena *a, const void *items, size_t count, size_t size);

#endif
