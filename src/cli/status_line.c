#include "status_line.h"

#include <string.h>

#include "columns.h"
#include "wsfsm/base/text.h"

static const char dots[] = "...";

/* Bytes of text that fit into `columns`. */
static size_t fitting(const char *text, size_t columns)
{
    size_t total = strlen(text), used = 0;

    while (used < total) {
        char one[5] = "";
        size_t len = ws_utf8_len(text + used, total - used);

        len = len == 0 ? 1 : len;
        memcpy(one, text + used, len);
        size_t width = ws_display_width(one);
        if (width > columns) {
            break;
        }
        columns -= width;
        used += len;
    }
    return used;
}

void ws_cut_to_width(struct ws_buf *out, const char *text, size_t columns)
{
    size_t mark = sizeof dots - 1;

    if (ws_display_width(text) <= columns) {
        ws_buf_puts(out, text);
    } else if (columns < mark) {
        ws_buf_add(out, dots, columns);
    } else {
        ws_buf_add(out, text, fitting(text, columns - mark));
        ws_buf_puts(out, dots);
    }
}

void ws_status_line_format(struct ws_buf *out, const struct ws_status_line *s, size_t columns)
{
    struct ws_buf head = {0}, tail = {0}, said = {0};

    ws_buf_puts(&head, s->state != NULL ? s->state : "starting");
    if (s->tool != NULL) {
        ws_buf_puts(&head, "  ");
        ws_escape_line(&head, s->tool, strlen(s->tool));
        ws_buf_puts(&head, "  ");
        ws_format_seconds(&head, s->elapsed_ms);
        ws_buf_puts(&tail, "  (");
        ws_format_seconds(&tail, s->quiet_ms);
        ws_buf_puts(&tail, s->last_line != NULL && s->last_line[0] != '\0' ? " ago)" : " silent)");
    }
    if (s->tool != NULL && s->last_line != NULL && s->last_line[0] != '\0') {
        ws_buf_puts(&said, "  ");
        ws_escape_line(&said, s->last_line, strlen(s->last_line));
    }
    size_t fixed = ws_display_width(ws_buf_str(&head)) + ws_display_width(ws_buf_str(&tail));
    if (fixed >= columns) {
        ws_cut_to_width(out, ws_buf_str(&head), columns);
    } else {
        ws_buf_puts(out, ws_buf_str(&head));
        ws_cut_to_width(out, ws_buf_str(&said), columns - fixed);
        ws_buf_puts(out, ws_buf_str(&tail));
    }
    ws_buf_release(&head);
    ws_buf_release(&tail);
    ws_buf_release(&said);
}
