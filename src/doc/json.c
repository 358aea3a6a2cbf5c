/* JSON (RFC 8259). A scanner of our own builds the tree, as jansson keeps no positions; jansson
 * then has to agree that the text is JSON, so that what it refuses stays refused: all but numbers
 * that are too big for it, which JSON allows. */
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "internal.h"
#include "wsfsm/base/mem.h"
#include "wsfsm/base/text.h"

struct scanner {
    struct ws_source *source;
    const char *text;
    size_t len;
    size_t at;
    char *modest; /* the text with a small number in the place of each big one; NULL: none is */
};

static void skip_space(struct scanner *j)
{
    while (j->at < j->len && strchr(" \t\r\n", j->text[j->at]) != NULL) {
        j->at++;
    }
}

static char peek(const struct scanner *j)
{
    return j->at < j->len ? j->text[j->at] : '\0';
}

static void unexpected(struct scanner *j, const char *expected)
{
    const char *here = j->text + j->at;
    size_t left = j->len - j->at, n = ws_utf8_len(here, left);

    if (left == 0) {
        ws_source_error(j->source, j->at, "expected %s, found the end of the file", expected);
    } else if (*here == '/' || *here == '#') {
        ws_source_error(j->source, j->at, "expected %s; JSON has no comments", expected);
    } else if (*here == '\'') {
        ws_source_error(j->source, j->at, "expected %s; JSON strings stand in double quotes",
                        expected);
    } else {
        ws_source_error(j->source, j->at, "expected %s, found '%.*s'", expected, (int)n, here);
    }
}

static int hex4(const struct scanner *j, size_t at)
{
    int value = 0;

    for (size_t i = at; i < at + 4; i++) {
        const char *digits = "0123456789abcdef", *found;
        char c = i < j->len ? j->text[i] : '\0';

        if (c >= 'A' && c <= 'F') {
            c = (char)(c - 'A' + 'a');
        }
        if (c == '\0' || (found = strchr(digits, c)) == NULL) {
            return -1;
        }
        value = value * 16 + (int)(found - digits);
    }
    return value;
}

static void put_utf8(struct ws_buf *out, unsigned cp)
{
    char bytes[4];
    size_t n = cp < 0x80 ? 1 : cp < 0x800 ? 2 : cp < 0x10000 ? 3 : 4;
    static const unsigned char lead[] = {0, 0, 0xc0, 0xe0, 0xf0};

    for (size_t i = n; i-- > 1; cp >>= 6) {
        bytes[i] = (char)(0x80 | (cp & 0x3f));
    }
    bytes[0] = (char)(lead[n] | cp);
    ws_buf_add(out, bytes, n);
}

/* Behind "\u". */
static bool scan_unicode(struct scanner *j, struct ws_buf *out)
{
    size_t start = j->at - 2;
    int high = hex4(j, j->at), low;

    if (high < 0) {
        ws_source_error(j->source, start, "\\u wants four hexadecimal digits");
        return false;
    }
    j->at += 4;
    if (high == 0) {
        ws_source_error(j->source, start, "a string must not hold a NUL");
        return false;
    }
    if (high < 0xd800 || high > 0xdfff) {
        put_utf8(out, (unsigned)high);
        return true;
    }
    low = high < 0xdc00 && j->len - j->at >= 6 && memcmp(j->text + j->at, "\\u", 2) == 0
              ? hex4(j, j->at + 2)
              : -1;
    if (low < 0xdc00 || low > 0xdfff) {
        ws_source_error(j->source, start, "a lone surrogate is no character");
        return false;
    }
    j->at += 6;
    put_utf8(out, 0x10000 + (((unsigned)high - 0xd800) << 10) + ((unsigned)low - 0xdc00));
    return true;
}

