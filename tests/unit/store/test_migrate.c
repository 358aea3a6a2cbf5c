#include "fixture.h"
#include "run_suite.h"

#include "internal.h"
#include "migrate.h"

/* Two versions that never were: 1 -> 2 -> 3. */
static const char *const good_steps[] = {"CREATE TABLE two(x)",
                                         "CREATE TABLE three(x); INSERT INTO two VALUES(3)"};
static const char *const bad_steps[] = {"CREATE TABLE two(x)",
                                        "CREATE TABLE three(x); SELECT nonsense()"};
static const struct ws_migration_plan good = {.version = 3, .oldest = 1, .steps = good_steps};
static const struct ws_migration_plan bad = {.version = 3, .oldest = 1, .steps = bad_steps};
static const struct ws_migration_plan too_late = {.version = 3, .oldest = 2, .steps = good_steps};

static int64_t number(const char *path, const char *sql)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *stmt = NULL;

    ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
    ck_assert_msg(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) == SQLITE_OK, "%s: %s", sql,
                  sqlite3_errmsg(db));
    ck_assert_int_eq(sqlite3_step(stmt), SQLITE_ROW);
    int64_t n = sqlite3_column_int64(stmt, 0);
    sqlite3_finalize(stmt);
    sqlite3_close(db);
    return n;
}

static const char has_two[] = "SELECT count(*) FROM sqlite_schema WHERE name IN ('two', 'three')";

START_TEST(each_step_is_gone_with_a_backup_first)
{
    char *backup = ws_format("%s.v1.backup", db_path);

    ok(ws_migrate(store->db, store->path, &good, &err));
    ck_assert_int_eq(number(db_path, "PRAGMA user_version"), 3);
    ck_assert_int_eq(number(db_path, "SELECT x FROM two"), 3);
    ck_assert_int_eq(number(backup, "PRAGMA user_version"), 1);
    ck_assert_int_eq(number(backup, has_two), 0);
    ck_assert_int_eq(number(backup, "SELECT count(*) FROM runs"), 1);
    ok(ws_migrate(store->db, store->path, &good, &err)); /* nothing is left to do */
    ck_assert_int_eq(number(db_path, "SELECT count(*) FROM two"), 1);
    free(backup);
}
END_TEST

START_TEST(a_step_that_fails_leaves_the_one_before)
{
    refused(ws_migrate(store->db, store->path, &bad, &err), WS_E_STORE, "nonsense");
    ck_assert_int_eq(number(db_path, "PRAGMA user_version"), 2);
    ck_assert_int_eq(number(db_path, has_two), 1);
    ok(ws_migrate(store->db, store->path, &good, &err));
    ck_assert_int_eq(number(db_path, "PRAGMA user_version"), 3);
}
END_TEST

START_TEST(too_old_is_refused_untouched)
{
    refused(ws_migrate(store->db, store->path, &too_late, &err), WS_E_STORE,
            "older than this wsfsm");
    ck_assert_int_eq(number(db_path, "PRAGMA user_version"), 1);
}
END_TEST

START_TEST(an_older_database_is_not_read_as_a_present_one)
{
    ws_store_close(store);
    store = NULL;
    sqlite3 *db = stock_client();
    ck_assert_int_eq(sqlite3_exec(db, "PRAGMA user_version = 0", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    refused(ws_store_open(&store, db_path, WS_STORE_READ, NULL, &err), WS_E_STORE, "version 0");
    refused(ws_store_open(&store, db_path, WS_STORE_WRITE, NULL, &err), WS_E_STORE, "older");
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("migrate");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, each_step_is_gone_with_a_backup_first);
    tcase_add_test(t, a_step_that_fails_leaves_the_one_before);
    tcase_add_test(t, too_old_is_refused_untouched);
    tcase_add_test(t, an_older_database_is_not_read_as_a_present_one);
    return run_suite("migrate", t);
}
