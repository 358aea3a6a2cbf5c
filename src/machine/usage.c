#include <string.h>

#include "checks.h"

static bool arm_uses(const struct ws_def *d, const char *event)
{
    for (size_t i = 0; i < d->state_count; i++) {
        if (ws_def_own_arm(&d->states[i], event) != NULL) {
            return true;
        }
    }
    for (size_t i = 0; i < d->from_count; i++) {
        if (strcmp(d->froms[i].arm.event.text, event) == 0) {
            return true;
        }
    }
    return false;
}

static bool state_uses(const struct ws_def *d, const char *handler, const char *outcome)
{
    for (size_t i = 0; i < d->state_count; i++) {
        const struct ws_def_state *s = &d->states[i];

        if ((handler != NULL && s->handler.text != NULL && strcmp(s->handler.text, handler) == 0) ||
            (outcome != NULL && s->outcome.text != NULL && strcmp(s->outcome.text, outcome) == 0)) {
            return true;
        }
    }
    return false;
}

static bool adds_something(const struct ws_def *d, const struct ws_def_from *from)
{
    for (size_t i = 0; i < d->state_count; i++) {
        if (ws_def_from_for(d, &d->states[i], from->arm.event.text) == from) {
            return true;
        }
    }
    return false;
}

static void check_handlers(const struct ws_def *d, const struct ws_bindings *b,
                           struct ws_def_report *r)
{
    for (size_t i = 0; b != NULL && i < b->handler_count; i++) {
        const struct ws_handler_decl *h = &b->handlers[i];

        if (!state_uses(d, h->name, NULL)) {
            ws_diag_add(&r->diags, WS_WARNING, "W022", h->file, h->line, 1,
                        "handler '%s' is bound by no state", h->name);
        }
    }
}

void ws_check_usage(const struct ws_def *d, const struct ws_bindings *b, struct ws_def_report *r)
{
    for (size_t i = 0; i < d->events.len; i++) {
        if (!arm_uses(d, d->events.items[i].text)) {
            ws_def_report_warning(r, "W021", d->events.items[i],
                                  "event '%s' is declared and never used", d->events.items[i].text);
        }
    }
    for (size_t i = 0; i < d->outcomes.len; i++) {
        if (!state_uses(d, NULL, d->outcomes.items[i].text)) {
            ws_def_report_warning(r, "W023", d->outcomes.items[i],
                                  "outcome '%s' has no final state", d->outcomes.items[i].text);
        }
    }
    for (size_t i = 0; i < d->from_count; i++) {
        if (!adds_something(d, &d->froms[i])) {
            ws_def_report_warning(r, "W057", d->froms[i].arm.on,
                                  "'from *' adds nothing: every state has its own arm for '%s'",
                                  d->froms[i].arm.event.text);
        }
    }
    check_handlers(d, b, r);
}
