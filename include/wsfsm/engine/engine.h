/* The engine: walks a machine, one durable transition after another, until a final state. It knows tables, a way to
 * run a step, a way to ask a guard and a journal that keeps history; no git, no YAML, no process, no state by name.
 *
 * The loop, and the whole of it:
 *
 *     position -> (attempt left open? recover, event `interrupted`) -> step -> event -> arm -> seal -> append -> ...
 *
 * Entering a state that does something opens its attempt in the same transaction, so that a state which was entered
 * and never left always shows as an open attempt. That is what `interrupted` means at the next start.
 *
 * For those who will wrap this (a FIX loop, several workstreams): a FIX state is a state of the .def with a bound on
 * the arms that lead to it; nothing here changes. A scheduler runs one engine per workstream, each with its own
 * journal (its own fence); engines share nothing. Assumed: one process runs one step at a time; a step is called again
 * after a crash, so what it does must bear repetition (`run/seq` is its key); a journal's append is all or nothing.
 */
#ifndef WSFSM_ENGINE_ENGINE_H
#define WSFSM_ENGINE_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wsfsm/base/error.h"
#include "wsfsm/engine/journal.h"
#include "wsfsm/engine/report.h"
#include "wsfsm/machine/machine.h"

/* One execution of a step, as its handler sees it. */
struct ws_attempt {
    int64_t id;
    int number;                     /* which attempt of that step in this workstream, from 1 */
    int64_t seq;                    /* of the transition that entered the state; `run/seq` is the attempt's key */
    const struct ws_state *state;
    const char *step_name;
    int64_t deadline_ms;            /* wall clock; 0: none */
    int64_t left_ms;                /* until the deadline when the attempt began, at least 1; 0: no deadline */
    const char *facts_json;         /* what the last attempt that recorded facts recorded; NULL: none */
};

struct ws_ending {
    char *commit_oid;  /* malloc'ed; NULL: none */
    char *effect_json; /* malloc'ed; NULL: nothing is left to do in git */
};

struct ws_engine {
    const struct ws_machine *machine;
    const struct ws_journal *journal;

    /* Executes the state's step and reports one event: a declared one, `timeout` or `cancel`; or sets
     * report->left to leave the run interrupted. -1 ends the engine; the attempt stays open. */
    int (*step)(struct ws_report *report, void *payload, const struct ws_attempt *attempt, struct ws_error *err);

    /* An attempt of an earlier process was found open: its left-overs are ended and its content kept before
     * `interrupted` (or `cancel`, see ws_engine_cancel) is recorded. */
    int (*recover)(struct ws_report *report, void *payload, const struct ws_attempt *attempt, struct ws_error *err);

    /* Is the guard true of the facts of this report? Pure. -1: no such guard in this program. */
    int (*guard)(bool *truth, void *payload, const char *guard, const struct ws_report *report);

    /* The arm leads to a final state: the last row is sealed and not yet written. */
    int (*ending)(struct ws_ending *out, void *payload, const struct ws_state *final, const struct ws_sealed *sealed,
                  const struct ws_report *report, struct ws_error *err);

    /* After each append; for progress. May be NULL. */
    void (*moved)(void *payload, const struct ws_move *move, const struct ws_sealed *sealed);

    void *payload;
};

enum ws_stand { WS_STAND_FINAL, WS_STAND_LEFT };

struct ws_end {
    enum ws_stand stand;
    int state;          /* the final state, or the one it was left in */
    int64_t seq;        /* of the last transition */
};

/* The step name of a state: its handler, or the state's own name for a `tool` state. NULL: does nothing. */
const char *ws_step_name(const struct ws_state *state);

int ws_engine_run(struct ws_end *end, const struct ws_engine *engine, struct ws_error *err);

/* Records `cancel` for a workstream that no process runs. A final one is WS_E_UNUSABLE_ID. */
int ws_engine_cancel(struct ws_end *end, const struct ws_engine *engine, struct ws_error *err);

#endif
