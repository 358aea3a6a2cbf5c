/* The YAML 1.2 core schema (https://yaml.org/spec/1.2.2/#103-core-schema). */
#include "internal.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool is_one_of(const char *text, const char *const *words)
{
    for (; *words != NULL; words++) {
        if (strcmp(text, *words) == 0) {
            return true;
        }
    }
    return false;
}

static int digit_value(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c = (char)tolower((unsigned char)c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 16;
}

static size_t digits_len(const char *text, int base)
{
    size_t n = 0;

    while (text[n] != '\0' && digit_value(text[n]) < base) {
        n++;
    }
    return n;
}

void ws_schema_integer(struct ws_node *node, const char *digits, int base)
{
    bool negative = *digits == '-';
    int64_t value = 0;

    digits += *digits == '-' || *digits == '+';
    node->kind = WS_NODE_INT;
    for (; *digits != '\0'; digits++) {
        int digit = digit_value(*digits);

        if (__builtin_mul_overflow(value, base, &value) ||
            __builtin_add_overflow(value, negative ? -digit : digit, &value)) {
            node->overflow = true;
            node->integer = negative ? INT64_MIN : INT64_MAX;
            return;
        }
    }
    node->integer = value;
}

static bool resolve_integer(struct ws_node *node)
{
    const char *text = node->text;
    int base = 10;

    if (text[0] == '0' && (text[1] == 'o' || text[1] == 'x')) {
        base = text[1] == 'o' ? 8 : 16;
        text += 2;
    }
    const char *digits = text + (base == 10 && (*text == '-' || *text == '+'));
    size_t n = digits_len(digits, base);

    if (n == 0 || digits[n] != '\0') {
        return false;
    }
    ws_schema_integer(node, text, base);
    return true;
}

/* [-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )? */
static bool is_decimal(const char *text)
{
    text += *text == '-' || *text == '+';
    size_t whole = digits_len(text, 10), fraction = 0;

    text += whole;
    if (*text == '.') {
        fraction = digits_len(text + 1, 10);
        text += 1 + fraction;
    }
    if (whole == 0 && fraction == 0) {
        return false;
    }
    if (*text == 'e' || *text == 'E') {
        text++;
        text += *text == '-' || *text == '+';
        size_t exponent = digits_len(text, 10);

        if (exponent == 0) {
            return false;
        }
        text += exponent;
    }
    return *text == '\0';
}

static bool resolve_float(struct ws_node *node)
{
    static const char *const infinite[] = {".inf", ".Inf", ".INF", NULL};
    static const char *const none[] = {".nan", ".NaN", ".NAN", NULL};
    const char *text = node->text;

    if (is_one_of(text, none)) {
        node->real = (double)NAN;
    } else if (is_one_of(text + (*text == '-' || *text == '+'), infinite)) {
        node->real = *text == '-' ? -HUGE_VAL : HUGE_VAL;
    } else if (is_decimal(text)) {
        node->real = strtod(text, NULL);
    } else {
        return false;
    }
    node->kind = WS_NODE_FLOAT;
    return true;
}

void ws_schema_resolve(struct ws_node *node)
{
    static const char *const nulls[] = {"", "~", "null", "Null", "NULL", NULL};
    static const char *const yes[] = {"true", "True", "TRUE", NULL};
    static const char *const no[] = {"false", "False", "FALSE", NULL};

    if (is_one_of(node->text, nulls)) {
        node->kind = WS_NODE_NULL;
    } else if (is_one_of(node->text, yes) || is_one_of(node->text, no)) {
        node->kind = WS_NODE_BOOL;
        node->boolean = is_one_of(node->text, yes);
    } else if (!resolve_integer(node) && !resolve_float(node)) {
        node->kind = WS_NODE_STRING;
    }
}
