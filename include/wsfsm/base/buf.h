/* A growing byte string, always NUL-terminated. A zeroed struct is an empty one. */
#ifndef WSFSM_BASE_BUF_H
#define WSFSM_BASE_BUF_H

#include <stdarg.h>
#include <stddef.h>

struct ws_buf {
    char *data; /* NULL until the first byte; use ws_buf_str() for a string that is never NULL */
    size_t len;
    size_t cap;
};

void ws_buf_release(struct ws_buf *b);
void ws_buf_clear(struct ws_buf *b); /* keeps the memory */
void ws_buf_add(struct ws_buf *b, const void *data, size_t len);
void ws_buf_puts(struct ws_buf *b, const char *s);
void ws_buf_putc(struct ws_buf *b, char c);
void ws_buf_printf(struct ws_buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
void ws_buf_vprintf(struct ws_buf *b, const char *format, va_list ap)
    __attribute__((format(printf, 2, 0)));
const char *ws_buf_str(const struct ws_buf *b);
char *ws_buf_steal(struct ws_buf *b); /* the caller frees it; never NULL; the buffer is empty again */

#endif
