/* The database's two goals, as ratios measured side by side in one process.
 *
 *     bench_store [-n TRANSITIONS] [-r ROWS] [-d DIR]      (short form: -n 200 -r 20000)
 *
 * A line a goal: name, ours, opponent, ratio, goal, met or not. Exit 0 also when a goal is not met.
 */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "wsfsm/base/mem.h"
#include "wsfsm/store/read.h"

static const char *const outcomes[] = {"success"};
static const char *const events[] = {"passed", "again"};
static const struct ws_state states[] = {
    {.name = "pending", .kind = WS_STATE_INITIAL, .first_arm = 0, .arm_count = 1},
    {.name = "editing",
     .kind = WS_STATE_STEP,
     .handler = "edit",
     .timeout_sec = 3600,
     .first_arm = 1,
     .arm_count = 1},
    {.name = "checking",
     .kind = WS_STATE_STEP,
     .handler = "static",
     .timeout_sec = 1800,
     .first_arm = 2,
     .arm_count = 2},
    {.name = "done", .kind = WS_STATE_FINAL, .outcome = "success", .first_arm = 4},
};
static const struct ws_arm arms[] = {
    {0, 1, "start", NULL, false, 0, WS_NONE, 0},
    {1, 2, "passed", NULL, false, 0, WS_NONE, 0},
    {2, 1, "again", NULL, false, 0, WS_NONE, 0},
    {2, 3, "passed", NULL, false, 0, WS_NONE, 0},
};
static struct ws_machine machine = {
    .name = "bench",
    .states = states,
    .state_count = 4,
    .arms = arms,
    .arm_count = 4,
    .outcomes = outcomes,
    .outcome_count = 1,
    .events = events,
    .event_count = 2,
};

static const char tree[] = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double median(double *values, size_t count)
{
    qsort(values, count, sizeof *values, by_size);
    return values[count / 2];
}

static void die(const char *what, const char *why)
{
    fprintf(stderr, "bench_store: %s: %s\n", what, why);
    exit(1);
}

static void report(const char *name, double ours, double opponent, const char *unit, double ratio,
                   double goal, bool at_least)
{
    bool met = at_least ? ratio >= goal : ratio <= goal;

    printf("%-28s ours %10.1f %s  opponent %10.1f %s  ratio %.3f  goal %s %.2f  %s\n", name, ours,
           unit, opponent, unit, ratio, at_least ? ">=" : "<=", goal, met ? "met" : "not met");
}

/* --- a durable transition against a bare insert --- */

struct bare {
    sqlite3 *db;
    sqlite3_stmt *insert;
};

static void bare_open(struct bare *b, const char *dir, const char *name)
{
    char *path = ws_format("%s/%s", dir, name);
    static const char setup[] =
        "PRAGMA journal_mode = DELETE; PRAGMA synchronous = EXTRA; PRAGMA foreign_keys = ON;"
        "PRAGMA recursive_triggers = ON; PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;"
        "PRAGMA mmap_size = 0;"
        "CREATE TABLE t(run_id TEXT NOT NULL, ws_id TEXT NOT NULL, seq INTEGER NOT NULL, "
        "from_state TEXT NOT NULL,"
        "event TEXT NOT NULL, to_state TEXT NOT NULL, at TEXT NOT NULL, tree_oid TEXT, prev_hash "
        "TEXT,"
        "hash TEXT NOT NULL, PRIMARY KEY(run_id, ws_id, seq)) STRICT, WITHOUT ROWID;";

    if (sqlite3_open(path, &b->db) != SQLITE_OK ||
        sqlite3_exec(b->db, setup, NULL, NULL, NULL) != SQLITE_OK ||
        sqlite3_prepare_v2(
            b->db, "INSERT INTO t VALUES('run-1', 'ws-bench', ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)", -1,
            &b->insert, NULL) != SQLITE_OK) {
        die("bare insert", sqlite3_errmsg(b->db));
    }
    free(path);
}

static void bare_insert(struct bare *b, int seq)
{
    char hash[WS_HASH_HEX], prev[WS_HASH_HEX];

    ws_hash_bytes(hash, &seq, sizeof seq); /* of the same size, and as little compressible */
    ws_hash_bytes(prev, hash, sizeof hash);
    sqlite3_bind_int(b->insert, 1, seq);
    const char *texts[] = {"editing", "passed", "checking", "2026-11-22T16:18:24.123Z",
                           tree,      prev,     hash};
    for (int i = 0; i < 7; i++) {
        sqlite3_bind_text(b->insert, i + 2, texts[i], -1, SQLITE_STATIC);
    }
    if (sqlite3_step(b->insert) != SQLITE_DONE) {
        die("bare insert", sqlite3_errmsg(b->db));
    }
    sqlite3_reset(b->insert);
}

static struct ws_store *store;
static int64_t fence, attempt;

static void open_store(const char *dir, const char *name)
{
    char *path = ws_format("%s/%s", dir, name);
    struct ws_error err = {0};
    struct ws_new_run run = {.run_id = "run-1", .ws_id = "ws-bench", .machine = &machine};

    ws_machine_digest(machine.digest, &machine);
    if (ws_store_open(&store, path, WS_STORE_CREATE, NULL, &err) != 0 ||
        ws_store_create_run(&fence, store, &run, &err) != 0) {
        die("store", err.message);
    }
    free(path);
}

/* A transition with all its checks; when `full`, with what the engine has between two steps
 * besides: the attempt ends, with its result and an event, and the next one begins. */
