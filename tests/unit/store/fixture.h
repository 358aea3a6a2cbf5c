/* A machine, a folder and a database for the tests of this layer. */
#ifndef WSFSM_TEST_STORE_FIXTURE_H
#define WSFSM_TEST_STORE_FIXTURE_H

#include <check.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "wsfsm/base/mem.h"
#include "wsfsm/store/read.h"
#include "wsfsm/store/store.h"
#include "wsfsm/store/verify.h"

/* idle -start-> work; work -passed-> check, -interrupted-> work (max 2, then failed), -timeout->
 * failed; check -passed [ok]-> done, -passed-> failed, -again-> work; cancel from everywhere. */
enum { IDLE, WORK, CHECK, DONE, FAILED };
enum {
    ARM_START,
    ARM_CANCEL_IDLE,
    ARM_WORK_PASSED,
    ARM_INTERRUPTED,
    ARM_INTERRUPTED_SPENT,
    ARM_WORK_TIMEOUT,
    ARM_CANCEL_WORK,
    ARM_CHECK_OK,
    ARM_CHECK_NOT_OK,
    ARM_AGAIN,
    ARM_CANCEL_CHECK,
    ARM_COUNT
};

static const char *const toy_tools[] = {"ruff", "clang-tidy"};
static const char *const toy_outcomes[] = {"success", "failure"};
static const char *const toy_events[] = {"passed", "again"};
static const struct ws_state toy_states[] = {
    [IDLE] = {.name = "idle", .kind = WS_STATE_INITIAL, .first_arm = 0, .arm_count = 2, .line = 4},
    [WORK] = {.name = "work",
              .doc = "Works, \"quoted\"",
              .kind = WS_STATE_STEP,
              .handler = "edit",
              .timeout_sec = 3600,
              .first_arm = 2,
              .arm_count = 5,
              .line = 7},
    [CHECK] = {.name = "check",
               .kind = WS_STATE_STEP,
               .tools = toy_tools,
               .tool_count = 2,
               .first_arm = 7,
               .arm_count = 4,
               .line = 12},
    [DONE] = {.name = "done", .kind = WS_STATE_FINAL, .outcome = "success", .first_arm = 11},
    [FAILED] = {.name = "failed", .kind = WS_STATE_FINAL, .outcome = "failure", .first_arm = 11},
};
static const struct ws_arm toy_arms[ARM_COUNT] = {
    [ARM_START] = {IDLE, WORK, "start", NULL, false, 0, WS_NONE, 5},
    [ARM_CANCEL_IDLE] = {IDLE, FAILED, "cancel", NULL, false, 0, WS_NONE, 20},
    [ARM_WORK_PASSED] = {WORK, CHECK, "passed", NULL, false, 0, WS_NONE, 8},
    [ARM_INTERRUPTED] = {WORK, WORK, "interrupted", NULL, false, 2, WS_NONE, 9},
    [ARM_INTERRUPTED_SPENT] = {WORK, FAILED, "interrupted", NULL, false, 0, ARM_INTERRUPTED, 9},
    [ARM_WORK_TIMEOUT] = {WORK, FAILED, "timeout", NULL, false, 0, WS_NONE, 10},
    [ARM_CANCEL_WORK] = {WORK, FAILED, "cancel", NULL, false, 0, WS_NONE, 20},
    [ARM_CHECK_OK] = {CHECK, DONE, "passed", "ok", false, 0, WS_NONE, 13},
    [ARM_CHECK_NOT_OK] = {CHECK, FAILED, "passed", NULL, false, 0, WS_NONE, 14},
    [ARM_AGAIN] = {CHECK, WORK, "again", NULL, false, 0, WS_NONE, 15},
    [ARM_CANCEL_CHECK] = {CHECK, FAILED, "cancel", NULL, false, 0, WS_NONE, 20},
};

static struct ws_machine toy = {
    .name = "toy",
    .states = toy_states,
    .state_count = 5,
    .arms = toy_arms,
    .arm_count = ARM_COUNT,
    .initial = IDLE,
    .outcomes = toy_outcomes,
    .outcome_count = 2,
    .events = toy_events,
    .event_count = 2,
};

