/* The machine: states, arms, guards and bounds, as a table. Pure data and pure functions: no file, no clock, no
 * process. A machine comes from one of three places - compiled in by tools/fsmgen, parsed from a .def, read back
 * from the database - and looks the same from each.
 *
 * The table is the normal form: what the .def says in a short way stands here in full.
 *   - `timeout D -> X` is the state's `timeout_sec` and an arm for the event `timeout`.
 *   - `on E -> X max N then Y` is two arms: the bounded one, and behind it the spent one (`spent_of` = index of the
 *     bounded one), which may be taken only when the bounded one has been taken N times.
 *   - `from *` has been expanded.
 * Arms stand in the order in which they are tried, the arms of one state together. An arm's index is its identity
 * within the machine (it is what the history counts for `max`).
 */
#ifndef WSFSM_MACHINE_MACHINE_H
#define WSFSM_MACHINE_MACHINE_H

#include <stdbool.h>
#include <stddef.h>

#include "wsfsm/base/hash.h"

enum {
    WS_NAME_MAX = 48,      /* bytes of a name */
    WS_STATES_MAX = 65000, /* states of a machine */
    WS_BOUND_MAX = 1000,   /* `max N` */
    WS_NONE = -1           /* "no index" */
};

/* The engine's own events. No .def declares them. */
#define WS_EVENT_START "start"
#define WS_EVENT_TIMEOUT "timeout"
#define WS_EVENT_INTERRUPTED "interrupted"
#define WS_EVENT_CANCEL "cancel"

/* The outcome that counts as success; every other one is a failure. */
#define WS_OUTCOME_SUCCESS "success"

enum ws_state_kind { WS_STATE_INITIAL, WS_STATE_STEP, WS_STATE_FINAL };

struct ws_state {
    const char *name;
    const char *doc;           /* NULL when the .def gives none */
    enum ws_state_kind kind;
    const char *outcome;       /* of a final state, else NULL */
    const char *handler;       /* `do`, else NULL */
    const char *const *tools;  /* `tool`: profiles, else NULL */
    size_t tool_count;
    long timeout_sec;          /* 0: `timeout none` (or nothing to time) */
    int first_arm, arm_count;  /* slice of `arms` */
    unsigned line;             /* in the .def; 0 when unknown */
};

struct ws_arm {
    int from, to;          /* states */
    const char *event;
    const char *guard;     /* NULL: always */
    bool guard_negated;    /* [!guard] */
    int max;               /* takings allowed, 0: no bound */
    int spent_of;          /* arm whose bound must be spent first, WS_NONE else */
    unsigned line;
};

struct ws_machine {
    const char *name;
    const struct ws_state *states;
    int state_count;
    const struct ws_arm *arms;
    int arm_count;
    int initial;
    const char *const *outcomes;
    size_t outcome_count;
    const char *const *events; /* declared ones, without the engine's */
    size_t event_count;
    char digest[WS_HASH_HEX]; /* SHA-256 of the canonical table; see ws_machine_digest */
    void *owned;              /* what ws_machine_free releases; NULL for a compiled-in machine */
};

/* Compiled in from fsm/states.def (generated; linked into the steps layer, not into this one). */
extern const struct ws_machine ws_machine_shipped;

void ws_machine_free(struct ws_machine *m); /* NULL and compiled-in machines are fine */

/* A machine that owns all it points to, whatever `m` points into. The caller frees it (ws_machine_free). */
struct ws_machine *ws_machine_copy(const struct ws_machine *m);

int ws_machine_state(const struct ws_machine *m, const char *name); /* index or WS_NONE */

/* Over states, arms, guards, bounds and timeouts in canonical order; not over lines, comments and docs. */
void ws_machine_digest(char out[WS_HASH_HEX], const struct ws_machine *m);

/* Upper bound of the transitions of one run; 0 when there is none (a cycle without a bound). Saturates. */
unsigned long long ws_machine_longest_run(const struct ws_machine *m);

/* Choosing an arm. `answer` tells a guard's truth, `taken` how often an arm was taken in this workstream's
 * history; either may fail (nonzero), which ends the search. `taken` is asked only for arms with a bound. */
struct ws_facts_view {
    int (*answer)(void *payload, const char *guard, bool *truth);
    int (*taken)(void *payload, int arm, int *count);
    void *payload;
};

struct ws_choice {
    int arm;             /* WS_NONE: the state has no arm for the event */
    const char *guard;   /* the last guard asked on the way, NULL when none was */
    bool guard_answer;   /* its answer, before any negation */
};

/* The arm that `event` takes out of `state`. 0, or what a callback returned. */
int ws_machine_choose(struct ws_choice *out, const struct ws_machine *m, int state, const char *event,
                      const struct ws_facts_view *view);

#endif
