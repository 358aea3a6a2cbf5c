#include "html.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "wsfsm/base/text.h"

static const char *entity(char c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

static void line(struct ws_buf *out, const char *text, size_t len)
{
    struct ws_buf shown = {0};

    ws_escape_line(&shown, text, len);
    for (size_t i = 0; i < shown.len; i++) {
        const char *name = entity(shown.data[i]);

        if (name != NULL) {
            ws_buf_puts(out, name);
        } else {
            ws_buf_putc(out, shown.data[i]);
        }
    }
    ws_buf_release(&shown);
}

void ws_html_text(struct ws_buf *out, const char *text)
{
    if (text != NULL) {
        line(out, text, strlen(text));
    }
}

void ws_html_lines(struct ws_buf *out, const char *text, size_t len)
{
    const char *end;

    for (; (end = memchr(text, '\n', len)) != NULL; text = end + 1) {
        size_t part = (size_t)(end - text);

        line(out, text, part);
        ws_buf_putc(out, '\n');
        len -= part + 1;
    }
    line(out, text, len);
}

void ws_html_start(struct ws_buf *out, const char *text, size_t limit)
{
    size_t len = strlen(text), end = limit;

    if (len <= limit) {
        line(out, text, len);
        return;
    }
    while (end > 0 && ((unsigned char)text[end] & 0xC0) == 0x80) {
        end--;
    }
    line(out, text, end);
    ws_buf_puts(out, "...");
}

/* One conversion, behind its '%'; gives what follows it. */
static const char *convert(struct ws_buf *out, const char *at, va_list *ap)
{
    switch (*at) {
    case '%':
        ws_buf_putc(out, '%');
        return at + 1;
    case 's':
        ws_html_text(out, va_arg(*ap, const char *));
        return at + 1;
    case 'd':
        ws_buf_printf(out, "%d", va_arg(*ap, int));
        return at + 1;
    case 'z':
        ws_buf_printf(out, "%zu", va_arg(*ap, size_t));
        return at[1] == 'u' ? at + 2 : NULL;
    case 'l':
        ws_buf_printf(out, "%lld", va_arg(*ap, long long));
        return at[1] == 'l' && at[2] == 'd' ? at + 3 : NULL;
    default:
        return NULL;
    }
}

void ws_html_add(struct ws_buf *out, const char *format, ...)
{
    va_list ap;

    va_start(ap, format);
    while (*format != '\0') {
        size_t plain = strcspn(format, "%");

        ws_buf_add(out, format, plain);
        format += plain;
        if (*format == '%' && (format = convert(out, format + 1, &ap)) == NULL) {
            abort();
        }
    }
    va_end(ap);
}
