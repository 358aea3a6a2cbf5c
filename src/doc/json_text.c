/* Trees as JSON text. */
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"
#include "wsfsm/base/json.h"
#include "wsfsm/base/mem.h"

static size_t digits(const char *text, size_t len)
{
    size_t n = 0;

    while (n < len && isdigit((unsigned char)text[n])) {
        n++;
    }
    return n;
}

size_t ws_json_number_len(const char *text, size_t len)
{
    size_t at = len > 0 && text[0] == '-', whole = digits(text + at, len - at), n;

    if (whole == 0) {
        return 0;
    }
    at += text[at] == '0' ? 1 : whole;
    if (at < len && text[at] == '.') {
        n = digits(text + at + 1, len - at - 1);
        if (n == 0) {
            return at;
        }
        at += 1 + n;
    }
    if (at < len && (text[at] == 'e' || text[at] == 'E')) {
        size_t sign = at + 1 < len && (text[at + 1] == '-' || text[at + 1] == '+');

        n = digits(text + at + 1 + sign, len - at - 1 - sign);
        at += n > 0 ? 1 + sign + n : 0;
    }
    return at;
}

bool ws_node_fits(const struct ws_node *number)
{
    return number->kind == WS_NODE_INT ? !number->overflow : isfinite(number->real) != 0;
}

/* A number that does not fit here is kept digit by digit where JSON can say it, else as a string
 * (infinity, 0xFFFFFFFFFFFFFFFFFF). */
static void write_number(struct ws_buf *out, const struct ws_node *node)
{
    size_t len = strlen(node->text);
    bool fits = ws_node_fits(node);

    if (node->kind == WS_NODE_INT && fits) {
        ws_json_int(out, node->integer);
    } else if (len > 0 && ws_json_number_len(node->text, len) == len) {
        ws_json_raw(out, node->text);
    } else if (!fits) {
        ws_json_str(out, node->text);
    } else {
        char *text = ws_format("%.17e", node->real);

        ws_json_raw(out, text);
        free(text);
    }
}

void ws_node_json(struct ws_buf *out, const struct ws_node *node)
{
    switch (node->kind) {
    case WS_NODE_NULL:
        ws_json_null(out);
        break;
    case WS_NODE_BOOL:
        ws_json_bool(out, node->boolean);
        break;
    case WS_NODE_INT:
    case WS_NODE_FLOAT:
        write_number(out, node);
        break;
    case WS_NODE_STRING:
        ws_json_str(out, node->text);
        break;
    case WS_NODE_SEQ:
    case WS_NODE_MAP:
        ws_json_open(out, node->kind == WS_NODE_MAP ? '{' : '[');
        for (size_t i = 0; i < node->len; i++) {
            if (node->kind == WS_NODE_MAP) {
                ws_json_key(out, node->keys[i]->text);
            }
            ws_node_json(out, node->items[i]);
        }
        ws_json_close(out, node->kind == WS_NODE_MAP ? '}' : ']');
        break;
    }
}
