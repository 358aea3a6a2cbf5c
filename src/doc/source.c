#include "internal.h"

#include <stdarg.h>
#include <string.h>

#include "wsfsm/base/text.h"

void ws_source_locate(struct ws_source *s, size_t offset, unsigned *line, unsigned *col)
{
    if (offset > s->len) {
        offset = s->len;
    }
    if (s->line == 0 || offset < s->at) {
        s->at = 0;
        s->line = s->col = 1;
    }
    for (; s->at < offset; s->at++) {
        char c = s->text[s->at];
        bool crlf = c == '\r' && s->at + 1 < s->len && s->text[s->at + 1] == '\n';

        if (c == '\n' || (c == '\r' && !crlf)) {
            s->line++;
            s->col = 1;
        } else {
            s->col++;
        }
    }
    *line = s->line;
    *col = s->col;
}

void ws_source_error(struct ws_source *s, size_t offset, const char *format, ...)
{
    struct ws_buf text = {0};
    unsigned line, col;
    va_list ap;

    if (ws_source_gave_up(s)) {
        return;
    }
    va_start(ap, format);
    ws_buf_vprintf(&text, format, ap);
    va_end(ap);
    ws_source_locate(s, offset, &line, &col);
    ws_diag_add(s->diags, WS_ERROR, NULL, s->file, line, col, "%s", ws_buf_str(&text));
    ws_buf_release(&text);
    s->errors++;
    if (ws_source_gave_up(s)) {
        ws_diag_add(s->diags, WS_NOTE, NULL, s->file, line, col,
                    "too many errors; the rest was not read");
    }
}

bool ws_source_gave_up(const struct ws_source *s)
{
    return s->errors >= WS_DOC_ERRORS_MAX;
}

bool ws_source_check(struct ws_source *s)
{
    size_t at = 0;

    if (s->len >= 2 &&
        (memcmp(s->text, "\xff\xfe", 2) == 0 || memcmp(s->text, "\xfe\xff", 2) == 0)) {
        ws_source_error(s, 0, "this is UTF-16; save the file as UTF-8");
        return false;
    }
    while (at < s->len) {
        size_t n = ws_utf8_len(s->text + at, s->len - at);

        if (n == 0) {
            ws_source_error(s, at, "byte 0x%02x is not valid UTF-8", (unsigned char)s->text[at]);
            return false;
        }
        if (s->text[at] == '\0') {
            ws_source_error(s, at, "a NUL byte is not allowed");
            return false;
        }
        at += n;
    }
    return true;
}
