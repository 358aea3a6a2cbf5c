#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memory_journal.h"
#include "run_suite.h"
#include "wsfsm/machine/parse.h"

/* A machine about something else altogether: the engine must not care. */
static const char brewing[] = "machine brewing\n"
                              "outcomes success failure\n"
                              "events ok bad failed\n"
                              "initial cold\n"
                              "state cold\n"
                              "    on start -> heat\n"
                              "state heat\n"
                              "    do      heater\n"
                              "    timeout 5m -> broken\n"
                              "    on ok [hot]    -> pour\n"
                              "    on ok          -> heat max 2 then broken\n"
                              "    on bad         -> broken\n"
                              "    on interrupted -> heat max 1 then broken\n"
                              "state pour\n"
                              "    do      pourer\n"
                              "    timeout none\n"
                              "    on ok          -> served\n"
                              "    on bad         -> broken\n"
                              "    on failed      -> broken\n"
                              "    on interrupted -> broken\n"
                              "final served success\n"
                              "final broken failure\n"
                              "from * on cancel -> broken\n";

static const char *const heater_events[] = {"ok", "bad", NULL};
static const char *const pourer_events[] = {"ok", "bad", "failed", NULL};
static const struct ws_handler_decl handlers[] = {{.name = "heater", .events = heater_events},
                                                  {.name = "pourer", .events = pourer_events}};
static const char *const guards[] = {"hot"};
static const struct ws_bindings bindings = {handlers, 2, guards, 1, NULL, NULL};

/* What the toy steps do: report the scripted events one after another. */
struct script {
    const char *const *events; /* "crash": fail; "leave": leave interrupted */
    size_t next;
    int hot_after; /* the guard is true from this asking on */
    int asked;
    int steps, recovers, endings, moves;
    char last_step[WS_NAME_MAX + 1];
    int64_t left_ms;
};

static int step(struct ws_report *report, void *payload, const struct ws_attempt *attempt,
                struct ws_error *err)
{
    struct script *s = payload;
    const char *event = s->events[s->next++];
    s->steps++;
    s->left_ms = attempt->left_ms;
    snprintf(s->last_step, sizeof s->last_step, "%s", attempt->step_name);
    if (!strcmp(event, "crash"))
        return ws_fail(err, WS_E_IO, "toy", "the step crashed");
    if (!strcmp(event, "leave"))
        report->left = true;
    else
        report->event = event;
    return 0;
}

static int recover(struct ws_report *report, void *payload, const struct ws_attempt *attempt,
                   struct ws_error *err)
{
    struct script *s = payload;
    (void)attempt;
    (void)err;
    s->recovers++;
    report->status = WS_STEP_INTERRUPTED;
    return 0;
}

static int guard(bool *truth, void *payload, const char *name, const struct ws_report *report)
{
    struct script *s = payload;
    (void)report;
    if (strcmp(name, "hot"))
        return -1;
    *truth = ++s->asked >= s->hot_after;
    return 0;
}

static int ending(struct ws_ending *out, void *payload, const struct ws_state *final,
                  const struct ws_sealed *sealed, const struct ws_report *report,
                  struct ws_error *err)
{
    struct script *s = payload;
    (void)out;
    (void)sealed;
    (void)report;
    (void)err;
    ck_assert_int_eq(final->kind, WS_STATE_FINAL);
    s->endings++;
    return 0;
}

static void moved(void *payload, const struct ws_move *move, const struct ws_sealed *sealed)
{
    struct script *s = payload;
    (void)move;
    (void)sealed;
    s->moves++;
}

static struct ws_machine *machine;
static struct memory_journal journal;
static struct ws_journal keeper;

static struct ws_machine *machine_of(const char *def)
{
    struct ws_diags diags = {0};
    struct ws_machine *m = ws_machine_parse(def, strlen(def), "toy.def", &bindings, &diags);
    for (size_t i = 0; i < diags.len && !m; i++)
        fprintf(stderr, "toy.def:%u: %s\n", diags.items[i].line, diags.items[i].text);
    ws_diags_release(&diags);
    ck_assert_ptr_nonnull(m);
    return m;
}

/* A workstream of which nothing is written yet. */
static void start_over(void)
{
    memset(&journal, 0, sizeof journal);
    journal.machine = machine;
    journal.state = machine->initial;
    keeper = journal_in_memory(&journal);
}

static void setup(void)
{
    machine = machine_of(brewing);
    start_over();
}

