/* Path patterns against a slow matcher: a line with the pattern, then paths. */
#include "fuzz.h"
#include "slow_glob.h"
#include "wsfsm/base/glob.h"

enum { SLOW_STARS = 5, SLOW_PATH = 40 }; /* the slow one takes exponential time */

static size_t count_stars(const char *pattern)
{
    size_t stars = 0;

    for (; *pattern != '\0'; pattern++) {
        stars += pattern[0] == '*' && pattern[1] != '*';
    }
    return stars;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size);
    const char *at = text;
    struct ws_strv lines = {0};

    fuzz_lines(&lines, &at);
    for (size_t i = 1; i < lines.len; i++) {
        const char *pattern = lines.items[0], *path = lines.items[i];
        bool matches = ws_glob_match(pattern, path);

        if (strlen(path) <= SLOW_PATH && count_stars(pattern) <= SLOW_STARS) {
            fuzz_require(matches == slow_glob(pattern, path));
        }
        if (ws_glob_is_literal(pattern)) {
            fuzz_require(matches == (strcmp(pattern, path) == 0));
        }
        fuzz_require(!matches || strncmp(pattern, path, ws_glob_literal_prefix(pattern)) == 0);
    }
    ws_strv_release(&lines);
    free(text);
    return 0;
}
