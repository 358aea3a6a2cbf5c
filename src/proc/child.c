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

#include "wsfsm/base/buf.h"
#include "wsfsm/base/text.h"

enum stage { STAGE_DESCRIPTORS, STAGE_CWD, STAGE_STDIN, STAGE_EXEC };

struct report {
    enum stage stage;
    int error;
};

static _Noreturn void fail(int fd, enum stage stage)
{
    struct report report = {.stage = stage, .error = errno};
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
        fail(report, STAGE_STDIN);
    return dup2(in, STDIN_FILENO) < 0 ? -1 : 0;
}

static _Noreturn void become_program(const struct ws_command *c, int out, int err, int report)
{
    setsid();
    /* Ends at least the main process when the supervisor itself is killed. */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    offer_to_oom_killer();
    if (connect_descriptors(c, out, err, report) < 0)
        fail(report, STAGE_DESCRIPTORS);
    if (chdir(c->cwd) < 0)
        fail(report, STAGE_CWD);
    default_signals();
    static char *const no_env[] = {NULL};
    execve(c->program, c->argv.items, c->env.items == NULL ? no_env : c->env.items);
    fail(report, STAGE_EXEC);
}

enum { OUT, ERR, EXEC, PIPES };

static void close_pipes(int pipes[PIPES][2])
{
    for (int i = 0; i < PIPES; i++)
        for (int end = 0; end < 2; end++)
            if (pipes[i][end] >= 0)
                close(pipes[i][end]);
}

int ws_child_start(struct ws_child *child, const struct ws_command *c, struct ws_error *err)
{
    int pipes[PIPES][2] = {{-1, -1}, {-1, -1}, {-1, -1}};
    int rc = -1;

    for (int i = 0; i < PIPES; i++) {
        if (pipe2(pipes[i], O_CLOEXEC) < 0 || fcntl(pipes[i][0], F_SETFL, O_NONBLOCK) < 0) {
            ws_fail_errno(err, WS_E_IO, NULL, "cannot make a pipe");
            goto out;
        }
    }
    child->pid = fork();
    if (child->pid == 0)
        become_program(c, pipes[OUT][1], pipes[ERR][1], pipes[EXEC][1]);
    if (child->pid < 0) {
        ws_fail_errno(err, WS_E_IO, NULL, "cannot fork");
        goto out;
    }
    child->out_fd = pipes[OUT][0];
    child->err_fd = pipes[ERR][0];
    child->exec_fd = pipes[EXEC][0];
    for (int i = 0; i < PIPES; i++)
        pipes[i][0] = -1;
    rc = 0;
out:
    close_pipes(pipes);
    return rc;
}

static void describe(const struct report *report, const struct ws_command *c, char *why,
                     size_t size)
{
    static const char *const doing[] = {
        [STAGE_DESCRIPTORS] = "preparing",
        [STAGE_CWD] = "entering",
        [STAGE_STDIN] = "opening",
        [STAGE_EXEC] = "executing",
    };
    const char *const file[] = {
        [STAGE_DESCRIPTORS] = c->program,
        [STAGE_CWD] = c->cwd,
        [STAGE_STDIN] = c->stdin_file,
        [STAGE_EXEC] = c->program,
    };
    const char *hint = "";
    if (report->stage == STAGE_EXEC && report->error == ENOEXEC)
        hint = ": neither a program of this machine nor a script with a #! line";
    else if (report->stage == STAGE_EXEC && report->error == ENOENT &&
             access(c->program, F_OK) == 0)
        hint = ": its interpreter is missing";
    struct ws_buf name = {0};
    const char *path = file[report->stage] == NULL ? "/dev/null" : file[report->stage];
    ws_escape_line(&name, path, strlen(path));
    snprintf(why, size, "%s%s (%s %s)", strerror(report->error), hint, doing[report->stage],
             ws_buf_str(&name));
    ws_buf_release(&name);
}

int ws_child_started(struct ws_child *child, const struct ws_command *c, char *why, size_t size)
{
    struct report report;
    ssize_t n;
    do
        n = read(child->exec_fd, &report, sizeof report);
    while (n < 0 && errno == EINTR);
    close(child->exec_fd);
    child->exec_fd = -1;
    if (n != (ssize_t)sizeof report)
        return 0;
    describe(&report, c, why, size);
    return -1;
}
