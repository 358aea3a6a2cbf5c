/* What statements are made of: names, arrows, counts, durations, arms. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "statement.h"
#include "wsfsm/machine/machine.h"

int ws_unexpected(struct ws_parser *p, const char *what, const char *hint)
{
    const struct ws_token *t = p->token;

    if (t->kind == WS_TOKEN_END) {
        return ws_def_report_syntax(p->report, "E002", t->word,
                                    "expected %s before the end of the line", what);
    }
    if (t->kind == WS_TOKEN_STRING) {
        return ws_def_report_syntax(p->report, "E002", t->word, "expected %s, found a string",
                                    what);
    }
    return ws_def_report_syntax(p->report, "E002", t->word, "expected %s, found '%.60s'%s", what,
                                t->word.text, hint);
}

static bool is_identifier(const char *s)
{
    if (!isalpha((unsigned char)s[0]) && s[0] != '_') {
        return false;
    }
    while (isalnum((unsigned char)*s) || *s == '_') {
        s++;
    }
    return *s == '\0';
}

int ws_expect_name(struct ws_parser *p, struct ws_word *out, const char *what)
{
    const struct ws_token *t = p->token;

    if (t->kind != WS_TOKEN_WORD || !is_identifier(t->word.text)) {
        return ws_unexpected(p, what, "");
    }
    if (strlen(t->word.text) > WS_NAME_MAX) {
        return ws_def_report_syntax(p->report, "E002", t->word,
                                    "expected %s of at most %d characters, found one of %zu", what,
                                    WS_NAME_MAX, strlen(t->word.text));
    }
    *out = t->word;
    p->token++;
    return 0;
}

int ws_expect_end(struct ws_parser *p, const char *or_else)
{
    char what[64];

    if (p->token->kind == WS_TOKEN_END) {
        return 0;
    }
    snprintf(what, sizeof what, "%s%sthe end of the line", or_else != NULL ? or_else : "",
             or_else != NULL ? " or " : "");
    return ws_unexpected(p, what, "");
}

int ws_expect_arrow(struct ws_parser *p)
{
    if (p->token->kind != WS_TOKEN_ARROW) {
        return ws_unexpected(p, "'->'", "");
    }
    p->token++;
    return 0;
}

int ws_parse_count(long *out, const char *digits, size_t len, long max)
{
    long value = 0;

    if (len == 0) {
        return -1;
    }
    for (size_t i = 0; i < len; i++) {
        if (!isdigit((unsigned char)digits[i])) {
            return -1;
        }
        value = value * 10 + (digits[i] - '0');
        if (value > max) {
            return -1;
        }
    }
    *out = value;
    return value >= 1 ? 0 : -1;
}

int ws_parse_duration(long *seconds, const char *text)
{
    static const struct {
        char letter;
        long seconds;
    } units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
    const long longest = 30L * 86400;
    size_t len = strlen(text);

    for (size_t i = 0; len > 0 && i < sizeof units / sizeof *units; i++) {
        if (text[len - 1] == units[i].letter) {
            long count = 0;

            if (ws_parse_count(&count, text, len - 1, longest / units[i].seconds) != 0) {
                return -1;
            }
            *seconds = count * units[i].seconds;
            return 0;
        }
    }
    return -1;
}

bool ws_at_word(const struct ws_parser *p, const char *word)
{
    return p->token->kind == WS_TOKEN_WORD && strcmp(p->token->word.text, word) == 0;
}

static int parse_guard(struct ws_parser *p, struct ws_def_arm *arm)
{
    if (p->token->kind != WS_TOKEN_OPEN) {
        return 0;
    }
    p->token++;
    if (p->token->kind == WS_TOKEN_NOT) {
        arm->negated = true;
        p->token++;
    }
    if (ws_expect_name(p, &arm->guard, "a guard") != 0) {
        return -1;
    }
    if (p->token->kind != WS_TOKEN_CLOSE) {
        return ws_unexpected(p, "']'", "");
    }
    p->token++;
    return 0;
}

static int parse_bound(struct ws_parser *p, struct ws_def_arm *arm)
{
    static const char *const then[] = {"then"};
    char hint[WS_HINT_SIZE];
    long bound = 0;

    arm->max = p->token++->word;
    if (p->token->kind != WS_TOKEN_WORD) {
        return ws_unexpected(p, "a count", "");
    }
    if (ws_parse_count(&bound, p->token->word.text, strlen(p->token->word.text), WS_BOUND_MAX) !=
        0) {
        return ws_def_report_syntax(p->report, "E004", p->token->word,
                                    "'%.60s' is not a count; write a whole number from 1 to %d",
                                    p->token->word.text, WS_BOUND_MAX);
    }
    arm->bound = (int)bound;
    p->token++;
    if (p->token->kind == WS_TOKEN_END) {
        return ws_def_report_syntax(p->report, "E017", arm->max,
                                    "'max' needs 'then STATE' for when the count is spent");
    }
    if (!ws_at_word(p, "then")) {
        const char *word = p->token->kind == WS_TOKEN_WORD ? p->token->word.text : "";

        return ws_unexpected(p, "'then'", ws_hint(hint, word, then, 1));
    }
    p->token++;
    return ws_expect_name(p, &arm->then, "a state name");
}

int ws_parse_arm(struct ws_parser *p, struct ws_def_arm *arm, struct ws_word on)
{
    arm->on = on;
    if (ws_expect_name(p, &arm->event, "an event") != 0 || parse_guard(p, arm) != 0) {
        return -1;
    }
    if (p->token->kind != WS_TOKEN_ARROW) {
        return ws_unexpected(p, arm->guard.text != NULL ? "'->'" : "'[' or '->'", "");
    }
    p->token++;
    if (ws_expect_name(p, &arm->target, "a state name") != 0) {
        return -1;
    }
    if (ws_at_word(p, "max")) {
        return parse_bound(p, arm) != 0 ? -1 : ws_expect_end(p, NULL);
    }
    return ws_expect_end(p, "'max'");
}

bool ws_is_c_keyword(const char *word)
{
    static const char *const keywords[] = {
        "auto",       "break",     "case",           "char",
        "const",      "continue",  "default",        "do",
        "double",     "else",      "enum",           "extern",
        "float",      "for",       "goto",           "if",
        "inline",     "int",       "long",           "register",
        "restrict",   "return",    "short",          "signed",
        "sizeof",     "static",    "struct",         "switch",
        "typedef",    "union",     "unsigned",       "void",
        "volatile",   "while",     "_Alignas",       "_Alignof",
        "_Atomic",    "_Bool",     "_Complex",       "_Generic",
        "_Imaginary", "_Noreturn", "_Static_assert", "_Thread_local",
    };

    for (size_t i = 0; i < sizeof keywords / sizeof *keywords; i++) {
        if (strcmp(keywords[i], word) == 0) {
            return true;
        }
    }
    return false;
}