static void teardown(void)
{
    ws_machine_free(machine);
}

static struct ws_engine engine_of(struct script *s)
{
    return (struct ws_engine){
        .machine = machine,
        .journal = &keeper,
        .step = step,
        .recover = recover,
        .guard = guard,
        .ending = ending,
        .moved = moved,
        .payload = s,
    };
}

static const char *row_to(int row)
{
    return machine->states[machine->arms[journal.rows[row].arm].to].name;
}

static const char *row_event(int row)
{
    return machine->arms[journal.rows[row].arm].event;
}

START_TEST(walks_to_success)
{
    const char *const events[] = {"ok", "ok", NULL};
    struct script s = {.events = events, .hot_after = 1};
    struct ws_engine e = engine_of(&s);
    struct ws_end end;
    struct ws_error err = {0};
    ck_assert_int_eq(ws_engine_run(&end, &e, &err), 0);
    ck_assert_int_eq(end.stand, WS_STAND_FINAL);
    ck_assert_str_eq(machine->states[end.state].name, "served");
    ck_assert_int_eq(journal.len, 3);
    ck_assert_str_eq(row_event(0), "start");
    ck_assert_str_eq(journal.rows[1].guard, "hot");
    ck_assert(journal.rows[1].guard_answer);
    ck_assert_int_eq(s.endings, 1);
    ck_assert_int_eq(s.moves, 3);
    ck_assert_int_eq(s.recovers, 0);
}
END_TEST

START_TEST(a_final_run_is_left_alone)
{
    const char *const events[] = {"bad", NULL};
    struct script s = {.events = events};
    struct ws_engine e = engine_of(&s);
    struct ws_end end;
    ck_assert_int_eq(ws_engine_run(&end, &e, NULL), 0);
    int rows = journal.len;
    ck_assert_int_eq(ws_engine_run(&end, &e, NULL), 0);
    ck_assert_int_eq(journal.len, rows);
    ck_assert_int_eq(s.steps, 1);
    ck_assert_str_eq(machine->states[end.state].name, "broken");
}
END_TEST

START_TEST(a_bound_is_counted_from_history)
{
    const char *const events[] = {"ok", "ok", "ok", NULL};
    struct script s = {.events = events, .hot_after = 100};
    struct ws_engine e = engine_of(&s);
    struct ws_end end;
    ck_assert_int_eq(ws_engine_run(&end, &e, NULL), 0);
    ck_assert_int_eq(journal.len, 4);
    ck_assert_str_eq(row_to(1), "heat");
    ck_assert_str_eq(row_to(2), "heat");
    ck_assert_str_eq(row_to(3), "broken");
    ck_assert(!journal.rows[3].guard_answer);
}
END_TEST

START_TEST(a_crash_becomes_interrupted)
{
    const char *const events[] = {"crash", "crash", NULL};
    struct script s = {.events = events};
    struct ws_engine e = engine_of(&s);
    struct ws_end end;
    struct ws_error err = {0};
    ck_assert_int_eq(ws_engine_run(&end, &e, &err), -1);
    ck_assert_int_eq(err.code, WS_E_IO);
    ck_assert_int_eq(journal.len, 1);
    ck_assert_int_eq(ws_engine_run(&end, &e, &err), -1);
    ck_assert_int_eq(journal.len, 2);
    ck_assert_str_eq(row_event(1), "interrupted");
    ck_assert_str_eq(journal.rows[1].attempt_status, "interrupted");
    /* The budget of one is spent: the second crash ends it. */
    ck_assert_int_eq(ws_engine_run(&end, &e, &err), 0);
    ck_assert_int_eq(s.recovers, 2);
    ck_assert_str_eq(row_to(2), "broken");
}
END_TEST

START_TEST(left_is_not_failed)
{
    const char *const events[] = {"leave", "ok", "ok", NULL};
    struct script s = {.events = events, .hot_after = 1};
    struct ws_engine e = engine_of(&s);
    struct ws_end end;
    ck_assert_int_eq(ws_engine_run(&end, &e, NULL), 0);
    ck_assert_int_eq(end.stand, WS_STAND_LEFT);
    ck_assert_str_eq(machine->states[end.state].name, "heat");
    ck_assert_int_eq(journal.len, 1);
    ck_assert_int_eq(ws_engine_run(&end, &e, NULL), 0);
    ck_assert_str_eq(machine->states[end.state].name, "served");
    ck_assert_int_eq(s.recovers, 1);
}
END_TEST

