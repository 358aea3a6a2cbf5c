#include "lower.h"

#include <stdlib.h>
#include <string.h>

#include "wsfsm/base/mem.h"

struct lowering {
    struct ws_def *def;
    struct ws_arm *arms;
    size_t arm_count, arm_cap;
    struct ws_origin *origins;
    size_t origin_cap;
};

static int add_arm(struct lowering *l, struct ws_arm arm, struct ws_origin origin)
{
    l->arms = ws_grow(l->arms, &l->arm_cap, l->arm_count, sizeof *l->arms);
    l->origins = ws_grow(l->origins, &l->origin_cap, l->arm_count, sizeof *l->origins);
    l->arms[l->arm_count] = arm;
    l->origins[l->arm_count] = origin;
    return (int)l->arm_count++;
}

static void add_timeout(struct lowering *l, int from)
{
    const struct ws_def_state *s = &l->def->states[from];
    struct ws_arm arm = {
        .from = from, .event = WS_EVENT_TIMEOUT, .spent_of = WS_NONE, .line = s->timeout.line};

    if (s->timeout_target.text != NULL) {
        arm.to = ws_def_state(l->def, s->timeout_target.text);
        add_arm(l, arm, (struct ws_origin){.target = s->timeout_target});
    }
}

static void add_declared(struct lowering *l, int from, const struct ws_def_arm *a)
{
    struct ws_arm arm = {.from = from,
                         .to = ws_def_state(l->def, a->target.text),
                         .event = a->event.text,
                         .guard = a->guard.text,
                         .guard_negated = a->negated,
                         .max = a->bound,
                         .spent_of = WS_NONE,
                         .line = a->on.line};
    int index = add_arm(l, arm, (struct ws_origin){.target = a->target, .max = a->max});

    if (a->bound > 0) {
        arm.max = 0;
        arm.spent_of = index;
        arm.to = ws_def_state(l->def, a->then.text);
        add_arm(l, arm, (struct ws_origin){.target = a->then});
    }
}

static void lower_arms(struct lowering *l, int from)
{
    const struct ws_def *d = l->def;
    const struct ws_def_state *s = &d->states[from];

    add_timeout(l, from);
    for (size_t i = 0; i < s->arm_count; i++) {
        add_declared(l, from, &s->arms[i]);
    }
    for (size_t i = 0; i < d->from_count; i++) {
        if (ws_def_from_for(d, s, d->froms[i].arm.event.text) == &d->froms[i]) {
            add_declared(l, from, &d->froms[i].arm);
        }
    }
}

static const char *const *lower_words(struct ws_arena *a, const struct ws_words *words)
{
    const char **items = ws_arena_alloc(a, words->len + 1, sizeof *items);

    for (size_t i = 0; i < words->len; i++) {
        items[i] = words->items[i].text;
    }
    return items;
}

static struct ws_state lower_state(struct lowering *l, int index)
{
    const struct ws_def_state *s = &l->def->states[index];
    struct ws_state state = {.name = s->name.text,
                             .doc = s->doc,
                             .outcome = s->outcome.text,
                             .handler = s->handler.text,
                             .timeout_sec = s->timeout_sec,
                             .first_arm = (int)l->arm_count,
                             .line = s->name.line};

    state.kind = s->final                         ? WS_STATE_FINAL
                 : index == l->def->initial_state ? WS_STATE_INITIAL
                                                  : WS_STATE_STEP;
    if (s->tools.len > 0) {
        state.tools = lower_words(l->def->arena, &s->tools);
        state.tool_count = s->tools.len;
    }
    lower_arms(l, index);
    state.arm_count = (int)l->arm_count - state.first_arm;
    return state;
}

void ws_lower(struct ws_table *out, struct ws_def *d)
{
    struct lowering l = {.def = d};
    struct ws_state *states = ws_arena_alloc(d->arena, d->state_count, sizeof *states);
    struct ws_machine *m = ws_alloc(sizeof *m);

    for (size_t i = 0; i < d->state_count; i++) {
        states[i] = lower_state(&l, (int)i);
    }
    *m = (struct ws_machine){
        .name = d->machine.text != NULL ? d->machine.text : "machine",
        .states = states,
        .state_count = (int)d->state_count,
        .arms = ws_arena_copy(d->arena, l.arms, l.arm_count, sizeof *l.arms),
        .arm_count = (int)l.arm_count,
        .initial = d->initial_state,
        .outcomes = lower_words(d->arena, &d->outcomes),
        .outcome_count = d->outcomes.len,
        .events = lower_words(d->arena, &d->events),
        .event_count = d->events.len,
        .owned = d->arena,
    };
    ws_machine_digest(m->digest, m);
    free(l.arms);
    *out = (struct ws_table){.machine = m, .def = d, .origins = l.origins};
}
