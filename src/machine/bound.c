/* How long can a run be?
 *
 * A run goes through the components of the graph in order and never comes back to one it has left.
 * Within one, the bounded arms are taken at most as often as their bounds add up to (B), and
 * between two of those takings, before the first and after the last, it follows arms without a
 * bound: at most the longest path of them (L), since there is no cycle of such arms. That makes B +
 * (B + 1) * L, and one for each step from a component to the next. */
#include <stdlib.h>

#include "graph.h"
#include "wsfsm/base/mem.h"

static unsigned long long plus(unsigned long long a, unsigned long long b)
{
    unsigned long long sum;

    return __builtin_add_overflow(a, b, &sum) ? ~0ULL : sum;
}

static unsigned long long times(unsigned long long a, unsigned long long b)
{
    unsigned long long product;

    return __builtin_mul_overflow(a, b, &product) ? ~0ULL : product;
}

static void raise_to(unsigned long long *value, unsigned long long other)
{
    *value = other > *value ? other : *value;
}

struct measure {
    const struct ws_machine *m;
    bool *reachable;
    int *component, component_count; /* over all arms */
    int *rank, rank_count;    /* over the unbounded ones: a state each, or a run need not end */
    int *by_rank;             /* the state of a rank */
    unsigned long long *path; /* by state: longest way over unbounded arms within the component */
    unsigned long long *bounded, *longest; /* by component: B and L */
    unsigned long long *run, *onward; /* by component: from its entry, from its exit to the end */
};

static void measure_init(struct measure *x, const struct ws_machine *m)
{
    size_t n = (size_t)m->state_count;

    *x = (struct measure){.m = m, .reachable = ws_graph_reachable(m)};
    x->component = ws_calloc(n, sizeof *x->component);
    x->rank = ws_calloc(n, sizeof *x->rank);
    x->by_rank = ws_calloc(n, sizeof *x->by_rank);
    x->path = ws_calloc(n, sizeof *x->path);
    x->bounded = ws_calloc(n, sizeof *x->bounded);
    x->longest = ws_calloc(n, sizeof *x->longest);
    x->run = ws_calloc(n, sizeof *x->run);
    x->onward = ws_calloc(n, sizeof *x->onward);
    x->component_count = ws_graph_components(x->component, m, x->reachable, ws_any_arm);
    x->rank_count = ws_graph_components(x->rank, m, x->reachable, ws_unbounded_arm);
}

static void measure_release(struct measure *x)
{
    free(x->reachable);
    free(x->component);
    free(x->rank);
    free(x->by_rank);
    free(x->path);
    free(x->bounded);
    free(x->longest);
    free(x->run);
    free(x->onward);
}

/* Fills by_rank. False when arms without a bound make a cycle. */
static bool is_bounded(struct measure *x)
{
    int states = 0;

    for (int s = 0; s < x->m->state_count; s++) {
        if (x->reachable[s]) {
            x->by_rank[x->rank[s]] = s;
            states++;
        }
    }
    for (int i = 0; i < x->m->arm_count; i++) {
        const struct ws_arm *a = &x->m->arms[i];

        if (a->from == a->to && ws_unbounded_arm(a) && x->reachable[a->from]) {
            return false;
        }
    }
    return states == x->rank_count;
}

/* B and L of each component. By rank, so that what an unbounded arm leads to has been measured. */
static void measure_components(struct measure *x)
{
    for (int r = 0; r < x->rank_count; r++) {
        int s = x->by_rank[r], c = x->component[s];
        const struct ws_state *state = &x->m->states[s];

        for (int i = state->first_arm; i < state->first_arm + state->arm_count; i++) {
            const struct ws_arm *a = &x->m->arms[i];

            if (x->component[a->to] != c) {
                continue;
            }
            if (a->max > 0) {
                x->bounded[c] = plus(x->bounded[c], (unsigned long long)a->max);
            } else {
                raise_to(&x->path[s], plus(1, x->path[a->to]));
            }
        }
        raise_to(&x->longest[c], x->path[s]);
    }
}

/* The states of each component, one after the other; `start` has one entry more than there are
 * components. */
static void list_members(const struct measure *x, int *start, int *members)
{
    for (int s = 0; s < x->m->state_count; s++) {
        if (x->reachable[s]) {
            start[x->component[s] + 2]++;
        }
    }
    for (int c = 0; c < x->component_count; c++) {
        start[c + 2] += start[c + 1];
    }
    for (int s = 0; s < x->m->state_count; s++) {
        if (x->reachable[s]) {
            members[start[x->component[s] + 1]++] = s;
        }
    }
}

static void measure_onward(struct measure *x, int state)
{
    const struct ws_state *s = &x->m->states[state];
    int c = x->component[state];

    for (int i = s->first_arm; i < s->first_arm + s->arm_count; i++) {
        int to = x->component[x->m->arms[i].to];

        if (to != c) {
            raise_to(&x->onward[c], plus(1, x->run[to]));
        }
    }
}

/* By component number, so that what follows a component has been measured. */
static unsigned long long measure_runs(struct measure *x)
{
    int *start = ws_calloc((size_t)x->component_count + 2, sizeof *start);
    int *members = ws_calloc((size_t)x->m->state_count, sizeof *members);
    unsigned long long whole;

    list_members(x, start, members);
    for (int c = 0; c < x->component_count; c++) {
        unsigned long long within =
            plus(x->bounded[c], times(plus(x->bounded[c], 1), x->longest[c]));

        for (int i = start[c]; i < start[c + 1]; i++) {
            measure_onward(x, members[i]);
        }
        x->run[c] = plus(within, x->onward[c]);
    }
    whole = x->run[x->component[x->m->initial]];
    free(start);
    free(members);
    return whole;
}

unsigned long long ws_machine_longest_run(const struct ws_machine *m)
{
    struct measure x;
    unsigned long long longest = 0;

    measure_init(&x, m);
    if (is_bounded(&x)) {
        measure_components(&x);
        longest = measure_runs(&x);
    }
    measure_release(&x);
    return longest;
}
