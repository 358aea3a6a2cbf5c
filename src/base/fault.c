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

static void append_to_log(const char *variable, const char *name)
{
    const char *log = getenv(variable);

    if (log == NULL || *log == '\0') {
        return;
    }
    char *line = ws_format("%s\n", name);
    int fd = open(log, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 || ws_write_all(fd, line, strlen(line)) < 0) {
        ws_fatal("the log of fault points cannot be written");
    }
    close(fd);
    free(line);
}

/* What a variable asks for: the N-th passing, of any name or of one, and perhaps all later ones. */
struct wanted {
    const char *name; /* NULL: any */
    size_t name_len;
    long long number;
    bool and_later;
};

/* False: the variable is not set. */
static bool read_wanted(struct wanted *out, const char *variable)
{
    const char *spec = getenv(variable);

    *out = (struct wanted){0};
    if (spec == NULL || *spec == '\0') {
        return false;
    }
    const char *colon = strrchr(spec, ':');
    char *number = ws_strdup(colon != NULL ? colon + 1 : spec);
    out->name = colon != NULL ? spec : NULL;
    out->name_len = colon != NULL ? (size_t)(colon - spec) : 0;
    out->and_later = ws_ends_with(number, "+");
    number[strcspn(number, "+")] = '\0';
    if (!ws_parse_int(&out->number, number, 1, 1000000000)) {
        ws_fatal(ws_format("%s is neither N nor NAME:N", variable));
    }
    free(number);
    return true;
}

/* Whether this passing of `name` is one that the variable asks for. */
static bool is_reached(atomic_llong *passed, const char *variable, const char *name)
{
    struct wanted w;

    if (!read_wanted(&w, variable) ||
        (w.name != NULL && (strlen(name) != w.name_len || memcmp(w.name, name, w.name_len) != 0))) {
        return false;
    }
    long long now = atomic_fetch_add(passed, 1) + 1;
    return now == w.number || (w.and_later && now > w.number);
}

void ws_fault_point(const char *name)
{
    static atomic_llong passed, passed_to_pause;

    append_to_log("WSFSM_FAULT_LOG", name);
    if (is_reached(&passed_to_pause, "WSFSM_PAUSE_AT", name)) {
        raise(SIGSTOP);
    }
    if (is_reached(&passed, "WSFSM_CRASH_AT", name)) {
        raise(SIGKILL);
        _exit(128 + SIGKILL); /* the first process of a PID namespace survives its own SIGKILL */
    }
}

bool ws_fault_fails(const char *name)
{
    static atomic_llong passed;

    append_to_log("WSFSM_FAIL_LOG", name);
    return is_reached(&passed, "WSFSM_FAIL_AT", name);
}

#endif
