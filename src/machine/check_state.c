#include <string.h>

#include "checks.h"
#include "wsfsm/base/buf.h"

struct states {
    const struct ws_def *def;
    const struct ws_bindings *bindings;
    struct ws_def_report *report;
};

const char *const *ws_reports_of(const struct ws_def_state *state, const struct ws_bindings *b)
{
    static const char *const tool[] = {"passed", "failed", "could_not_run", NULL};

    if (state->handler.text == NULL) {
        return state->tools.len > 0 ? tool : NULL;
    }
    for (size_t i = 0; b != NULL && i < b->handler_count; i++) {
        if (strcmp(b->handlers[i].name, state->handler.text) == 0) {
            return b->handlers[i].events;
        }
    }
    return NULL;
}

static bool in_list(const char *const *list, const char *word)
{
    for (; *list != NULL; list++) {
        if (strcmp(*list, word) == 0) {
            return true;
        }
    }
    return false;
}

static bool same_guard(const struct ws_def_arm *a, const struct ws_def_arm *b)
{
    if (a->guard.text == NULL || b->guard.text == NULL) {
        return a->guard.text == b->guard.text;
    }
    return a->negated == b->negated && strcmp(a->guard.text, b->guard.text) == 0;
}

/* E030, E031: arm `at` against those before it. */
static void check_shadowed(const struct states *c, const struct ws_def_state *s, size_t at)
{
    const struct ws_def_arm *late = &s->arms[at];

    for (size_t i = 0; i < at; i++) {
        const struct ws_def_arm *early = &s->arms[i];

        if (strcmp(early->event.text, late->event.text) != 0) {
            continue;
        }
        if (same_guard(early, late)) {
            ws_def_report_error(c->report, "E030", late->on,
                                "two arms for event '%s'%s in state '%s'", late->event.text,
                                late->guard.text != NULL ? " with the same guard" : "",
                                s->name.text);
        } else if (early->guard.text == NULL) {
            ws_def_report_error(
                c->report, "E031", late->on,
                "this arm is never taken: an arm for '%s' without a guard comes first",
                late->event.text);
        } else {
            continue;
        }
        ws_def_report_note(c->report, early->on, "the first one is here");
        return;
    }
}

/* The arms of one event, from the first one at `at`: E032, W033. */
static void check_guarded(const struct states *c, const struct ws_def_state *s, size_t at)
{
    const struct ws_def_arm *first = &s->arms[at];
    bool total = false, same = true;

    for (size_t i = at; i < s->arm_count; i++) {
        const struct ws_def_arm *a = &s->arms[i];

        if (strcmp(a->event.text, first->event.text) == 0) {
            total = total || a->guard.text == NULL;
            same = same && a->bound == 0 && strcmp(a->target.text, first->target.text) == 0;
        }
    }
    if (!total) {
        ws_def_report_error(
            c->report, "E032", first->on,
            "state '%s' is stuck on '%s' when every guard is false; add an arm without a guard",
            s->name.text, first->event.text);
    } else if (same && first->guard.text != NULL) {
        ws_def_report_warning(c->report, "W033", first->guard,
                              "guard '%s' changes nothing: every arm for '%s' goes to '%s'",
                              first->guard.text, first->event.text, first->target.text);
    }
}

static bool is_first_for_event(const struct ws_def_state *s, size_t at)
{
    return ws_def_own_arm(s, s->arms[at].event.text) == &s->arms[at];
}

static void check_determinism(const struct states *c, const struct ws_def_state *s)
{
    size_t errors = c->report->errors;

    for (size_t i = 0; i < s->arm_count; i++) {
        check_shadowed(c, s, i);
    }
    for (size_t i = 0; i < s->arm_count && c->report->errors == errors; i++) {
        if (!s->broken && is_first_for_event(s, i)) {
            check_guarded(c, s, i);
        }
    }
}

/* E040; true when the state answers whatever can come. */
static bool check_answered(const struct states *c, const struct ws_def_state *s,
                           const char *const *reports)
{
    struct ws_buf missing = {0};
    bool complete;

    for (const char *const *e = reports; *e != NULL && !c->def->from_unread; e++) {
        if (!ws_def_handles(c->def, s, *e)) {
            ws_buf_printf(&missing, "%s'%s'", missing.len > 0 ? ", " : "", *e);
        }
    }
    complete = missing.len == 0;
    if (!complete && s->handler.text != NULL) {
        ws_def_report_error(c->report, "E040", s->name,
                            "handler '%s' can report %s, and state '%s' has no arm for it",
                            s->handler.text, ws_buf_str(&missing), s->name.text);
    } else if (!complete) {
        ws_def_report_error(c->report, "E040", s->name,
                            "a tool can report %s, and state '%s' has no arm for it",
                            ws_buf_str(&missing), s->name.text);
    }
    ws_buf_release(&missing);
    return complete;
}

