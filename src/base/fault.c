#include "wsfsm/base/fault.h"

#ifdef WS_FAULT_POINTS

#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fatal.h"
#include "wsfsm/base/mem.h"
#include "wsfsm/base/path.h"
#include "wsfsm/base/text.h"

static void append_to_log(const char *log, const char *name)
{
    char *line = ws_format("%s\n", name);
    int fd = open(log, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);

    if (fd < 0 || ws_write_all(fd, line, strlen(line)) < 0) {
        ws_fatal("WSFSM_FAULT_LOG cannot be written");
    }
    close(fd);
    free(line);
}

/* Whether this passing of `name` is the one that `spec` ("N" or "NAME:N") asks for. */
static bool is_reached(const char *spec, const char *name)
{
    static atomic_llong passed;
    const char *colon = strrchr(spec, ':');
    long long wanted;

    if (!ws_parse_int(&wanted, colon != NULL ? colon + 1 : spec, 1, 1000000000)) {
        ws_fatal("WSFSM_CRASH_AT is neither N nor NAME:N");
    }
    if (colon != NULL) {
        size_t len = (size_t)(colon - spec);

        if (strlen(name) != len || memcmp(spec, name, len) != 0) {
            return false;
        }
    }
    return atomic_fetch_add(&passed, 1) + 1 == wanted;
}

void ws_fault_point(const char *name)
{
    const char *log = getenv("WSFSM_FAULT_LOG");
    const char *spec = getenv("WSFSM_CRASH_AT");

    if (log != NULL && *log != '\0') {
        append_to_log(log, name);
    }
    if (spec != NULL && *spec != '\0' && is_reached(spec, name)) {
        raise(SIGKILL);
        _exit(128 + SIGKILL); /* the first process of a PID namespace survives its own SIGKILL */
    }
}

#endif
