/* The supervisor: start, loop, result. Everything the loop waits for is a descriptor or the clock;
 * what follows from it is decided in guard_phase.c.
 */
#include "guard.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "holder.h"
#include "lock.h"
#include "message.h"
#include "wsfsm/base/clock.h"
#include "wsfsm/base/mem.h"

/* Descriptors 0 to 2 must be taken, or a pipe of ours would become the program's stdin. */
static int fill_standard_descriptors(void)
{
    int fd;
    do
        fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    while (fd >= 0 && fd <= STDERR_FILENO);
    return fd < 0 ? -1 : close(fd);
}

static int guard_open(struct ws_guard *g)
{
    int type;
    socklen_t size = sizeof type;
    if (getsockopt(WS_GUARD_FD, SOL_SOCKET, SO_TYPE, &type, &size) < 0)
        return WS_GUARD_NO_LIFELINE;
    sigset_t all, child;
    sigfillset(&all);
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    bool ok = sigprocmask(SIG_SETMASK, &all, NULL) == 0 && signal(SIGCHLD, SIG_DFL) != SIG_ERR &&
              close_range(WS_GUARD_FD + 1, UINT_MAX, 0) == 0 && fill_standard_descriptors() == 0 &&
              fcntl(WS_GUARD_FD, F_SETFD, FD_CLOEXEC) == 0 && prctl(PR_SET_CHILD_SUBREAPER, 1) == 0;
    prctl(PR_SET_NAME, WS_GUARD_NAME);
    *g = (struct ws_guard){
        .sock = WS_GUARD_FD, .lock = -1, .child.news_fd = -1, .out.fd = -1, .err.fd = -1};
    g->signals = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
    return ok && g->signals >= 0 ? WS_GUARD_OK : WS_GUARD_FAILED;
}

static void guard_start(struct ws_guard *g)
{
    struct ws_command *c = &g->command;
    struct ws_error err;
    char *why = g->exit.start_error;
    int64_t cap = c->log_cap > 0 ? c->log_cap : WS_LOG_CAP;

    g->started = g->last_output = g->last_progress = ws_boot_ms();
    ws_secrets_init(&g->secrets, &c->secrets);
    ws_capture_init(&g->out, c->stdout_log, cap, &g->secrets, &g->patterns);
    ws_capture_init(&g->err, c->stderr_log, cap, &g->secrets, &g->patterns);
    g->phase = WS_PHASE_DONE;
    if (ws_patterns_init(&g->patterns, &c->failure_patterns, why, sizeof g->exit.start_error) < 0)
        return;
    if (c->lock_file != NULL && ws_guard_lock(&g->lock, c->lock_file, &err) < 0) {
        g->trouble = err.code;
        snprintf(why, sizeof g->exit.start_error, "%.255s", err.message);
        return;
    }
    if (ws_child_start(&g->child, c, &err) < 0) {
        snprintf(why, sizeof g->exit.start_error, "%.255s", err.message);
        return;
    }
    g->out.fd = g->child.out_fd;
    g->err.fd = g->child.err_fd;
    g->exit.started = true; /* until its report says otherwise */
    g->phase = WS_PHASE_RUN;
}

static void main_over(struct ws_guard *g, int status, int64_t now)
{
    g->main_ended = true;
    g->status = status;
    g->exit.duration_ms = now - g->started;
}

static enum ws_child_news hear_child(struct ws_guard *g, int64_t now)
{
    char *why = g->exit.start_error;
    enum ws_child_news news =
        ws_child_hear(&g->child, &g->command, why, sizeof g->exit.start_error);
    if (news == WS_CHILD_NOT_STARTED)
        g->exit.started = false;
    else if (news == WS_CHILD_ENDED)
        main_over(g, g->child.status, now);
    return news;
}

/* bubblewrap, ended before the process inside could say how the program did: that was killed, or
 * never came to be. */
static int status_of_wrap(int status)
{
    enum { BY_SIGNAL = 128 };
    bool passed_on = WIFEXITED(status) && WEXITSTATUS(status) > BY_SIGNAL;
    return passed_on ? WEXITSTATUS(status) - BY_SIGNAL : status;
}

static void child_over(struct ws_guard *g, int status, int64_t now)
{
    while (g->child.news_fd >= 0 && hear_child(g, now) != WS_CHILD_WAITS)
        continue;
    if (!g->main_ended)
        main_over(g, g->child.confined ? status_of_wrap(status) : status, now);
    bool ours = !g->orphaned && !g->exit.stopped && g->exit.timed_out == WS_LIMIT_NONE;
    if (g->child.confined && g->exit.started && !g->child.inside && ours) {
        g->exit.started = false;
        g->exit.confine_failed = true;
    }
}

static void reap(struct ws_guard *g, int64_t now)
{
    struct signalfd_siginfo info;
    while (read(g->signals, &info, sizeof info) == (ssize_t)sizeof info)
        continue;
    int status;
    pid_t pid;
    while ((pid = waitpid(-1, &status, WNOHANG | __WALL)) > 0)
        if (pid == g->child.pid)
            child_over(g, status, now);
    g->childless = pid < 0 && errno == ECHILD;
}

