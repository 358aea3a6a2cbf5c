#include "random_def.h"

static void shipped_digest(char out[WS_HASH_HEX], const char *from, const char *to)
{
    char *text = shipped_text(), *changed = with(text, from, to);
    struct ws_machine *m = text_machine(changed);

    memcpy(out, m->digest, WS_HASH_HEX);
    ws_machine_free(m);
    free(changed);
    free(text);
}

static void expect_digest(bool same, const char *from, const char *to)
{
    char before[WS_HASH_HEX], after[WS_HASH_HEX];

    shipped_digest(before, "", "");
    shipped_digest(after, from, to);
    ck_assert_msg((strcmp(before, after) == 0) == same, "'%s' to '%s': the digest %s", from, to,
                  same ? "changed" : "did not change");
}

START_TEST(digest_is_of_the_table)
{
    expect_digest(true, "initial", "# a comment\n\ninitial");
    expect_digest(true, "on passed        ->", "on passed ->");
    expect_digest(true, "The tool edits the worktree", "Something else");
    expect_digest(true, " \"The tool edits the worktree\"", "");
    expect_digest(true, "timeout 60m", "timeout 1h");
    expect_digest(true, "machine  workstream", "machine  another");
    expect_digest(true, "    do      edit\n    timeout 60m -> failed\n",
                  "    timeout 60m -> failed\n    do      edit\n");
    expect_digest(true, "    on interrupted   -> editing max 3 then failed\n",
                  "    on interrupted   -> editing max 3 then failed\n    on cancel -> failed\n");

    expect_digest(false, "timeout 60m", "timeout 61m");
    expect_digest(false, "timeout 60m -> failed", "timeout none");
    expect_digest(false, "max 3", "max 4");
    expect_digest(false, "then failed", "then static_check");
    expect_digest(false, "[in_scope]", "[!in_scope]");
    expect_digest(false, "[in_scope]", "[small]");
    expect_digest(false, "do      static", "do      runtime");
    expect_digest(false, "failed failure", "failed success");
    expect_digest(false, "final done   success\nfinal failed failure",
                  "final failed failure\nfinal done   success");
    expect_digest(false, "    on no_change     -> failed\n    on failed        -> failed\n",
                  "    on failed        -> failed\n    on no_change     -> failed\n");
    expect_digest(false, "on no_change     -> failed", "on no_change     -> static_check");
}
END_TEST

/* The digests of histories in the field depend on it: a change of this value strands them. */
START_TEST(digest_of_the_shipped_machine_is_known)
{
    char digest[WS_HASH_HEX];

    shipped_digest(digest, "", "");
    ck_assert_str_eq(digest, "234ce1beed524391d98fddd9bd6dc737a52725288c5696de7492cb267cb8436b");
}
END_TEST

/* What the callbacks of a choice answer, and what they were asked. */
struct facts {
    bool in_scope, small;
    int taken;
    int fail; /* what both return */
    int guards_asked, counts_asked, arm_asked;
};

static int answer(void *payload, const char *guard, bool *truth)
{
    struct facts *f = payload;

    f->guards_asked++;
    *truth = strcmp(guard, "small") == 0 ? f->small : f->in_scope;
    return f->fail;
}

static int taken(void *payload, int arm, int *count)
{
    struct facts *f = payload;

    f->counts_asked++;
    f->arm_asked = arm;
    *count = f->taken;
    return f->fail;
}

static struct ws_choice choose(const struct ws_machine *m, const char *state, const char *event,
                               struct facts *f)
{
    const struct ws_facts_view view = {answer, taken, f};
    struct ws_choice choice;

    ck_assert_int_eq(ws_machine_choose(&choice, m, ws_machine_state(m, state), event, &view), 0);
    return choice;
}

static const char *target(const struct ws_machine *m, struct ws_choice choice)
{
    return choice.arm == WS_NONE ? "none" : m->states[m->arms[choice.arm].to].name;
}

START_TEST(choice_follows_guards)
{
    char *text = shipped_text();
    struct ws_machine *m = text_machine(text);
    struct facts f = {.in_scope = true};
    struct ws_choice c = choose(m, "runtime_check", "passed", &f);

    ck_assert_str_eq(target(m, c), "done");
    ck_assert_str_eq(c.guard, "in_scope");
    ck_assert(c.guard_answer);
    f = (struct facts){.in_scope = false};
    c = choose(m, "runtime_check", "passed", &f);
    ck_assert_str_eq(target(m, c), "failed");
    ck_assert_str_eq(c.guard, "in_scope");
    ck_assert(!c.guard_answer);
    c = choose(m, "editing", "passed", &f);
    ck_assert_ptr_null(c.guard);
    ck_assert_int_eq(f.guards_asked, 1);
    ck_assert_int_eq(f.counts_asked, 0);
    ws_machine_free(m);
    free(text);
}
END_TEST

