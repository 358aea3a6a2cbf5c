#include "emit_text.h"

#include <string.h>

void ws_put_duration(struct ws_buf *out, long seconds)
{
    static const struct {
        long seconds;
        char letter;
    } units[] = {{86400, 'd'}, {3600, 'h'}, {60, 'm'}, {1, 's'}};
    size_t i = 0;

    while (seconds % units[i].seconds != 0) {
        i++;
    }
    ws_buf_printf(out, "%ld%c", seconds / units[i].seconds, units[i].letter);
}

void ws_put_guard(struct ws_buf *out, const struct ws_arm *a)
{
    if (a->guard != NULL) {
        ws_buf_printf(out, "[%s%s]", a->guard_negated ? "!" : "", a->guard);
    }
}

void ws_put_bound(struct ws_buf *out, const struct ws_machine *m, const struct ws_arm *a)
{
    if (a->max > 0) {
        ws_buf_printf(out, "max %d", a->max);
    } else if (a->spent_of != WS_NONE) {
        ws_buf_printf(out, "after %d", m->arms[a->spent_of].max);
    }
}

void ws_put_arm(struct ws_buf *out, const struct ws_machine *m, const struct ws_arm *a)
{
    ws_buf_puts(out, a->event);
    if (strcmp(a->event, WS_EVENT_TIMEOUT) == 0) {
        ws_buf_putc(out, ' ');
        ws_put_duration(out, m->states[a->from].timeout_sec);
    }
    if (a->guard != NULL) {
        ws_buf_putc(out, ' ');
        ws_put_guard(out, a);
    }
    if (a->max > 0 || a->spent_of != WS_NONE) {
        ws_buf_putc(out, ' ');
        ws_put_bound(out, m, a);
    }
}

void ws_put_arms_to(struct ws_buf *out, const struct ws_machine *m, int state, int to,
                    const char *between)
{
    const struct ws_state *s = &m->states[state];
    const char *separator = "";

    for (int i = s->first_arm; i < s->first_arm + s->arm_count; i++) {
        if (m->arms[i].to == to) {
            ws_buf_puts(out, separator);
            ws_put_arm(out, m, &m->arms[i]);
            separator = between;
        }
    }
}

bool ws_leads_first(const struct ws_machine *m, int arm)
{
    for (int i = m->states[m->arms[arm].from].first_arm; i < arm; i++) {
        if (m->arms[i].to == m->arms[arm].to) {
            return false;
        }
    }
    return true;
}

void ws_put_action(struct ws_buf *out, const struct ws_state *s)
{
    if (s->handler != NULL) {
        ws_buf_printf(out, "do %s", s->handler);
    } else if (s->tool_count > 0) {
        ws_buf_puts(out, "tool");
        for (size_t i = 0; i < s->tool_count; i++) {
            ws_buf_printf(out, " %s", s->tools[i]);
        }
    }
}
