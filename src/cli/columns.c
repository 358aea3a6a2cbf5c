#include "columns.h"

#include <stdarg.h>
#include <string.h>

#include "wsfsm/base/mem.h"
#include "wsfsm/base/text.h"

/* From here on (Hangul Jamo) there are characters two columns wide. Some of them are not; a guess
 * too large only makes a gap, one too small breaks a line. */
static const unsigned char first_wide[] = {0xE1, 0x84};

size_t ws_display_width(const char *text)
{
    size_t left = strlen(text), width = 0;

    while (left > 0) {
        size_t len = ws_utf8_len(text, left);

        if (len == 0) {
            len = 1;
        }
        width += len >= 3 && memcmp(text, first_wide, sizeof first_wide) >= 0 ? 2 : 1;
        text += len;
        left -= len;
    }
    return width;
}

void ws_columns_add(struct ws_columns *c, const char *text)
{
    struct ws_buf cell = {0};
    size_t column = c->cells.len % c->count;

    if (text == NULL || text[0] == '\0') {
        text = "-";
    }
    ws_escape_line(&cell, text, strlen(text));
    size_t width = ws_display_width(ws_buf_str(&cell));
    if (width > c->width[column]) {
        c->width[column] = width;
    }
    ws_strv_take(&c->cells, ws_buf_steal(&cell));
}

void ws_columns_addf(struct ws_columns *c, const char *format, ...)
{
    struct ws_buf text = {0};
    va_list ap;

    va_start(ap, format);
    ws_buf_vprintf(&text, format, ap);
    va_end(ap);
    ws_columns_add(c, ws_buf_str(&text));
    ws_buf_release(&text);
}

void ws_columns_print(struct ws_buf *out, struct ws_columns *c)
{
    for (size_t i = 0; i < c->cells.len; i++) {
        size_t column = i % c->count;
        const char *cell = c->cells.items[i];

        ws_buf_puts(out, cell);
        if (column + 1 == c->count) {
            ws_buf_putc(out, '\n');
            continue;
        }
        for (size_t pad = ws_display_width(cell); pad < c->width[column] + 2; pad++) {
            ws_buf_putc(out, ' ');
        }
    }
    ws_strv_clear(&c->cells);
}

void ws_columns_release(struct ws_columns *c)
{
    ws_strv_release(&c->cells);
    *c = (struct ws_columns){0};
}

void ws_format_duration(struct ws_buf *out, int64_t ms)
{
    int64_t seconds = ms / 1000;

    if (ms < 0) {
        ws_buf_puts(out, "0 ms");
    } else if (ms < 1000) {
        ws_buf_printf(out, "%d ms", (int)ms);
    } else if (seconds < 60) {
        ws_buf_printf(out, "%d.%d s", (int)seconds, (int)(ms % 1000 / 100));
    } else if (seconds < 3600) {
        ws_buf_printf(out, "%dm%02ds", (int)(seconds / 60), (int)(seconds % 60));
    } else if (seconds < 86400) {
        ws_buf_printf(out, "%dh%02dm", (int)(seconds / 3600), (int)(seconds % 3600 / 60));
    } else {
        ws_buf_printf(out, "%lldd%02dh", (long long)(seconds / 86400),
                      (int)(seconds % 86400 / 3600));
    }
}

void ws_format_seconds(struct ws_buf *out, int64_t ms)
{
    if (ms < 60000) {
        ws_buf_printf(out, "%d s", ms < 0 ? 0 : (int)(ms / 1000));
    } else {
        ws_format_duration(out, ms);
    }
}

void ws_format_bytes(struct ws_buf *out, int64_t bytes)
{
    static const char *const units[] = {"KiB", "MiB", "GiB", "TiB"};
    double value = (double)bytes / 1024;
    size_t unit = 0;

    if (bytes < 1024) {
        ws_buf_printf(out, "%d bytes", (int)bytes);
        return;
    }
    while (value >= 1024 && unit + 1 < sizeof units / sizeof *units) {
        value /= 1024;
        unit++;
    }
    ws_buf_printf(out, "%.1f %s", value, units[unit]);
}
