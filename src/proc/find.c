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

/* NULL when `file` can be run; else why not. *there: something stands at that name. *error: of the
 * call that failed, or 0. */
static const char *objection(const struct query *q, const char *file, bool *there, int *error)
{
    struct stat st;
    char real[PATH_MAX];

    *error = 0;
    *there = stat(file, &st) == 0;
    if (*there && !S_ISREG(st.st_mode))
        return "not a regular file";
    if (*there && eaccess(file, X_OK) < 0) {
        *error = errno;
        return "not executable";
    }
    if (!*there || realpath(file, real) == NULL) {
        *error = errno;
        return strerror(errno);
    }
    return q->refuse == NULL ? NULL : q->refuse(q->payload, real);
}

/* What the machine did not let us look at is neither usable nor absent. */
static int cannot_look(const char *file, int error, struct ws_error *err)
{
    return ws_fail(err, WS_E_IO, file, "cannot look at the program: %s", strerror(error));
}

static int find_absolute(char **out, const char *command, const struct query *q,
                         struct ws_error *err)
{
    bool there;
    int error;
    if (command[0] != '/')
        return ws_fail(err, WS_E_UNKNOWN_ID, command,
                       "a command with a '/' must be an absolute path");
    const char *why = objection(q, command, &there, &error);
    if (ws_errno_is_trouble(error))
        return cannot_look(command, error, err);
    if (why != NULL)
        return ws_fail(err, WS_E_UNKNOWN_ID, command, "cannot be used as a program: %s", why);
    *out = ws_strdup(command);
    return 0;
}

/* One folder of PATH. 0: found; 1: not there, or *refused says what stood there, the first time;
 * -1: failure. */
static int find_in_folder(char **out, char **refused, const char *dir, const char *command,
                          const struct query *q, struct ws_error *err)
{
    if (dir[0] != '/')
        return 1;
    bool there;
    int error, rc = 1;
    char *file = ws_path_join(dir, command);
    const char *why = objection(q, file, &there, &error);
    if (ws_errno_is_trouble(error)) {
        rc = cannot_look(file, error, err);
    } else if (why == NULL) {
        *out = file;
        return 0;
    } else if (there && *refused == NULL) {
        *refused = ws_format("%s: %s", file, why);
    }
    free(file);
    return rc;
}

static int find_in_path(char **out, const char *command, const char *path, const struct query *q,
                        struct ws_error *err)
{
    char *refused = NULL;
    int rc = 1;

    while (rc == 1 && *path != '\0') {
        size_t len = strcspn(path, ":");
        char *dir = ws_strndup(path, len);
        rc = find_in_folder(out, &refused, dir, command, q, err);
        free(dir);
        path += len;
        path += *path == ':';
    }
    if (rc == 1)
        rc = refused == NULL ? ws_fail(err, WS_E_UNKNOWN_ID, command, "no such program in PATH")
                             : ws_fail(err, WS_E_UNKNOWN_ID, command,
                                       "no usable program in PATH (%s)", refused);
    free(refused);
    return rc;
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
