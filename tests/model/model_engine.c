/* The engine's table against an interpreter of the text: every (state, event), and random walks
 * through bounds, guards, crashes and cancels. The seed is printed; WSFSM_SEED repeats a walk. */
#include <check.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "memory_journal.h"
#include "run_suite.h"
#include "slow.h"
#include "wsfsm/base/path.h"
#include "wsfsm/machine/parse.h"

/* Some arms are rare: walks go on until each was taken, within reason. */
enum { WALKS = 3000, MOST_WALKS = 20 * WALKS };

static const char *const every_event[] = {"start",       "passed",    "failed",
                                          "skipped",     "no_change", "could_not_run",
                                          "interrupted", "cancel",    "timeout"};
enum { EVENTS = sizeof every_event / sizeof *every_event };

static const char *const edit_events[] = {"passed", "failed", "no_change", "could_not_run", NULL};
static const char *const check_events[] = {"passed", "failed", "skipped", "could_not_run", NULL};
static const struct ws_handler_decl handlers[] = {
    {.name = "edit", .events = edit_events},
    {.name = "static", .events = check_events},
    {.name = "runtime", .events = check_events},
};
static const char *const guards[] = {"in_scope"};
static const struct ws_bindings bindings = {handlers, 3, guards, 1, NULL, NULL};

static struct ws_buf shipped;
static struct ws_machine *machine;

/* The shipped machine with a bounded loop, a negated guard and an exception: what the shipped one
 * lacks. */
static const char looping[] = "machine looping\n"
                              "outcomes success failure\n"
                              "events passed failed skipped no_change could_not_run\n"
                              "initial pending\n"
                              "state pending\n"
                              "  on start -> editing\n"
                              "state editing\n"
                              "  do edit\n"
                              "  timeout none\n"
                              "  on passed -> checking\n"
                              "  on no_change -> failed\n"
                              "  on could_not_run -> failed\n"
                              "state checking\n"
                              "  do static\n"
                              "  timeout 5s -> failed\n"
                              "  on passed [!in_scope] -> editing max 2 then failed\n"
                              "  on passed -> done\n"
                              "  on skipped -> done\n"
                              "  on could_not_run -> failed\n"
                              "  on failed -> editing max 3 then failed\n"
                              "final done success\n"
                              "final failed failure\n"
                              "from * except checking on failed -> failed\n"
                              "from * on interrupted -> editing max 2 then failed\n"
                              "from * on cancel -> failed\n";

static struct ws_machine *parse(const char *def)
{
    struct ws_diags diags = {0};
    struct ws_machine *m = ws_machine_parse(def, strlen(def), "model.def", &bindings, &diags);
    for (size_t i = 0; i < diags.len; i++)
        fprintf(stderr, "model.def:%u:%u: %s\n", diags.items[i].line, diags.items[i].col,
                diags.items[i].text);
    ws_diags_release(&diags);
    ck_assert_ptr_nonnull(m);
    return m;
}

static void setup(void)
{
    ck_assert_int_eq(ws_read_file(&shipped, WS_SOURCE_DIR "/fsm/states.def", 1 << 20, NULL), 0);
}

static void teardown(void)
{
    ws_buf_release(&shipped);
}

static int yes_or_no(void *payload, const char *guard, bool *truth)
{
    (void)guard;
    *truth = *(const bool *)payload;
    return 0;
}

static int never_taken(void *payload, int arm, int *count)
{
    (void)payload;
    (void)arm;
    *count = 0;
    return 0;
}

static void compare_every_pair(const char *def)
{
    struct ws_machine *m = parse(def);
    int legal = 0;
    for (int s = 0; s < m->state_count; s++) {
        for (int e = 0; e < EVENTS; e++) {
            for (int truth = 0; truth < 2; truth++) {
                bool answer = truth;
                const struct ws_facts_view view = {yes_or_no, never_taken, &answer};
                struct ws_choice choice;
                struct slow_step step;
                const struct slow_question q = {
                    def, m->states[s].name, every_event[e], answer, NULL, 0};
                ck_assert_int_eq(ws_machine_choose(&choice, m, s, every_event[e], &view), 0);
                bool there = slow_next(&step, &q);
                ck_assert_msg(there == (choice.arm != WS_NONE), "%s on %s", m->states[s].name,
                              every_event[e]);
                if (there)
                    ck_assert_str_eq(m->states[m->arms[choice.arm].to].name, step.to);
                legal += there;
            }
        }
    }
    ck_assert_int_gt(legal, 0);
    ws_machine_free(m);
}

START_TEST(every_pair)
{
    compare_every_pair(ws_buf_str(&shipped));
    compare_every_pair(looping);
}
END_TEST

/* --- walks --- */

struct walk {
    const char *def;
    uint64_t seed;
    char state[SLOW_NAME];
    struct slow_taking history[MEMORY_ROWS];
    int taken;
    bool truth;
    int arms_seen[256];
};

static uint64_t draw(struct walk *w)
{
    w->seed ^= w->seed << 13;
    w->seed ^= w->seed >> 7;
    w->seed ^= w->seed << 17;
    return w->seed;
}

