#include "names.h"

#include <string.h>
#include <strings.h>

/* Length of an invisible character that HFS+ skips: U+200C..200F, 202A..202E, 206A..206F, FEFF. */
static size_t invisible(const unsigned char *p)
{
    if (p[0] == 0xe2 && p[1] == 0x80 &&
        ((p[2] >= 0x8c && p[2] <= 0x8f) || (p[2] >= 0xaa && p[2] <= 0xae))) {
        return 3;
    }
    if (p[0] == 0xe2 && p[1] == 0x81 && p[2] >= 0xaa && p[2] <= 0xaf) {
        return 3;
    }
    return p[0] == 0xef && p[1] == 0xbb && p[2] == 0xbf ? 3 : 0;
}

bool ws_name_is_git(const char *name)
{
    char plain[8];
    size_t len = 0;

    for (const unsigned char *p = (const unsigned char *)name; *p != '\0' && *p != ':'; p++) {
        size_t skip = invisible(p);

        if (skip > 0) {
            p += skip - 1;
            continue;
        }
        if (len == sizeof plain - 1) {
            if (*p != '.' && *p != ' ') {
                return false;
            }
            continue;
        }
        plain[len++] = (char)*p;
    }
    while (len > 1 && (plain[len - 1] == '.' || plain[len - 1] == ' ')) {
        len--;
    }
    plain[len] = '\0';
    return strcasecmp(plain, ".git") == 0 || strcasecmp(plain, "git~1") == 0;
}

bool ws_name_is_safe(const char *name)
{
    return name[0] != '\0' && strcmp(name, ".") != 0 && strcmp(name, "..") != 0 &&
           strchr(name, '/') == NULL && strlen(name) <= 255 && !ws_name_is_git(name);
}
