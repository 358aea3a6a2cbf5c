#include "wsfsm/base/json.h"

#include <inttypes.h>
#include <string.h>

#include "codepoint.h"
#include "wsfsm/base/text.h"

/* A comma is due unless something just began: an object, an array, a member's value, the text
 * itself (a newline ends a record, as in JSON Lines). A string ends with its quote, so the byte is
 * never inside one. */
static void separate(struct ws_buf *b)
{
    size_t len = b->len;

    while (len > 0 && (b->data[len - 1] == ' ' || b->data[len - 1] == '\t')) {
        len--;
    }
    if (len > 0 && strchr("{[:,\n", b->data[len - 1]) == NULL) {
        ws_buf_putc(b, ',');
    }
}

void ws_json_open(struct ws_buf *b, char bracket)
{
    separate(b);
    ws_buf_putc(b, bracket);
}

void ws_json_close(struct ws_buf *b, char bracket)
{
    ws_buf_putc(b, bracket);
}

void ws_json_key(struct ws_buf *b, const char *key)
{
    ws_json_str(b, key);
    ws_buf_putc(b, ':');
}

void ws_json_str(struct ws_buf *b, const char *s)
{
    if (s == NULL) {
        ws_json_null(b);
    } else {
        ws_json_strn(b, s, strlen(s));
    }
}

static void put_char(struct ws_buf *b, const char *s, size_t len)
{
    static const char named[] = "\"\\\b\f\n\r\t", letters[] = "\"\\bfnrt";
    uint32_t cp = ws_utf8_decode(s, len);
    const char *found = len == 1 && *s != '\0' ? strchr(named, *s) : NULL;

    if (found != NULL) {
        ws_buf_putc(b, '\\');
        ws_buf_putc(b, letters[found - named]);
    } else if (ws_is_control(cp)) {
        /* JSON wants this of C0 alone; the others keep a terminal from obeying them. */
        ws_buf_printf(b, "\\u%04x", (unsigned)cp);
    } else {
        ws_buf_add(b, s, len);
    }
}

/* How much of the text stands for itself: printable ASCII but for the quote and the backslash. */
static size_t plain_len(const char *s, size_t len)
{
    size_t n = 0;

    while (n < len && s[n] >= ' ' && s[n] <= '~' && s[n] != '"' && s[n] != '\\') {
        n++;
    }
    return n;
}

void ws_json_strn(struct ws_buf *b, const char *s, size_t len)
{
    separate(b);
    ws_buf_putc(b, '"');
    for (size_t at = 0; at < len;) {
        size_t n = plain_len(s + at, len - at);

        if (n > 0) {
            ws_buf_add(b, s + at, n);
        } else if ((n = ws_utf8_len(s + at, len - at)) > 0) {
            put_char(b, s + at, n);
        } else {
            ws_buf_puts(b, "\xEF\xBF\xBD"); /* U+FFFD */
            n = 1;
        }
        at += n;
    }
    ws_buf_putc(b, '"');
}

void ws_json_path(struct ws_buf *b, const char *path)
{
    struct ws_buf shown = {0};

    if (path == NULL) {
        ws_json_null(b);
        return;
    }
    ws_escape_path(&shown, path);
    ws_json_strn(b, ws_buf_str(&shown), shown.len);
    ws_buf_release(&shown);
}

void ws_json_int(struct ws_buf *b, int64_t n)
{
    separate(b);
    ws_buf_printf(b, "%" PRId64, n);
}

void ws_json_bool(struct ws_buf *b, bool v)
{
    separate(b);
    ws_buf_puts(b, v ? "true" : "false");
}

void ws_json_null(struct ws_buf *b)
{
    separate(b);
    ws_buf_puts(b, "null");
}

void ws_json_raw(struct ws_buf *b, const char *json)
{
    static const char space[] = " \t\r\n";
    const char *start = json != NULL ? json + strspn(json, space) : "";
    size_t len = strlen(start);

    while (len > 0 && strchr(space, start[len - 1]) != NULL) {
        len--; /* a newline here would pass for the end of the text */
    }
    if (len == 0) {
        ws_json_null(b);
        return;
    }
    separate(b);
    ws_buf_add(b, start, len);
}

void ws_json_kstr(struct ws_buf *b, const char *key, const char *s)
{
    ws_json_key(b, key);
    ws_json_str(b, s);
}

void ws_json_kint(struct ws_buf *b, const char *key, int64_t n)
{
    ws_json_key(b, key);
    ws_json_int(b, n);
}

void ws_json_kbool(struct ws_buf *b, const char *key, bool v)
{
    ws_json_key(b, key);
    ws_json_bool(b, v);
}

void ws_json_knull(struct ws_buf *b, const char *key)
{
    ws_json_key(b, key);
    ws_json_null(b);
}

void ws_json_kraw(struct ws_buf *b, const char *key, const char *json)
{
    ws_json_key(b, key);
    ws_json_raw(b, json);
}

static void put_list(struct ws_buf *b, const char *key, const struct ws_strv *v,
                     void (*put)(struct ws_buf *, const char *))
{
    ws_json_key(b, key);
    ws_json_open(b, '[');
    for (size_t i = 0; i < v->len; i++) {
        put(b, v->items[i]);
    }
    ws_json_close(b, ']');
}

void ws_json_kstrv(struct ws_buf *b, const char *key, const struct ws_strv *v)
{
    put_list(b, key, v, ws_json_str);
}

void ws_json_kpaths(struct ws_buf *b, const char *key, const struct ws_strv *paths)
{
    put_list(b, key, paths, ws_json_path);
}
