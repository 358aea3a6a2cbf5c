/* The orchestrator's side: starts the supervisor, hands it the command, passes stop on and progress
 * back. */
#include "wsfsm/proc/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guard.h"
#include "message.h"
#include "proctab.h"
#include "tree.h"
#include "wsfsm/base/clock.h"
#include "wsfsm/base/fault.h"

enum {
    SILENCE_MS =
        3000, /* it speaks every second: after that it may have been stopped by the program */
    GOODBYE_MS = 1000,   /* between the result and its end */
    CLEAN_UP_MS = 10000, /* for ending what a killed supervisor left */
    CLEAN_UP_PAUSE_MS = 5,
};

static const char *guard_executable;           /* NULL: nobody said */
static const char supervisor[] = "supervisor"; /* what a message speaks of */

struct session {
    pid_t guard;
    uint64_t guard_start; /* clock ticks after boot */
    int guard_status;     /* as waitpid() gave it */
    int remaining;        /* of what it watched over, as it said */
    enum ws_code trouble; /* likewise: why it started nothing; no matter of the program */
    int sock;
    int was_subreaper;
    struct ws_inbox inbox;
    const struct ws_watch *watch;
};

void ws_proc_set_guard(const char *executable)
{
    guard_executable = executable;
}

int ws_proc_check(struct ws_error *err)
{
    if (guard_executable != NULL)
        return 0;
    return ws_fail(err, WS_E_INTERNAL, NULL,
                   "no tool can be supervised: this program's main() has to begin with "
                   "ws_proc_main(), or to name an installed wsfsm by ws_proc_set_guard()");
}

const char *ws_limit_name(enum ws_limit limit)
{
    static const char *const names[] = {
        [WS_LIMIT_NONE] = NULL,
        [WS_LIMIT_WALL] = "wall",
        [WS_LIMIT_IDLE] = "idle",
        [WS_LIMIT_DEADLINE] = "deadline",
    };
    return names[limit];
}

void ws_command_release(struct ws_command *c)
{
    if (c == NULL)
        return;
    ws_strv_release(&c->argv);
    ws_strv_release(&c->env);
    ws_strv_release(&c->confine);
    ws_strv_release(&c->secrets);
    ws_strv_release(&c->failure_patterns);
    *c = (struct ws_command){0};
}

void ws_exit_release(struct ws_exit *e)
{
    if (e == NULL)
        return;
    free(e->matched_line);
    free(e->stdout_tail);
    free(e->stderr_tail);
    *e = (struct ws_exit){0};
}

/* A session of its own keeps it out of reach of the terminal and of signals to our group; it starts
 * with every signal blocked and none ignored. */
