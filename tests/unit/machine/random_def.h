/* Random definitions, the same for the same seed. Most are sound: arms lead forward, backward ones
 * have a bound. */
#ifndef TESTS_RANDOM_DEF_H
#define TESTS_RANDOM_DEF_H

#include "machine_text.h"

static inline unsigned next_random(unsigned *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 8;
}

/* A target behind `from`, of the states 1 .. count (the last two are final). */
static inline unsigned forward(unsigned *seed, unsigned from, unsigned count)
{
    return from + 1 + next_random(seed) % (count - from);
}

static inline void random_arm(struct ws_buf *out, unsigned *seed, const char *event,
                              const char *guard, unsigned from, unsigned count)
{
    ws_buf_printf(out, "    on %s %s -> ", event, guard);
    if (next_random(seed) % 3 == 0) {
        ws_buf_printf(out, "s%u max %u then s%u\n", 1 + next_random(seed) % from,
                      1 + next_random(seed) % 3, forward(seed, from, count));
    } else {
        ws_buf_printf(out, "s%u\n", forward(seed, from, count));
    }
}

static inline void random_state(struct ws_buf *out, unsigned *seed, unsigned index, unsigned count)
{
    static const char *const events[] = {"passed", "failed", "could_not_run", "interrupted"};
    static const char *const guards[] = {"[in_scope]", "[!in_scope]", "[small]", "[!small]"};
    static const char *const timeouts[] = {"1s", "90s", "60m", "25h", "30d"};

    ws_buf_printf(out, "state s%u%s\n    tool ruff%s\n", index,
                  next_random(seed) % 2 ? " \"It \\ <does> 'it' | ü\"" : "",
                  next_random(seed) % 2 ? " mypy" : "");
    if (next_random(seed) % 4 == 0) {
        ws_buf_puts(out, "    timeout none\n");
    } else {
        ws_buf_printf(out, "    timeout %s -> s%u\n", timeouts[next_random(seed) % 5],
                      forward(seed, index, count));
    }
    for (size_t i = 0; i < sizeof events / sizeof *events; i++) {
        if (next_random(seed) % 2) {
            random_arm(out, seed, events[i], guards[next_random(seed) % 4], index, count);
        }
        random_arm(out, seed, events[i], "", index, count);
    }
}

/* free() */
static inline char *random_def(unsigned seed)
{
    unsigned count = 3 + next_random(&seed) % 4;
    struct ws_buf out = {0};

    ws_buf_puts(&out,
                "machine random\noutcomes failure success\nevents passed failed could_not_run\n"
                "initial s0\nstate s0 \"first\"\n    on start -> s1\n");
    for (unsigned i = 1; i <= count - 2; i++) {
        random_state(&out, &seed, i, count);
    }
    ws_buf_printf(&out, "final s%u failure\nfinal s%u success \"good\"\nfrom * on cancel -> s%u\n",
                  count - 1, count, count - 1);
    return ws_buf_steal(&out);
}

/* NULL when the definition of this seed is not sound (a state may be unreachable). */
static inline struct ws_machine *random_machine(unsigned seed)
{
    char *text = random_def(seed);
    struct ws_diags diags = {0};
    struct ws_machine *m =
        ws_machine_parse(text, strlen(text), "random.def", text_bindings(), &diags);

    for (size_t i = 0; i < diags.len; i++) {
        bool expected =
            diags.items[i].severity != WS_ERROR || strcmp(diags.items[i].code, "E050") == 0;

        ck_assert_msg(expected, "%s %s in\n%s", diags.items[i].code, diags.items[i].text, text);
    }
    ws_diags_release(&diags);
    free(text);
    return m;
}

#endif