/* E040, W040. In the initial state nothing runs, so nothing is reported. */
static void check_reported(const struct states *c, const struct ws_def_state *s, bool initial)
{
    static const char *const nothing[] = {NULL};
    const char *const *reports = initial ? nothing : ws_reports_of(s, c->bindings);

    if (reports == NULL || !check_answered(c, s, reports)) {
        return;
    }
    for (size_t i = 0; i < s->arm_count; i++) {
        const char *event = s->arms[i].event.text;

        if (!ws_is_engine_event(event) && !in_list(reports, event) && is_first_for_event(s, i)) {
            ws_def_report_warning(c->report, "W040", s->arms[i].event,
                                  "nothing in state '%s' reports '%s'", s->name.text, event);
        }
    }
}

static bool does_something(const struct states *c, size_t i)
{
    const struct ws_def_state *s = &c->def->states[i];

    return !s->final && !s->broken && s->action.text != NULL && (int)i != c->def->initial_state;
}

/* E042. An event that no state speaks of is one omission, not one a state. */
static void check_said(const struct states *c, const char *event, const char *meaning)
{
    const struct ws_def_state *silent = NULL;
    size_t silent_count = 0, count = 0;

    for (size_t i = 0; i < c->def->state_count; i++) {
        if (does_something(c, i)) {
            count++;
            if (!ws_def_handles(c->def, &c->def->states[i], event)) {
                silent = silent != NULL ? silent : &c->def->states[i];
                silent_count++;
            }
        }
    }
    if (silent_count == count && count > 1) {
        ws_def_report_error(c->report, "E042", silent->name,
                            "no state says anything of '%s' (%s); write 'from * on %s -> STATE'",
                            event, meaning, event);
        return;
    }
    for (size_t i = 0; i < c->def->state_count && silent_count > 0; i++) {
        const struct ws_def_state *s = &c->def->states[i];

        if (does_something(c, i) && !ws_def_handles(c->def, s, event)) {
            ws_def_report_error(c->report, "E042", s->name,
                                "state '%s' says nothing of '%s' (%s); write 'on %s -> STATE'",
                                s->name.text, event, meaning, event);
        }
    }
}

static void check_state(const struct states *c, size_t index)
{
    const struct ws_def_state *s = &c->def->states[index];
    bool initial = (int)index == c->def->initial_state;
    size_t errors = c->report->errors;

    if (s->final || s->lost || s->name.text == NULL) {
        return;
    }
    check_determinism(c, s);
    if (s->broken || c->report->errors > errors) {
        return;
    }
    if (s->action.text == NULL && !initial) {
        if (c->def->initial_state != WS_NONE) {
            ws_def_report_error(c->report, "E015", s->name,
                                "state '%s' does nothing: it has neither 'do' nor 'tool'",
                                s->name.text);
        }
        return;
    }
    check_reported(c, s, initial);
    if (!initial && s->timeout.text == NULL) {
        ws_def_report_error(
            c->report, "E041", s->name,
            "state '%s' has no timeout; write 'timeout 30m -> STATE' or 'timeout none'",
            s->name.text);
    }
}

/* E010, E014: what is not there. */
static void check_file(const struct states *c)
{
    const struct ws_def *d = c->def;
    const struct ws_word top = {NULL, 1, 1};
    const struct ws_def_state *final = NULL;
    bool succeeds = false, sound = true;

    if (d->unread) {
        return;
    }
    if (d->initial.text == NULL) {
        ws_def_report_error(c->report, "E010", top, "no 'initial' statement");
    }
    for (size_t i = 0; i < d->state_count; i++) {
        if (d->states[i].final) {
            final = final != NULL ? final : &d->states[i];
            sound = sound && !d->states[i].broken;
            succeeds = succeeds || strcmp(d->states[i].outcome.text, WS_OUTCOME_SUCCESS) == 0;
        }
    }
    if (final == NULL) {
        ws_def_report_error(c->report, "E014", top, "no final state: no run could ever end");
    } else if (!succeeds && sound) {
        ws_def_report_error(c->report, "E014", final->outcome,
                            "no final state has the outcome 'success': no run could ever succeed");
    }
}

/* A `from *` adds one arm for an event, so nothing follows when its guard is false. */
static void check_from(const struct states *c, const struct ws_def_from *from)
{
    if (from->arm.guard.text != NULL) {
        ws_def_report_error(
            c->report, "E032", from->arm.on,
            "states are stuck on '%s' when the guard is false: 'from *' adds one arm for an "
            "event, so it cannot have a guard",
            from->arm.event.text);
    }
}

void ws_check_states(struct ws_def *d, const struct ws_bindings *b, struct ws_def_report *r)
{
    const struct states c = {.def = d, .bindings = b, .report = r};

    check_file(&c);
    for (size_t i = 0; i < d->state_count; i++) {
        check_state(&c, i);
    }
    if (!d->from_unread) {
        check_said(&c, WS_EVENT_INTERRUPTED, "a crash");
        check_said(&c, WS_EVENT_CANCEL, "a user's cancel");
    }
    for (size_t i = 0; i < d->from_count; i++) {
        check_from(&c, &d->froms[i]);
    }
}
