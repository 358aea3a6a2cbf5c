/* Memory. Allocation never returns NULL: when the system has none left the process aborts, which is as
 * harmless as a `kill -9` (see docs/ARCHITECTURE.md, "Out of memory"). Release everything with free().
 */
#ifndef WSFSM_BASE_MEM_H
#define WSFSM_BASE_MEM_H

#include <stdarg.h>
#include <stddef.h>

void *ws_alloc(size_t size); /* zeroed */
void *ws_calloc(size_t count, size_t size);
char *ws_strdup(const char *s);          /* NULL gives NULL */
char *ws_strndup(const char *s, size_t len);
char *ws_format(const char *format, ...) __attribute__((format(printf, 1, 2)));
char *ws_vformat(const char *format, va_list ap) __attribute__((format(printf, 1, 0)));

/* Makes room for one more item of `size` bytes in an array of `len` items, doubling *cap as needed. New
 * items are zeroed. Overflow aborts. Returns the array, which may have moved:
 *     v->items = ws_grow(v->items, &v->cap, v->len, sizeof *v->items);
 *     v->items[v->len++] = item;                                                                     */
void *ws_grow(void *items, size_t *cap, size_t len, size_t size);

#endif
