#include "pattern.h"

#include <regex.h>
#include <stdlib.h>
#include <string.h>

#include "wsfsm/base/mem.h"

enum { PATTERN_MAX = 1024, REPEAT_MAX = 10000 };

/* An upper bound of how often nested intervals repeat what they hold: the product of all of them.
 * The C library unrolls intervals, and a few dozen bytes like "((a{255}){255}){255}" would take all
 * memory. */
static unsigned long repetitions(const char *pattern)
{
    unsigned long product = 1;

    for (const char *at = pattern; *at != '\0' && product <= REPEAT_MAX; at++) {
        if (*at == '\\' && at[1] != '\0') {
            at++;
        } else if (*at == '{') {
            char *end;
            unsigned long low = strtoul(at + 1, &end, 10),
                          high = *end == ',' ? strtoul(end + 1, &end, 10) : low;
            unsigned long most = low > high ? low : high;

            product *= most > REPEAT_MAX ? REPEAT_MAX + 1 : most > 0 ? most : 1;
        }
    }
    return product;
}

char *ws_pattern_problem(const char *pattern)
{
    char message[256];
    regex_t regex;
    int rc;

    if (strlen(pattern) > PATTERN_MAX) {
        return ws_format("longer than %d bytes", PATTERN_MAX);
    }
    if (repetitions(pattern) > REPEAT_MAX) {
        return ws_format("its intervals repeat more than %d times", REPEAT_MAX);
    }
    rc = regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB);
    if (rc == 0) {
        regfree(&regex);
        return NULL;
    }
    regerror(rc, &regex, message, sizeof message);
    return ws_strdup(message);
}