static void take_output(struct ws_guard *g, struct ws_capture *c, int64_t now)
{
    if (ws_capture_read(c) <= 0)
        return;
    g->last_output = now;
    g->spoke_last = c;
    g->news = true;
}

static int timeout(const struct ws_guard *g, int64_t now)
{
    int64_t due = g->phase_ends;
    if (!g->orphaned && ws_guard_progress_due(g) < due)
        due = ws_guard_progress_due(g);
    return due <= now ? 0 : due - now < INT_MAX ? (int)(due - now) : INT_MAX;
}

static void guard_wait(struct ws_guard *g)
{
    enum { SOCKET, SIGNALS, NEWS, OUT, ERR, COUNT };
    struct pollfd fds[COUNT] = {
        [SOCKET] = {.fd = g->orphaned ? -1 : g->sock, .events = POLLIN},
        [SIGNALS] = {.fd = g->signals, .events = POLLIN},
        [NEWS] = {.fd = g->child.news_fd, .events = POLLIN},
        [OUT] = {.fd = g->out.fd, .events = POLLIN},
        [ERR] = {.fd = g->err.fd, .events = POLLIN},
    };
    if (g->outbox.len > 0)
        fds[SOCKET].events |= POLLOUT;
    if (poll(fds, COUNT, timeout(g, ws_boot_ms())) <= 0)
        return;
    int64_t now = ws_boot_ms();
    if (fds[SOCKET].revents & POLLOUT)
        ws_guard_flush(g);
    if (fds[SOCKET].revents & (POLLIN | POLLHUP | POLLERR))
        ws_guard_hear(g);
    if (fds[NEWS].revents != 0)
        hear_child(g, now);
    if (fds[OUT].revents != 0)
        take_output(g, &g->out, now);
    if (fds[ERR].revents != 0)
        take_output(g, &g->err, now);
    if (fds[SIGNALS].revents != 0)
        reap(g, now);
}

/* What the pipes still hold, now that nobody is left to fill them; a writer outside our reach gets
 * a moment only. */
static void drain(struct ws_capture *c)
{
    int64_t end = ws_boot_ms() + WS_DRAIN_MS;
    while (c->fd >= 0 && ws_capture_read(c) > 0 && ws_boot_ms() < end)
        continue;
    ws_capture_end(c);
}

/* What bubblewrap said last is why. */
static void explain_failed_wrap(struct ws_exit *e)
{
    const char *text = e->stderr_tail, *end = text + strlen(text);
    while (end > text && end[-1] == '\n')
        end--;
    const char *line = memrchr(text, '\n', (size_t)(end - text));
    line = line == NULL ? text : line + 1;
    snprintf(e->start_error, sizeof e->start_error, "cannot be confined: %.*s",
             (int)(end - line < 200 ? end - line : 200), end > line ? line : "bubblewrap failed");
}

static void guard_finish(struct ws_guard *g)
{
    struct ws_exit *e = &g->exit;
    drain(&g->out);
    drain(&g->err);
    e->exit_code = -1;
    if (e->started && g->main_ended) {
        e->exit_code = WIFEXITED(g->status) ? WEXITSTATUS(g->status) : -1;
        e->signal = WIFSIGNALED(g->status) ? WTERMSIG(g->status) : 0;
    }
    e->stdout_bytes = g->out.bytes;
    e->stderr_bytes = g->err.bytes;
    e->stdout_cut = ws_logfile_cut(&g->out.log);
    e->stderr_cut = ws_logfile_cut(&g->err.log);
    e->stdout_tail = ws_capture_tail(&g->out);
    e->stderr_tail = ws_capture_tail(&g->err);
    e->log_failed = g->out.log.failed || g->err.log.failed;
    if (e->confine_failed)
        explain_failed_wrap(e);
    e->pattern_matched = g->patterns.matched;
    if (g->patterns.matched) {
        struct ws_buf line = {0};
        ws_redact_text(&g->secrets, &line, ws_buf_str(&g->patterns.line), g->patterns.line.len);
        e->matched_line =
            ws_printed_text(ws_buf_str(&line), line.len < WS_TAIL_MAX ? line.len : WS_TAIL_MAX);
        ws_buf_release(&line);
    }
}

static void guard_release(struct ws_guard *g)
{
    ws_exit_release(&g->exit);
    ws_capture_release(&g->out);
    ws_capture_release(&g->err);
    ws_patterns_release(&g->patterns);
    ws_secrets_release(&g->secrets);
    ws_received_command_release(&g->command);
    ws_inbox_release(&g->inbox);
    ws_buf_release(&g->outbox);
    close(g->signals);
    close(g->sock); /* last: it tells the orchestrator that we are gone; the lock goes with the
                       process */
}

int ws_guard_main(void)
{
    struct ws_guard g;
    int rc = guard_open(&g);
    if (rc != WS_GUARD_OK)
        return rc;
    if (ws_guard_receive(&g) == 0) {
        guard_start(&g);
        while (g.phase != WS_PHASE_DONE) {
            guard_wait(&g);
            int64_t now = ws_boot_ms();
            ws_guard_advance(&g, now);
            ws_guard_progress(&g, now);
        }
        guard_finish(&g);
        ws_guard_answer(&g);
    }
    guard_release(&g);
    return WS_GUARD_OK;
}
