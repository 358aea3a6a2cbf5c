/* Every allocation inside SQLite fails in turn, once or from then on, while a run goes from its
 * creation to its end: a call says so, or its answer is right, and going on ends the same.
 *
 * WSFSM_MEMORY_STEP=N tries every N-th (401; 1 is all of them). */
#include "fixture.h"
#include "run_suite.h"

#include <errno.h>
#include <sys/stat.h>

enum { EVERY = 401 };

/* --- SQLite's memory */

static sqlite3_mem_methods ordinary;
static long asked, fails_at; /* 0: none fails */
static bool fails_later;

static bool fails(void)
{
    asked++;
    if (fails_at == 0 || asked < fails_at || (asked > fails_at && !fails_later)) {
        return false;
    }
    errno = ENOMEM;
    return true;
}

static void *allocate(int size)
{
    return fails() ? NULL : ordinary.xMalloc(size);
}

static void *reallocate(void *at, int size)
{
    return fails() ? NULL : ordinary.xRealloc(at, size);
}

static void take_over_memory(void)
{
    ck_assert_int_eq(sqlite3_config(SQLITE_CONFIG_GETMALLOC, &ordinary), SQLITE_OK);
    sqlite3_mem_methods failing = ordinary;
    failing.xMalloc = allocate;
    failing.xRealloc = reallocate;
    ck_assert_int_eq(sqlite3_config(SQLITE_CONFIG_MALLOC, &failing), SQLITE_OK);
}

/* --- a run, from wherever it stands to its end */

static int begin(void)
{
    struct ws_run_rows runs;

    if (ws_store_open(&store, db_path, WS_STORE_CREATE, "repo-1", &err) != 0 ||
        ws_store_runs(&runs, store, "r1", NULL, &err) != 0) {
        return -1;
    }
    bool there = runs.len > 0;
    ws_run_rows_release(&runs);
    return there ? ws_store_take_lease(&fence, store, "r1", "ws-a", &err) : create_run("r1", false);
}

static int leave(int arm)
{
    static const struct ws_evidence evidence[] = {{"edit", "tool", WS_PASS, "abc"},
                                                  {"scope", "in_scope", WS_PASS, NULL}};
    static const struct ws_event events[] = {{"tool_finished", "{\"id\": \"tool\"}"}};
    static const struct ws_failure failure = {
        .step_name = "edit", .error_code = "failed", .message = "no 1"};
    struct ws_move move = move_of("r1", arm);
    struct ws_sealed sealed;

    move.facts_json = "{\"in_scope\": true}";
    if (attempt != 0) {
        if (arm == ARM_WORK_PASSED &&
            ws_store_attempt_start(store, attempt, fence, "abc", &err) != 0) {
            return -1;
        }
        move.evidence = evidence;
        move.evidence_count = 2;
        move.events = events;
        move.event_count = 1;
        move.failure = &failure;
    }
    move.effect_json = arm == ARM_CHECK_OK ? "{\"branch\": \"ws\"}" : NULL;
    return append_move(&move, &sealed);
}

static int walk(void)
{
    static const struct {
        const char *state;
        int arm;
    } arms[] = {{"idle", ARM_START}, {"work", ARM_WORK_PASSED}, {"check", ARM_CHECK_OK}};

    for (size_t i = 0; i < sizeof arms / sizeof *arms; i++) {
        struct ws_position at;

        if (ws_store_position(&at, store, "r1", "ws-a", &err) != 0) {
            return -1;
        }
        bool here = strcmp(at.state, arms[i].state) == 0;
        attempt = at.attempt_id;
        ck_assert((at.facts_json != NULL) == (at.seq > 0));
        ws_position_release(&at);
        if (here && leave(arms[i].arm) != 0) {
            return -1;
        }
    }
    return 0;
}

static int carry_out(void)
{
    struct ws_effect_rows effects;
    int rc = ws_store_effects(&effects, store, &err);

    for (size_t i = 0; rc == 0 && i < effects.len; i++) {
        ck_assert_str_eq(effects.items[i].effect_json, "{\"branch\": \"ws\"}");
        rc = ws_store_effect_done(store, effects.items[i].id, &err);
    }
    ws_effect_rows_release(&effects);
    return rc;
}

/* --- answers, which are right or not given */

static int ask_history(void)
{
    struct ws_transition_rows rows;

    if (ws_store_history(&rows, store, "r1", "ws-a", 0, 0, &err) != 0) {
        return -1;
    }
    ck_assert_uint_eq(rows.len, 3);
    for (size_t i = 0; i < rows.len; i++) {
        ck_assert_uint_eq(strlen(rows.items[i].hash), WS_HASH_HEX - 1);
        ck_assert_str_eq(rows.items[i].facts_json, "{\"in_scope\": true}");
    }
    ws_transition_rows_release(&rows);
    return 0;
}

