#include "wsfsm/base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "wsfsm/base/buf.h"
#include "wsfsm/base/mem.h"
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

bool ws_errno_is_trouble(int error)
{
    static const int trouble[] = {EIO,    ENOSPC, EDQUOT,    ENOMEM, EMFILE,
                                  ENFILE, ESTALE, ETIMEDOUT, EROFS};

    for (size_t i = 0; i < sizeof trouble / sizeof *trouble; i++) {
        if (error == trouble[i]) {
            return true;
        }
    }
    return false;
}

/* Escapes text into a field; when it is too long, the text is cut and the suffix
 * (short, and ours) stays. */
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

/* `text` is the formatted message; it and `where` may come from *err itself. */
static void fill(struct ws_error *err, enum ws_code code, const char *where, const char *text,
                 const char *reason)
{
    char *place = ws_strdup(where != NULL ? where : "");
    char *suffix = ws_format("%s%s", reason[0] != '\0' ? ": " : "", reason);

    err->code = code;
    store(err->where, sizeof err->where, place, "");
    store(err->message, sizeof err->message, text, suffix);
    free(place);
    free(suffix);
}

int ws_fail(struct ws_error *err, enum ws_code code, const char *where, const char *format, ...)
{
    int saved = errno;
    va_list ap;

    if (err != NULL) {
        va_start(ap, format);
        char *text = ws_vformat(format, ap);
        va_end(ap);
        fill(err, code, where, text, "");
        free(text);
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
        bool full = saved == ENOSPC || saved == EDQUOT;

        va_start(ap, format);
        char *text = ws_vformat(format, ap);
        va_end(ap);
        fill(err, full ? WS_E_DISK_FULL : code, where, text, strerror(saved));
        free(text);
    }
    errno = saved;
    return -1;
}