static char dir[64];      /* of this test */
static char db_path[128]; /* DIR/state.db */
static struct ws_error err;
static struct ws_store *store;
static int64_t fence, attempt;

#define ok(call)                                                                                   \
    ck_assert_msg((call) == 0, "%s: [%s] %s: %s", #call, ws_code_name(err.code), err.where,        \
                  err.message)
#define refused(call, kind, text)                                                                  \
    do {                                                                                           \
        err = (struct ws_error){0};                                                                \
        ck_assert_msg((call) != 0, "%s: not refused", #call);                                      \
        ck_assert_msg(err.code == (kind), "%s: %s: %s", #call, ws_code_name(err.code),             \
                      err.message);                                                                \
        ck_assert_msg(strstr(err.message, (text)) != NULL, "%s: %s", #call, err.message);          \
    } while (0)

static inline void make_dir(void)
{
    ws_machine_digest(toy.digest, &toy);
    /* in memory where that can be: these tests wait for every fsync otherwise */
    snprintf(dir, sizeof dir, "%s/wsfsm-store-XXXXXX",
             access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    ck_assert_ptr_nonnull(mkdtemp(dir));
    snprintf(db_path, sizeof db_path, "%s/state.db", dir);
}

static inline void remove_dir(void)
{
    char *command = ws_format("rm -rf '%s'", dir);

    ck_assert_int_eq(system(command), 0);
    free(command);
}

static inline void reopen(enum ws_store_mode mode)
{
    ws_store_close(store);
    store = NULL;
    ok(ws_store_open(&store, db_path, mode, "repo-1", &err));
}

static inline int create_run(const char *run_id, bool dry_run)
{
    struct ws_new_run run = {.run_id = run_id,
                             .ws_id = "ws-a",
                             .machine = &toy,
                             .metadata_json = "{\"k\": 1}",
                             .depends_on_json = "[\"ws-0\"]",
                             .dry_run = dry_run};

    return ws_store_create_run(&fence, store, &run, &err);
}

static inline void setup(void)
{
    make_dir();
    reopen(WS_STORE_CREATE);
    ok(create_run("r1", false));
    attempt = 0;
}

static inline void teardown(void)
{
    ws_store_close(store);
    store = NULL;
    remove_dir();
}

static inline struct ws_move move_of(const char *run_id, int arm)
{
    const struct ws_state *to = &toy_states[toy_arms[arm].to];

    return (struct ws_move){
        .run_id = run_id,
        .ws_id = "ws-a",
        .fence = fence,
        .machine = &toy,
        .arm = arm,
        .guard = toy_arms[arm].guard != NULL || arm == ARM_CHECK_NOT_OK ? "ok" : NULL,
        .guard_answer = arm == ARM_CHECK_OK,
        .attempt_id = attempt,
        .attempt_status = "success",
        .result_json = "{\"success\": true}",
        .opens_step =
            to->kind == WS_STATE_STEP ? (to->handler != NULL ? to->handler : to->name) : NULL,
    };
}

static inline int append_move(const struct ws_move *move, struct ws_sealed *sealed)
{
    if (ws_store_seal(sealed, store, move, &err) != 0) {
        return -1;
    }
    return ws_store_append(&attempt, store, move, sealed, &err);
}

static inline int take(const char *run_id, int arm)
{
    struct ws_move move = move_of(run_id, arm);
    struct ws_sealed sealed;

    return append_move(&move, &sealed);
}

/* A second client, as any stock program opens the file: no application function, foreign keys off,
 * default pragmas. */
static inline sqlite3 *stock_client(void)
{
    sqlite3 *db = NULL;

    ck_assert_int_eq(sqlite3_open(db_path, &db), SQLITE_OK);
    sqlite3_exec(db,
                 "PRAGMA foreign_keys = OFF; PRAGMA recursive_triggers = OFF; PRAGMA "
                 "ignore_check_constraints = ON",
                 NULL, NULL, NULL);
    return db;
}

#endif