START_TEST(choice_counts_takings)
{
    char *text = shipped_text();
    struct ws_machine *m = text_machine(text);

    for (int i = 0; i < 5; i++) {
        struct facts f = {.taken = i};

        ck_assert_str_eq(target(m, choose(m, "editing", "interrupted", &f)),
                         i < 3 ? "editing" : "failed");
        ck_assert_int_eq(f.counts_asked, 1);
        ck_assert_int_eq(m->arms[f.arm_asked].max, 3);
    }
    ws_machine_free(m);
    free(text);
}
END_TEST

START_TEST(choice_knows_what_is_not_there)
{
    char *text = shipped_text();
    struct ws_machine *m = text_machine(text);
    struct facts f = {0};

    ck_assert_str_eq(target(m, choose(m, "editing", "skipped", &f)), "none");
    ck_assert_str_eq(target(m, choose(m, "editing", "start", &f)), "none");
    ck_assert_str_eq(target(m, choose(m, "done", "cancel", &f)), "none");
    ck_assert_str_eq(target(m, choose(m, "pending", "cancel", &f)), "failed");
    ws_machine_free(m);
    free(text);
}
END_TEST

START_TEST(choice_joins_guards_and_bounds)
{
    char *text = shipped_text();
    char *changed = with(text, "    on passed [in_scope]  -> done\n",
                         "    on passed [!small]    -> editing max 2 then done\n    on "
                         "passed [in_scope]  -> done\n");
    struct ws_machine *m = text_machine(changed);
    struct facts f = {.taken = 1};

    ck_assert_str_eq(target(m, choose(m, "runtime_check", "passed", &f)), "editing");
    ck_assert_int_eq(f.guards_asked, 1);
    f = (struct facts){.taken = 2};
    ck_assert_str_eq(target(m, choose(m, "runtime_check", "passed", &f)), "done");
    ck_assert_int_eq(f.guards_asked, 1);
    ck_assert_int_eq(f.counts_asked, 1);
    f = (struct facts){.small = true, .in_scope = true};
    ck_assert_str_eq(target(m, choose(m, "runtime_check", "passed", &f)), "done");
    ck_assert_int_eq(f.guards_asked, 2);
    ck_assert_int_eq(f.counts_asked, 0);
    ws_machine_free(m);
    free(changed);
    free(text);
}
END_TEST

START_TEST(choice_hands_failures_on)
{
    char *text = shipped_text();
    struct ws_machine *m = text_machine(text);
    struct facts f = {.fail = -7};
    const struct ws_facts_view view = {answer, taken, &f};
    struct ws_choice c;

    ck_assert_int_eq(
        ws_machine_choose(&c, m, ws_machine_state(m, "runtime_check"), "passed", &view), -7);
    ck_assert_int_eq(c.arm, WS_NONE);
    ck_assert_int_eq(ws_machine_choose(&c, m, ws_machine_state(m, "editing"), "interrupted", &view),
                     -7);
    ck_assert_int_eq(c.arm, WS_NONE);
    ck_assert_int_eq(f.guards_asked + f.counts_asked, 2);
    ws_machine_free(m);
    free(text);
}
END_TEST

static void expect_longest(unsigned long long expected, const char *from, const char *to)
{
    char *text = shipped_text(), *changed = with(text, from, to);
    struct ws_machine *m = text_machine(changed);

    ck_assert_uint_eq(ws_machine_longest_run(m), expected);
    ws_machine_free(m);
    free(changed);
    free(text);
}

START_TEST(longest_run_of_the_shipped_machine)
{
    expect_longest(13, "", "");
    expect_longest(20, "max 3", "max 10");
    expect_longest(10, "on interrupted   -> editing max 3 then failed",
                   "on interrupted   -> failed");
}
END_TEST

/* The longest run by trying them all: a state and how often each bounded arm was taken say what can
 * follow. */
enum { BOUNDED_MAX = 12, MEMO_MAX = 1 << 14 };

struct trial {
    const struct ws_machine *m;
    int bounded[BOUNDED_MAX], bounded_count;
    int base[BOUNDED_MAX];
    int *memo; /* by state and counts: 1 + longest, -1 while on the way */
};