START_TEST(a_timeout_without_an_arm_is_failed)
{
    const char *const events[] = {"ok", "timeout", NULL};
    struct script s = {.events = events, .hot_after = 1};
    struct ws_engine e = engine_of(&s);
    struct ws_end end;
    ck_assert_int_eq(ws_engine_run(&end, &e, NULL), 0);
    ck_assert_str_eq(row_event(2), "failed");
    ck_assert_int_eq(s.left_ms, 0);
}
END_TEST

START_TEST(a_timeout_takes_its_arm)
{
    const char *const events[] = {"timeout", NULL};
    struct script s = {.events = events};
    struct ws_engine e = engine_of(&s);
    struct ws_end end;
    ck_assert_int_eq(ws_engine_run(&end, &e, NULL), 0);
    ck_assert_str_eq(row_event(1), "timeout");
    ck_assert_str_eq(row_to(1), "broken");
    ck_assert_int_gt(s.left_ms, 0);
    ck_assert_int_le(s.left_ms, 300000);
}
END_TEST

START_TEST(cancel_from_every_state)
{
    const char *const events[] = {"leave", NULL};
    struct script s = {.events = events};
    struct ws_engine e = engine_of(&s);
    struct ws_end end;
    struct ws_error err = {0};
    ck_assert_int_eq(ws_engine_run(&end, &e, NULL), 0);
    ck_assert_int_eq(ws_engine_cancel(&end, &e, &err), 0);
    ck_assert_str_eq(row_event(1), "cancel");
    ck_assert_str_eq(machine->states[end.state].name, "broken");
    ck_assert_int_eq(s.recovers, 1);
    ck_assert_int_eq(ws_engine_cancel(&end, &e, &err), -1);
    ck_assert_int_eq(err.code, WS_E_UNUSABLE_ID);

    start_over();
    ck_assert_int_eq(ws_engine_cancel(&end, &e, &err), 0);
    ck_assert_int_eq(journal.len, 1);
    ck_assert_int_eq(s.recovers, 1);
}
END_TEST

START_TEST(an_event_without_an_arm_is_refused)
{
    const char *const events[] = {"spilled", NULL};
    struct script s = {.events = events};
    struct ws_engine e = engine_of(&s);
    struct ws_end end;
    struct ws_error err = {0};
    ck_assert_int_eq(ws_engine_run(&end, &e, &err), -1);
    ck_assert_int_eq(err.code, WS_E_INTERNAL);
    ck_assert_int_eq(journal.len, 1);
}
END_TEST

START_TEST(a_failed_append_changes_nothing)
{
    const char *const events[] = {"ok", "ok", "ok", NULL};
    struct script s = {.events = events, .hot_after = 1};
    struct ws_engine e = engine_of(&s);
    struct ws_end end;
    struct ws_error err = {0};
    journal.fail_append_at = 2;
    ck_assert_int_eq(ws_engine_run(&end, &e, &err), -1);
    ck_assert_int_eq(err.code, WS_E_STORE);
    ck_assert_int_eq(journal.len, 1);
    ck_assert_int_eq(ws_engine_run(&end, &e, &err), 0);
    ck_assert_str_eq(machine->states[end.state].name, "served");
}
END_TEST

START_TEST(step_names)
{
    const char *const tools[] = {"fixer"};
    struct ws_state by_handler = {.name = "heat", .handler = "heater"};
    struct ws_state by_tool = {.name = "fix", .tools = tools, .tool_count = 1};
    struct ws_state idle = {.name = "cold"};
    ck_assert_str_eq(ws_step_name(&by_handler), "heater");
    ck_assert_str_eq(ws_step_name(&by_tool), "fix");
    ck_assert_ptr_null(ws_step_name(&idle));
}
END_TEST

int main(void)
{
    TCase *c = tcase_create("engine");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, walks_to_success);
    tcase_add_test(c, a_final_run_is_left_alone);
    tcase_add_test(c, a_bound_is_counted_from_history);
    tcase_add_test(c, a_crash_becomes_interrupted);
    tcase_add_test(c, left_is_not_failed);
    tcase_add_test(c, a_timeout_without_an_arm_is_failed);
    tcase_add_test(c, a_timeout_takes_its_arm);
    tcase_add_test(c, cancel_from_every_state);
    tcase_add_test(c, an_event_without_an_arm_is_refused);
    tcase_add_test(c, a_failed_append_changes_nothing);
    tcase_add_test(c, step_names);
    return run_suite("engine", c);
}
