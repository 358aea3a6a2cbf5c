/* The file: made, opened, refused. */
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "fixture.h"
#include "run_suite.h"

static void write_file(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");

    ck_assert_ptr_nonnull(f);
    ck_assert_int_ge(fputs(text, f), 0);
    ck_assert_int_eq(fclose(f), 0);
}

static void run_sql(const char *path, const char *sql)
{
    sqlite3 *db = NULL;
    char *message = NULL;

    ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
    ck_assert_msg(sqlite3_exec(db, sql, NULL, NULL, &message) == SQLITE_OK, "%s", message);
    sqlite3_close(db);
}

static char *content(const char *path)
{
    struct stat st;

    ck_assert_int_eq(stat(path, &st), 0);
    char *bytes = ws_alloc((size_t)st.st_size * 2 + 1);
    FILE *f = fopen(path, "r");
    ck_assert_ptr_nonnull(f);
    for (long i = 0; i < st.st_size; i++) {
        sprintf(bytes + 2 * i, "%02x", (unsigned)fgetc(f));
    }
    fclose(f);
    return bytes;
}

/* Refused in every mode, with not a byte changed. */
static void refused_untouched(const char *text)
{
    char *before = content(db_path);

    for (int mode = WS_STORE_READ; mode <= WS_STORE_CREATE; mode++) {
        refused(ws_store_open(&store, db_path, (enum ws_store_mode)mode, NULL, &err), WS_E_STORE,
                text);
        ck_assert_ptr_null(store);
        char *after = content(db_path);
        ck_assert_str_eq(after, before);
        free(after);
    }
    free(before);
}

START_TEST(a_new_database_is_private_and_whole)
{
    struct stat st;

    mode_t old = umask(0);
    snprintf(db_path, sizeof db_path, "%s/a/b/state.db", dir);
    reopen(WS_STORE_CREATE);
    umask(old);
    ck_assert_int_eq(stat(db_path, &st), 0);
    ck_assert_uint_eq(st.st_mode & 07777, 0600);
    ck_assert_uint_eq(st.st_nlink, 1);
    char *folder = ws_format("%s/a/b", dir);
    ck_assert_int_eq(stat(folder, &st), 0);
    ck_assert_uint_eq(st.st_mode & 07777, 0700);
    free(folder);
    char *made_as = ws_format("%s.new", db_path);
    ck_assert_int_eq(access(made_as, F_OK), -1);
    free(made_as);
    ck_assert_uint_eq(strlen(ws_store_id(store)), 32);
    ck_assert(ws_store_exists(db_path));
}
END_TEST

START_TEST(a_database_keeps_its_identity)
{
    char id[33];

    reopen(WS_STORE_CREATE);
    strcpy(id, ws_store_id(store));
    reopen(WS_STORE_CREATE);
    ck_assert_str_eq(id, ws_store_id(store));
    reopen(WS_STORE_READ);
    ck_assert_str_eq(id, ws_store_id(store));
    ws_store_close(store);
    store = NULL;
    refused(ws_store_open(&store, db_path, WS_STORE_WRITE, "repo-2", &err), WS_E_STORE,
            "another repository");
    ok(ws_store_open(&store, db_path, WS_STORE_WRITE, NULL, &err));
}
END_TEST

START_TEST(a_database_made_without_a_repository_takes_the_first_one)
{
    ok(ws_store_open(&store, db_path, WS_STORE_CREATE, NULL, &err));
    reopen(WS_STORE_READ);
    reopen(WS_STORE_WRITE);
    ws_store_close(store);
    store = NULL;
    refused(ws_store_open(&store, db_path, WS_STORE_READ, "repo-2", &err), WS_E_STORE,
            "another repository");
}
END_TEST

START_TEST(an_absent_database_is_not_made_by_a_reader)
{
    refused(ws_store_open(&store, db_path, WS_STORE_READ, NULL, &err), WS_E_STORE,
            "no database yet");
    refused(ws_store_open(&store, db_path, WS_STORE_WRITE, NULL, &err), WS_E_STORE,
            "no database yet");
    ck_assert_int_eq(access(db_path, F_OK), -1);
    ck_assert(!ws_store_exists(db_path));
    snprintf(db_path, sizeof db_path, "%s/nowhere/state.db", dir);
    refused(ws_store_open(&store, db_path, WS_STORE_READ, NULL, &err), WS_E_STORE, "no database");
}
END_TEST