static bool ask(struct slow_step *out, const struct walk *w, const char *event)
{
    const struct slow_question q = {w->def, w->state, event, w->truth, w->history, w->taken};
    return slow_next(out, &q);
}

/* The model goes first; the engine must follow it, row for row (see `follow`). */
static void model_takes(struct walk *w, const char *event)
{
    struct slow_step step;
    ck_assert_msg(ask(&step, w, event), "%s on %s", w->state, event);
    w->history[w->taken++] = step.taking;
    memcpy(w->state, step.to, sizeof w->state);
}

/* An event the state has an arm for; one that ends the walk is put back most of the time, for long
 * walks reach more. */
static const char *draw_event(struct walk *w)
{
    for (;;) {
        struct slow_step step;
        const char *event = every_event[1 + draw(w) % (EVENTS - 1)];
        if (!strcmp(event, "interrupted") || !ask(&step, w, event))
            continue;
        if (!slow_is_final(w->def, step.to) || draw(w) % 12 == 0)
            return event;
    }
}

static int step(struct ws_report *report, void *payload, const struct ws_attempt *attempt,
                struct ws_error *err)
{
    struct walk *w = payload;
    ck_assert_str_eq(attempt->state->name, w->state);
    w->truth = draw(w) & 1;
    if (draw(w) % 3 == 0)
        return ws_fail(err, WS_E_IO, "model", "crash");
    report->event = draw_event(w);
    model_takes(w, report->event);
    return 0;
}

static int recover(struct ws_report *report, void *payload, const struct ws_attempt *attempt,
                   struct ws_error *err)
{
    struct walk *w = payload;
    (void)attempt;
    (void)err;
    report->status = WS_STEP_INTERRUPTED;
    model_takes(w, "interrupted");
    return 0;
}

static int guard(bool *truth, void *payload, const char *name, const struct ws_report *report)
{
    (void)name;
    (void)report;
    *truth = ((struct walk *)payload)->truth;
    return 0;
}

static void follow(void *payload, const struct ws_move *move, const struct ws_sealed *sealed)
{
    struct walk *w = payload;
    if (sealed->seq == 1)
        model_takes(w, "start");
    w->arms_seen[move->arm]++;
    ck_assert_int_eq(sealed->seq, w->taken);
    ck_assert_str_eq(move->machine->states[move->machine->arms[move->arm].to].name, w->state);
}

static void one_walk(struct walk *w)
{
    static struct memory_journal journal;
    memset(&journal, 0, sizeof journal);
    journal.machine = machine;
    journal.state = machine->initial;
    const struct ws_journal keeper = journal_in_memory(&journal);
    const struct ws_engine engine = {
        .machine = machine,
        .journal = &keeper,
        .step = step,
        .recover = recover,
        .guard = guard,
        .moved = follow,
        .payload = w,
    };
    struct ws_end end = {0};
    w->taken = 0;
    slow_initial(w->state, w->def);
    while (ws_engine_run(&end, &engine, NULL) < 0)
        continue; /* crashed: start again, as a new process would */
    ck_assert(slow_is_final(w->def, w->state));
    ck_assert_str_eq(machine->states[end.state].name, w->state);
    ck_assert_uint_le((uint64_t)journal.len, ws_machine_longest_run(machine));
}

static uint64_t first_seed(void)
{
    const char *given = getenv("WSFSM_SEED");
    uint64_t seed = given ? strtoull(given, NULL, 10) : (uint64_t)time(NULL) * 2654435761u + 1;
    printf("WSFSM_SEED=%llu\n", (unsigned long long)seed);
    fflush(stdout); /* a test that fails ends without */
    return seed;
}

/* The first arm that was never taken, and could have been; NULL: there is none. */
static const struct ws_arm *missed_arm(const struct walk *w)
{
    for (int i = 0; i < machine->arm_count; i++) {
        const struct ws_arm *arm = &machine->arms[i];
        bool out_of_reach = !strcmp(arm->event, "cancel") ||
                            (arm->from == machine->initial && strcmp(arm->event, "start"));
        if (!w->arms_seen[i] && !out_of_reach)
            return arm;
    }
    return NULL;
}

static void walk_all(const char *def)
{
    static struct walk w;
    memset(&w, 0, sizeof w);
    w.def = def;
    w.seed = first_seed();
    machine = parse(def);
    for (int i = 0; i < WALKS || (i < MOST_WALKS && missed_arm(&w)); i++)
        one_walk(&w);
    const struct ws_arm *missed = missed_arm(&w);
    if (missed)
        ck_abort_msg("%s on %s was never taken", machine->states[missed->from].name, missed->event);
    ws_machine_free(machine);
}

START_TEST(walk_the_shipped_machine)
{
    walk_all(ws_buf_str(&shipped));
}
END_TEST

START_TEST(walk_a_looping_machine)
{
    walk_all(looping);
}
END_TEST

int main(void)
{
    TCase *c = tcase_create("model");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, every_pair);
    tcase_add_test(c, walk_the_shipped_machine);
    tcase_add_test(c, walk_a_looping_machine);
    return run_suite("model", c);
}
