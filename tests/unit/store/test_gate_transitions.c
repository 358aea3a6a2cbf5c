/* The gate of transitions, to a client that can compute hashes. */
#include "chain.h"
#include "client.h"
#include "run_suite.h"

struct row {
    int64_t seq;
    const char *from, *event, *to, *guard;
    int answer, arm;
    const char *at, *deadline, *prev;
    int64_t attempt, fence;
};

/* A row with the hash that belongs to it; NULL when it is accepted, else the reason. */
static const char *try_row(const struct row *r)
{
    static char reason[256];
    char hash[WS_HASH_HEX];
    sqlite3_stmt *stmt = NULL;

    ws_chain_transition(
        hash, &(struct ws_chain_transition){.prev_hash = r->prev,
                                            .run_id = "r1",
                                            .ws_id = "ws-a",
                                            .seq = r->seq,
                                            .digest = toy.digest,
                                            .arm = r->arm,
                                            .from_state = r->from,
                                            .event = r->event,
                                            .to_state = r->to,
                                            .guard = r->guard,
                                            .guard_answer = r->guard != NULL ? r->answer : -1,
                                            .at = r->at,
                                            .deadline = r->deadline,
                                            .attempt_id = r->attempt,
                                            .fence = r->fence});
    char *sql = sqlite3_mprintf(
        "INSERT INTO transitions(run_id, ws_id, seq, from_state, event, to_state, guard, "
        "guard_answer, arm, at, deadline, attempt_id, fence, prev_hash, hash) VALUES('r1', "
        "'ws-a', %lld, %Q, %Q, %Q, %Q, %s, %d, %Q, %Q, nullif(%lld, 0), %lld, %Q, %Q)",
        (long long)r->seq, r->from, r->event, r->to, r->guard,
        r->guard == NULL ? "NULL" : (r->answer ? "1" : "0"), r->arm, r->at, r->deadline,
        (long long)r->attempt, (long long)r->fence, r->prev, hash);
    ck_assert_int_eq(sqlite3_prepare_v2(client, sql, -1, &stmt, NULL), SQLITE_OK);
    int rc = sqlite3_step(stmt);
    snprintf(reason, sizeof reason, "%s", sqlite3_errmsg(client));
    sqlite3_finalize(stmt);
    sqlite3_free(sql);
    return rc == SQLITE_DONE ? NULL : reason;
}

static struct ws_position here;

static struct row row_of(int arm)
{
    const struct ws_arm *a = &toy_arms[arm];
    const struct ws_state *to = &toy_states[a->to];

    ws_position_release(&here);
    ok(ws_store_position(&here, store, "r1", "ws-a", &err));
    return (struct row){.seq = here.seq + 1,
                        .from = toy_states[a->from].name,
                        .event = a->event,
                        .to = to->name,
                        .guard = arm == ARM_CHECK_NOT_OK ? "ok" : a->guard,
                        .answer = arm != ARM_CHECK_NOT_OK,
                        .arm = arm,
                        .at = "2990-01-01T00:00:00.000Z",
                        .deadline = to->timeout_sec > 0 ? "2990-01-01T01:00:00.000Z" : NULL,
                        .prev = here.hash[0] != '\0' ? here.hash : NULL,
                        .attempt = here.attempt_id,
                        .fence = fence};
}

#define row_refused(change, text)                                                                  \
    do {                                                                                           \
        struct row r = row_of(ARM_WORK_PASSED);                                                    \
        change;                                                                                    \
        const char *reason = try_row(&r);                                                          \
        ck_assert_msg(reason != NULL && strstr(reason, (text)) != NULL, "%s: %s", #change,         \
                      reason != NULL ? reason : "accepted");                                       \
    } while (0)

START_TEST(a_transition_fits_in_every_field)
{
    ck_assert_int_eq(ws_chain_register(client), SQLITE_OK);
    row_refused(r.seq = 3, "seq is not the next");
    row_refused(r.seq = 1, "already there");
    row_refused(r.from = "check", "not the current state");
    row_refused(r.from = "idle", "not the current state");
    row_refused(r.to = "done", "no such arm");
    row_refused(r.event = "again", "no such arm");
    row_refused(r.arm = ARM_CHECK_OK, "no such arm");
    row_refused(r.arm = 1000, "no such arm");
    row_refused(r.arm = -1, "no such arm");
    row_refused(r.fence = 2, "stale fence");
    row_refused(r.fence = 0, "stale fence");
    row_refused(r.prev = NULL, "prev_hash");
    row_refused(r.prev = "abc", "prev_hash");
    row_refused(r.attempt = 0, "attempt in progress");
    row_refused(r.attempt = 2, "attempt in progress");
    row_refused(r.at = "1990-01-01T00:00:00.000Z", "before the time");
    row_refused(r.at = "2990-01-01 00:00:00", "no UTC time");
    row_refused(r.at = "tomorrow", "no UTC time");
    row_refused(r.deadline = "2990-01-01T01:00:00.000Z", "deadline");
    row_refused(r = row_of(ARM_INTERRUPTED); r.deadline = NULL, "deadline");
    row_refused(r = row_of(ARM_INTERRUPTED_SPENT), "not spent yet");
    struct row good = row_of(ARM_WORK_PASSED);
    ck_assert_ptr_null(try_row(&good));
    expect_refused("INSERT INTO transitions SELECT run_id, ws_id, 3, 'check', 'cancel', 'failed', "
                   "NULL, NULL, 10, at, "
                   "NULL, NULL, NULL, NULL, fence, hash, hash FROM transitions WHERE seq = 2",
                   "hash does not cover");
    ws_position_release(&here);
}
END_TEST