static int spawn_with(pid_t *pid, int socket_end, posix_spawn_file_actions_t *files,
                      posix_spawnattr_t *attr)
{
    char name[] = "wsfsm", command[] = "__guard";
    char *argv[] = {name, command, NULL};
    sigset_t all;
    sigfillset(&all);
    posix_spawnattr_setsigmask(attr, &all);
    posix_spawnattr_setsigdefault(attr, &all);
    posix_spawnattr_setflags(attr,
                             POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    int rc = posix_spawn_file_actions_addopen(files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    if (rc == 0)
        rc = posix_spawn_file_actions_addopen(files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    if (rc == 0)
        rc = posix_spawn_file_actions_adddup2(files, socket_end, WS_GUARD_FD);
    return rc != 0 ? rc : posix_spawn(pid, guard_executable, files, attr, argv, environ);
}

static int spawn_guard(pid_t *pid, int socket_end, struct ws_error *err)
{
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attr;
    posix_spawn_file_actions_init(&files);
    posix_spawnattr_init(&attr);
    errno = spawn_with(pid, socket_end, &files, &attr);
    int rc = 0;
    if (errno != 0)
        rc = ws_fail_errno(err, WS_E_IO, guard_executable, "cannot start the supervisor");
    posix_spawnattr_destroy(&attr);
    posix_spawn_file_actions_destroy(&files);
    return rc;
}

static int session_open(struct session *s, struct ws_error *err)
{
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
        return ws_fail_errno(err, WS_E_IO, supervisor, "cannot make a socket for it");
    /* Away from the number it shall get: dup2() of a descriptor onto itself would leave it
     * close-on-exec. */
    int end = fcntl(pair[1], F_DUPFD_CLOEXEC, WS_GUARD_FD + 1);
    close(pair[1]);
    if (end < 0) {
        close(pair[0]);
        return ws_fail_errno(err, WS_E_IO, supervisor, "cannot duplicate a descriptor for it");
    }
    s->sock = pair[0];
    /* Should the supervisor be killed, what it watched over becomes ours. */
    prctl(PR_GET_CHILD_SUBREAPER, &s->was_subreaper);
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    int rc = spawn_guard(&s->guard, end, err);
    close(end);
    struct ws_process guard;
    if (rc == 0 && ws_process_read(&guard, s->guard) == 0)
        s->guard_start = guard.start;
    return rc;
}

/* 0; -1 with errno. */
static int send_frame(struct session *s, struct ws_buf *frame)
{
    for (size_t sent = 0; sent < frame->len;) {
        ssize_t n = send(s->sock, frame->data + sent, frame->len - sent, MSG_NOSIGNAL);
        if (n < 0 && errno != EINTR)
            return -1;
        sent += n > 0 ? (size_t)n : 0;
    }
    return 0;
}

static int send_command(struct session *s, const struct ws_command *c, struct ws_error *err)
{
    struct ws_buf b = {0};
    size_t at = ws_frame_begin(&b, WS_FRAME_REQUEST);
    ws_put_command(&b, c);
    ws_frame_end(&b, at);
    int rc = 0;
    if (b.len > WS_FRAME_MAX)
        rc = ws_fail(err, WS_E_IO, c->program, "its arguments and environment are too large");
    else if (send_frame(s, &b) < 0)
        rc = ws_fail_errno(err, WS_E_IO, supervisor, "it does not answer");
    ws_buf_release(&b);
    return rc;
}

static void send_stop(struct session *s)
{
    struct ws_buf b = {0};
    ws_frame_end(&b, ws_frame_begin(&b, WS_FRAME_STOP));
    send_frame(s, &b); /* when it is gone, the end of the stream says so */
    ws_buf_release(&b);
}

static void show_progress(const struct session *s, struct ws_cursor *frame)
{
    struct ws_progress p;
    char *line = NULL;
    if (ws_get_progress(frame, &p, &line) == 0 && s->watch != NULL && s->watch->progress != NULL)
        s->watch->progress(s->watch->payload, &p);
    free(line);
}

static int take_result(struct session *s, struct ws_exit *out, struct ws_cursor *frame)
{
    if (ws_get_exit(frame, out, &s->remaining) < 0)
        return -1;
    s->trouble = (enum ws_code)ws_get_int(frame);
    return 1;
}

/* 1: *out holds the result; 0: not yet; -1: nothing sensible will come. */
static int take_frames(struct session *s, struct ws_exit *out)
{
    enum ws_frame type;
    struct ws_cursor frame;
    int have;
    while ((have = ws_inbox_next(&s->inbox, &type, &frame)) == 1) {
        if (type == WS_FRAME_RESULT)
            return take_result(s, out, &frame);
        if (type == WS_FRAME_PROGRESS)
            show_progress(s, &frame);
    }
    return have;
}

static int await_result(struct session *s, struct ws_exit *out, struct ws_error *err)
{
    int stop_fd = s->watch != NULL && s->watch->stop != NULL ? s->watch->stop->fd : -1;
    for (;;) {
        struct pollfd fds[] = {{.fd = s->sock, .events = POLLIN},
                               {.fd = stop_fd, .events = POLLIN}};
        int ready = poll(fds, 2, SILENCE_MS);
        if (ready < 0 && errno != EINTR)
            return ws_fail_errno(err, WS_E_IO, supervisor, "cannot wait for it");
        if (ready < 0)
            continue;
        if (ready == 0)
            kill(s->guard, SIGCONT);
        if (fds[1].revents != 0) {
            send_stop(s);
            stop_fd = -1;
        }
        if (fds[0].revents == 0)
            continue;
        ssize_t n = ws_inbox_fill(&s->inbox, s->sock);
        if (n < 0 && errno == EINTR)
            continue;
        int rc = n > 0 ? take_frames(s, out) : -1;
        if (rc > 0)
            return 0;
        if (rc < 0)
            return ws_fail(err, WS_E_IO, supervisor, "it ended without an answer: was it killed?");
    }
}

/* The supervisor is gone without an answer; what it watched over is now below us. */
static void end_orphans(const struct session *s)
{
    struct ws_tree tree = {
        .root = getpid(), .not_session = getsid(0), .not_before = s->guard_start};
    int64_t end = ws_boot_ms() + CLEAN_UP_MS;
    while (ws_tree_kill(&tree) > 0 && ws_boot_ms() < end)
        poll(NULL, 0, CLEAN_UP_PAUSE_MS);
    ws_tree_reap(&tree);
}

/* It has said all and ends by itself, unless the program stopped it with its last breath. */
static void end_guard(struct session *s, bool answered)
{
    struct pollfd p = {.fd = s->sock, .events = POLLIN};
    if (!answered || poll(&p, 1, GOODBYE_MS) <= 0)
        kill(s->guard, SIGKILL);
    while (waitpid(s->guard, &s->guard_status, 0) < 0 && errno == EINTR)
        continue;
    if (!answered)
        end_orphans(s);
}

static void session_close(struct session *s, bool answered)
{
    if (s->guard > 0)
        end_guard(s, answered);
    if (s->sock >= 0) {
        close(s->sock);
        prctl(PR_SET_CHILD_SUBREAPER, s->was_subreaper);
    }
    ws_inbox_release(&s->inbox);
}

int ws_proc_run(struct ws_exit *out, const struct ws_command *c, const struct ws_watch *watch,
                struct ws_error *err)
{
    struct session s = {.sock = -1, .watch = watch};
    bool answered = false;

    *out = (struct ws_exit){.exit_code = -1};
    if (watch != NULL && watch->stop != NULL && ws_stop_raised(watch->stop) != WS_STOP_NONE) {
        out->stopped = true;
        snprintf(out->start_error, sizeof out->start_error, "stopped before it started");
        return 0;
    }
    int rc = session_open(&s, err);
    ws_fault_point("proc.supervisor_started");
    if (rc == 0)
        rc = send_command(&s, c, err);
    ws_fault_point("proc.command_sent");
    if (rc == 0)
        rc = await_result(&s, out, err);
    ws_fault_point("proc.answered");
    answered = rc == 0;
    session_close(&s, answered);
    ws_fault_point("proc.supervisor_ended");
    if (!answered && WIFEXITED(s.guard_status) && WEXITSTATUS(s.guard_status) == WS_GUARD_FAILED)
        rc = ws_fail(err, WS_E_IO, supervisor,
                     "it cannot set itself up: no memory or no open files are left, or there is "
                     "no /dev/null");
    if (answered && s.trouble != WS_E_OK)
        rc = ws_fail(err, s.trouble, c->lock_file, "%s", out->start_error);
    else if (answered && s.remaining > 0)
        rc = ws_fail(err, WS_E_IO, c->program,
                     "%d of its processes cannot be ended, not even by SIGKILL", s.remaining);
    if (rc < 0)
        ws_exit_release(out);
    return rc;
}