START_TEST(an_empty_file_counts_as_absent)
{
    write_file(db_path, "");
    ck_assert(!ws_store_exists(db_path));
    refused(ws_store_open(&store, db_path, WS_STORE_WRITE, NULL, &err), WS_E_STORE,
            "no database yet");
    reopen(WS_STORE_CREATE);
    ok(create_run("r1", false));
}
END_TEST

START_TEST(foreign_files_are_refused_untouched)
{
    write_file(db_path,
               "this is a text, and quite a long one, so that it has more bytes than a header has; "
               "really: a hundred bytes are needed for that, and these are more");
    refused_untouched("no SQLite database");
    ck_assert_int_eq(unlink(db_path), 0);
    run_sql(db_path, "CREATE TABLE t(x)");
    refused_untouched("another program");
    run_sql(db_path, "PRAGMA application_id = 1464226637; PRAGMA user_version = 7");
    refused_untouched("newer wsfsm");
}
END_TEST

START_TEST(a_damaged_header_is_refused)
{
    reopen(WS_STORE_CREATE);
    ws_store_close(store);
    store = NULL;
    FILE *f = fopen(db_path, "r+");
    ck_assert_ptr_nonnull(f);
    fputs("XXXX", f);
    ck_assert_int_eq(fclose(f), 0);
    refused_untouched("no SQLite database");
}
END_TEST

START_TEST(a_cut_file_is_refused)
{
    reopen(WS_STORE_CREATE);
    ws_store_close(store);
    store = NULL;
    ck_assert_int_eq(truncate(db_path, 5 * 4096), 0);
    refused(ws_store_open(&store, db_path, WS_STORE_WRITE, NULL, &err), WS_E_STORE, "corrupt");
    refused(ws_store_open(&store, db_path, WS_STORE_CREATE, NULL, &err), WS_E_STORE, "corrupt");
}
END_TEST

START_TEST(what_is_no_file_is_no_database)
{
    ck_assert_int_eq(mkdir(db_path, 0700), 0);
    refused(ws_store_open(&store, db_path, WS_STORE_READ, NULL, &err), WS_E_STORE,
            "no regular file");
    ck_assert_int_eq(rmdir(db_path), 0);
    ck_assert_int_eq(mkfifo(db_path, 0600), 0);
    refused(ws_store_open(&store, db_path, WS_STORE_READ, NULL, &err), WS_E_STORE,
            "no regular file");
    refused(ws_store_open(&store, db_path, WS_STORE_CREATE, NULL, &err), WS_E_STORE, "");
}
END_TEST

START_TEST(a_second_name_is_refused_unless_it_is_ours)
{
    char *other = ws_format("%s/other.db", dir), *made_as = ws_format("%s.new", db_path);

    reopen(WS_STORE_CREATE);
    ws_store_close(store);
    store = NULL;
    ck_assert_int_eq(link(db_path, other), 0);
    refused(ws_store_open(&store, db_path, WS_STORE_READ, NULL, &err), WS_E_STORE, "hard links");
    ck_assert_int_eq(unlink(other), 0);
    ck_assert_int_eq(link(db_path, made_as),
                     0); /* as a maker leaves it that was killed at the last moment */
    reopen(WS_STORE_WRITE);
    ck_assert_int_eq(access(made_as, F_OK), -1);
    free(other);
    free(made_as);
}
END_TEST

START_TEST(a_link_to_a_database_is_followed)
{
    char *alias = ws_format("%s/alias.db", dir);

    reopen(WS_STORE_CREATE);
    ws_store_close(store);
    store = NULL;
    ck_assert_int_eq(symlink(db_path, alias), 0);
    ok(ws_store_open(&store, alias, WS_STORE_WRITE, NULL, &err));
    ok(create_run("r1", false));
    ws_store_close(store);
    store = NULL;
    ck_assert_int_eq(unlink(db_path), 0);
    refused(ws_store_open(&store, alias, WS_STORE_CREATE, NULL, &err), WS_E_STORE, "leads nowhere");
    free(alias);
}
END_TEST

