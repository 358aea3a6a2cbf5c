/* Which paths a bundle may name. */
#include <string.h>
#include <strings.h>

#include "wsfsm/base/buf.h"
#include "wsfsm/base/text.h"
#include "wsfsm/project/scope.h"

/* C0, DEL and C1 controls. */
static bool has_controls(const char *path)
{
    for (const unsigned char *at = (const unsigned char *)path; *at != '\0'; at++) {
        if (*at < 0x20 || *at == 0x7f || (*at == 0xc2 && at[1] >= 0x80 && at[1] <= 0x9f)) {
            return true;
        }
    }
    return false;
}

/* ".git" in any case, and the names by which Windows and macOS find it too. */
static bool is_git_dir(const char *component, size_t len)
{
    const char *stream = memchr(component, ':', len); /* of NTFS: .git::$INDEX_ALLOCATION */

    if (stream != NULL) {
        len = (size_t)(stream - component);
    }
    while (len > 0 && (component[len - 1] == ' ' || component[len - 1] == '.')) {
        len--;
    }
    return (len == 4 && strncasecmp(component, ".git", 4) == 0) ||
           (len == 5 && strncasecmp(component, "git~1", 5) == 0);
}

static const char *refuse_start(const char *path)
{
    char first = *path;
    bool letter = (first >= 'a' && first <= 'z') || (first >= 'A' && first <= 'Z');

    if (has_controls(path)) {
        return "holds a control character";
    }
    if (!ws_utf8_valid(path, strlen(path))) {
        return "is not valid UTF-8";
    }
    if (first == '/' || first == '\\' || (letter && path[1] == ':')) {
        return "is absolute; paths are relative to the repository";
    }
    return first == ':' ? "begins with ':'" : NULL;
}

static bool is_separator(char c)
{
    return c == '/' || c == '\\';
}

static const char *copy_components(struct ws_buf *out, const char *path)
{
    while (*path != '\0') {
        size_t len = 0;

        while (path[len] != '\0' && !is_separator(path[len])) {
            len++;
        }
        bool more = path[len] != '\0';

        if (len == 2 && memcmp(path, "..", 2) == 0) {
            return "holds '..'";
        }
        if (is_git_dir(path, len)) {
            return "reaches into .git";
        }
        if (len > 0 && !(len == 1 && *path == '.')) {
            ws_buf_add(out, path, len);
            if (more) {
                ws_buf_putc(out, '/');
            }
        }
        path += len + more;
    }
    return NULL;
}

bool ws_scope_normalise(char **out, const char **why, const char *path)
{
    struct ws_buf clean = {0};

    *why = refuse_start(path);
    if (*why == NULL) {
        *why = copy_components(&clean, path);
    }
    if (*why == NULL && clean.len == 0) {
        *why = "names nothing; write '**' for the whole repository";
    }
    if (*why == NULL) {
        *why = refuse_start(clean.data); /* "./:x" */
    }
    if (*why != NULL) {
        ws_buf_release(&clean);
        return false;
    }
    *out = ws_buf_steal(&clean);
    return true;
}