START_TEST(a_guard_decides)
{
    ck_assert_int_eq(ws_chain_register(client), SQLITE_OK);
    ok(take("r1", ARM_WORK_PASSED));
    struct row r = row_of(ARM_CHECK_OK);
    r.answer = 0;
    ck_assert_ptr_nonnull(strstr(try_row(&r), "guard"));
    r.guard = NULL;
    ck_assert_ptr_nonnull(strstr(try_row(&r), "guard"));
    r.guard = "other";
    r.answer = 1;
    ck_assert_ptr_nonnull(strstr(try_row(&r), "guard"));
    r = row_of(ARM_CHECK_OK);
    ck_assert_ptr_null(try_row(&r));
    ws_position_release(&here);
}
END_TEST

START_TEST(an_arm_without_a_guard_waits_for_the_guards_before_it)
{
    static const char reason[] = "when the guards before it have refused";

    ck_assert_int_eq(ws_chain_register(client), SQLITE_OK);
    struct row r = row_of(ARM_WORK_PASSED);
    r.guard = "ok";
    ck_assert_ptr_nonnull(strstr(try_row(&r), reason));
    ok(take("r1", ARM_WORK_PASSED));
    r = row_of(ARM_CHECK_NOT_OK);
    r.answer = 1;
    ck_assert_ptr_nonnull(strstr(try_row(&r), reason));
    r.guard = NULL;
    ck_assert_ptr_nonnull(strstr(try_row(&r), reason));
    r = row_of(ARM_CHECK_NOT_OK);
    ck_assert_ptr_null(try_row(&r));
    ws_position_release(&here);
}
END_TEST

START_TEST(a_bound_is_counted)
{
    ck_assert_int_eq(ws_chain_register(client), SQLITE_OK);
    ok(take("r1", ARM_INTERRUPTED));
    ok(take("r1", ARM_INTERRUPTED));
    struct row r = row_of(ARM_INTERRUPTED);
    ck_assert_ptr_nonnull(strstr(try_row(&r), "bound of this arm is spent"));
    r = row_of(ARM_INTERRUPTED_SPENT);
    ck_assert_ptr_null(try_row(&r));
    ws_position_release(&here);
}
END_TEST

/* Every (from, event, to) from every reachable state, against a model that knows only the list of
 * arms. */
static bool model_allows(int state, const struct row *r)
{
    const struct ws_arm *a = &toy_arms[r->arm];

    return strcmp(toy_states[state].name, r->from) == 0 && a->from == state &&
           strcmp(a->event, r->event) == 0 && strcmp(toy_states[a->to].name, r->to) == 0 &&
           a->spent_of == WS_NONE;
}

static int try_all(int state)
{
    static const char *const names[] = {"start",  "passed", "interrupted", "timeout",
                                        "cancel", "again",  "bogus"};
    struct row rows[ARM_COUNT];
    int accepted = 0;

    for (int arm = 0; arm < ARM_COUNT; arm++) {
        rows[arm] = row_of(arm);
        rows[arm].prev = here.hash;
    }
    for (int from = 0; from < toy.state_count; from++) {
        for (size_t e = 0; e < sizeof names / sizeof *names; e++) {
            for (int to = 0; to < toy.state_count; to++) {
                for (int arm = 0; arm < ARM_COUNT; arm++) {
                    struct row r = rows[arm];
                    r.from = toy_states[from].name;
                    r.event = names[e];
                    r.to = toy_states[to].name;
                    r.deadline = toy_states[to].timeout_sec > 0 ? "2990-01-01T01:00:00.000Z" : NULL;
                    sqlite3_exec(client, "SAVEPOINT try", NULL, NULL, NULL);
                    bool taken = try_row(&r) == NULL;
                    sqlite3_exec(client, "ROLLBACK TO try; RELEASE try", NULL, NULL, NULL);
                    ck_assert_msg(taken == model_allows(state, &r), "in %s: %s -%s-> %s by arm %d",
                                  toy_states[state].name, r.from, r.event, r.to, arm);
                    accepted += taken;
                }
            }
        }
    }
    return accepted;
}

START_TEST(the_gate_agrees_with_a_model_on_every_triple)
{
    static const int arms_out_of[] = {
        [IDLE] = 2, [WORK] = 4, [CHECK] = 4, [DONE] = 0, [FAILED] = 0};

    ck_assert_int_eq(ws_chain_register(client), SQLITE_OK);
    ck_assert_int_eq(try_all(WORK), arms_out_of[WORK]);
    ok(take("r1", ARM_WORK_PASSED));
    ck_assert_int_eq(try_all(CHECK), arms_out_of[CHECK]);
    ok(take("r1", ARM_CHECK_OK));
    ck_assert_int_eq(try_all(DONE), arms_out_of[DONE]);
    ws_position_release(&here);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("gate_transitions");

    tcase_add_checked_fixture(t, setup_client, teardown_client);
    tcase_add_test(t, a_transition_fits_in_every_field);
    tcase_add_test(t, a_guard_decides);
    tcase_add_test(t, an_arm_without_a_guard_waits_for_the_guards_before_it);
    tcase_add_test(t, a_bound_is_counted);
    tcase_add_test(t, the_gate_agrees_with_a_model_on_every_triple);
    return run_suite("gate_transitions", t);
}
