/* What follows from what happened, and from the clock:
 *
 *     RUN --main ended--> DRAIN --leftovers--> TERM --grace over--> KILL --none left--> DONE
 *      |                    `--none left--> DONE  `--none left--> DONE
 *      |--limit, stop--> TERM
 *      `--orchestrator gone--> KILL (from every phase)
 *
 * "None left" is waitpid() saying ECHILD: a subreaper inherits every orphan, so without children it
 * has no descendants either.
 */
#include "guard.h"

#include <stddef.h>
#include <unistd.h>

#include "inside.h"
#include "tree.h"
#include "wsfsm/base/clock.h"

/* What a program leaves behind is not its work: time to tidy up, no more. */
enum { LEFTOVER_GRACE_MS = 500 };

/* A process closes its files before it is gone: what only closed its output is known after this. */
enum { SETTLE_MS = 50 };

/* Between rounds of killing; doubled each time. */
enum { PAUSE_MIN_MS = 10, PAUSE_MAX_MS = 200 };

/* Of killing in vain: another user's process, or one that waits for a dead disk. */
enum { GIVE_UP_MS = 10000 };

enum { LOOK_AGAIN_MS = 3600 * 1000 };

/* *next: in, when to look again; out, that or the first limit before it. */
static enum ws_limit limit_reached(const struct ws_guard *g, int64_t now, int64_t *next)
{
    const struct {
        enum ws_limit limit;
        int64_t since, ms;
    } limits[] = {
        {WS_LIMIT_DEADLINE, g->started, g->command.deadline_ms},
        {WS_LIMIT_WALL, g->started, g->command.wall_ms},
        {WS_LIMIT_IDLE, g->last_output, g->command.idle_ms},
    };
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        if (limits[i].ms <= 0)
            continue;
        int64_t left = limits[i].ms - (now - limits[i].since);
        if (left <= 0)
            return limits[i].limit;
        if (left < *next - now)
            *next = now + left;
    }
    return WS_LIMIT_NONE;
}

static struct ws_tree descendants(void)
{
    return (struct ws_tree){.root = getpid(), .not_session = -1};
}

/* How many of those that live are the program's. */
static int strangers(const struct ws_guard *g, int living)
{
    int ours = g->child.confined ? WS_INSIDE_ATTENDANTS : 0;
    return living > ours ? living - ours : 0;
}

static enum ws_phase enter_term(struct ws_guard *g, int64_t now, int64_t grace)
{
    struct ws_tree tree = descendants();
    int living = ws_tree_terminate(&tree);
    if (g->main_ended)
        g->exit.leftovers = strangers(g, living);
    g->phase_ends = now + grace;
    return WS_PHASE_TERM;
}

static enum ws_phase enter_kill(struct ws_guard *g, int64_t now)
{
    struct ws_tree tree = descendants();
    int killed = ws_tree_kill(&tree);
    if (g->main_ended && g->exit.leftovers == 0)
        g->exit.leftovers = strangers(g, killed);
    g->give_up = now + GIVE_UP_MS;
    g->pause = PAUSE_MIN_MS;
    g->phase_ends = now + g->pause;
    return WS_PHASE_KILL;
}

static enum ws_phase in_run(struct ws_guard *g, int64_t now)
{
    int64_t grace = g->command.grace_ms > 0 ? g->command.grace_ms : WS_GRACE_MS;
    int64_t next = now + LOOK_AGAIN_MS;
    if (g->main_ended) {
        g->phase_ends = now + WS_DRAIN_MS;
        return WS_PHASE_DRAIN;
    }
    if (g->orphaned)
        return enter_kill(g, now);
    g->exit.timed_out = limit_reached(g, now, &next);
    g->exit.stopped = g->stop_asked && g->exit.timed_out == WS_LIMIT_NONE;
    if (g->exit.stopped || g->exit.timed_out != WS_LIMIT_NONE)
        return enter_term(g, now, grace);
    g->phase_ends = next;
    return WS_PHASE_RUN;
}

static enum ws_phase in_drain(struct ws_guard *g, int64_t now)
{
    if (g->childless)
        return WS_PHASE_DONE;
    if (g->orphaned)
        return enter_kill(g, now);
    if (!g->drained && g->out.fd < 0 && g->err.fd < 0) {
        g->drained = true;
        if (now + SETTLE_MS < g->phase_ends)
            g->phase_ends = now + SETTLE_MS;
    }
    return now >= g->phase_ends ? enter_term(g, now, LEFTOVER_GRACE_MS) : WS_PHASE_DRAIN;
}

static enum ws_phase in_term(struct ws_guard *g, int64_t now)
{
    if (g->childless)
        return WS_PHASE_DONE;
    return g->orphaned || now >= g->phase_ends ? enter_kill(g, now) : WS_PHASE_TERM;
}

static enum ws_phase in_kill(struct ws_guard *g, int64_t now)
{
    struct ws_tree tree = descendants();
    if (g->childless)
        return WS_PHASE_DONE;
    if (now < g->phase_ends)
        return WS_PHASE_KILL;
    if (now >= g->give_up) {
        int living = ws_tree_count(&tree);
        g->remaining = living > 0 ? living : 1; /* waitpid() knows of one, whatever /proc shows */
        return WS_PHASE_DONE;
    }
    ws_tree_kill(&tree);
    g->pause = g->pause * 2 < PAUSE_MAX_MS ? g->pause * 2 : PAUSE_MAX_MS;
    g->phase_ends = ws_boot_ms() + g->pause;
    return WS_PHASE_KILL;
}

void ws_guard_advance(struct ws_guard *g, int64_t now)
{
    static enum ws_phase (*const in_phase[])(struct ws_guard *, int64_t) = {
        [WS_PHASE_RUN] = in_run,
        [WS_PHASE_DRAIN] = in_drain,
        [WS_PHASE_TERM] = in_term,
        [WS_PHASE_KILL] = in_kill,
    };
    enum ws_phase before;
    do {
        before = g->phase;
        g->phase = in_phase[before](g, now);
    } while (g->phase != before && g->phase != WS_PHASE_DONE);
}