/* Many makers at once, some of them killed: one database, and all use that one. */
START_TEST(makers_race_for_one_database)
{
    enum { MAKERS = 12 };
    pid_t pids[MAKERS];

    write_file(db_path, "");
    for (int i = 0; i < MAKERS; i++) {
        pids[i] = fork();
        if (pids[i] == 0) {
            char id[16];
            snprintf(id, sizeof id, "run-%d", i);
            if (i % 3 == 0) {
                usleep((useconds_t)(i * 700));
                kill(getpid(), SIGKILL);
            }
            _exit(ws_store_open(&store, db_path, WS_STORE_CREATE, "repo-1", &err) != 0 ||
                  create_run(id, false) != 0);
        }
    }
    for (int i = 0; i < MAKERS; i++) {
        int status = 0;
        ck_assert_int_eq(waitpid(pids[i], &status, 0), pids[i]);
        ck_assert(i % 3 == 0 || (WIFEXITED(status) && WEXITSTATUS(status) == 0));
    }
    struct ws_run_rows runs;
    reopen(WS_STORE_READ);
    ok(ws_store_runs(&runs, store, NULL, NULL, &err));
    ck_assert_uint_eq(runs.len, MAKERS - MAKERS / 3);
    ws_run_rows_release(&runs);
}
END_TEST

START_TEST(left_overs_of_a_killed_maker_do_no_harm)
{
    char *made_as = ws_format("%s.new", db_path), *journal = ws_format("%s.new-journal", db_path);

    write_file(made_as, "half a database");
    write_file(journal, "half a journal");
    reopen(WS_STORE_CREATE);
    ok(create_run("r1", false));
    ck_assert_int_eq(access(made_as, F_OK), -1);
    ck_assert_int_eq(access(journal, F_OK), -1);
    free(made_as);
    free(journal);
}
END_TEST

START_TEST(a_reader_writes_nothing)
{
    int64_t id = 0;

    reopen(WS_STORE_CREATE);
    reopen(WS_STORE_READ);
    refused(create_run("r1", false), WS_E_INTERNAL, "reading only");
    refused(ws_store_effect_add(&id, store, NULL, NULL, "{}", &err), WS_E_INTERNAL, "reading only");
}
END_TEST

/* A writer is killed in the middle of its transaction; the next one, a reader even, finds the last
 * commit. */
START_TEST(a_hot_journal_is_rolled_back_by_a_reader)
{
    reopen(WS_STORE_CREATE);
    ok(create_run("r1", false));
    ws_store_close(store);
    store = NULL;
    pid_t pid = fork();
    if (pid == 0) {
        sqlite3 *db = NULL;
        sqlite3_open(db_path, &db);
        sqlite3_exec(db, "PRAGMA cache_size = 1; PRAGMA cache_spill = 1; BEGIN IMMEDIATE;", NULL,
                     NULL, NULL);
        for (int i = 0; i < 400; i++) {
            sqlite3_exec(db,
                         "INSERT INTO events(timestamp, run_id, ws_id, event_type, payload_json) "
                         "VALUES('t', 'r1', 'ws-a', 'noise', hex(randomblob(2000)))",
                         NULL, NULL, NULL);
        }
        kill(getpid(), SIGKILL);
    }
    ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
    char *journal = ws_format("%s-journal", db_path);
    ck_assert_int_eq(access(journal, F_OK), 0);
    free(journal);
    struct ws_event_rows events;
    reopen(WS_STORE_READ);
    ok(ws_store_events(&events, store, "r1", NULL, &err));
    ck_assert_uint_eq(events.len, 1);
    ck_assert_str_eq(events.items[0].event_type, "workstream_declared");
    ws_event_rows_release(&events);
    struct ws_findings found;
    ok(ws_store_verify(&found, store, NULL, &err));
    ck_assert_uint_eq(found.len, 0);
    ws_findings_release(&found);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("open");

    tcase_add_checked_fixture(t, make_dir, teardown);
    tcase_add_test(t, a_new_database_is_private_and_whole);
    tcase_add_test(t, a_database_keeps_its_identity);
    tcase_add_test(t, a_database_made_without_a_repository_takes_the_first_one);
    tcase_add_test(t, an_absent_database_is_not_made_by_a_reader);
    tcase_add_test(t, an_empty_file_counts_as_absent);
    tcase_add_test(t, foreign_files_are_refused_untouched);
    tcase_add_test(t, a_damaged_header_is_refused);
    tcase_add_test(t, a_cut_file_is_refused);
    tcase_add_test(t, what_is_no_file_is_no_database);
    tcase_add_test(t, a_second_name_is_refused_unless_it_is_ours);
    tcase_add_test(t, a_link_to_a_database_is_followed);
    tcase_add_test(t, makers_race_for_one_database);
    tcase_add_test(t, left_overs_of_a_killed_maker_do_no_harm);
    tcase_add_test(t, a_reader_writes_nothing);
    tcase_add_test(t, a_hot_journal_is_rolled_back_by_a_reader);
    return run_suite("open", t);
}
