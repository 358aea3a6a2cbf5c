#include "wsfsm/base/json.h"
#include "wsfsm/machine/emit.h"

static const char *const kinds[] = {
    [WS_STATE_INITIAL] = "initial",
    [WS_STATE_STEP] = "step",
    [WS_STATE_FINAL] = "final",
};

static void put_words(struct ws_buf *out, const char *key, const char *const *words, size_t count)
{
    ws_json_key(out, key);
    ws_json_open(out, '[');
    for (size_t i = 0; i < count; i++) {
        ws_json_str(out, words[i]);
    }
    ws_json_close(out, ']');
}

static void put_state(struct ws_buf *out, const struct ws_state *s)
{
    ws_json_open(out, '{');
    ws_json_kstr(out, "name", s->name);
    ws_json_kstr(out, "description", s->doc);
    ws_json_kstr(out, "kind", kinds[s->kind]);
    ws_json_kstr(out, "outcome", s->outcome);
    ws_json_kstr(out, "handler", s->handler);
    put_words(out, "tools", s->tools, s->tool_count);
    ws_json_kint(out, "timeout_sec", s->timeout_sec);
    ws_json_kint(out, "line", s->line);
    ws_json_close(out, '}');
}

static void put_index(struct ws_buf *out, const char *key, int index)
{
    if (index == WS_NONE) {
        ws_json_knull(out, key);
    } else {
        ws_json_kint(out, key, index);
    }
}

static void put_arm(struct ws_buf *out, const struct ws_machine *m, int index)
{
    const struct ws_arm *a = &m->arms[index];

    ws_json_open(out, '{');
    ws_json_kint(out, "arm", index);
    ws_json_kstr(out, "from", m->states[a->from].name);
    ws_json_kstr(out, "event", a->event);
    ws_json_kstr(out, "guard", a->guard);
    ws_json_kbool(out, "guard_negated", a->guard_negated);
    ws_json_kstr(out, "to", m->states[a->to].name);
    put_index(out, "max", a->max > 0 ? a->max : WS_NONE);
    put_index(out, "spent_of", a->spent_of);
    ws_json_kint(out, "line", a->line);
    ws_json_close(out, '}');
}

void ws_emit_json(struct ws_buf *out, const struct ws_machine *m)
{
    ws_json_open(out, '{');
    ws_json_kstr(out, "machine", m->name);
    ws_json_kstr(out, "digest", m->digest);
    ws_json_kint(out, "longest_run", (int64_t)ws_machine_longest_run(m));
    ws_json_kstr(out, "initial", m->states[m->initial].name);
    put_words(out, "outcomes", m->outcomes, m->outcome_count);
    put_words(out, "events", m->events, m->event_count);
    ws_json_key(out, "states");
    ws_json_open(out, '[');
    for (int i = 0; i < m->state_count; i++) {
        put_state(out, &m->states[i]);
    }
    ws_json_close(out, ']');
    ws_json_key(out, "arms");
    ws_json_open(out, '[');
    for (int i = 0; i < m->arm_count; i++) {
        put_arm(out, m, i);
    }
    ws_json_close(out, ']');
    ws_json_close(out, '}');
}
