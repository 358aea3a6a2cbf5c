#include "names.h"

#include <string.h>
#include <strings.h>

/* Room for the longest name that is looked for. */
enum { PLAIN = 16 };

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

/* One part of a name as such a file system takes it: without what is not seen, up to a stream's ':'
 * or the next '\', without dots and blanks at its end. False: it is longer than what is looked for.
 */
static bool plain_part(char plain[PLAIN], const char *part)
{
    size_t len = 0;

    for (const unsigned char *p = (const unsigned char *)part;
         *p != '\0' && *p != ':' && *p != '\\'; p++) {
        size_t skip = invisible(p);

        if (skip > 0) {
            p += skip - 1;
        } else if (len < PLAIN - 1) {
            plain[len++] = (char)*p;
        } else if (*p != '.' && *p != ' ') {
            return false;
        }
    }
    while (len > 1 && (plain[len - 1] == '.' || plain[len - 1] == ' ')) {
        len--;
    }
    plain[len] = '\0';
    return true;
}

/* Windows makes folders of what a '\' parts, so git asks after each. */
static bool any_part(const char *name, bool (*is)(const char *plain))
{
    for (const char *part = name; part != NULL; part = strchr(part, '\\')) {
        char plain[PLAIN];

        part += *part == '\\';
        if (plain_part(plain, part) && is(plain)) {
            return true;
        }
    }
    return false;
}

static bool is_git(const char *plain)
{
    return strcasecmp(plain, ".git") == 0 || strcasecmp(plain, "git~1") == 0;
}

/* The short name that NTFS makes when the usual four are taken: eight characters, the first of
 * them of a hash that always begins like this, '~' and a number. */
static bool is_hashed_gitmodules(const char *plain)
{
    static const char hashed[] = "gi7eba";
    size_t tilde = strcspn(plain, "~");

    return strlen(plain) == 8 && tilde < sizeof hashed && strncasecmp(plain, hashed, tilde) == 0 &&
           plain[tilde + 1] >= '1' && plain[tilde + 1] <= '9' &&
           strspn(plain + tilde + 1, "0123456789") == 8 - tilde - 1;
}

static bool is_gitmodules(const char *plain)
{
    return strcasecmp(plain, ".gitmodules") == 0 || is_hashed_gitmodules(plain) ||
           (strncasecmp(plain, "gitmod~", 7) == 0 && plain[7] >= '1' && plain[7] <= '4' &&
            plain[8] == '\0');
}

bool ws_name_is_git(const char *name)
{
    return any_part(name, is_git);
}

bool ws_name_is_no_link(const char *name)
{
    return any_part(name, is_gitmodules);
}

bool ws_name_is_safe(const char *name, bool link)
{
    return name[0] != '\0' && strcmp(name, ".") != 0 && strcmp(name, "..") != 0 &&
           strchr(name, '/') == NULL && strlen(name) <= 255 && !ws_name_is_git(name) &&
           !(link && ws_name_is_no_link(name));
}
