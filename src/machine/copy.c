#include <string.h>

#include "arena.h"
#include "wsfsm/base/mem.h"
#include "wsfsm/machine/machine.h"

static const char *copy_text(struct ws_arena *a, const char *s)
{
    return s != NULL ? ws_arena_string(a, s, strlen(s)) : NULL;
}

static const char *const *copy_words(struct ws_arena *a, const char *const *words, size_t count)
{
    if (words == NULL) {
        return NULL;
    }
    const char **copy = ws_arena_alloc(a, count, sizeof *copy);

    for (size_t i = 0; i < count; i++) {
        copy[i] = copy_text(a, words[i]);
    }
    return copy;
}

static const struct ws_state *copy_states(struct ws_arena *a, const struct ws_machine *m)
{
    struct ws_state *states = ws_arena_copy(a, m->states, (size_t)m->state_count, sizeof *states);

    for (int i = 0; i < m->state_count; i++) {
        struct ws_state *s = &states[i];

        s->name = copy_text(a, s->name);
        s->doc = copy_text(a, s->doc);
        s->outcome = copy_text(a, s->outcome);
        s->handler = copy_text(a, s->handler);
        s->tools = copy_words(a, s->tools, s->tool_count);
    }
    return states;
}

static const struct ws_arm *copy_arms(struct ws_arena *a, const struct ws_machine *m)
{
    struct ws_arm *arms = ws_arena_copy(a, m->arms, (size_t)m->arm_count, sizeof *arms);

    for (int i = 0; i < m->arm_count; i++) {
        arms[i].event = copy_text(a, arms[i].event);
        arms[i].guard = copy_text(a, arms[i].guard);
    }
    return arms;
}

struct ws_machine *ws_machine_copy(const struct ws_machine *m)
{
    struct ws_arena *a = ws_arena_new();
    struct ws_machine *copy = ws_alloc(sizeof *copy);

    *copy = *m;
    copy->owned = a;
    copy->name = copy_text(a, m->name);
    copy->states = copy_states(a, m);
    copy->arms = copy_arms(a, m);
    copy->outcomes = copy_words(a, m->outcomes, m->outcome_count);
    copy->events = copy_words(a, m->events, m->event_count);
    return copy;
}
