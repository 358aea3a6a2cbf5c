#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "checks.h"
#include "statement.h"
#include "wsfsm/base/mem.h"
#include "wsfsm/base/text.h"

/* A name space: what is declared in it, and which unknown names have been reported. */
struct space {
    const char *code, *what;
    const char *line; /* the statement that declares such names, when one alone does */
    bool undeclared;  /* ... and it stands nowhere: that is one mistake, not one a name */
    const char **names;
    size_t count;
    struct ws_words unknown;
};

struct names {
    struct ws_def *def;
    const struct ws_bindings *bindings;
    struct ws_def_report *report;
    struct space states, events, outcomes, handlers, guards;
};

static const char *const engine_events[] = {WS_EVENT_START, WS_EVENT_TIMEOUT, WS_EVENT_INTERRUPTED,
                                            WS_EVENT_CANCEL};

enum { ENGINE_EVENT_COUNT = sizeof engine_events / sizeof *engine_events };

const char *ws_engine_event(const char *event)
{
    for (size_t i = 0; i < ENGINE_EVENT_COUNT; i++) {
        if (strcasecmp(engine_events[i], event) == 0) {
            return engine_events[i];
        }
    }
    return NULL;
}

bool ws_is_engine_event(const char *event)
{
    const char *of_engine = ws_engine_event(event);

    return of_engine != NULL && strcmp(of_engine, event) == 0;
}

static bool contains(const struct space *s, const char *name)
{
    for (size_t i = 0; i < s->count; i++) {
        if (strcmp(s->names[i], name) == 0) {
            return true;
        }
    }
    return false;
}

/* By a line that could not be read, as far as can be told. */
static bool may_be_declared(const struct names *n, const struct space *s, const char *name)
{
    const struct ws_def *d = n->def;
    const char *misdeclared;

    if ((d->nameless && s == &n->states) || (d->unread && s->undeclared) ||
        ws_words_find(&d->spoilt, name) != NULL) {
        return true;
    }
    for (size_t i = 0; i < d->misdeclared.len; i++) {
        misdeclared = d->misdeclared.items[i].text;
        if (ws_nearest(name, &misdeclared, 1) != NULL) {
            return true;
        }
    }
    return false;
}

/* 0, or -1 when nobody knows the name: reported where it stands first. */
static int unknown(struct names *n, struct space *s, struct ws_word word)
{
    char hint[WS_HINT_SIZE];

    if (ws_def_report_is_full(n->report)) {
        return -1;
    }
    if (may_be_declared(n, s, word.text)) {
        return 0;
    }
    if (s->undeclared && s->unknown.len == 0) {
        ws_def_report_error(n->report, s->code, word, "unknown %s '%s': there is no '%s' line",
                            s->what, word.text, s->line);
    } else if (!s->undeclared && ws_words_find(&s->unknown, word.text) == NULL) {
        ws_def_report_error(n->report, s->code, word, "unknown %s '%s'%s", s->what, word.text,
                            ws_hint(hint, word.text, s->names, s->count));
    }
    ws_words_add(&s->unknown, word);
    return -1;
}

static int check_known(struct names *n, struct space *s, struct ws_word word)
{
    return word.text == NULL || contains(s, word.text) ? 0 : unknown(n, s, word);
}

static int check_state_name(struct names *n, struct ws_word word)
{
    if (word.text == NULL || ws_def_state(n->def, word.text) != WS_NONE) {
        return 0;
    }
    if (ws_is_c_keyword(word.text)) {
        ws_def_report_error(n->report, "E003", word, "state name '%s' is a C keyword", word.text);
        return -1;
    }
    return unknown(n, &n->states, word);
}

static int check_event(struct names *n, struct ws_word event, bool may_start)
{
    if (strcmp(event.text, WS_EVENT_TIMEOUT) == 0) {
        ws_def_report_error(
            n->report, "E024", event,
            "event 'timeout' belongs to the engine; write 'timeout DURATION -> STATE'");
        return -1;
    }
    if (strcmp(event.text, WS_EVENT_START) == 0 && !may_start) {
        ws_def_report_error(n->report, "E024", event,
                            "event 'start' leaves the initial state only");
        return -1;
    }
    return check_known(n, &n->events, event);
}

static int check_arm(struct names *n, const struct ws_def_arm *a, bool may_start)
{
    int rc = check_event(n, a->event, may_start);

    if (n->bindings != NULL) {
        rc |= check_known(n, &n->guards, a->guard);
    }
    rc |= check_state_name(n, a->target);
    rc |= check_state_name(n, a->then);
    return rc;
}

static void check_tools(struct names *n, const struct ws_words *tools)
{
    const struct ws_bindings *b = n->bindings;

    for (size_t i = 0; b != NULL && b->has_tool != NULL && i < tools->len; i++) {
        if (!b->has_tool(b->payload, tools->items[i].text)) {
            ws_def_report_warning(
                n->report, "W024", tools->items[i],
                "there is no profile for tool '%s'; the state would report could_not_run",
                tools->items[i].text);
        }
    }
}