static int ask_attempts(void)
{
    struct ws_attempt_rows rows;

    if (ws_store_attempts(&rows, store, "r1", NULL, &err) != 0) {
        return -1;
    }
    ck_assert_uint_eq(rows.len, 2);
    ck_assert_str_eq(rows.items[0].start_tree, "abc");
    ck_assert_str_eq(rows.items[1].result_json, "{\"success\": true}");
    ws_attempt_rows_release(&rows);
    return 0;
}

static int ask_ledger(void)
{
    struct ws_ledger_rows rows;
    bool well = false;

    if (ws_store_ledger(&rows, store, NULL, &err) != 0) {
        return -1;
    }
    ck_assert_uint_eq(rows.len, 1);
    ck_assert_str_eq(rows.items[0].final_state, "done");
    ws_ledger_rows_release(&rows);
    if (ws_store_ended_well(&well, store, "ws-a", &err) != 0) {
        return -1;
    }
    ck_assert(well);
    return 0;
}

static int ask_machine(void)
{
    struct ws_machine *m;

    if (ws_store_load_machine(&m, store, toy.digest, &err) != 0) {
        return -1;
    }
    ck_assert_int_eq(m->arm_count, ARM_COUNT);
    ws_machine_free(m);
    return 0;
}

static int ask_info(void)
{
    struct ws_store_info info;

    if (ws_store_info(&info, store, &err) != 0) {
        return -1;
    }
    ck_assert_int_eq(info.transitions, 3);
    ck_assert_str_eq(info.journal_mode, "delete");
    return 0;
}

static int ask_verify(void)
{
    struct ws_findings found;

    if (ws_store_verify(&found, store, NULL, &err) != 0) {
        return -1;
    }
    ck_assert_msg(found.len == 0, "%s", found.len > 0 ? found.items[0].text : "");
    ck_assert_uint_eq(found.transitions, 3);
    ws_findings_release(&found);
    return 0;
}

static int back_up(void)
{
    char *copy = ws_format("%s.copy", db_path);
    int rc = ws_store_backup(store, copy, &err);

    ck_assert_int_eq(access(copy, F_OK) == 0, rc == 0);
    unlink(copy);
    free(copy);
    return rc;
}

static int use_all(void)
{
    /* verify first: it prepares what it asks itself */
    static int (*const parts[])(void) = {begin,        walk,        carry_out,  ask_verify,
                                         ask_history,  ask_machine, ask_ledger, ask_info,
                                         ask_attempts, back_up};
    int rc = 0;

    err = (struct ws_error){0};
    for (size_t i = 0; rc == 0 && i < sizeof parts / sizeof *parts; i++) {
        rc = parts[i]();
    }
    ws_store_close(store);
    store = NULL;
    return rc;
}

/* --- the sweep */

/* False: there is no such allocation. */
static bool try_one(long number, bool later)
{
    unlink(db_path);
    asked = 0;
    fails_at = number;
    fails_later = later;
    int rc = use_all();
    bool hit = asked >= number;
    fails_at = 0;
    if (rc != 0) {
        ck_assert_msg(err.code == WS_E_STORE && (strstr(err.message, "out of memory") != NULL ||
                                                 strstr(err.message, strerror(ENOMEM)) != NULL),
                      "allocation %ld: [%s] %s: %s", number, ws_code_name(err.code), err.where,
                      err.message);
        ck_assert_msg(use_all() == 0, "after allocation %ld: %s", number, err.message);
    }
    return hit;
}

static long step_of_sweep(void)
{
    const char *said = getenv("WSFSM_MEMORY_STEP");

    return said != NULL ? strtol(said, NULL, 10) : EVERY;
}

START_TEST(each_allocation_may_fail)
{
    long step = step_of_sweep(), tried = 0;

    ck_assert_int_gt(step, 0);
    take_over_memory();
    for (long number = 1; try_one(number, tried % 2 != 0); number += step) {
        tried++;
    }
    if (step == 1) { /* and the other way round */
        for (long number = 1; try_one(number, tried % 2 == 0); number += step) {
            tried++;
        }
    }
    printf("tried %ld\n", tried);
    fflush(stdout);
    ck_assert_int_gt(tried, 10);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("memory");

    tcase_add_checked_fixture(tcase, make_dir, remove_dir);
    tcase_set_timeout(tcase, 0); /* how long it takes is the caller's choice */
    tcase_add_test(tcase, each_allocation_may_fail);
    return run_suite("memory", tcase);
}
