#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "wsfsm/base/mem.h"
#include "wsfsm/base/path.h"
#include "wsfsm/proc/proc.h"

struct query {
    const char *(*refuse)(void *payload, const char *file);
    void *payload;
};

/* NULL when `file` can be run; else why not. *there: something stands at that name. */
static const char *objection(const struct query *q, const char *file, bool *there)
{
    struct stat st;
    char real[PATH_MAX];

    *there = stat(file, &st) == 0;
    if (!*there)
        return strerror(errno);
    if (!S_ISREG(st.st_mode))
        return "not a regular file";
    if (eaccess(file, X_OK) < 0)
        return "not executable";
    if (realpath(file, real) == NULL)
        return strerror(errno);
    return q->refuse == NULL ? NULL : q->refuse(q->payload, real);
}

static int find_absolute(char **out, const char *command, const struct query *q,
                         struct ws_error *err)
{
    bool there;
    if (command[0] != '/')
        return ws_fail(err, WS_E_UNKNOWN_ID, command,
                       "a command with a '/' must be an absolute path");
    const char *why = objection(q, command, &there);
    if (why != NULL)
        return ws_fail(err, WS_E_UNKNOWN_ID, command, "cannot be used as a program: %s", why);
    *out = ws_strdup(command);
    return 0;
}

static int find_in_path(char **out, const char *command, const char *path, const struct query *q,
                        struct ws_error *err)
{
    char *refused =
        NULL; /* the first candidate that stood there and could not be used, with the reason */

    while (*path != '\0') {
        size_t len = strcspn(path, ":");
        char *dir = ws_strndup(path, len);
        char *file = ws_path_join(dir, command);
        bool there = false;
        const char *why = dir[0] == '/' ? objection(q, file, &there) : "";
        free(dir);
        if (why == NULL) {
            free(refused);
            *out = file;
            return 0;
        }
        if (there && refused == NULL)
            refused = ws_format("%s: %s", file, why);
        free(file);
        path += len;
        path += *path == ':';
    }
    if (refused == NULL)
        return ws_fail(err, WS_E_UNKNOWN_ID, command, "no such program in PATH");
    ws_fail(err, WS_E_UNKNOWN_ID, command, "no usable program in PATH (%s)", refused);
    free(refused);
    return -1;
}

int ws_find_program(char **out, const char *command, const char *path,
                    const char *(*refuse)(void *payload, const char *file), void *payload,
                    struct ws_error *err)
{
    struct query q = {.refuse = refuse, .payload = payload};
    if (command[0] == '\0')
        return ws_fail(err, WS_E_UNKNOWN_ID, NULL, "the command is empty");
    if (strchr(command, '/') != NULL)
        return find_absolute(out, command, &q, err);
    return find_in_path(out, command, path == NULL ? "" : path, &q, err);
}
