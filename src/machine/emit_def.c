#include <string.h>

#include "emit_text.h"
#include "wsfsm/machine/emit.h"

static void put_words(struct ws_buf *out, const char *keyword, const char *const *words,
                      size_t count)
{
    if (count == 0) {
        return;
    }
    ws_buf_puts(out, keyword);
    for (size_t i = 0; i < count; i++) {
        ws_buf_printf(out, " %s", words[i]);
    }
    ws_buf_putc(out, '\n');
}

static void put_doc(struct ws_buf *out, const struct ws_state *s)
{
    if (s->doc != NULL) {
        ws_buf_printf(out, " \"%s\"", s->doc);
    }
    ws_buf_putc(out, '\n');
}

static void put_timeout(struct ws_buf *out, const struct ws_machine *m, const struct ws_state *s)
{
    if (s->kind != WS_STATE_STEP) {
        return;
    }
    ws_buf_puts(out, "    timeout ");
    if (s->timeout_sec == 0) {
        ws_buf_puts(out, "none\n");
        return;
    }
    ws_put_duration(out, s->timeout_sec);
    for (int i = s->first_arm; i < s->first_arm + s->arm_count; i++) {
        if (strcmp(m->arms[i].event, WS_EVENT_TIMEOUT) == 0) {
            ws_buf_printf(out, " -> %s\n", m->states[m->arms[i].to].name);
        }
    }
}

/* A bounded arm and its spent one, which stands right behind it, are one line. */
static void put_arm(struct ws_buf *out, const struct ws_machine *m, int index)
{
    const struct ws_arm *a = &m->arms[index];

    if (a->spent_of != WS_NONE || strcmp(a->event, WS_EVENT_TIMEOUT) == 0) {
        return;
    }
    ws_buf_printf(out, "    on %s ", a->event);
    ws_put_guard(out, a);
    ws_buf_printf(out, "%s-> %s", a->guard != NULL ? " " : "", m->states[a->to].name);
    if (a->max > 0) {
        ws_buf_printf(out, " max %d then %s", a->max, m->states[m->arms[index + 1].to].name);
    }
    ws_buf_putc(out, '\n');
}

static void put_state(struct ws_buf *out, const struct ws_machine *m, const struct ws_state *s)
{
    if (s->kind == WS_STATE_FINAL) {
        ws_buf_printf(out, "\nfinal %s %s", s->name, s->outcome);
        put_doc(out, s);
        return;
    }
    ws_buf_printf(out, "\nstate %s", s->name);
    put_doc(out, s);
    if (s->kind == WS_STATE_STEP) {
        ws_buf_puts(out, "    ");
        ws_put_action(out, s);
        ws_buf_putc(out, '\n');
    }
    put_timeout(out, m, s);
    for (int i = s->first_arm; i < s->first_arm + s->arm_count; i++) {
        put_arm(out, m, i);
    }
}

void ws_emit_def(struct ws_buf *out, const struct ws_machine *m)
{
    ws_buf_printf(out, "machine %s\n", m->name);
    put_words(out, "outcomes", m->outcomes, m->outcome_count);
    put_words(out, "events", m->events, m->event_count);
    ws_buf_printf(out, "initial %s\n", m->states[m->initial].name);
    for (int i = 0; i < m->state_count; i++) {
        put_state(out, m, &m->states[i]);
    }
}
