#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/close_range.h>

#include "inside.h"
#include "wsfsm/base/buf.h"
#include "wsfsm/base/text.h"

static _Noreturn void fail(int fd, enum ws_child_stage stage)
{
    const struct ws_child_report report = {.stage = stage, .value = errno};
    ssize_t written = write(fd, &report, sizeof report);
    _exit(written == (ssize_t)sizeof report ? 127 : 126);
}

/* Handlers are gone after exec by themselves; what is ignored and what is blocked would be
 * inherited. The system call, because sigaction() refuses the two signals that libc uses itself,
 * and posix_spawn() leaves just those ignored. */
static void default_signals(void)
{
    static const uint64_t
        standard[8]; /* the kernel's struct sigaction, all zero: SIG_DFL, no flags, no mask */
    for (int signal = 1; signal < NSIG; signal++)
        syscall(SYS_rt_sigaction, signal, standard, NULL, sizeof(uint64_t));
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

/* When memory runs out, the program should go before the orchestrator. Refused where it would mean
 * less. */
static void offer_to_oom_killer(void)
{
    int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    ssize_t ignored = write(fd, "500", 3);
    (void)ignored;
    close(fd);
}

static int connect_descriptors(const struct ws_command *c, int out, int err, int report)
{
    if (dup2(out, STDOUT_FILENO) < 0 || dup2(err, STDERR_FILENO) < 0)
        return -1;
    if (close_range(STDERR_FILENO + 1, UINT_MAX, CLOSE_RANGE_CLOEXEC) < 0)
        return -1;
    const char *path = c->stdin_file == NULL ? "/dev/null" : c->stdin_file;
    int in = open(path, O_RDONLY | O_NOCTTY | O_CLOEXEC);
    if (in < 0)
        fail(report, WS_STAGE_STDIN);
    return dup2(in, STDIN_FILENO) < 0 ? -1 : 0;
}

_Noreturn void ws_child_become(const struct ws_command *c, int report)
{
    static char *const no_env[] = {NULL};
    setsid();
    /* Ends at least the main process when its parent, the supervisor, itself is killed. */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (chdir(c->cwd) < 0)
        fail(report, WS_STAGE_CWD);
    default_signals();
    execve(c->program, c->argv.items, c->env.items == NULL ? no_env : c->env.items);
    fail(report, WS_STAGE_EXEC);
}

/* What bubblewrap is started with. */
struct wrap {
    struct ws_strv argv, env;
    int command; /* descriptor of what the process inside is to run */
};

static _Noreturn void become_wrap(const struct wrap *w, int report)
{
    static char *const no_env[] = {NULL};
    /* Away from the numbers they shall get, and back to those: without close-on-exec there. */
    int command = fcntl(w->command, F_DUPFD_CLOEXEC, WS_INSIDE_REPORT_FD + 1);
    report = fcntl(report, F_DUPFD_CLOEXEC, WS_INSIDE_REPORT_FD + 1);
    if (dup2(command, WS_INSIDE_COMMAND_FD) < 0 || dup2(report, WS_INSIDE_REPORT_FD) < 0)
        fail(report, WS_STAGE_DESCRIPTORS);
    setsid();
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    default_signals();
    signal(SIGTERM, SIG_IGN); /* see inside.h */
    execve(w->argv.items[0], w->argv.items, w->env.items == NULL ? no_env : w->env.items);
    fail(report, WS_STAGE_CONFINE);
}

static _Noreturn void become_program(const struct ws_command *c, const struct wrap *w, int out,
                                     int err, int report)
{
    offer_to_oom_killer();
    if (connect_descriptors(c, out, err, report) < 0)
        fail(report, WS_STAGE_DESCRIPTORS);
    if (w->argv.len > 0)
        become_wrap(w, report);
    ws_child_become(c, report);
}

enum { OUT, ERR, NEWS, PIPES };

static void close_pipes(int pipes[PIPES][2])
{
    for (int i = 0; i < PIPES; i++)
        for (int end = 0; end < 2; end++)
            if (pipes[i][end] >= 0)
                close(pipes[i][end]);
}

static int wrap_init(struct wrap *w, const struct ws_command *c, struct ws_error *err)
{
    *w = (struct wrap){.command = -1};
    if (c->confine.len == 0)
        return 0;
    if (ws_inside_wrap(&w->argv, &w->env, c, err) < 0)
        return -1;
    w->command = ws_inside_command(c, err);
    return w->command < 0 ? -1 : 0;
}

static void wrap_release(struct wrap *w)
{
    ws_strv_release(&w->argv);
    ws_strv_release(&w->env);
    if (w->command >= 0)
        close(w->command);
}

int ws_child_start(struct ws_child *child, const struct ws_command *c, struct ws_error *err)
{
    int pipes[PIPES][2] = {{-1, -1}, {-1, -1}, {-1, -1}};
    struct wrap wrap;
    int rc = -1;

    child->confined = c->confine.len > 0;
    if (wrap_init(&wrap, c, err) < 0)
        goto out;
    for (int i = 0; i < PIPES; i++) {
        if (pipe2(pipes[i], O_CLOEXEC) < 0 || fcntl(pipes[i][0], F_SETFL, O_NONBLOCK) < 0) {
            ws_fail_errno(err, WS_E_IO, NULL, "cannot make a pipe");
            goto out;
        }
    }
    child->pid = fork();
    if (child->pid == 0)
        become_program(c, &wrap, pipes[OUT][1], pipes[ERR][1], pipes[NEWS][1]);
    if (child->pid < 0) {
        ws_fail_errno(err, WS_E_IO, NULL, "cannot fork");
        goto out;
    }
    child->out_fd = pipes[OUT][0];
    child->err_fd = pipes[ERR][0];
    child->news_fd = pipes[NEWS][0];
    for (int i = 0; i < PIPES; i++)
        pipes[i][0] = -1;
    rc = 0;
out:
    wrap_release(&wrap);
    close_pipes(pipes);
    return rc;
}

static void describe(const struct ws_child_report *report, const struct ws_command *c, char *why,
                     size_t size)
{
    const struct {
        const char *doing, *file;
    } at[] = {
        [WS_STAGE_DESCRIPTORS] = {"preparing", c->program},
        [WS_STAGE_CWD] = {"entering", c->cwd},
        [WS_STAGE_STDIN] = {"opening", c->stdin_file},
        [WS_STAGE_CONFINE] = {"executing", c->confine.len > 0 ? c->confine.items[0] : NULL},
        [WS_STAGE_EXEC] = {"executing", c->program},
    };
    const char *hint = "";
    if (report->stage == WS_STAGE_EXEC && report->value == ENOEXEC)
        hint = ": neither a program of this machine nor a script with a #! line";
    else if (report->stage == WS_STAGE_EXEC && report->value == ENOENT &&
             access(c->program, F_OK) == 0)
        hint = c->confine.len > 0 ? ": it, or its interpreter, cannot be seen inside"
                                  : ": its interpreter is missing";
    struct ws_buf name = {0};
    const char *path = at[report->stage].file == NULL ? "/dev/null" : at[report->stage].file;
    ws_escape_line(&name, path, strlen(path));
    snprintf(why, size, "%s%s (%s %s)", strerror(report->value), hint, at[report->stage].doing,
             ws_buf_str(&name));
    ws_buf_release(&name);
}

static enum ws_child_news take_report(struct ws_child *child, const struct ws_child_report *report,
                                      const struct ws_command *c, char *why, size_t size)
{
    switch (report->stage) {
    case WS_STAGE_INSIDE:
        child->inside = true;
        return WS_CHILD_NOTHING;
    case WS_STAGE_ENDED:
        child->status = report->value;
        return WS_CHILD_ENDED;
    default:
        describe(report, c, why, size);
        return WS_CHILD_NOT_STARTED;
    }
}

enum ws_child_news ws_child_hear(struct ws_child *child, const struct ws_command *c, char *why,
                                 size_t size)
{
    struct ws_child_report report;
    ssize_t n;
    do
        n = read(child->news_fd, &report, sizeof report);
    while (n < 0 && errno == EINTR);
    if (n < 0 && errno == EAGAIN)
        return WS_CHILD_WAITS;
    if (n == (ssize_t)sizeof report && report.stage <= WS_STAGE_ENDED)
        return take_report(child, &report, c, why, size);
    close(child->news_fd);
    child->news_fd = -1;
    return WS_CHILD_NOTHING;
}
