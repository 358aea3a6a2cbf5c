/* Text that other people wrote: is it UTF-8, how is it shown, which word was meant. */
#ifndef WSFSM_BASE_TEXT_H
#define WSFSM_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "wsfsm/base/buf.h"

/* Number of bytes of the well-formed UTF-8 sequence at s (1..4), 0 when it is not one. */
size_t ws_utf8_len(const char *s, size_t len);
bool ws_utf8_valid(const char *s, size_t len);

/* Appends text so that a terminal shows it and obeys nothing in it: C0 and C1 controls, DEL, bidi controls
 * and bytes that are not UTF-8 become \xNN or \u{NNNN}; a tab stays, a newline becomes \n. */
void ws_escape_line(struct ws_buf *out, const char *s, size_t len);

/* Appends a path for people and for JSON: bytes outside UTF-8, controls and '%' itself become %XX once the
 * path needs any of it; a path without such bytes stays as it is. Returns true when it was changed ("marked"). */
bool ws_escape_path(struct ws_buf *out, const char *path);

/* The path that ws_escape_path changed into this text; malloc'ed. */
char *ws_unescape_path(const char *text);

/* The candidate that is `word` but for upper and lower case, else the nearest by edits (with transpositions); NULL
 * when none is near enough to be meant. */
const char *ws_nearest(const char *word, const char *const *candidates, size_t count);

/* Appends what helps somebody who named what is not there: "; did you mean 'x'?" when a candidate is near; else
 * the candidates themselves when they are few; else "; " and the hint (NULL: nothing). */
void ws_suggest(struct ws_buf *out, const char *word, const char *const *candidates, size_t count, const char *hint);

bool ws_starts_with(const char *s, const char *prefix);
bool ws_ends_with(const char *s, const char *suffix);

/* Whole-number parse of all of s; false on anything else or outside min..max. */
bool ws_parse_int(long long *out, const char *s, long long min, long long max);

#endif
