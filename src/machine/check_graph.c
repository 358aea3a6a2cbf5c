#include <stdlib.h>
#include <string.h>

#include "checks.h"
#include "graph.h"
#include "wsfsm/base/buf.h"
#include "wsfsm/base/mem.h"

struct graph {
    const struct ws_machine *m;
    const struct ws_table *table;
    struct ws_def_report *report;
    bool *reachable;
    bool *ends; /* can reach a final state */
};

static struct ws_word place_of(const struct graph *g, int state)
{
    return g->table->def->states[state].name;
}

static const char *name_of(const struct graph *g, int state)
{
    return g->m->states[state].name;
}

static bool *new_marks(const struct graph *g)
{
    return ws_calloc((size_t)g->m->state_count + 1, sizeof(bool));
}

static void check_cut_off(const struct graph *g, bool *covered, int state)
{
    if (!covered[state] && g->report->errors <= WS_DIAGS_MAX) {
        ws_def_report_error(g->report, "E050", place_of(g, state),
                            "state '%s' cannot be reached from '%s'", name_of(g, state),
                            name_of(g, g->m->initial));
        covered[state] = true;
        ws_graph_spread(covered, g->m, false);
    }
}

/* E050: of what is cut off, the states where it begins; what only they lead to is not said again.
 */
static void check_reachable(const struct graph *g)
{
    bool *covered = new_marks(g), *entered = new_marks(g);

    memcpy(covered, g->reachable, (size_t)g->m->state_count * sizeof *covered);
    for (int i = 0; i < g->m->arm_count; i++) {
        const struct ws_arm *a = &g->m->arms[i];

        if (a->from != a->to && !g->reachable[a->from]) {
            entered[a->to] = true;
        }
    }
    for (int s = 0; s < g->m->state_count; s++) {
        if (!entered[s]) {
            check_cut_off(g, covered, s);
        }
    }
    for (int s = 0; s < g->m->state_count; s++) {
        check_cut_off(g, covered, s); /* cycles: no state in them is the beginning */
    }
    free(covered);
    free(entered);
}

/* Does any arm lead to another state? Out of the initial one only `start` counts: nothing else
 * happens there. */
static bool has_exit(const struct graph *g, int state)
{
    const struct ws_state *s = &g->m->states[state];

    for (int i = s->first_arm; i < s->first_arm + s->arm_count; i++) {
        const struct ws_arm *a = &g->m->arms[i];

        if (a->to != state &&
            (s->kind != WS_STATE_INITIAL || strcmp(a->event, WS_EVENT_START) == 0)) {
            return true;
        }
    }
    return false;
}

/* E051; true when there is one. `stuck` becomes what leads nowhere else. */
static void check_dead_ends(const struct graph *g, bool *stuck)
{
    for (int s = 0; s < g->m->state_count; s++) {
        if (!g->reachable[s] || g->m->states[s].kind == WS_STATE_FINAL || has_exit(g, s)) {
            continue;
        }
        stuck[s] = true;
        if (s == g->m->initial) {
            ws_def_report_error(
                g->report, "E051", place_of(g, s),
                "initial state '%s' is a dead end: no 'on start -> STATE' leaves it",
                name_of(g, s));
        } else {
            ws_def_report_error(g->report, "E051", place_of(g, s),
                                "state '%s' is a dead end: no arm leaves it and it is not final",
                                name_of(g, s));
        }
    }
    ws_graph_spread(stuck, g->m, true);
}

/* E052: once for each trap, at the first of its states. */
static void check_traps(const struct graph *g, const bool *stuck)
{
    int *component = ws_calloc((size_t)g->m->state_count, sizeof *component);
    int count = ws_graph_components(component, g->m, NULL, ws_any_arm);
    bool *leaks = ws_calloc((size_t)count + 1, sizeof *leaks);

    for (int i = 0; i < g->m->arm_count; i++) {
        const struct ws_arm *a = &g->m->arms[i];

        if (component[a->from] != component[a->to]) {
            leaks[component[a->from]] = true;
        }
    }
    for (int s = 0; s < g->m->state_count; s++) {
        if (g->reachable[s] && !g->ends[s] && !stuck[s] && !leaks[component[s]]) {
            leaks[component[s]] = true;
            ws_def_report_error(g->report, "E052", place_of(g, s),
                                "no final state can be reached from '%s'", name_of(g, s));
        }
    }
    free(component);
    free(leaks);
}

/* The shortest way over unbounded arms from `state` back to itself, within its component: arms in
 * `via`, by the state they lead to. Returns the arm that closes it. */
static int close_cycle(const struct graph *g, const int *rank, int state, int *via)
{
    int *queue = ws_calloc((size_t)g->m->state_count + 1, sizeof *queue);
    int len = 0, closing = WS_NONE;

    queue[len++] = state;
    for (int at = 0; at < len && closing == WS_NONE; at++) {
        const struct ws_state *s = &g->m->states[queue[at]];

        for (int i = s->first_arm; i < s->first_arm + s->arm_count && closing == WS_NONE; i++) {
            const struct ws_arm *a = &g->m->arms[i];

            if (!ws_unbounded_arm(a) || rank[a->to] != rank[state]) {
                continue;
            }
            if (a->to == state) {
                closing = i;
            } else if (via[a->to] == WS_NONE) {
                via[a->to] = i;
                queue[len++] = a->to;
            }
        }
    }
    free(queue);
    return closing;
}

enum { CYCLE_SHOWN = 12 }; /* states; of a longer one the middle is left out */

