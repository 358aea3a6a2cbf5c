#include "graph.h"

#include <stdlib.h>

#include "wsfsm/base/mem.h"

bool ws_any_arm(const struct ws_arm *a)
{
    (void)a;
    return true;
}

bool ws_unbounded_arm(const struct ws_arm *a)
{
    return a->max == 0;
}

/* Tarjan's algorithm with its recursion as a stack of its own (`path`). */
struct walk {
    const struct ws_machine *m;
    int *component;
    int *order, *low; /* by state; order 0: not visited */
    int *next;        /* by state: arms of it looked at so far */
    int *path, path_len;
    int *open, open_len;
    int visited, components;
};

static void enter(struct walk *w, int state)
{
    w->order[state] = w->low[state] = ++w->visited;
    w->path[w->path_len++] = state;
    w->open[w->open_len++] = state;
}

static void lower(struct walk *w, int state, int to)
{
    if (w->low[to] < w->low[state]) {
        w->low[state] = w->low[to];
    }
}

/* Follows the next arm out of `state`. False when there is none left. */
static bool advance(struct walk *w, int state, bool (*chosen)(const struct ws_arm *))
{
    const struct ws_state *s = &w->m->states[state];

    while (w->next[state] < s->arm_count) {
        const struct ws_arm *a = &w->m->arms[s->first_arm + w->next[state]++];

        if (!chosen(a)) {
            continue;
        }
        if (w->order[a->to] == 0) {
            enter(w, a->to);
            return true;
        }
        if (w->component[a->to] == WS_NONE && w->order[a->to] < w->low[state]) {
            w->low[state] = w->order[a->to];
        }
    }
    return false;
}

static void leave(struct walk *w, int state)
{
    int member;

    w->path_len--;
    if (w->path_len > 0) {
        lower(w, w->path[w->path_len - 1], state);
    }
    if (w->low[state] != w->order[state]) {
        return;
    }
    do {
        member = w->open[--w->open_len];
        w->component[member] = w->components;
    } while (member != state);
    w->components++;
}

static void walk_from(struct walk *w, int root, bool (*chosen)(const struct ws_arm *))
{
    enter(w, root);
    while (w->path_len > 0) {
        int state = w->path[w->path_len - 1];

        if (!advance(w, state, chosen)) {
            leave(w, state);
        }
    }
}

int ws_graph_components(int *component, const struct ws_machine *m, const bool *within,
                        bool (*chosen)(const struct ws_arm *))
{
    size_t count = (size_t)m->state_count;
    int *memory = ws_calloc(count * 5 + 1, sizeof *memory);
    struct walk w = {.m = m,
                     .component = component,
                     .order = memory,
                     .low = memory + count,
                     .next = memory + 2 * count,
                     .path = memory + 3 * count,
                     .open = memory + 4 * count};

    for (size_t i = 0; i < count; i++) {
        component[i] = WS_NONE;
    }
    for (int root = 0; root < m->state_count; root++) {
        if (w.order[root] == 0 && (within == NULL || within[root])) {
            walk_from(&w, root, chosen);
        }
    }
    free(memory);
    return w.components;
}

/* The arms by where they come from (or go to): those of state s stand at items[start[s]] ..
 * items[start[s + 1]]. */
struct index {
    int *start, *items;
};

static int near_end(const struct ws_arm *a, bool backwards)
{
    return backwards ? a->to : a->from;
}

static struct index index_arms(const struct ws_machine *m, bool backwards)
{
    struct index x = {ws_calloc((size_t)m->state_count + 2, sizeof *x.start),
                      ws_calloc((size_t)m->arm_count + 1, sizeof *x.items)};

    for (int i = 0; i < m->arm_count; i++) {
        x.start[near_end(&m->arms[i], backwards) + 2]++;
    }
    for (int s = 0; s < m->state_count; s++) {
        x.start[s + 2] += x.start[s + 1];
    }
    for (int i = 0; i < m->arm_count; i++) {
        x.items[x.start[near_end(&m->arms[i], backwards) + 1]++] = i;
    }
    return x;
}

void ws_graph_spread(bool *seen, const struct ws_machine *m, bool backwards)
{
    struct index x = index_arms(m, backwards);
    int *queue = ws_calloc((size_t)m->state_count + 1, sizeof *queue);
    int len = 0;

    for (int s = 0; s < m->state_count; s++) {
        if (seen[s]) {
            queue[len++] = s;
        }
    }
    for (int at = 0; at < len; at++) {
        for (int i = x.start[queue[at]]; i < x.start[queue[at] + 1]; i++) {
            int to = near_end(&m->arms[x.items[i]], !backwards);

            if (!seen[to]) {
                seen[to] = true;
                queue[len++] = to;
            }
        }
    }
    free(queue);
    free(x.start);
    free(x.items);
}

bool *ws_graph_reachable(const struct ws_machine *m)
{
    bool *seen = ws_calloc((size_t)m->state_count + 1, sizeof *seen);

    seen[m->initial] = true;
    ws_graph_spread(seen, m, false);
    return seen;
}
