#include "wsfsm/base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "wsfsm/base/buf.h"
#include "wsfsm/base/text.h"

static const struct {
    const char *name;
    int exit;
} codes[] = {
#define WS_X(code, name, exit) [WS_E_##code] = {name, exit},
    WS_ERROR_CODES(WS_X)
#undef WS_X
};

enum { CODES = sizeof codes / sizeof *codes };

const char *ws_code_name(enum ws_code code)
{
    return (size_t)code < CODES ? codes[code].name : codes[WS_E_INTERNAL].name;
}

int ws_code_exit(enum ws_code code)
{
    return (size_t)code < CODES ? codes[code].exit : codes[WS_E_INTERNAL].exit;
}

/* Escapes text into a field; when it is too long, the text is cut and the suffix (which fits)
 * stays. */
static void store(char *field, size_t size, const char *text, const char *suffix)
{
    struct ws_buf line = {0};

    ws_escape_line(&line, text, strlen(text));
    size_t suffix_len = strlen(suffix);
    size_t len = line.len;
    if (len > size - 1 - suffix_len) {
        len = size - 1 - suffix_len;
        while (len > 0 && ((unsigned char)line.data[len] & 0xC0) == 0x80) {
            len--;
        }
    }
    memcpy(field, ws_buf_str(&line), len);
    memcpy(field + len, suffix, suffix_len + 1);
    ws_buf_release(&line);
}

__attribute__((format(printf, 5, 0))) static void fill(struct ws_error *err, enum ws_code code,
                                                       const char *where, const char *reason,
                                                       const char *format, va_list ap)
{
    struct ws_buf place = {0}, text = {0};
    char suffix[WS_ERROR_MESSAGE / 4] = "";

    /* The arguments may point into *err: nothing is written before all of them were read. */
    ws_buf_puts(&place, where != NULL ? where : "");
    ws_buf_vprintf(&text, format, ap);
    if (reason != NULL) {
        struct ws_buf line = {0};

        ws_buf_printf(&line, ": %s", reason);
        store(suffix, sizeof suffix, line.data, "");
        ws_buf_release(&line);
    }
    err->code = code;
    store(err->where, sizeof err->where, ws_buf_str(&place), "");
    store(err->message, sizeof err->message, ws_buf_str(&text), suffix);
    ws_buf_release(&place);
    ws_buf_release(&text);
}

int ws_fail(struct ws_error *err, enum ws_code code, const char *where, const char *format, ...)
{
    int saved = errno;
    va_list ap;

    if (err != NULL) {
        va_start(ap, format);
        fill(err, code, where, NULL, format, ap);
        va_end(ap);
    }
    errno = saved;
    return -1;
}

int ws_fail_errno(struct ws_error *err, enum ws_code code, const char *where, const char *format,
                  ...)
{
    int saved = errno;
    va_list ap;

    if (err != NULL) {
        if (saved == ENOSPC || saved == EDQUOT) {
            code = WS_E_DISK_FULL;
        }
        va_start(ap, format);
        fill(err, code, where, strerror(saved), format, ap);
        va_end(ap);
    }
    errno = saved;
    return -1;
}
