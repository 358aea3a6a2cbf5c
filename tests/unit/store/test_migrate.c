#include "fixture.h"
#include "run_suite.h"

#include "internal.h"
#include "migrate.h"

/* Two versions that never were: 2 -> 3 -> 4. */
static const char *const good_steps[] = {"CREATE TABLE two(x)",
                                         "CREATE TABLE three(x); INSERT INTO two VALUES(3)"};
static const char *const bad_steps[] = {"CREATE TABLE two(x)",
                                        "CREATE TABLE three(x); SELECT nonsense()"};
static const struct ws_migration_plan good = {.version = 4, .oldest = 2, .steps = good_steps};
static const struct ws_migration_plan bad = {.version = 4, .oldest = 2, .steps = bad_steps};
static const struct ws_migration_plan too_late = {.version = 4, .oldest = 3, .steps = good_steps};

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
    char *backup = ws_format("%s.v2.backup", db_path);

    ok(ws_migrate(store->db, store->path, &good, &err));
    ck_assert_int_eq(number(db_path, "PRAGMA user_version"), 4);
    ck_assert_int_eq(number(db_path, "SELECT x FROM two"), 3);
    ck_assert_int_eq(number(backup, "PRAGMA user_version"), 2);
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
    ck_assert_int_eq(number(db_path, "PRAGMA user_version"), 3);
    ck_assert_int_eq(number(db_path, has_two), 1);
    ok(ws_migrate(store->db, store->path, &good, &err));
    ck_assert_int_eq(number(db_path, "PRAGMA user_version"), 4);
}
END_TEST

START_TEST(too_old_is_refused_untouched)
{
    refused(ws_migrate(store->db, store->path, &too_late, &err), WS_E_STORE,
            "older than this wsfsm");
    ck_assert_int_eq(number(db_path, "PRAGMA user_version"), 2);
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

/* As version 1 was: another index, one that is not there, and a gate of other words. */
static void make_version_1(void)
{
    static const char sql[] =
        "DROP INDEX workstreams_by_id; CREATE INDEX workstreams_by_id ON workstreams(ws_id);"
        "DROP INDEX runs_unfinished; DROP TRIGGER transitions_gate; PRAGMA user_version = 1;"
        "CREATE TRIGGER \"a \"\"strange\"\" name\" BEFORE DELETE ON runs BEGIN SELECT 1; END;";
    sqlite3 *db = stock_client();
    char *why = NULL;

    ck_assert_msg(sqlite3_exec(db, sql, NULL, NULL, &why) == SQLITE_OK, "%s", why);
    sqlite3_close(db);
}

START_TEST(version_1_becomes_what_is_made_today)
{
    static const char digest[] =
        "SELECT sum(length(sql)) + count(*) FROM (SELECT sql FROM sqlite_schema)";
    char *backup = ws_format("%s.v1.backup", db_path);
    int64_t today = number(db_path, digest);

    ws_store_close(store);
    store = NULL;
    make_version_1();
    ck_assert_int_ne(number(db_path, digest), today);
    refused(ws_store_open(&store, db_path, WS_STORE_READ, NULL, &err), WS_E_STORE, "version 1");
    ok(ws_store_open(&store, db_path, WS_STORE_WRITE, NULL, &err)); /* which compares every text */
    ck_assert_int_eq(number(db_path, "PRAGMA user_version"), 2);
    ck_assert_int_eq(number(db_path, digest), today);
    ck_assert_int_eq(number(backup, "PRAGMA user_version"), 1);
    free(backup);
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
    tcase_add_test(t, version_1_becomes_what_is_made_today);
    return run_suite("migrate", t);
}
