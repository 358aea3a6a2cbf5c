#include "lex.h"

#include <string.h>

#include "wsfsm/base/mem.h"
#include "wsfsm/base/text.h"

static void add_token(struct ws_line *line, enum ws_token_kind kind, const char *text,
                      unsigned number, size_t start)
{
    struct ws_token token = {.kind = kind, .word = {text, number, (unsigned)start + 1}};

    line->items = ws_grow(line->items, &line->cap, line->len, sizeof *line->items);
    line->items[line->len++] = token;
}

static void bad_bytes(struct ws_lexer *x, size_t col, const char *what)
{
    ws_def_report_syntax(x->report, "E005", (struct ws_word){NULL, x->number, (unsigned)col + 1},
                         "%s", what);
}

/* The bytes of the whole line, also of comments and strings: what is printed later must be text. */
static void check_bytes(struct ws_lexer *x, const char *s, size_t len)
{
    for (size_t i = 0; i < len;) {
        size_t n = ws_utf8_len(s + i, len - i);

        if (n == 0) {
            bad_bytes(x, i, "this is not valid UTF-8");
            return;
        }
        if (s[i] == '\r') {
            if (!x->said_cr) {
                bad_bytes(x, i, "carriage return; lines end with a line feed alone");
            }
            x->said_cr = true;
        } else if (s[i] == '\0') {
            bad_bytes(x, i, "NUL byte");
            return;
        } else if (((unsigned char)s[i] < 0x20 && s[i] != '\t') || s[i] == 0x7f) {
            bad_bytes(x, i, "control character");
            return;
        }
        i += n;
    }
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static bool ends_word(const char *s, size_t left)
{
    static const char marks[] = {'[', ']', '!', '*', '"', '#'};

    return is_space(s[0]) || memchr(marks, s[0], sizeof marks) != NULL ||
           (left > 1 && s[0] == '-' && s[1] == '>');
}

static size_t lex_string(struct ws_lexer *x, struct ws_line *line, const char *s, size_t len,
                         size_t i)
{
    const char *close = memchr(s + i + 1, '"', len - i - 1);
    size_t end = close != NULL ? (size_t)(close - s) : len;

    if (close == NULL) {
        bad_bytes(x, i, "string is not closed on this line");
    }
    add_token(line, WS_TOKEN_STRING, ws_arena_string(x->arena, s + i + 1, end - i - 1), x->number,
              i);
    return close != NULL ? end + 1 : len;
}

static enum ws_token_kind punctuation(char c)
{
    switch (c) {
    case '[':
        return WS_TOKEN_OPEN;
    case ']':
        return WS_TOKEN_CLOSE;
    case '!':
        return WS_TOKEN_NOT;
    case '*':
        return WS_TOKEN_STAR;
    default:
        return WS_TOKEN_END;
    }
}

/* The token at s + i; returns where it ends. */
static size_t lex_token(struct ws_lexer *x, struct ws_line *line, const char *s, size_t len,
                        size_t i)
{
    enum ws_token_kind kind = punctuation(s[i]);
    size_t end = i;

    if (s[i] == '"') {
        return lex_string(x, line, s, len, i);
    }
    if (kind != WS_TOKEN_END) {
        add_token(line, kind, ws_arena_string(x->arena, s + i, 1), x->number, i);
        return i + 1;
    }
    if (ends_word(s + i, len - i)) {
        add_token(line, WS_TOKEN_ARROW, "->", x->number, i);
        return i + 2;
    }
    while (end < len && !ends_word(s + end, len - end)) {
        end++;
    }
    add_token(line, WS_TOKEN_WORD, ws_arena_string(x->arena, s + i, end - i), x->number, i);
    return end;
}

/* Some editors begin a file with U+FEFF. */
static size_t skip_mark(struct ws_lexer *x, const char *s, size_t len)
{
    static const char mark[] = "\xef\xbb\xbf";

    if (x->number > 1 || len < 3 || memcmp(s, mark, 3) != 0) {
        return 0;
    }
    bad_bytes(x, 0, "byte order mark; save the file as plain UTF-8");
    return 3;
}

static void lex(struct ws_lexer *x, struct ws_line *line, const char *s, size_t len)
{
    size_t end = 0; /* of the last token */

    line->len = 0;
    for (size_t i = skip_mark(x, s, len); i < len && s[i] != '#';) {
        if (is_space(s[i])) {
            i++;
            continue;
        }
        i = lex_token(x, line, s, len, i);
        end = i;
    }
    add_token(line, WS_TOKEN_END, NULL, x->number, end);
}

bool ws_lex_line(struct ws_lexer *x, struct ws_line *line)
{
    const char *s = x->text + x->at, *newline;
    size_t len = x->len - x->at;

    if (len == 0) {
        return false;
    }
    newline = memchr(s, '\n', len);
    if (newline != NULL) {
        len = (size_t)(newline - s);
    }
    x->at += len + (newline != NULL);
    x->number++;
    check_bytes(x, s, len);
    lex(x, line, s, len);
    return true;
}