static void print_cycle(struct ws_buf *out, const struct graph *g, const int *via, int closing)
{
    int first = g->m->arms[closing].to, len = 0, at = 0;
    int *states = ws_calloc((size_t)g->m->state_count + 1, sizeof *states);

    for (int s = g->m->arms[closing].from; s != first; s = g->m->arms[via[s]].from) {
        states[len++] = s;
    }
    ws_buf_puts(out, name_of(g, first));
    for (int i = len - 1; i >= 0; i--, at++) {
        if (at < CYCLE_SHOWN || i == 0) {
            ws_buf_printf(out, " -> %s", name_of(g, states[i]));
        } else if (at == CYCLE_SHOWN) {
            ws_buf_puts(out, " -> ...");
        }
    }
    ws_buf_printf(out, " -> %s", name_of(g, first));
    free(states);
}

static void report_cycle(const struct graph *g, const int *rank, int state)
{
    int *via = ws_calloc((size_t)g->m->state_count, sizeof *via);
    struct ws_buf cycle = {0};
    int closing;

    for (int s = 0; s < g->m->state_count; s++) {
        via[s] = WS_NONE;
    }
    closing = close_cycle(g, rank, state, via);
    if (closing != WS_NONE) {
        print_cycle(&cycle, g, via, closing);
        ws_def_report_error(g->report, "E053", g->table->origins[closing].target,
                            "cycle without a bound: %s; give one of its arms a 'max N then STATE'",
                            ws_buf_str(&cycle));
    }
    ws_buf_release(&cycle);
    free(via);
}

static bool loops_on_itself(const struct ws_machine *m, int state)
{
    const struct ws_state *s = &m->states[state];

    for (int i = s->first_arm; i < s->first_arm + s->arm_count; i++) {
        if (m->arms[i].to == state && ws_unbounded_arm(&m->arms[i])) {
            return true;
        }
    }
    return false;
}

/* E053: one cycle of each knot of unbounded arms. Where no final state can be reached, that has
 * been said. */
static void check_cycles(const struct graph *g)
{
    int *rank = ws_calloc((size_t)g->m->state_count, sizeof *rank);
    int count = ws_graph_components(rank, g->m, NULL, ws_unbounded_arm);
    int *members = ws_calloc((size_t)count + 1, sizeof *members);

    for (int s = 0; s < g->m->state_count; s++) {
        members[rank[s]]++;
    }
    for (int s = 0; s < g->m->state_count && g->report->errors <= WS_DIAGS_MAX; s++) {
        if (g->reachable[s] && g->ends[s] &&
            (members[rank[s]] > 1 || (members[rank[s]] == 1 && loops_on_itself(g->m, s)))) {
            report_cycle(g, rank, s);
            members[rank[s]] = 0;
        }
    }
    free(rank);
    free(members);
}

/* W055: a bound on an arm that no run can come back to. The arm of a `from *` stands in many
 * states; it is idle only when it is so in each. */
static void check_idle_bounds(const struct graph *g)
{
    const struct ws_origin *origins = g->table->origins;
    unsigned last = 0;
    bool *busy; /* by line: the bound that stands there does something */
    int *component = ws_calloc((size_t)g->m->state_count, sizeof *component);

    ws_graph_components(component, g->m, NULL, ws_any_arm);
    for (int i = 0; i < g->m->arm_count; i++) {
        last = origins[i].max.line > last ? origins[i].max.line : last;
    }
    busy = ws_calloc((size_t)last + 1, sizeof *busy);
    for (int i = 0; i < g->m->arm_count; i++) {
        const struct ws_arm *a = &g->m->arms[i];

        busy[origins[i].max.line] |= component[a->from] == component[a->to];
    }
    for (int i = 0; i < g->m->arm_count; i++) {
        if (origins[i].max.text != NULL && !busy[origins[i].max.line]) {
            ws_def_report_warning(g->report, "W055", origins[i].max,
                                  "'max %d' has no effect: '%s' can be left this way only once",
                                  g->m->arms[i].max, name_of(g, g->m->arms[i].from));
        }
    }
    free(busy);
    free(component);
}

/* W058: where a run that could still succeed enters what cannot. */
static void check_success(const struct graph *g)
{
    bool *succeeds = new_marks(g), *doomed = new_marks(g);

    for (int s = 0; s < g->m->state_count; s++) {
        const char *outcome = g->m->states[s].outcome;

        succeeds[s] = outcome != NULL && strcmp(outcome, WS_OUTCOME_SUCCESS) == 0;
    }
    ws_graph_spread(succeeds, g->m, true);
    for (int i = 0; i < g->m->arm_count; i++) {
        const struct ws_arm *a = &g->m->arms[i];

        doomed[a->to] = doomed[a->to] || (succeeds[a->from] && !succeeds[a->to]);
    }
    for (int s = 0; s < g->m->state_count; s++) {
        if (doomed[s] && g->m->states[s].kind != WS_STATE_FINAL) {
            ws_def_report_warning(g->report, "W058", place_of(g, s),
                                  "from '%s' no run can end in success", name_of(g, s));
        }
    }
    free(succeeds);
    free(doomed);
}

void ws_check_graph(const struct ws_table *t, struct ws_def_report *r)
{
    struct graph g = {
        .m = t->machine, .table = t, .report = r, .reachable = ws_graph_reachable(t->machine)};
    bool *stuck = new_marks(&g);

    g.ends = new_marks(&g);
    for (int s = 0; s < g.m->state_count; s++) {
        g.ends[s] = g.m->states[s].kind == WS_STATE_FINAL;
    }
    ws_graph_spread(g.ends, g.m, true);
    check_dead_ends(&g, stuck);
    if (has_exit(&g, g.m->initial)) {
        check_reachable(&g);
    }
    check_traps(&g, stuck);
    check_cycles(&g);
    if (r->errors == 0) {
        check_idle_bounds(&g);
        check_success(&g);
    }
    free(stuck);
    free(g.reachable);
    free(g.ends);
}