static int try_all(struct trial *t, int state, int *counts)
{
    const struct ws_state *s = &t->m->states[state];
    int key = 0, best = 0;

    for (int i = 0; i < t->bounded_count; i++) {
        key = key * (t->m->arms[t->bounded[i]].max + 1) + counts[i];
    }
    key = key * t->m->state_count + state;
    if (t->memo[key] == -1) {
        ck_abort_msg("a run that need not end");
    }
    if (t->memo[key] > 0) {
        return t->memo[key] - 1;
    }
    t->memo[key] = -1;
    for (int i = s->first_arm; i < s->first_arm + s->arm_count; i++) {
        const struct ws_arm *a = &t->m->arms[i];
        int own = -1, of = -1, length;

        for (int j = 0; j < t->bounded_count; j++) {
            own = t->bounded[j] == i ? j : own;
            of = t->bounded[j] == a->spent_of ? j : of;
        }
        if ((own >= 0 && counts[own] == a->max) ||
            (of >= 0 && counts[of] < t->m->arms[a->spent_of].max)) {
            continue;
        }
        counts[own >= 0 ? own : 0] += own >= 0;
        length = 1 + try_all(t, a->to, counts);
        counts[own >= 0 ? own : 0] -= own >= 0;
        best = length > best ? length : best;
    }
    t->memo[key] = best + 1;
    return best;
}

START_TEST(longest_run_is_an_upper_bound)
{
    int tried = 0, exact = 0;

    for (unsigned seed = 1; seed <= 400; seed++) {
        struct ws_machine *m = random_machine(seed);
        struct trial t = {.m = m};
        int counts[BOUNDED_MAX] = {0};
        long size = m != NULL ? m->state_count : 0;

        for (int i = 0; m != NULL && i < m->arm_count && size <= MEMO_MAX; i++) {
            if (m->arms[i].max > 0) {
                size = t.bounded_count < BOUNDED_MAX ? size * (m->arms[i].max + 1) : MEMO_MAX + 1L;
                if (size <= MEMO_MAX) {
                    t.bounded[t.bounded_count++] = i;
                }
            }
        }
        if (m != NULL && size <= MEMO_MAX) {
            unsigned long long claimed = ws_machine_longest_run(m), found;

            t.memo = ws_calloc((size_t)size, sizeof *t.memo);
            found = (unsigned long long)try_all(&t, m->initial, counts);
            ck_assert_msg(claimed >= found, "seed %u: claimed %llu, found a run of %llu", seed,
                          claimed, found);
            tried++;
            exact += claimed == found;
            free(t.memo);
        }
        ws_machine_free(m);
    }
    ck_assert_int_ge(tried, 80);
    ck_assert_int_ge(exact, 1);
}
END_TEST

START_TEST(longest_run_without_a_bound_is_none)
{
    static const struct ws_state states[] = {
        {.name = "a", .kind = WS_STATE_INITIAL, .first_arm = 0, .arm_count = 1},
        {.name = "b", .kind = WS_STATE_STEP, .first_arm = 1, .arm_count = 2},
        {.name = "c",
         .kind = WS_STATE_FINAL,
         .outcome = "success",
         .first_arm = 3,
         .arm_count = 0}};
    struct ws_arm arms[] = {{.from = 0, .to = 1, .event = "start", .spent_of = WS_NONE},
                            {.from = 1, .to = 1, .event = "passed", .spent_of = WS_NONE},
                            {.from = 1, .to = 2, .event = "failed", .spent_of = WS_NONE}};
    struct ws_machine m = {.states = states, .state_count = 3, .arms = arms, .arm_count = 3};

    ck_assert_uint_eq(ws_machine_longest_run(&m), 0);
    arms[1].max = 1000;
    ck_assert_uint_eq(ws_machine_longest_run(&m), 1002);
}
END_TEST

START_TEST(free_takes_what_it_did_not_make)
{
    static const struct ws_state state = {.name = "a"};
    struct ws_machine compiled_in = {.name = "m", .states = &state, .state_count = 1};

    ws_machine_free(NULL);
    ws_machine_free(&compiled_in);
    ck_assert_str_eq(compiled_in.name, "m");
    ck_assert_ptr_eq(compiled_in.states, &state);
    ck_assert_str_eq(compiled_in.states[0].name, "a");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("machine");
    TCase *tc = tcase_create("machine");

    tcase_add_test(tc, digest_is_of_the_table);
    tcase_add_test(tc, digest_of_the_shipped_machine_is_known);
    tcase_add_test(tc, choice_follows_guards);
    tcase_add_test(tc, choice_counts_takings);
    tcase_add_test(tc, choice_knows_what_is_not_there);
    tcase_add_test(tc, choice_joins_guards_and_bounds);
    tcase_add_test(tc, choice_hands_failures_on);
    tcase_add_test(tc, longest_run_of_the_shipped_machine);
    tcase_add_test(tc, longest_run_is_an_upper_bound);
    tcase_add_test(tc, longest_run_without_a_bound_is_none);
    tcase_add_test(tc, free_takes_what_it_did_not_make);
    suite_add_tcase(suite, tc);
    return run_whole_suite(suite);
}