static void transition(int arm, bool full)
{
    struct ws_error err = {0};
    struct ws_event completed = {"step_completed", "{\"step\":\"edit\",\"status\":\"success\"}"};
    struct ws_move move = {.run_id = "run-1",
                           .ws_id = "ws-bench",
                           .fence = fence,
                           .machine = &machine,
                           .arm = arm,
                           .tree_oid = tree,
                           .attempt_id = attempt,
                           .attempt_status = "success",
                           .result_json =
                               "{\"success\":true,\"status\":\"success\",\"details\":{}}",
                           .events = &completed,
                           .event_count = full && attempt != 0,
                           .opens_step = full ? states[arms[arm].to].handler : NULL};
    struct ws_sealed sealed;

    if (ws_store_seal(&sealed, store, &move, &err) != 0 ||
        ws_store_append(&attempt, store, &move, &sealed, &err) != 0) {
        die("transition", err.message);
    }
}

static void bench_transition(const char *dir, int count, bool full)
{
    struct bare bare;
    double *ours = ws_calloc((size_t)count, sizeof *ours);
    double *theirs = ws_calloc((size_t)count, sizeof *theirs);

    open_store(dir, full ? "full.db" : "state.db");
    bare_open(&bare, dir, full ? "bare-full.db" : "bare.db");
    transition(0, full);
    for (int i = 0; i < count; i++) {
        for (int turn = 0; turn < 2; turn++) {
            double start = now();
            if ((turn + i) % 2 == 0) { /* each goes first every other time */
                transition(1 + i % 2, full);
                ours[i] = now() - start;
            } else {
                bare_insert(&bare, i + 1);
                theirs[i] = now() - start;
            }
        }
    }
    double a = median(ours, (size_t)count), b = median(theirs, (size_t)count);
    report(full ? "and attempts, events" : "durable transition", 1 / a, 1 / b, "/s", b / a, 0.85,
           true);
    sqlite3_finalize(bare.insert);
    sqlite3_close(bare.db);
    ws_store_close(store);
    attempt = 0;
    free(ours);
    free(theirs);
}

/* --- the first page of a long history against that of a short one --- */

/* Rows as many as wanted, put there past the gate: this measures reading. */
static char *fill_history(const char *dir, const char *name, long rows)
{
    char *path = ws_format("%s/%s", dir, name);
    struct ws_error err = {0};
    struct ws_new_run run = {.run_id = "run-1", .ws_id = "ws-bench", .machine = &machine};
    sqlite3 *db = NULL;

    if (ws_store_open(&store, path, WS_STORE_CREATE, NULL, &err) != 0 ||
        ws_store_create_run(&fence, store, &run, &err) != 0) {
        die("store", err.message);
    }
    ws_store_close(store);
    char *sql = sqlite3_mprintf(
        "PRAGMA synchronous = OFF; PRAGMA journal_mode = MEMORY; BEGIN;"
        "DROP TRIGGER transitions_gate; DROP TRIGGER transitions_move;"
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %ld)"
        "INSERT INTO transitions(run_id, ws_id, seq, from_state, event, to_state, arm, at, "
        "tree_oid, fence, prev_hash,"
        "hash) SELECT 'run-1', 'ws-bench', i, 'editing', 'passed', 'checking', 1, "
        "'2026-11-22T16:18:24.123Z', %Q, 1,"
        "printf('%%064d', i - 1), printf('%%064d', i) FROM n; COMMIT;",
        rows, tree);
    if (sqlite3_open(path, &db) != SQLITE_OK ||
        sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK) {
        die("fill", sqlite3_errmsg(db));
    }
    sqlite3_free(sql);
    sqlite3_close(db);
    return path;
}

static double read_page(const char *path)
{
    struct ws_error err = {0};
    struct ws_transition_rows rows;
    double start = now();

    if (ws_store_open(&store, path, WS_STORE_READ, NULL, &err) != 0 ||
        ws_store_history(&rows, store, "run-1", "ws-bench", 0, 10, &err) != 0) {
        die("history", err.message);
    }
    ws_transition_rows_release(&rows);
    ws_store_close(store);
    return now() - start;
}

static void bench_history(const char *dir, long rows)
{
    enum { PAGES = 101 };
    static double few[PAGES], many[PAGES];
    char *small = fill_history(dir, "few.db", 10);
    char *big = fill_history(dir, "many.db", rows);

    for (int i = 0; i < PAGES; i++) {
        many[i] = read_page(big);
        few[i] = read_page(small);
    }
    double a = median(many, PAGES), b = median(few, PAGES);
    report("history first page", a * 1e6, b * 1e6, "us", a / b, 1.25, false);
    free(small);
    free(big);
}

int main(int argc, char **argv)
{
    const char *parent = ".";
    int count = 2000, option;
    long rows = 1000000;

    while ((option = getopt(argc, argv, "n:r:d:")) != -1) {
        switch (option) {
        case 'n':
            count = atoi(optarg);
            break;
        case 'r':
            rows = atol(optarg);
            break;
        case 'd':
            parent = optarg;
            break;
        default:
            return 2;
        }
    }
    char *dir = ws_format("%s/bench-store-XXXXXX", parent);
    if (mkdtemp(dir) == NULL || count < 1 || rows < 10) {
        die(dir, "cannot make a folder, or a count is too small");
    }
    bench_transition(dir, count, false);
    bench_transition(dir, count, true);
    bench_history(dir, rows);
    char *command = ws_format("rm -rf '%s'", dir);
    int rc = system(command);
    free(command);
    free(dir);
    return rc != 0;
}
