/* Path patterns, by the rules of git's ":(glob)": `*` and `?` stop at '/', `**` crosses it ("**" + "/" in
 * front, "/" + "**" behind, "/" + "**" + "/" between: zero or more folders); `[` and `]` stand for themselves. */
#ifndef WSFSM_BASE_GLOB_H
#define WSFSM_BASE_GLOB_H

#include <stdbool.h>
#include <stddef.h>

bool ws_glob_match(const char *pattern, const char *path); /* time: length of pattern times length of path */
bool ws_glob_is_literal(const char *pattern);
size_t ws_glob_literal_prefix(const char *pattern); /* bytes before the first `*` or `?` */

#endif
