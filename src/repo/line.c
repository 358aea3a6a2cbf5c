#include "line.h"

#include <stdlib.h>
#include <string.h>

#include "wsfsm/base/mem.h"

void ws_line_put(struct ws_buf *out, const char *value)
{
    if (value[0] == '\0') {
        ws_buf_putc(out, '%');
    }
    for (const unsigned char *p = (const unsigned char *)value; *p != '\0'; p++) {
        if (*p > 0x20 && *p < 0x7f && *p != '%') {
            ws_buf_putc(out, (char)*p);
        } else {
            ws_buf_printf(out, "%%%02X", (unsigned)*p);
        }
    }
}

static int hex(char c)
{
    static const char digits[] = "0123456789ABCDEF";
    const char *at = c != '\0' ? strchr(digits, c) : NULL;

    return at != NULL ? (int)(at - digits) : -1;
}

char *ws_line_take(const char **at)
{
    struct ws_buf out = {0};
    const char *p = *at + strspn(*at, " ");

    if (*p == '\0' || *p == '\n') {
        return NULL;
    }
    if (p[0] == '%' && (p[1] == ' ' || p[1] == '\n' || p[1] == '\0')) {
        *at = p + 1;
        return ws_strdup("");
    }
    for (; *p != '\0' && *p != ' ' && *p != '\n'; p++) {
        if (*p != '%') {
            ws_buf_putc(&out, *p);
            continue;
        }
        int high = hex(p[1]), low = high >= 0 ? hex(p[2]) : -1;

        if (low < 0 || (high == 0 && low == 0)) {
            ws_buf_release(&out);
            return NULL;
        }
        ws_buf_putc(&out, (char)(high * 16 + low));
        p += 2;
    }
    *at = p;
    return ws_buf_steal(&out);
}
