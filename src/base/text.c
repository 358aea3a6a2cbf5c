#include "wsfsm/base/text.h"

#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "codepoint.h"
#include "wsfsm/base/mem.h"

/* Unicode 15, table 3-7: the second byte's range depends on the first; all others are 80..BF. */
static const struct sequence {
    unsigned char first_min, first_max;
    unsigned char second_min, second_max;
    unsigned char len;
} sequences[] = {
    {0xC2, 0xDF, 0x80, 0xBF, 2}, {0xE0, 0xE0, 0xA0, 0xBF, 3}, {0xE1, 0xEC, 0x80, 0xBF, 3},
    {0xED, 0xED, 0x80, 0x9F, 3}, {0xEE, 0xEF, 0x80, 0xBF, 3}, {0xF0, 0xF0, 0x90, 0xBF, 4},
    {0xF1, 0xF3, 0x80, 0xBF, 4}, {0xF4, 0xF4, 0x80, 0x8F, 4},
};

static bool follows_form(const unsigned char *s, size_t len, const struct sequence *form)
{
    if (s[0] < form->first_min || s[0] > form->first_max || len < form->len) {
        return false;
    }
    if (s[1] < form->second_min || s[1] > form->second_max) {
        return false;
    }
    for (size_t i = 2; i < form->len; i++) {
        if ((s[i] & 0xC0) != 0x80) {
            return false;
        }
    }
    return true;
}

size_t ws_utf8_len(const char *s, size_t len)
{
    const unsigned char *bytes = (const unsigned char *)s;

    if (len == 0) {
        return 0;
    }
    if (bytes[0] < 0x80) {
        return 1;
    }
    for (size_t i = 0; i < sizeof sequences / sizeof *sequences; i++) {
        if (follows_form(bytes, len, &sequences[i])) {
            return sequences[i].len;
        }
    }
    return 0;
}

bool ws_utf8_valid(const char *s, size_t len)
{
    for (size_t at = 0; at < len;) {
        size_t n = ws_utf8_len(s + at, len - at);

        if (n == 0) {
            return false;
        }
        at += n;
    }
    return true;
}

uint32_t ws_utf8_decode(const char *s, size_t len)
{
    static const unsigned char first_mask[] = {0, 0x7F, 0x1F, 0x0F, 0x07};
    const unsigned char *bytes = (const unsigned char *)s;
    uint32_t code_point = bytes[0] & first_mask[len];

    for (size_t i = 1; i < len; i++) {
        code_point = code_point << 6 | (bytes[i] & 0x3F);
    }
    return code_point;
}

bool ws_is_control(uint32_t cp)
{
    return cp < 0x20 || (cp >= 0x7F && cp <= 0x9F) || cp == 0x061C || cp == 0x200E ||
           cp == 0x200F || (cp >= 0x202A && cp <= 0x202E) || (cp >= 0x2066 && cp <= 0x2069);
}

void ws_escape_line(struct ws_buf *out, const char *s, size_t len)
{
    for (size_t at = 0; at < len;) {
        size_t n = ws_utf8_len(s + at, len - at);
        uint32_t cp = n > 0 ? ws_utf8_decode(s + at, n) : 0;

        if (n > 0 && (cp == '\t' || !ws_is_control(cp))) {
            ws_buf_add(out, s + at, n);
        } else if (cp == '\n') {
            ws_buf_puts(out, "\\n");
        } else if (n > 1) {
            ws_buf_printf(out, "\\u{%04X}", (unsigned)cp);
        } else {
            ws_buf_printf(out, "\\x%02x", (unsigned)(unsigned char)s[at]);
        }
        at += n > 0 ? n : 1;
    }
}

/* Bytes of the character at s that can be shown as it is, 0 when it must be escaped. */
static size_t plain_len(const char *s, size_t len)
{
    size_t n = ws_utf8_len(s, len);

    return n > 0 && !ws_is_control(ws_utf8_decode(s, n)) ? n : 0;
}

static bool is_plain(const char *s, size_t len)
{
    for (size_t at = 0; at < len;) {
        size_t n = plain_len(s + at, len - at);

        if (n == 0) {
            return false;
        }
        at += n;
    }
    return true;
}

bool ws_escape_path(struct ws_buf *out, const char *path)
{
    size_t len = strlen(path);

    if (is_plain(path, len)) {
        ws_buf_add(out, path, len);
        return false;
    }
    for (size_t at = 0; at < len;) {
        size_t n = plain_len(path + at, len - at);

        if (n > 0 && path[at] != '%') {
            ws_buf_add(out, path + at, n);
            at += n;
            continue;
        }
        size_t end = ws_utf8_len(path + at, len - at);
        for (end = at + (end > 0 ? end : 1); at < end; at++) {
            ws_buf_printf(out, "%%%02X", (unsigned)(unsigned char)path[at]);
        }
    }
    return true;
}

