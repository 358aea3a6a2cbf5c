#include "emit_text.h"
#include "wsfsm/machine/emit.h"

/* A quoted DOT string; only the quote and the backslash mean something in it. */
static void put_quoted(struct ws_buf *out, const char *s)
{
    ws_buf_putc(out, '"');
    for (; *s != '\0'; s++) {
        if (*s == '"' || *s == '\\') {
            ws_buf_putc(out, '\\');
        }
        ws_buf_putc(out, *s);
    }
    ws_buf_putc(out, '"');
}

static void put_state(struct ws_buf *out, const struct ws_state *s)
{
    static const char *const shapes[] = {
        [WS_STATE_INITIAL] = "circle",
        [WS_STATE_STEP] = "box, style=rounded",
        [WS_STATE_FINAL] = "doublecircle",
    };

    ws_buf_printf(out, "    \"%s\" [shape=%s", s->name, shapes[s->kind]);
    if (s->doc != NULL) {
        ws_buf_puts(out, ", tooltip=");
        put_quoted(out, s->doc);
    }
    ws_buf_puts(out, "];\n");
}

void ws_emit_dot(struct ws_buf *out, const struct ws_machine *m)
{
    ws_buf_printf(out, "digraph \"%s\" {\n    rankdir=LR;\n    node [fontname=\"sans-serif\"];\n",
                  m->name);
    ws_buf_puts(out, "    edge [fontname=\"sans-serif\", fontsize=10];\n");
    for (int i = 0; i < m->state_count; i++) {
        put_state(out, &m->states[i]);
    }
    for (int i = 0; i < m->arm_count; i++) {
        const struct ws_arm *a = &m->arms[i];

        if (ws_leads_first(m, i)) {
            ws_buf_printf(out, "    \"%s\" -> \"%s\" [label=\"", m->states[a->from].name,
                          m->states[a->to].name);
            ws_put_arms_to(out, m, a->from, a->to, "\\n");
            ws_buf_puts(out, "\"];\n");
        }
    }
    ws_buf_puts(out, "}\n");
}
