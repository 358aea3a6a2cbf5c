#include "inside.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"
#include "guard.h"
#include "message.h"
#include "wsfsm/base/mem.h"
#include "wsfsm/base/path.h"
#include "wsfsm/base/text.h"

/* Where our executable is found inside, wherever it lies outside. */
static const char OURSELVES[] = "/run/wsfsm";

int ws_inside_wrap(struct ws_strv *argv, struct ws_strv *env, const struct ws_command *c,
                   struct ws_error *err)
{
    char exe[PATH_MAX];
    ssize_t len = readlink("/proc/self/exe", exe, sizeof exe - 1);
    if (len < 0)
        return ws_fail_errno(err, WS_E_IO, "/proc/self/exe", "cannot find our own executable");
    exe[len] = '\0';
    ws_strv_copy(argv, &c->confine);
    const char *const rest[] = {"--ro-bind", exe, OURSELVES, "--", OURSELVES, "__inside"};
    for (size_t i = 0; i < sizeof rest / sizeof *rest; i++)
        ws_strv_add(argv, rest[i]);
    for (size_t i = 0; i < c->env.len; i++)
        if (ws_starts_with(c->env.items[i], "WSFSM_KEY=") ||
            ws_starts_with(c->env.items[i], "WSFSM_REPO="))
            ws_strv_add(env, c->env.items[i]);
    return 0;
}

int ws_inside_command(const struct ws_command *c, struct ws_error *err)
{
    struct ws_buf b = {0};
    ws_put_str(&b, c->program);
    ws_put_strv(&b, &c->argv);
    ws_put_strv(&b, &c->env);
    ws_put_str(&b, c->cwd);
    int fd = memfd_create("wsfsm-command", MFD_CLOEXEC);
    if (fd < 0 || ws_write_all(fd, b.data, b.len) < 0 || lseek(fd, 0, SEEK_SET) < 0) {
        ws_fail_errno(err, WS_E_IO, c->program, "cannot hand it over");
        if (fd >= 0)
            close(fd);
        fd = -1;
    }
    ws_buf_release(&b);
    return fd;
}

static int take_command(struct ws_command *out)
{
    struct ws_buf b = {0};
    char chunk[4096];
    ssize_t n;
    while ((n = read(WS_INSIDE_COMMAND_FD, chunk, sizeof chunk)) > 0)
        ws_buf_add(&b, chunk, (size_t)n);
    close(WS_INSIDE_COMMAND_FD);
    struct ws_cursor c = {.at = ws_buf_str(&b), .left = b.len};
    *out = (struct ws_command){.program = ws_get_str(&c)};
    ws_get_strv(&c, &out->argv);
    ws_get_strv(&c, &out->env);
    out->cwd = ws_get_str(&c);
    ws_buf_release(&b);
    return n < 0 || c.bad || out->program == NULL || out->cwd == NULL || out->argv.len == 0 ? -1
                                                                                            : 0;
}

static void tell(enum ws_child_stage stage, int value)
{
    const struct ws_child_report report = {.stage = stage, .value = value};
    ssize_t ignored = write(WS_INSIDE_REPORT_FD, &report, sizeof report);
    (void)ignored; /* nobody listens: the supervisor is gone, and so shall we be */
}

/* A subreaper inherits every orphan, so without children there are no descendants left. */
static void outlive(pid_t program)
{
    int status;
    pid_t pid;
    while ((pid = waitpid(-1, &status, __WALL)) > 0 || errno == EINTR)
        if (pid == program)
            tell(WS_STAGE_ENDED, status);
}

int ws_inside_main(void)
{
    struct ws_command c;
    if (fcntl(WS_INSIDE_REPORT_FD, F_SETFD, FD_CLOEXEC) < 0 || take_command(&c) < 0)
        return WS_GUARD_NO_LIFELINE;
    /* Not for the program to look into or to speak for: it has our uid and could else open our
     * descriptors by /proc. */
    prctl(PR_SET_DUMPABLE, 0);
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    prctl(PR_SET_NAME, "wsfsm-inside");
    tell(WS_STAGE_INSIDE, 0);
    pid_t program = fork();
    if (program == 0)
        ws_child_become(&c, WS_INSIDE_REPORT_FD);
    if (program < 0)
        tell(WS_STAGE_DESCRIPTORS, errno);
    outlive(program);
    ws_received_command_release(&c);
    _exit(WS_GUARD_OK); /* not by way of a leak checker, which would have to look into us */
}
