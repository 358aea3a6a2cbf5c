#include "wsfsm/base/glob.h"

#include <stdlib.h>
#include <string.h>

#include "wsfsm/base/mem.h"

enum kind {
    LITERAL,
    ONE,     /* `?` */
    STAR,    /* any number of bytes but '/' */
    FOLDERS, /* "**" and '/': nothing, or anything that ends with '/' */
    REST,    /* "**" at the end: anything */
};

/* Reads one token of the pattern at *at. As in git's wildmatch, a run of two stars or more crosses
 * folders only when it fills a whole path component; elsewhere it is one star. A backslash stands
 * for itself. */
static enum kind next_token(const char *pattern, size_t *at)
{
    size_t start = *at, end = start + 1;

    if (pattern[start] != '*') {
        *at = end;
        return pattern[start] == '?' ? ONE : LITERAL;
    }
    while (pattern[end] == '*') {
        end++;
    }
    *at = end;
    if (end - start < 2 || (start > 0 && pattern[start - 1] != '/')) {
        return STAR;
    }
    if (pattern[end] == '\0') {
        return REST;
    }
    if (pattern[end] == '/') {
        *at = end + 1;
        return FOLDERS;
    }
    return STAR;
}

/* reached[i] says whether the pattern so far can match the first i bytes of the path; one token
 * more. */
static void advance(bool *reached, const char *path, size_t len, enum kind kind, char literal)
{
    bool seen = false; /* an earlier place was reached */

    if (kind == LITERAL || kind == ONE) {
        for (size_t i = len; i > 0; i--) {
            char c = path[i - 1];
            reached[i] = reached[i - 1] && (kind == LITERAL ? c == literal : c != '/');
        }
        reached[0] = false;
        return;
    }
    for (size_t i = 1; i <= len; i++) {
        bool slash = path[i - 1] == '/';

        if (kind == STAR) {
            reached[i] = reached[i] || (reached[i - 1] && !slash);
        } else {
            seen = seen || reached[i - 1];
            reached[i] = reached[i] || (seen && (kind == REST || slash));
        }
    }
}

bool ws_glob_match(const char *pattern, const char *path)
{
    size_t at = ws_glob_literal_prefix(pattern);

    if (strncmp(pattern, path, at) != 0) {
        return false;
    }
    path += at;
    size_t len = strlen(path);
    bool few[256], *reached = len < sizeof few ? few : ws_alloc(len + 1);

    memset(reached, 0, len + 1);
    reached[0] = true;
    while (pattern[at] != '\0') {
        char literal = pattern[at];
        enum kind kind = next_token(pattern, &at);

        advance(reached, path, len, kind, literal);
    }
    bool matched = reached[len];

    if (reached != few) {
        free(reached);
    }
    return matched;
}

bool ws_glob_is_literal(const char *pattern)
{
    return strpbrk(pattern, "*?") == NULL;
}

size_t ws_glob_literal_prefix(const char *pattern)
{
    return strcspn(pattern, "*?");
}
