#include "wsfsm/base/mem.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "fatal.h"

_Noreturn void ws_fatal(const char *text)
{
    struct iovec line[] = {
        {.iov_base = (void *)(uintptr_t) "wsfsm: ", .iov_len = 7},
        {.iov_base = (void *)(uintptr_t)text, .iov_len = strlen(text)},
        {.iov_base = (void *)(uintptr_t) "\n", .iov_len = 1},
    };

    ssize_t written = writev(STDERR_FILENO, line, 3);
    (void)written; /* nobody is left to be told */
    abort();
}

static void *checked(void *memory)
{
    if (memory == NULL) {
        ws_fatal("out of memory");
    }
    return memory;
}

void *ws_realloc(void *old, size_t size)
{
    return checked(realloc(old, size));
}

void *ws_calloc(size_t count, size_t size)
{
    /* calloc() detects the overflow; it may answer a request for nothing with NULL. */
    if (count == 0 || size == 0) {
        count = size = 1;
    }
    return checked(calloc(count, size));
}

void *ws_alloc(size_t size)
{
    return ws_calloc(1, size);
}

char *ws_strdup(const char *s)
{
    return s != NULL ? checked(strdup(s)) : NULL;
}

char *ws_strndup(const char *s, size_t len)
{
    return s != NULL ? checked(strndup(s, len)) : NULL;
}

char *ws_vformat(const char *format, va_list ap)
{
    char *text = NULL;

    if (vasprintf(&text, format, ap) < 0) {
        ws_fatal("out of memory");
    }
    return text;
}

char *ws_format(const char *format, ...)
{
    va_list ap;

    va_start(ap, format);
    char *text = ws_vformat(format, ap);
    va_end(ap);
    return text;
}

void *ws_grow(void *items, size_t *cap, size_t len, size_t size)
{
    if (len >= *cap) {
        size_t more = len < 4 ? 8 : len;
        size_t wanted, bytes;

        if (__builtin_add_overflow(len, more, &wanted) ||
            __builtin_mul_overflow(wanted, size, &bytes)) {
            ws_fatal("out of memory: an array is too long");
        }
        items = ws_realloc(items, bytes);
        *cap = wanted;
    }
    memset((char *)items + len * size, 0, size);
    return items;
}