static bool scan_escape(struct scanner *j, struct ws_buf *out)
{
    static const char letters[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
    char c = ++j->at < j->len ? j->text[j->at] : '\0';
    const char *found = c != '\0' ? strchr(letters, c) : NULL;

    j->at++;
    if (found != NULL) {
        ws_buf_putc(out, values[found - letters]);
        return true;
    }
    if (c == 'u') {
        return scan_unicode(j, out);
    }
    ws_source_error(j->source, j->at - 2, "unknown escape in a string");
    return false;
}

/* At the opening quote. */
static struct ws_node *scan_string(struct scanner *j)
{
    struct ws_buf text = {0};
    struct ws_node *node = NULL;
    size_t start = j->at++;

    while (j->at < j->len && j->text[j->at] != '"') {
        unsigned char c = (unsigned char)j->text[j->at];

        if (c < 0x20) {
            ws_source_error(j->source, j->at,
                            "a control character or line break in a string; write it as an escape");
            goto out;
        }
        if (c == '\\') {
            if (!scan_escape(j, &text)) {
                goto out;
            }
        } else {
            ws_buf_putc(&text, (char)c);
            j->at++;
        }
    }
    if (j->at >= j->len) {
        ws_source_error(j->source, start, "a string without its closing quote");
        goto out;
    }
    j->at++;
    node = ws_node_new(j->source, WS_NODE_STRING, start, j->at);
    ws_node_set_text(j->source, node, ws_buf_str(&text), text.len);
out:
    ws_buf_release(&text);
    return node;
}

/* Blanks behind the small number keep the places of what follows. */
static void put_modest(struct scanner *j, size_t len)
{
    if (j->modest == NULL) {
        j->modest = ws_strndup(j->text, j->len);
    }
    memset(j->modest + j->at, ' ', len);
    j->modest[j->at] = '0';
}

static struct ws_node *scan_number(struct scanner *j)
{
    size_t n = ws_json_number_len(j->text + j->at, j->len - j->at);
    struct ws_node *node;

    if (n == 0) {
        unexpected(j, "a value");
        return NULL;
    }
    node = ws_node_new(j->source, WS_NODE_INT, j->at, j->at + n);
    ws_node_set_text(j->source, node, j->text + j->at, n);
    if (strpbrk(node->text, ".eE") == NULL) {
        ws_schema_integer(node, node->text, 10);
    } else {
        node->kind = WS_NODE_FLOAT;
        node->real = strtod(node->text, NULL);
    }
    if (!ws_node_fits(node)) {
        put_modest(j, n);
    }
    j->at += n;
    return node;
}

static struct ws_node *scan_word(struct scanner *j)
{
    static const struct {
        const char *word;
        enum ws_node_kind kind;
        bool value;
    } words[] = {{"true", WS_NODE_BOOL, true},
                 {"false", WS_NODE_BOOL, false},
                 {"null", WS_NODE_NULL, false}};

    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        size_t n = strlen(words[i].word);

        if (j->len - j->at >= n && memcmp(j->text + j->at, words[i].word, n) == 0) {
            struct ws_node *node = ws_node_new(j->source, words[i].kind, j->at, j->at + n);

            node->boolean = words[i].value;
            ws_node_set_text(j->source, node, words[i].word, n);
            j->at += n;
            return node;
        }
    }
    unexpected(j, "a value");
    return NULL;
}

static struct ws_node *scan_value(struct scanner *j, unsigned depth);

/* "key": and the space behind it. */
static struct ws_node *scan_key(struct scanner *j)
{
    struct ws_node *key;

    if (peek(j) != '"') {
        unexpected(j, "a key in double quotes");
        return NULL;
    }
    key = scan_string(j);
    if (key == NULL) {
        return NULL;
    }
    skip_space(j);
    if (peek(j) != ':') {
        unexpected(j, "':'");
        ws_node_free(key);
        return NULL;
    }
    j->at++;
    return key;
}

static bool scan_member(struct scanner *j, struct ws_node *parent, unsigned depth)
{
    struct ws_node *key = NULL, *value;

    skip_space(j);
    if (parent->kind == WS_NODE_MAP && (key = scan_key(j)) == NULL) {
        return false;
    }
    value = scan_value(j, depth);
    if (value == NULL) {
        ws_node_free(key);
        return false;
    }
    ws_node_push(parent, key, value);
    skip_space(j);
    return true;
}

/* At the opening bracket. */
static struct ws_node *scan_collection(struct scanner *j, unsigned depth)
{
    bool is_map = peek(j) == '{';
    char close = is_map ? '}' : ']';
    struct ws_node *node;

    if (depth >= j->source->depth_max) {
        ws_source_error(j->source, j->at, "nested more than %u deep", j->source->depth_max);
        return NULL;
    }
    node = ws_node_new(j->source, is_map ? WS_NODE_MAP : WS_NODE_SEQ, j->at, j->at);
    j->at++;
    skip_space(j);
    if (peek(j) != close) {
        do {
            if (!scan_member(j, node, depth + 1)) {
                goto fail;
            }
        } while (peek(j) == ',' && j->at++ < j->len);
    }
    if (peek(j) != close) {
        unexpected(j, is_map ? "',' or '}'" : "',' or ']'");
        goto fail;
    }
    node->end = ++j->at;
    if (is_map) {
        ws_node_check_keys(j->source, node);
    }
    return node;
fail:
    ws_node_free(node);
    return NULL;
}

static struct ws_node *scan_value(struct scanner *j, unsigned depth)
{
    skip_space(j);
    char c = peek(j);

    if (c == '{' || c == '[') {
        return scan_collection(j, depth);
    }
    if (c == '"') {
        return scan_string(j);
    }
    return c == '-' || (c >= '0' && c <= '9') ? scan_number(j) : scan_word(j);
}

static void ask_jansson(struct ws_source *s, const char *text)
{
    json_error_t error;
    json_t *json = json_loadb(text, s->len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);

    if (json == NULL) {
        size_t at = error.position > 0 ? (size_t)error.position - 1 : 0;

        ws_source_error(s, at, "%s", error.text);
    }
    json_decref(json);
}

struct ws_node *ws_json_load(struct ws_source *s)
{
    struct scanner j = {.source = s, .text = s->text, .len = s->len};
    struct ws_node *root = scan_value(&j, 0);

    if (root != NULL) {
        skip_space(&j);
        if (j.at < j.len) {
            unexpected(&j, "the end of the file");
            ws_node_free(root);
            root = NULL;
        }
    }
    if (root != NULL && s->errors == 0) {
        ask_jansson(s, j.modest != NULL ? j.modest : s->text);
    }
    free(j.modest);
    return root;
}
