#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "run_suite.h"
#include "wsfsm/run/lock.h"

static char dir[32];

static void setup(void)
{
    snprintf(dir, sizeof dir, "/tmp/wsfsm-lock-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
}

static void teardown(void)
{
    char command[64];
    snprintf(command, sizeof command, "rm -rf %s", dir);
    ck_assert_int_eq(system(command), 0);
}

START_TEST(one_holder_at_a_time)
{
    struct ws_run_lock one, two;
    struct ws_error err = {0};
    int pid = 0;
    char run_id[65];
    ck_assert(!ws_run_lock_held(&pid, run_id, dir, "ws-a"));
    ck_assert_int_eq(ws_run_lock_take(&one, dir, "ws-a", "run-1", &err), 0);
    ck_assert(ws_run_lock_held(&pid, run_id, dir, "ws-a"));
    ck_assert_int_eq(pid, getpid());
    ck_assert_str_eq(run_id, "run-1");
    ck_assert_int_eq(ws_run_lock_take(&two, dir, "ws-a", "run-2", &err), -1);
    ck_assert_int_eq(err.code, WS_E_BUSY);
    ck_assert_ptr_nonnull(strstr(err.message, "run-1"));
    ck_assert_int_eq(ws_run_lock_take(&two, dir, "ws-b", "run-2", &err), 0);
    ws_run_lock_release(&one);
    ws_run_lock_release(&two);
    ck_assert(!ws_run_lock_held(NULL, NULL, dir, "ws-a"));
    ck_assert_int_eq(ws_run_lock_take(&one, dir, "ws-a", "run-3", &err), 0);
    ws_run_lock_release(&one);
}
END_TEST

START_TEST(the_kernel_drops_a_dead_holders_lock)
{
    int ready[2];
    char byte;
    ck_assert_int_eq(pipe(ready), 0);
    pid_t child = fork();
    if (child == 0) {
        struct ws_run_lock lock;
        if (ws_run_lock_take(&lock, dir, "ws-a", "run-1", NULL) == 0 &&
            write(ready[1], "x", 1) == 1)
            pause();
        _exit(1);
    }
    ck_assert_int_eq(read(ready[0], &byte, 1), 1);
    int pid = 0;
    ck_assert(ws_run_lock_held(&pid, NULL, dir, "ws-a"));
    ck_assert_int_eq(pid, child);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    struct ws_run_lock lock;
    ck_assert(!ws_run_lock_held(NULL, NULL, dir, "ws-a"));
    ck_assert_int_eq(ws_run_lock_take(&lock, dir, "ws-a", "run-2", NULL), 0);
    ws_run_lock_release(&lock);
}
END_TEST

/* Who only looks is no holder: a start or a resume beside a `status` is not busy. */
START_TEST(a_look_holds_nothing)
{
    const struct timespec pause = {.tv_nsec = 300000};
    struct ws_run_lock lock;
    struct ws_error err = {0};
    ck_assert_int_eq(ws_run_lock_take(&lock, dir, "ws-a", "run-1", &err), 0);
    ws_run_lock_release(&lock);
    pid_t looker = fork();
    while (looker == 0) {
        ws_run_lock_held(NULL, NULL, dir, "ws-a");
        nanosleep(&pause, NULL);
    }
    for (int i = 0; i < 3000; i++) {
        ck_assert_msg(ws_run_lock_take(&lock, dir, "ws-a", "run-1", &err) == 0, "take %d: %s", i,
                      err.message);
        ws_run_lock_release(&lock);
    }
    kill(looker, SIGKILL);
    waitpid(looker, NULL, 0);
}
END_TEST

/* What stands in the file is taken for a process only when it can be one. */
START_TEST(a_damaged_lock_file_names_nobody)
{
    static const char *const damaged[] = {"-1 run-2\n", "0 run-2\n", "99999999999 run-2\n",
                                          "x",          "",          "7"};
    struct ws_run_lock lock;
    char path[64], run_id[65];
    int pid;
    snprintf(path, sizeof path, "%s/locks/ws-a.lock", dir);
    ck_assert_int_eq(ws_run_lock_take(&lock, dir, "ws-a", "run-1", NULL), 0);
    for (size_t i = 0; i < sizeof damaged / sizeof *damaged; i++) {
        FILE *file = fopen(path, "w");
        ck_assert_ptr_nonnull(file);
        ck_assert_int_ge(fputs(damaged[i], file), 0);
        ck_assert_int_eq(fclose(file), 0);
        ck_assert(ws_run_lock_held(&pid, run_id, dir, "ws-a"));
        ck_assert_int_eq(pid, 0);
        ck_assert_str_eq(run_id, "");
    }
    ws_run_lock_release(&lock);
}
END_TEST

int main(void)
{
    TCase *c = tcase_create("lock");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, one_holder_at_a_time);
    tcase_add_test(c, a_damaged_lock_file_names_nobody);
    tcase_add_test(c, a_look_holds_nothing);
    tcase_add_test(c, the_kernel_drops_a_dead_holders_lock);
    return run_suite("lock", c);
}