char *ws_unescape_path(const char *text)
{
    char *path = ws_alloc(strlen(text) + 1), *end = path;

    while (*text != '\0') {
        if (text[0] == '%' && isxdigit((unsigned char)text[1]) &&
            isxdigit((unsigned char)text[2])) {
            const char digits[] = {text[1], text[2], '\0'};

            *end++ = (char)strtoul(digits, NULL, 16);
            text += 3;
        } else {
            *end++ = *text++;
        }
    }
    *end = '\0';
    return path;
}

static size_t min_size(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Damerau-Levenshtein distance (optimal string alignment). `rows` has room for 3 rows of b_len + 1.
 */
static size_t distance(const char *a, size_t a_len, const char *b, size_t b_len, size_t *rows)
{
    size_t *before = rows, *above = rows + b_len + 1, *row = above + b_len + 1;

    for (size_t j = 0; j <= b_len; j++) {
        above[j] = j;
    }
    for (size_t i = 1; i <= a_len; i++) {
        row[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            size_t replaced = above[j - 1] + (a[i - 1] != b[j - 1]);

            row[j] = min_size(replaced, min_size(above[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                row[j] = min_size(row[j], before[j - 2] + 1);
            }
        }
        size_t *spare = before;
        before = above;
        above = row;
        row = spare;
    }
    return above[b_len];
}

const char *ws_nearest(const char *word, const char *const *candidates, size_t count)
{
    size_t len = strlen(word);
    size_t limit = len < 6 ? 1 : min_size(len / 3, 3);
    size_t *rows = ws_calloc(3 * (len + limit + 1), sizeof *rows);
    const char *nearest = NULL;

    for (size_t i = 0; i < count; i++) {
        size_t other = strlen(candidates[i]);

        if (strcasecmp(word, candidates[i]) == 0) {
            nearest = candidates[i];
            break;
        }
        if (other > len + limit || len > other + limit) {
            continue;
        }
        size_t edits = distance(word, len, candidates[i], other, rows);
        /* Two words without a letter in common are not alike, however short they are. */
        if (edits <= limit && edits < (len > other ? len : other)) {
            nearest = candidates[i];
            limit = edits - 1; /* the next one must be better: of equals the first is taken */
        }
    }
    free(rows);
    return nearest;
}

enum { FEW = 5 };

/* The first candidates that differ from each other, at most FEW + 1 of them. */
static size_t distinct(const char **out, const char *const *candidates, size_t count)
{
    size_t len = 0;

    for (size_t i = 0; i < count && len <= FEW; i++) {
        size_t j = 0;

        while (j < len && strcmp(out[j], candidates[i]) != 0) {
            j++;
        }
        if (j == len) {
            out[len++] = candidates[i];
        }
    }
    return len;
}

void ws_suggest(struct ws_buf *out, const char *word, const char *const *candidates, size_t count,
                const char *hint)
{
    const char *few[FEW + 1];
    const char *nearest = ws_nearest(word, candidates, count);
    size_t len = distinct(few, candidates, count);

    if (nearest != NULL && strcmp(nearest, word) != 0) {
        ws_buf_printf(out, "; did you mean '%s'?", nearest);
    } else if (len > 0 && len <= FEW) {
        for (size_t i = 0; i < len; i++) {
            const char *before = i == 0 ? "; there " : i + 1 < len ? ", " : " and ";
            const char *verb = i > 0 ? "" : len == 1 ? "is only " : "are ";

            ws_buf_printf(out, "%s%s'%s'", before, verb, few[i]);
        }
    } else if (hint != NULL) {
        ws_buf_printf(out, "; %s", hint);
    }
}

bool ws_starts_with(const char *s, const char *prefix)
{
    return strncmp(s, prefix, strlen(prefix)) == 0;
}

bool ws_ends_with(const char *s, const char *suffix)
{
    size_t len = strlen(s), suffix_len = strlen(suffix);

    return suffix_len <= len && memcmp(s + len - suffix_len, suffix, suffix_len) == 0;
}

bool ws_parse_int(long long *out, const char *s, long long min, long long max)
{
    char *end;

    if (!isdigit((unsigned char)s[s[0] == '-'])) {
        return false;
    }
    int saved = errno;
    errno = 0;
    long long n = strtoll(s, &end, 10);
    bool fits = errno == 0;
    errno = saved;
    if (!fits || *end != '\0' || n < min || n > max) {
        return false;
    }
    *out = n;
    return true;
}
