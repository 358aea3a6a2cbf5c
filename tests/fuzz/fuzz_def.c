/* The .def parser and all that is made of a machine. */
#include "fuzz.h"
#include "wsfsm/machine/emit.h"
#include "wsfsm/machine/parse.h"

#define WS_HANDLER(id, ...) static const char *const events_of_##id[] = {__VA_ARGS__, NULL};
#include "wsfsm/steps/handlers.h"

#define WS_HANDLER(id, ...)                                                                        \
    {.name = #id, .events = events_of_##id, .file = "handlers.h", .line = 1},
static const struct ws_handler_decl handlers[] = {
#include "wsfsm/steps/handlers.h"
};

static bool has_tool(void *payload, const char *tool)
{
    (void)payload;
    return tool[0] != 'x';
}

static struct ws_machine *parse(const char *text, size_t len, struct ws_diags *diags)
{
    static const char *const guards[] = {"in_scope", "small"};
    static const struct ws_bindings bindings = {.handlers = handlers,
                                                .handler_count = sizeof handlers / sizeof *handlers,
                                                .guards = guards,
                                                .guard_count = 2,
                                                .has_tool = has_tool};

    return ws_machine_parse(text, len, "fuzz.def", &bindings, diags);
}

static void emit_all(const struct ws_machine *m)
{
    static void (*const emitters[])(struct ws_buf *, const struct ws_machine *) = {
        ws_emit_dot, ws_emit_mermaid, ws_emit_json, ws_emit_table, ws_emit_markdown};

    for (size_t i = 0; i < sizeof emitters / sizeof *emitters; i++) {
        struct ws_buf out = {0};

        emitters[i](&out, m);
        fuzz_require(out.len > 0 && ws_utf8_valid(out.data, out.len));
        ws_buf_release(&out);
    }
}

static void require_same(const struct ws_machine *m, const struct ws_machine *other)
{
    char digest[WS_HASH_HEX];

    fuzz_require(other != NULL);
    ws_machine_digest(digest, other);
    fuzz_require(strcmp(digest, m->digest) == 0);
    fuzz_require(strcmp(other->digest, m->digest) == 0);
}

/* Written out and read again, and copied, it is the same machine. */
static void round_trip(const struct ws_machine *m)
{
    struct ws_buf def = {0};
    struct ws_diags diags = {0};

    ws_emit_def(&def, m);
    struct ws_machine *again = parse(def.data, def.len, &diags), *copy = ws_machine_copy(m);

    require_same(m, again);
    require_same(m, copy);
    ws_machine_free(again);
    ws_machine_free(copy);
    ws_diags_release(&diags);
    ws_buf_release(&def);
}

struct walk {
    int *taken; /* of each arm */
    unsigned seed;
};

static int answer(void *payload, const char *guard, bool *truth)
{
    struct walk *w = payload;

    (void)guard;
    w->seed = w->seed * 1664525u + 1013904223u;
    *truth = w->seed >> 31;
    return 0;
}

static int taken(void *payload, int arm, int *count)
{
    const struct walk *w = payload;

    *count = w->taken[arm];
    return 0;
}

static const char *some_event(const struct ws_machine *m, int state, struct walk *w)
{
    const struct ws_state *s = &m->states[state];

    w->seed = w->seed * 1664525u + 1013904223u;
    return m->arms[s->first_arm + (int)(w->seed >> 8) % s->arm_count].event;
}

/* Every state that is not final leads on, and every walk ends within what the machine promises. */
static void walk(const struct ws_machine *m, unsigned seed)
{
    struct walk w = {.taken = ws_calloc((size_t)m->arm_count, sizeof(int)), .seed = seed};
    const struct ws_facts_view view = {.answer = answer, .taken = taken, .payload = &w};
    unsigned long long limit = ws_machine_longest_run(m), steps = 0;
    int at = m->initial;

    fuzz_require(limit > 0);
    while (m->states[at].kind != WS_STATE_FINAL && steps < 5000) {
        struct ws_choice choice;

        fuzz_require(ws_machine_choose(&choice, m, at, some_event(m, at, &w), &view) == 0);
        fuzz_require(choice.arm != WS_NONE && m->arms[choice.arm].from == at);
        w.taken[choice.arm]++;
        at = m->arms[choice.arm].to;
        fuzz_require(++steps <= limit);
    }
    free(w.taken);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ws_diags diags = {0};
    struct ws_machine *m = parse((const char *)data, size, &diags);

    fuzz_require((m == NULL) == (ws_diags_count(&diags, WS_ERROR) > 0));
    fuzz_require(diags.len <= WS_DIAGS_MAX);
    fuzz_diags(&diags, data, size);
    if (m != NULL) {
        emit_all(m);
        round_trip(m);
        walk(m, (unsigned)size);
    }
    ws_machine_free(m);
    return 0;
}
