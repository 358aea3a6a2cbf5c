#include "wsfsm/proc/stop.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

static const struct {
    int signal;
    enum ws_stop_kind kind;
    int ends_by;
} routes[] = {
    {SIGINT, WS_STOP_CANCEL, SIGINT},
    {SIGTERM, WS_STOP_INTERRUPT, SIGTERM},
    {SIGHUP, WS_STOP_INTERRUPT, SIGHUP},
    {WS_STOP_SIGNAL_CANCEL, WS_STOP_CANCEL, 0},
};

enum { ROUTES = sizeof routes / sizeof *routes };

/* `raised` is kind + signal * KINDS. */
enum { KINDS = WS_STOP_INTERRUPT + 1 };

static struct ws_stop *volatile routed;
static struct sigaction before[ROUTES];

int ws_stop_init(struct ws_stop *s, struct ws_error *err)
{
    *s = (struct ws_stop){.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
    if (s->fd < 0)
        return ws_fail_errno(err, WS_E_IO, "signals", "cannot make an event descriptor");
    return 0;
}

static void route(const struct sigaction *action)
{
    for (size_t i = 0; i < ROUTES; i++) {
        /* Who started us under nohup wants to survive the terminal. */
        bool leave = routes[i].signal == SIGHUP && before[i].sa_handler == SIG_IGN;
        if (!leave)
            sigaction(routes[i].signal, action != NULL ? action : &before[i], NULL);
    }
}

void ws_stop_release(struct ws_stop *s)
{
    if (s == NULL)
        return;
    if (routed == s) {
        route(NULL);
        routed = NULL;
    }
    if (s->fd > 0)
        close(s->fd);
    *s = (struct ws_stop){.fd = -1};
}

void ws_stop_raise(struct ws_stop *s, enum ws_stop_kind kind, int signal)
{
    int none = WS_STOP_NONE;
    if (!__atomic_compare_exchange_n(&s->raised, &none, (int)kind + signal * KINDS, false,
                                     __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
        return;
    int saved = errno;
    uint64_t one = 1;
    ssize_t ignored = write(s->fd, &one, sizeof one);
    (void)ignored;
    errno = saved;
}

static int raised(const struct ws_stop *s)
{
    return __atomic_load_n(&s->raised, __ATOMIC_SEQ_CST);
}

enum ws_stop_kind ws_stop_raised(const struct ws_stop *s)
{
    return (enum ws_stop_kind)(raised(s) % KINDS);
}

int ws_stop_signal(const struct ws_stop *s)
{
    return raised(s) / KINDS;
}

static void on_signal(int signal)
{
    static const struct sigaction standard = {.sa_handler = SIG_DFL};
    int saved = errno;
    route(&standard); /* the next one ends the process */
    for (size_t i = 0; i < ROUTES; i++)
        if (routes[i].signal == signal && routed != NULL)
            ws_stop_raise(routed, routes[i].kind, routes[i].ends_by);
    errno = saved;
}

int ws_stop_on_signals(struct ws_stop *s, struct ws_error *err)
{
    if (routed != NULL)
        return ws_fail(err, WS_E_INTERNAL, NULL, "signals are routed to another stop already");
    for (size_t i = 0; i < ROUTES; i++)
        if (sigaction(routes[i].signal, NULL, &before[i]) < 0)
            return ws_fail_errno(err, WS_E_IO, "signals", "cannot read a disposition");
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    for (size_t i = 0; i < ROUTES; i++)
        sigaddset(&action.sa_mask, routes[i].signal);
    routed = s;
    route(&action);
    return 0;
}
