/* A supervisor that holds its lock is woken or ended, and nobody else is. */
#include <fcntl.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>

#include "holder.h"
#include "support.h"

static char lock[128]; /* in_folder() forgets what it gave out long ago */

static void setup(void)
{
    folder_setup();
    snprintf(lock, sizeof lock, "%s/lock", folder);
}

static void linger(void)
{
    for (;;)
        pause();
}

static bool is_held(void)
{
    int fd = open(lock, O_RDWR | O_CLOEXEC);
    bool held = fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) < 0;
    if (fd >= 0)
        close(fd);
    return held;
}

static bool is_in_state(pid_t pid, char state)
{
    struct ws_process p;
    return ws_process_read(&p, pid) == 0 && p.state == state;
}

static bool is_gone(pid_t pid)
{
    struct ws_process p;
    return ws_process_read(&p, pid) < 0 || !ws_process_lives(&p);
}

static pid_t pid_from(const char *path)
{
    char *text = file_text(path);
    pid_t pid = (pid_t)strtol(text, NULL, 10);
    ck_assert_int_gt(pid, 1);
    free(text);
    return pid;
}

/* A supervisor that was stopped, and whose orchestrator was killed then. What it watches over
 * leaves one process that no environment tells of. */
static pid_t leave_stopped_guard(void)
{
    pid_t orchestrator = fork();
    if (orchestrator == 0) {
        struct ws_command c;
        struct ws_exit e;
        shell_init(&c, "echo $PPID > guard; setsid env -i sleep 1000 & echo $! > stray; sleep 0.1; "
                       "touch up; wait");
        c.lock_file = lock;
        ws_proc_run(&e, &c, NULL, &error);
        _exit(1);
    }
    AWAIT(ws_path_exists(in_folder("up")));
    pid_t guard = pid_from(in_folder("guard"));
    kill(guard, SIGSTOP);
    AWAIT(is_in_state(guard, 'T'));
    kill(orchestrator, SIGKILL);
    waitpid(orchestrator, NULL, 0);
    return guard;
}

START_TEST(stopped_guard_is_woken)
{
    pid_t guard = leave_stopped_guard();
    ck_assert_int_eq(ws_guard_wait(lock, 0, &error), -1);
    ck_assert_int_eq(error.code, WS_E_BUSY);
    ck_assert(is_in_state(guard, 'T'));
    ck_assert_msg(ws_guard_wait(lock, 20000, &error) == 0, "%s", error.message);
    ck_assert_int_eq(count_marked(), 0);
    ck_assert(is_gone(pid_from(in_folder("stray"))));
    AWAIT(is_gone(guard));
}
END_TEST

/* By a tracer no SIGCONT lets it go on. Not everywhere may one process trace another: then it is
 * stopped only. */
static pid_t start_tracer(pid_t traced)
{
    pid_t pid = fork();
    if (pid == 0) {
        if (ptrace(PTRACE_SEIZE, traced, 0, 0) == 0)
            ptrace(PTRACE_INTERRUPT, traced, 0, 0);
        close(open(in_folder("traced"), O_CREAT | O_WRONLY, 0600));
        linger();
    }
    AWAIT(ws_path_exists(in_folder("traced")));
    return pid;
}

START_TEST(guard_that_cannot_be_woken_is_killed_with_all_below_it)
{
    pid_t guard = leave_stopped_guard();
    pid_t tracer = start_tracer(guard);
    pid_t stray = pid_from(in_folder("stray"));
    ck_assert(!is_gone(stray));
    ck_assert_msg(ws_guard_kill(lock, &error) == 0, "%s", error.message);
    AWAIT(is_gone(guard));
    ck_assert(is_gone(stray));
    ck_assert_int_eq(count_marked(), 0);
    kill(tracer, SIGKILL);
    waitpid(tracer, NULL, 0);
}
END_TEST

START_TEST(lock_that_nobody_holds_has_nobody_killed)
{
    ck_assert_int_eq(ws_guard_kill(lock, &error), 0); /* no such file */
    char *text = ws_format("%d 1\n", (int)getpid());
    write_file(lock, text, 0600);
    ck_assert_int_eq(ws_guard_kill(lock, &error), 0);
    free(text);
}
END_TEST

/* A process that calls itself so, and has the file open; whether it has it locked, too, makes it a
 * supervisor or none. */
static pid_t start_open(const char *name, const char *file, bool locks)
{
    pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_NAME, name);
        int fd = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        if (fd < 0 || (locks && flock(fd, LOCK_EX | LOCK_NB) < 0))
            _exit(1);
        close(open(in_folder("up"), O_CREAT | O_WRONLY, 0600));
        linger();
    }
    AWAIT(ws_path_exists(in_folder("up")));
    ck_assert_int_eq(unlink(in_folder("up")), 0);
    return pid;
}

