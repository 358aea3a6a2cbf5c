/* Failure patterns: POSIX extended regular expressions that somebody else wrote. */
#ifndef WSFSM_SRC_PROJECT_PATTERN_H
#define WSFSM_SRC_PROJECT_PATTERN_H

#include <stdbool.h>

/* NULL when the pattern is sound; else what is wrong, which the caller frees. */
char *ws_pattern_problem(const char *pattern);

#endif
