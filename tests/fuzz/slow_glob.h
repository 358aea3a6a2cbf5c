/* Path patterns said again, as plainly as can be: every star tries every length. */
#ifndef WSFSM_TESTS_SLOW_GLOB_H
#define WSFSM_TESTS_SLOW_GLOB_H

#include <stdbool.h>
#include <string.h>

/* `start`: the pattern begins here, or behind a '/'. */
static inline bool slow_glob_at(const char *pattern, bool start, const char *path)
{
    if (*pattern == '\0') {
        return *path == '\0';
    }
    if (*pattern != '*') {
        bool one = *pattern == '?' ? *path != '\0' && *path != '/' : *pattern == *path;

        return one && slow_glob_at(pattern + 1, *pattern == '/', path + 1);
    }
    size_t stars = strspn(pattern, "*");
    char behind = pattern[stars];

    if (stars > 1 && start && behind == '\0') {
        return true;
    }
    if (stars > 1 && start && behind == '/') {
        /* no folder, or what is left behind any '/' */
        if (slow_glob_at(pattern + stars + 1, true, path)) {
            return true;
        }
        for (; *path != '\0'; path++) {
            if (*path == '/' && slow_glob_at(pattern + stars + 1, true, path + 1)) {
                return true;
            }
        }
        return false;
    }
    for (;; path++) {
        if (slow_glob_at(pattern + stars, false, path)) {
            return true;
        }
        if (*path == '\0' || *path == '/') {
            return false;
        }
    }
}

static inline bool slow_glob(const char *pattern, const char *path)
{
    return slow_glob_at(pattern, true, path);
}

#endif