/* As a tool would write it that wants the process killed. */
static void accuse(pid_t pid)
{
    struct ws_process p;
    ck_assert_int_eq(ws_process_read(&p, pid), 0);
    char *text = ws_format("%d %llu\n", (int)pid, (unsigned long long)p.start);
    FILE *f = fopen(lock, "we");
    ck_assert_ptr_nonnull(f);
    ck_assert_int_ge(fputs(text, f), 0);
    fclose(f);
    free(text);
}

static void end(pid_t pid)
{
    int status;
    ck_assert_int_eq(waitpid(pid, &status, WNOHANG), 0);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

START_TEST(nobody_is_killed_for_what_the_file_says)
{
    pid_t innocents[] = {
        start_open("holder", lock, true),                    /* no supervisor */
        start_open(WS_GUARD_NAME, lock, false),              /* does not hold it */
        start_open(WS_GUARD_NAME, in_folder("other"), true), /* holds that of another workstream */
        start_open("sleep", in_folder("x"), false),          /* nothing of all that */
    };
    size_t count = sizeof innocents / sizeof *innocents;
    for (size_t i = 0; i < count; i++) {
        accuse(innocents[i]);
        kill(innocents[i], SIGSTOP);
        AWAIT(is_in_state(innocents[i], 'T'));
        ck_assert_int_eq(ws_guard_wait(lock, 50, &error), -1);
        ck_assert_int_eq(ws_guard_kill(lock, &error), -1);
        ck_assert_int_eq(error.code, WS_E_BUSY);
        ck_assert_str_eq(error.where, lock);
        ck_assert(is_in_state(innocents[i], 'T'));
    }
    for (size_t i = 0; i < count; i++)
        end(innocents[i]);
    ck_assert_int_eq(ws_guard_kill(lock, &error), 0);
}
END_TEST

/* A program that calls us would end itself. */
START_TEST(own_line_is_spared)
{
    prctl(PR_SET_NAME, WS_GUARD_NAME);
    int fd = open(lock, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    ck_assert_int_eq(flock(fd, LOCK_EX | LOCK_NB), 0);
    ck_assert_int_eq(ws_guard_kill(lock, &error), -1);
    ck_assert_int_eq(error.code, WS_E_BUSY);
    close(fd);
}
END_TEST

START_TEST(program_whose_lock_is_held_is_not_blamed)
{
    pid_t holder = start_open("holder", lock, true);
    struct ws_command c;
    struct ws_exit e;
    shell_init(&c, "touch ran");
    c.lock_file = lock;
    ck_assert_int_eq(ws_proc_run(&e, &c, NULL, &error), -1);
    ck_assert_int_eq(error.code, WS_E_BUSY);
    ck_assert_str_eq(error.where, lock);
    ck_assert(!ws_path_exists(in_folder("ran")));
    end(holder);
    run_command(&e, &c);
    ck_assert(ws_path_exists(in_folder("ran")));
    ck_assert(!is_held());
    ws_exit_release(&e);
}
END_TEST

START_TEST(lock_that_cannot_be_made_is_no_fault_of_the_program)
{
    struct ws_command c;
    struct ws_exit e;
    shell_init(&c, "touch ran");
    char *path = ws_strdup(in_folder("no-such-folder/lock"));
    c.lock_file = path;
    ck_assert_int_eq(ws_proc_run(&e, &c, NULL, &error), -1);
    ck_assert_int_eq(error.code, WS_E_IO);
    ck_assert_str_eq(error.where, path);
    ck_assert(!ws_path_exists(in_folder("ran")));
    free(path);
    ws_command_release(&c);
}
END_TEST

static Suite *suite(void)
{
    const TTest *const tests[] = {
        stopped_guard_is_woken,
        guard_that_cannot_be_woken_is_killed_with_all_below_it,
        lock_that_nobody_holds_has_nobody_killed,
        nobody_is_killed_for_what_the_file_says,
        own_line_is_spared,
        program_whose_lock_is_held_is_not_blamed,
        lock_that_cannot_be_made_is_no_fault_of_the_program,
    };
    Suite *s = suite_create("lock");
    TCase *t = tcase_create("holders");
    tcase_add_checked_fixture(t, setup, folder_teardown);
    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++)
        tcase_add_test(t, tests[i]);
    suite_add_tcase(s, t);
    return s;
}

int main(int argc, char **argv)
{
    return test_main(argc, argv, suite);
}
