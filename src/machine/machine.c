#include "wsfsm/machine/machine.h"

#include <stdlib.h>
#include <string.h>

#include "arena.h"

void ws_machine_free(struct ws_machine *m)
{
    if (m == NULL || m->owned == NULL) {
        return;
    }
    ws_arena_free(m->owned);
    free(m);
}

int ws_machine_state(const struct ws_machine *m, const char *name)
{
    for (int i = 0; i < m->state_count; i++) {
        if (strcmp(m->states[i].name, name) == 0) {
            return i;
        }
    }
    return WS_NONE;
}

static void hash_state(struct ws_hash *h, const struct ws_state *s)
{
    ws_hash_field(h, s->name);
    ws_hash_int(h, s->kind);
    ws_hash_field(h, s->outcome);
    ws_hash_field(h, s->handler);
    ws_hash_int(h, (int64_t)s->tool_count);
    for (size_t i = 0; i < s->tool_count; i++) {
        ws_hash_field(h, s->tools[i]);
    }
    ws_hash_int(h, s->timeout_sec);
}

static void hash_arm(struct ws_hash *h, const struct ws_arm *a)
{
    ws_hash_int(h, a->from);
    ws_hash_field(h, a->event);
    ws_hash_field(h, a->guard);
    ws_hash_int(h, a->guard_negated);
    ws_hash_int(h, a->to);
    ws_hash_int(h, a->max);
    ws_hash_int(h, a->spent_of);
}

/* The order of states and arms is part of the digest: a history names arms by their index. */
void ws_machine_digest(char out[WS_HASH_HEX], const struct ws_machine *m)
{
    struct ws_hash h;

    ws_hash_init(&h);
    ws_hash_field(&h, "wsfsm machine 1");
    ws_hash_int(&h, m->state_count);
    for (int i = 0; i < m->state_count; i++) {
        hash_state(&h, &m->states[i]);
    }
    ws_hash_int(&h, m->arm_count);
    for (int i = 0; i < m->arm_count; i++) {
        hash_arm(&h, &m->arms[i]);
    }
    ws_hash_final(&h, out);
}

/* One search: what was asked last is remembered, since a spent arm asks what its bounded arm has
 * just asked. */
struct search {
    const struct ws_facts_view *view;
    struct ws_choice *choice;
    int counted; /* arm, or WS_NONE */
    int count;
};

static int guard_allows(struct search *s, const struct ws_arm *a, bool *allowed)
{
    *allowed = true;
    if (a->guard == NULL) {
        return 0;
    }
    if (s->choice->guard == NULL || strcmp(s->choice->guard, a->guard) != 0) {
        bool truth = false;
        int rc = s->view->answer(s->view->payload, a->guard, &truth);

        if (rc != 0) {
            return rc;
        }
        s->choice->guard = a->guard;
        s->choice->guard_answer = truth;
    }
    *allowed = s->choice->guard_answer != a->guard_negated;
    return 0;
}

/* Has the bounded arm been taken as often as it may be? */
static int is_spent(struct search *s, const struct ws_machine *m, int arm, bool *spent)
{
    if (s->counted != arm) {
        int rc = s->view->taken(s->view->payload, arm, &s->count);

        if (rc != 0) {
            return rc;
        }
        s->counted = arm;
    }
    *spent = s->count >= m->arms[arm].max;
    return 0;
}

static int bound_allows(struct search *s, const struct ws_machine *m, int arm, bool *allowed)
{
    const struct ws_arm *a = &m->arms[arm];
    bool spent = false;
    int rc;

    *allowed = true;
    if (a->max == 0 && a->spent_of == WS_NONE) {
        return 0;
    }
    rc = is_spent(s, m, a->max > 0 ? arm : a->spent_of, &spent);
    *allowed = a->max > 0 ? !spent : spent;
    return rc;
}

int ws_machine_choose(struct ws_choice *out, const struct ws_machine *m, int state,
                      const char *event, const struct ws_facts_view *view)
{
    const struct ws_state *s = &m->states[state];
    struct search search = {.view = view, .choice = out, .counted = WS_NONE};

    *out = (struct ws_choice){.arm = WS_NONE};
    for (int i = s->first_arm; i < s->first_arm + s->arm_count; i++) {
        bool allowed = false;
        int rc;

        if (strcmp(m->arms[i].event, event) != 0) {
            continue;
        }
        rc = guard_allows(&search, &m->arms[i], &allowed);
        if (rc == 0 && allowed) {
            rc = bound_allows(&search, m, i, &allowed);
        }
        if (rc != 0) {
            return rc;
        }
        if (allowed) {
            out->arm = i;
            return 0;
        }
    }
    return 0;
}
