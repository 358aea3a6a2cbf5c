#include "emit_text.h"
#include "wsfsm/machine/emit.h"

/* States get ids of their own (s0, s1, ...): a name may be a word of Mermaid's, such as `end`. */
void ws_emit_mermaid(struct ws_buf *out, const struct ws_machine *m)
{
    ws_buf_puts(out, "stateDiagram-v2\n");
    for (int i = 0; i < m->state_count; i++) {
        ws_buf_printf(out, "    state \"%s\" as s%d\n", m->states[i].name, i);
    }
    ws_buf_printf(out, "    [*] --> s%d\n", m->initial);
    for (int i = 0; i < m->arm_count; i++) {
        const struct ws_arm *a = &m->arms[i];

        if (ws_leads_first(m, i)) {
            ws_buf_printf(out, "    s%d --> s%d : ", a->from, a->to);
            ws_put_arms_to(out, m, a->from, a->to, ", ");
            ws_buf_putc(out, '\n');
        }
    }
    for (int i = 0; i < m->state_count; i++) {
        if (m->states[i].kind == WS_STATE_FINAL) {
            ws_buf_printf(out, "    s%d --> [*] : %s\n", i, m->states[i].outcome);
        }
    }
}
