#include "graph.h"

#include <stdio.h>
#include <string.h>

#include "../base/suite.h"

static int count(const char *text, const char *what)
{
    int n = 0;

    for (; (text = strstr(text, what)) != NULL; text += strlen(what)) {
        n++;
    }
    return n;
}

static struct ws_state states[WS_GRAPH_STATES + 1];
static struct ws_arm arms[WS_GRAPH_STATES + 2];

/* s0 -> s1 -> ... -> the last, which is final; the one before it goes back to s1, too. */
static struct ws_machine chain(int length)
{
    static char names[WS_GRAPH_STATES + 1][16];
    int i;

    for (i = 0; i < length; i++) {
        snprintf(names[i], sizeof names[i], "s%d", i);
        states[i] = (struct ws_state){.name = names[i], .kind = WS_STATE_STEP, .handler = "edit"};
        arms[i] = (struct ws_arm){.from = i, .to = i + 1, .event = "passed", .spent_of = WS_NONE};
    }
    states[0].kind = WS_STATE_INITIAL;
    states[length - 1] = (struct ws_state){
        .name = "end<", .kind = WS_STATE_FINAL, .outcome = WS_OUTCOME_SUCCESS, .doc = "\"good\""};
    arms[length - 1] =
        (struct ws_arm){.from = length - 2, .to = 1, .event = "failed", .spent_of = WS_NONE};
    return (struct ws_machine){.name = "chain",
                               .states = states,
                               .state_count = length,
                               .arms = arms,
                               .arm_count = length};
}

/* Rows own their texts; these are only looked at. */
static struct ws_transition_row step(int64_t seq, const char *from, const char *event,
                                     const char *to)
{
    return (struct ws_transition_row){
        .seq = seq, .from_state = (char *)from, .event = (char *)event, .to_state = (char *)to};
}

START_TEST(the_way_taken_is_drawn)
{
    struct ws_buf out = {0};
    const struct ws_machine m = chain(4);
    struct ws_transition_row rows[] = {
        step(1, "s0", "start", "s1"),    step(2, "s1", "passed", "s2"),
        step(3, "s2", "failed", "s1"),   step(4, "s1", "passed", "s2"),
        step(5, "s2", "passed", "end<"), step(6, "nowhere", "passed", "gone"),
    };
    const struct ws_transition_rows way = {.items = rows, .len = 6};

    ck_assert(ws_graph(&out, &m, &way, "end<"));
    const char *svg = ws_buf_str(&out);
    ck_assert_int_eq(count(svg, "class=\"arm taken\""), 4);
    ck_assert_int_eq(count(svg, "<g class=\"state"), 4);
    ck_assert_int_eq(count(svg, "state good"), 1);
    ck_assert_ptr_nonnull(strstr(svg, ">2, 4 passed<"));
    ck_assert_ptr_nonnull(strstr(svg, ">3 failed<"));
    ck_assert_ptr_nonnull(strstr(svg, "<title>end&lt;: &quot;good&quot;</title>"));
    ws_buf_release(&out);
}
END_TEST

START_TEST(a_machine_nobody_could_read_is_not_drawn)
{
    struct ws_buf out = {0};
    const struct ws_transition_rows none = {0};
    struct ws_machine m = chain(WS_GRAPH_STATES);

    ck_assert(ws_graph(&out, &m, &none, "s0"));
    ck_assert_int_eq(count(ws_buf_str(&out), " taken\""), 0);
    ws_buf_clear(&out);
    m = chain(WS_GRAPH_STATES + 1);
    ck_assert(!ws_graph(&out, &m, &none, "s0"));
    ck_assert_uint_eq(out.len, 0);
    ws_buf_release(&out);
}
END_TEST

RUN_TESTS("graph", the_way_taken_is_drawn, a_machine_nobody_could_read_is_not_drawn)