static void check_state(struct names *n, int index)
{
    struct ws_def *d = n->def;
    struct ws_def_state *s = &d->states[index];
    bool may_start = d->initial_state == WS_NONE ||
                     (s->name.text != NULL && strcmp(s->name.text, d->initial.text) == 0);
    int rc = check_known(n, &n->outcomes, s->outcome);

    if (n->bindings != NULL) {
        rc |= check_known(n, &n->handlers, s->handler);
    }
    check_tools(n, &s->tools);
    rc |= check_state_name(n, s->timeout_target);
    for (size_t i = 0; i < s->arm_count; i++) {
        rc |= check_arm(n, &s->arms[i], may_start);
    }
    s->broken = s->broken || rc != 0;
}

static void check_from(struct names *n, const struct ws_def_from *from)
{
    int rc = check_arm(n, &from->arm, false);

    for (size_t i = 0; i < from->except.len; i++) {
        rc |= check_state_name(n, from->except.items[i]);
    }
    n->def->from_unread = n->def->from_unread || rc != 0;
}

/* The initial state waits for 'start' and does nothing. Which of the two is meant, when they
 * disagree, shows in the state's arms. */
static void check_initial_is_idle(struct names *n, int index)
{
    struct ws_def *d = n->def;
    struct ws_def_state *s = &d->states[index];

    if (s->action.text != NULL && ws_def_own_arm(s, WS_EVENT_START) == NULL && !s->broken) {
        ws_def_report_error(n->report, "E010", d->initial,
                            "state '%s' does something; it cannot be the initial one",
                            s->name.text);
        return;
    }
    d->initial_state = index;
    if (s->lost) {
        return; /* what stands in it may be another state's */
    }
    if (s->action.text != NULL) {
        ws_def_report_error(n->report, "E006", s->action,
                            "'%s' does not belong in the initial state", s->action.text);
        s->broken = true;
    } else if (s->timeout.text != NULL) {
        ws_def_report_error(n->report, "E006", s->timeout,
                            "'timeout' does not belong in the initial state");
        s->broken = true;
    }
}

static void find_initial(struct names *n)
{
    struct ws_def *d = n->def;
    int index;

    if (d->initial.text == NULL || check_state_name(n, d->initial) != 0) {
        return;
    }
    index = ws_def_state(d, d->initial.text);
    if (index == WS_NONE) {
        return;
    }
    if (d->states[index].final) {
        ws_def_report_error(n->report, "E010", d->initial,
                            "final state '%s' cannot be the initial one", d->initial.text);
        return;
    }
    check_initial_is_idle(n, index);
}

static void add_name(struct space *s, const char *name)
{
    if (name != NULL) {
        s->names[s->count++] = name;
    }
}

static void open_space(struct space *s, const char *code, const char *what, size_t room)
{
    *s = (struct space){.code = code, .what = what, .names = ws_calloc(room + 1, sizeof *s->names)};
}

static void declared_by(struct space *s, const char *line, const struct ws_words *words)
{
    s->line = line;
    s->undeclared = words->len == 0;
}

static void open_spaces(struct names *n)
{
    const struct ws_def *d = n->def;
    const struct ws_bindings *b = n->bindings;
    size_t handlers = b != NULL ? b->handler_count : 0, guards = b != NULL ? b->guard_count : 0;

    open_space(&n->states, "E020", "state", d->state_count);
    for (size_t i = 0; i < d->state_count; i++) {
        add_name(&n->states, d->states[i].name.text);
    }
    open_space(&n->events, "E021", "event", d->events.len + ENGINE_EVENT_COUNT);
    declared_by(&n->events, "events", &d->events);
    for (size_t i = 0; i < d->events.len; i++) {
        add_name(&n->events, d->events.items[i].text);
    }
    for (size_t i = 0; i < ENGINE_EVENT_COUNT; i++) {
        add_name(&n->events, engine_events[i]);
    }
    open_space(&n->outcomes, "E023", "outcome", d->outcomes.len);
    declared_by(&n->outcomes, "outcomes", &d->outcomes);
    for (size_t i = 0; i < d->outcomes.len; i++) {
        add_name(&n->outcomes, d->outcomes.items[i].text);
    }
    open_space(&n->handlers, "E022", "handler", handlers);
    for (size_t i = 0; i < handlers; i++) {
        add_name(&n->handlers, b->handlers[i].name);
    }
    open_space(&n->guards, "E022", "guard", guards);
    for (size_t i = 0; i < guards; i++) {
        add_name(&n->guards, b->guards[i]);
    }
}

static void close_space(struct space *s)
{
    free(s->names);
    free(s->unknown.items);
}

void ws_check_names(struct ws_def *d, const struct ws_bindings *b, struct ws_def_report *r)
{
    struct names n = {.def = d, .bindings = b, .report = r};

    open_spaces(&n);
    find_initial(&n);
    for (size_t i = 0; i < d->state_count; i++) {
        check_state(&n, (int)i);
    }
    for (size_t i = 0; i < d->from_count; i++) {
        check_from(&n, &d->froms[i]);
    }
    close_space(&n.states);
    close_space(&n.events);
    close_space(&n.outcomes);
    close_space(&n.handlers);
    close_space(&n.guards);
}
