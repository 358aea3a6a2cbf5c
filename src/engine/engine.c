#include "wsfsm/engine/engine.h"

#include <stdlib.h>
#include <string.h>

#include "wsfsm/base/clock.h"
#include "wsfsm/base/fault.h"

/* The engine at work: where it stands, and what went wrong inside a callback of the choice. */
struct walk {
    const struct ws_engine *engine;
    struct ws_position at;
    int state;
    const struct ws_report *report;
    struct ws_error *err;
};

const char *ws_step_name(const struct ws_state *state)
{
    if (state->handler)
        return state->handler;
    return state->tool_count ? state->name : NULL;
}

static const struct ws_state *state_of(const struct walk *w)
{
    return &w->engine->machine->states[w->state];
}

/* Reads where the workstream stands from the journal, after each append too: the loop trusts
 * history, not itself. */
static int locate(struct walk *w)
{
    const struct ws_journal *j = w->engine->journal;
    ws_position_release(&w->at);
    if (j->position(&w->at, j->self, w->err) < 0)
        return -1;
    w->state = ws_machine_state(w->engine->machine, w->at.state);
    if (w->state == WS_NONE)
        return ws_fail(w->err, WS_E_INTEGRITY, w->at.state,
                       "the workstream stands in a state its machine does not have");
    return 0;
}

static int answer(void *payload, const char *guard, bool *truth)
{
    struct walk *w = payload;
    if (w->engine->guard(truth, w->engine->payload, guard, w->report) < 0)
        return ws_fail(w->err, WS_E_MACHINE, guard, "this program has no guard of that name");
    return 0;
}

static int taken(void *payload, int arm, int *count)
{
    struct walk *w = payload;
    const struct ws_journal *j = w->engine->journal;
    return j->taken(count, j->self, arm, w->err);
}

static bool has_arm(const struct ws_machine *m, int state, const char *event)
{
    const struct ws_state *s = &m->states[state];
    for (int i = s->first_arm; i < s->first_arm + s->arm_count; i++)
        if (!strcmp(m->arms[i].event, event))
            return true;
    return false;
}

/* A tool over its own limit reports `timeout`; a state that waits for ever (`timeout none`) takes
 * that as `failed`. */
static const char *event_here(const struct walk *w, const char *event)
{
    if (!strcmp(event, WS_EVENT_TIMEOUT) && !has_arm(w->engine->machine, w->state, event))
        return "failed";
    return event;
}

static int choose(struct ws_choice *choice, struct walk *w, const char *event)
{
    const struct ws_facts_view view = {.answer = answer, .taken = taken, .payload = w};
    if (ws_machine_choose(choice, w->engine->machine, w->state, event, &view) != 0)
        return -1;
    if (choice->arm == WS_NONE)
        return ws_fail(w->err, WS_E_INTERNAL, w->at.state,
                       "the state has no arm for the event '%s'", event);
    return 0;
}

static struct ws_move move_of(const struct walk *w, const struct ws_choice *choice,
                              const struct ws_failure *failure)
{
    static const struct ws_report nothing;
    const struct ws_machine *m = w->engine->machine;
    const struct ws_report *r = w->report ? w->report : &nothing;
    return (struct ws_move){
        .machine = m,
        .arm = choice->arm,
        .guard = choice->guard,
        .guard_answer = choice->guard_answer,
        .tree_oid = r->tree_oid,
        .facts_json = r->facts_json,
        .attempt_id = w->at.attempt_id,
        .attempt_status = w->at.attempt_id ? ws_step_status_name(r->status) : NULL,
        .result_json = r->result_json,
        .evidence = r->evidence,
        .evidence_count = r->evidence_len,
        .events = r->events,
        .event_count = r->events_len,
        .failure = failure,
        .opens_step = ws_step_name(&m->states[m->arms[choice->arm].to]),
    };
}

/* Takes the arm of `event`: seal, let an end prepare its commit, append, look where we are. */
static int take(struct walk *w, const char *event)
{
    const struct ws_engine *e = w->engine;
    struct ws_choice choice = {.arm = WS_NONE};
    if (choose(&choice, w, event_here(w, event)) < 0)
        return -1;

    struct ws_failure failure = {.step_name = w->at.step_name};
    if (w->report && w->report->error_code) {
        failure.error_code = w->report->error_code;
        failure.message = w->report->error_message;
    }
    struct ws_move move = move_of(w, &choice, failure.error_code ? &failure : NULL);
    const struct ws_state *to = &e->machine->states[e->machine->arms[choice.arm].to];
    struct ws_sealed sealed;
    struct ws_ending ending = {0};
    int64_t attempt = 0;
    int rc = -1;

    if (e->journal->seal(&sealed, e->journal->self, &move, w->err) < 0)
        goto out;
    if (to->kind == WS_STATE_FINAL && e->ending) {
        if (e->ending(&ending, e->payload, to, &sealed, w->report, w->err) < 0)
            goto out;
        move.commit_oid = ending.commit_oid;
        move.effect_json = ending.effect_json;
    }
    ws_fault_point("engine.append");
    if (e->journal->append(&attempt, e->journal->self, &move, &sealed, w->err) < 0)
        goto out;
    ws_fault_point("engine.appended");
    if (e->moved)
        e->moved(e->payload, &move, &sealed);
    rc = locate(w);
out:
    free(ending.commit_oid);
    free(ending.effect_json);
    return rc;
}

static int attempt_of(struct ws_attempt *out, const struct walk *w)
{
    *out = (struct ws_attempt){
        .id = w->at.attempt_id,
        .number = w->at.attempt_number,
        .seq = w->at.seq,
        .state = state_of(w),
        .step_name = ws_step_name(state_of(w)),
        .facts_json = w->at.facts_json,
    };
    if (!out->step_name || !out->id)
        return ws_fail(w->err, WS_E_INTEGRITY, w->at.state,
                       "the workstream stands in this state without an attempt");
    if (w->at.deadline[0]) {
        if (!ws_time_parse(&out->deadline_ms, w->at.deadline))
            return ws_fail(w->err, WS_E_INTEGRITY, w->at.state, "the deadline '%s' is no time",
                           w->at.deadline);
        int64_t left = out->deadline_ms - ws_now_ms();
        /* A wall clock that was set back must not lengthen the attempt. */
        int64_t most = (int64_t)out->state->timeout_sec * 1000;
        out->left_ms = left < 1 ? 1 : left > most ? most : left;
    }
    return 0;
}

/* The attempt that is open belongs to a process that is no more. */
static int recover(struct walk *w, const char *event)
{
    struct ws_report report = {0};
    struct ws_attempt attempt;
    int rc = attempt_of(&attempt, w);
    if (rc == 0)
        rc = w->engine->recover(&report, w->engine->payload, &attempt, w->err);
    if (rc == 0) {
        w->report = &report;
        rc = take(w, event);
        w->report = NULL;
    }
    ws_report_release(&report);
    return rc;
}

/* One step and the transition that follows. *left: the step asked to leave the run as it stands. */
static int advance(struct walk *w, bool *left)
{
    struct ws_report report = {0};
    struct ws_attempt attempt;
    int rc = attempt_of(&attempt, w);
    if (rc == 0)
        rc = w->engine->step(&report, w->engine->payload, &attempt, w->err);
    if (rc == 0 && report.left) {
        *left = true;
    } else if (rc == 0 && !report.event) {
        rc = ws_fail(w->err, WS_E_INTERNAL, attempt.step_name, "the step reported no event");
    } else if (rc == 0) {
        w->report = &report;
        rc = take(w, report.event);
        w->report = NULL;
    }
    ws_report_release(&report);
    return rc;
}

static int conclude(struct ws_end *end, struct walk *w, enum ws_stand stand)
{
    *end = (struct ws_end){.stand = stand, .state = w->state, .seq = w->at.seq};
    ws_position_release(&w->at);
    return 0;
}

static int give_up(struct walk *w)
{
    ws_position_release(&w->at);
    return -1;
}

int ws_engine_run(struct ws_end *end, const struct ws_engine *engine, struct ws_error *err)
{
    struct walk w = {.engine = engine, .err = err};
    if (locate(&w) < 0)
        return give_up(&w);
    if (w.at.attempt_id && recover(&w, WS_EVENT_INTERRUPTED) < 0)
        return give_up(&w);
    while (state_of(&w)->kind != WS_STATE_FINAL) {
        bool left = false;
        int rc =
            state_of(&w)->kind == WS_STATE_INITIAL ? take(&w, WS_EVENT_START) : advance(&w, &left);
        if (rc < 0)
            return give_up(&w);
        if (left)
            return conclude(end, &w, WS_STAND_LEFT);
    }
    return conclude(end, &w, WS_STAND_FINAL);
}

int ws_engine_cancel(struct ws_end *end, const struct ws_engine *engine, struct ws_error *err)
{
    struct walk w = {.engine = engine, .err = err};
    if (locate(&w) < 0)
        return give_up(&w);
    if (state_of(&w)->kind == WS_STATE_FINAL) {
        ws_fail(err, WS_E_UNUSABLE_ID, w.at.state, "the workstream has ended already");
        return give_up(&w);
    }
    int rc = w.at.attempt_id ? recover(&w, WS_EVENT_CANCEL) : take(&w, WS_EVENT_CANCEL);
    if (rc < 0)
        return give_up(&w);
    return conclude(end, &w, WS_STAND_FINAL);
}
