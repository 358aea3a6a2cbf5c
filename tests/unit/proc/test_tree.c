/* Nothing that a program starts outlives it, however it ends and whoever is killed. */
#include <fcntl.h>
#include <pthread.h>
#include <sys/prctl.h>
#include <time.h>

#include "support.h"

static char self[512];

/* The worst program: it ignores what can be ignored, and leaves a child, one in a session of its
 * own, a stopped one, a daemon without any descriptor, and a chain that forks and exits every few
 * milliseconds. */
static void linger(void)
{
    for (;;)
        pause();
}

static void leave_daemon(void)
{
    setsid();
    if (fork() != 0)
        _exit(0);
    close_range(0, ~0U, 0);
    linger();
}

static void leave_chain(void)
{
    setsid();
    int64_t end = ws_boot_ms() + 60000;
    while (ws_boot_ms() < end) {
        if (fork() != 0)
            _exit(0);
        usleep(3000);
    }
    _exit(0);
}

static void leave_session(void)
{
    setsid();
    linger();
}

static void leave_stopped(void)
{
    raise(SIGSTOP);
    linger();
}

static void *linger_thread(void *payload)
{
    (void)payload;
    linger();
    return NULL;
}

/* Its first thread ends: the process looks like a zombie and is none. */
static void leave_headless(void)
{
    pthread_t thread;
    pthread_create(&thread, NULL, linger_thread, NULL);
    pthread_exit(NULL);
}

static int nasty_main(const char *mode, const char *up)
{
    static void (*const all[])(void) = {linger,         leave_session, leave_stopped,
                                        leave_headless, leave_daemon,  leave_chain};
    signal(SIGTERM, SIG_IGN);
    signal(SIGINT, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (fork() == 0)
            all[i]();
    usleep(20000); /* let them settle */
    close(open(up, O_CREAT | O_WRONLY, 0600));
    if (strcmp(mode, "exit") == 0)
        return 7;
    if (strcmp(mode, "kill-guard") == 0)
        kill(getppid(), SIGKILL);
    if (strcmp(mode, "stop-guard") == 0)
        kill(getppid(), SIGSTOP);
    linger();
    return 0;
}

static void nasty_init(struct ws_command *c, const char *mode)
{
    command_init(c, self);
    ws_strv_add(&c->argv, "nasty");
    ws_strv_add(&c->argv, mode);
    ws_strv_add(&c->argv, in_folder("up"));
    c->grace_ms = 100;
}

START_TEST(program_that_ends_by_itself)
{
    struct ws_command c;
    struct ws_exit e;
    nasty_init(&c, "exit");
    run_command(&e, &c);
    ck_assert_int_eq(count_marked(), 0);
    ck_assert_int_eq(e.exit_code, 7);
    ck_assert_int_ge(e.leftovers, 4);
    ws_exit_release(&e);
}
END_TEST

START_TEST(program_over_its_limit)
{
    struct ws_command c;
    struct ws_exit e;
    nasty_init(&c, "stay");
    c.wall_ms = 1000;
    run_command(&e, &c);
    ck_assert_int_eq(count_marked(), 0);
    ck_assert_int_eq(e.signal, SIGKILL);
    ck_assert_int_eq(e.timed_out, WS_LIMIT_WALL);
    ws_exit_release(&e);
}
END_TEST

static void *raise_when_up(void *payload)
{
    while (!ws_path_exists(in_folder("up")))
        usleep(1000);
    ws_stop_raise(payload, WS_STOP_CANCEL, 0);
    return NULL;
}

START_TEST(program_that_is_stopped)
{
    struct ws_command c;
    struct ws_exit e;
    struct ws_stop stop;
    pthread_t thread;
    ck_assert_int_eq(ws_stop_init(&stop, &error), 0);
    nasty_init(&c, "stay");
    pthread_create(&thread, NULL, raise_when_up, &stop);
    run_watched(&e, &c, &(struct ws_watch){.stop = &stop});
    ck_assert_int_eq(count_marked(), 0);
    pthread_join(thread, NULL);
    ck_assert(e.started);
    ck_assert(e.stopped);
    ck_assert_int_eq(e.signal, SIGKILL);
    ck_assert_int_eq(e.timed_out, WS_LIMIT_NONE);
    ws_exit_release(&e);
    ws_stop_release(&stop);
}
END_TEST

START_TEST(stop_raised_before_the_start)
{
    struct ws_command c;
    struct ws_exit e;
    struct ws_stop stop;
    ck_assert_int_eq(ws_stop_init(&stop, &error), 0);
    ws_stop_raise(&stop, WS_STOP_INTERRUPT, SIGTERM);
    nasty_init(&c, "stay");
    run_watched(&e, &c, &(struct ws_watch){.stop = &stop});
    ck_assert(e.stopped);
    ck_assert(!e.started);
    ck_assert(!ws_path_exists(in_folder("up")));
    ws_exit_release(&e);
    ws_stop_release(&stop);
}
END_TEST

/* An orchestrator of its own, to be killed. */
static pid_t start_orchestrator(const char *mode)
{
    pid_t pid = fork();
    if (pid != 0)
        return pid;
    struct ws_command c;
    struct ws_exit e;
    nasty_init(&c, mode);
    c.grace_ms = 60000; /* none is given to a program without an orchestrator */
    c.lock_file = in_folder("lock");
    ws_proc_run(&e, &c, NULL, &error);
    _exit(1);
}

START_TEST(orchestrator_is_killed)
{
    pid_t pid = start_orchestrator("stay");
    AWAIT(ws_path_exists(in_folder("up")));
    ck_assert_int_ge(count_marked(), 6);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    AWAIT(count_marked() == 0);
    ck_assert_msg(ws_guard_wait(in_folder("lock"), 20000, &error) == 0, "%s", error.message);
}
END_TEST

START_TEST(orchestrator_is_killed_while_leftovers_have_their_grace)
{
    pid_t pid = start_orchestrator("exit");
    AWAIT(ws_path_exists(in_folder("up")));
    ck_assert_int_ge(count_marked(), 5);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    AWAIT(count_marked() == 0);
}
END_TEST

START_TEST(lock_shows_that_the_guard_is_still_at_work)
{
    pid_t pid = start_orchestrator("stay");
    AWAIT(ws_path_exists(in_folder("up")));
    ck_assert_int_eq(ws_guard_wait(in_folder("lock"), 50, &error), -1);
    ck_assert_int_eq(error.code, WS_E_BUSY);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    ck_assert_int_eq(ws_guard_wait(in_folder("lock"), 20000, &error), 0);
    ck_assert_int_eq(count_marked(), 0);
    ck_assert_int_eq(ws_guard_wait(in_folder("no-such-lock"), 0, &error), 0);
}
END_TEST

START_TEST(guard_is_killed)
{
    struct ws_command c;
    struct ws_exit e;
    nasty_init(&c, "kill-guard");
    int rc = ws_proc_run(&e, &c, NULL, &error);
    ck_assert_int_eq(count_marked(), 0);
    ck_assert_int_eq(rc, -1);
    ws_command_release(&c);
    ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
    ck_assert_int_eq(errno, ECHILD);
}
END_TEST

START_TEST(guard_that_is_killed_takes_no_child_of_the_embedder_along)
{
    struct ws_command c;
    struct ws_exit e;
    pid_t mine = fork();
    if (mine == 0)
        linger();
    nasty_init(&c, "kill-guard");
    ck_assert_int_eq(ws_proc_run(&e, &c, NULL, &error), -1);
    ws_command_release(&c);
    ck_assert_int_eq(waitpid(mine, NULL, WNOHANG), 0);
    kill(mine, SIGKILL);
    waitpid(mine, NULL, 0);
    int subreaper = 1;
    prctl(PR_GET_CHILD_SUBREAPER, &subreaper);
    ck_assert_int_eq(subreaper, 0);
}
END_TEST

START_TEST(guard_is_stopped)
{
    struct ws_command c;
    struct ws_exit e;
    nasty_init(&c, "stop-guard");
    c.wall_ms = 200;
    run_command(&e, &c);
    ck_assert_int_eq(count_marked(), 0);
    ck_assert_int_eq(e.timed_out, WS_LIMIT_WALL);
    ws_exit_release(&e);
}
END_TEST

static pid_t guard_of(pid_t orchestrator)
{
    char *path = ws_format("/proc/%d/task/%d/children", (int)orchestrator, (int)orchestrator);
    FILE *f = fopen(path, "re");
    int pid = 0;
    ck_assert_ptr_nonnull(f);
    ck_assert_int_eq(fscanf(f, "%d", &pid), 1);
    fclose(f);
    free(path);
    return pid;
}

START_TEST(both_are_killed_and_the_strays_are_found_by_their_key)
{
    pid_t pid = start_orchestrator("stay");
    AWAIT(ws_path_exists(in_folder("up")));
    pid_t guard = guard_of(pid);
    kill(pid, SIGSTOP); /* or it would end them itself */
    kill(guard, SIGKILL);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    ck_assert_int_gt(count_marked(), 0);
    ck_assert_int_gt(ws_kill_strays(marker + strlen("WSFSM_KEY="), NULL, &error), 0);
    ck_assert_int_eq(count_marked(), 0);
}
END_TEST

START_TEST(orchestrator_that_is_stopped_does_not_hold_the_guard_up)
{
    pid_t pid = fork();
    if (pid == 0) {
        struct ws_command c;
        struct ws_exit e;
        shell_init(&c, "touch up; i=0; while [ $i -lt 40000 ]; do echo line $i; i=$((i + 1)); "
                       "done; touch done; exit 3");
        int rc = ws_proc_run(&e, &c, NULL, &error);
        _exit(rc == 0 && e.started ? e.exit_code : 99);
    }
    AWAIT(ws_path_exists(in_folder("up")));
    kill(pid, SIGSTOP);
    AWAIT(ws_path_exists(in_folder("done")));
    AWAIT(count_marked() == 0);
    kill(pid, SIGCONT);
    int status;
    waitpid(pid, &status, 0);
    ck_assert_int_eq(WEXITSTATUS(status), 3);
}
END_TEST

START_TEST(output_held_open_by_a_leftover)
{
    struct ws_command c;
    struct ws_exit e;
    shell_init(&c, "(setsid sleep 1000 &); echo said; exit 7");
    int64_t began = ws_boot_ms();
    run_command(&e, &c);
    int64_t took = ws_boot_ms() - began;
    ck_assert_int_eq(count_marked(), 0);
    ck_assert_int_eq(e.exit_code, 7);
    ck_assert_int_eq(e.leftovers, 1);
    ck_assert_int_eq(e.timed_out, WS_LIMIT_NONE);
    ck_assert_str_eq(e.stdout_tail, "said\n");
    ck_assert(e.duration_ms <= took - 1000); /* of the program, not of the wait for its leftover */
    ws_exit_release(&e);
}
END_TEST

START_TEST(what_a_leftover_still_prints_is_kept)
{
    struct ws_command c;
    struct ws_exit e;
    shell_init(&c, "(sleep 0.1; echo late) & echo early");
    run_command(&e, &c);
    ck_assert_str_eq(e.stdout_tail, "early\nlate\n");
    ck_assert_int_eq(e.leftovers, 0);
    ws_exit_release(&e);
}
END_TEST

START_TEST(leftovers_may_tidy_up)
{
    struct ws_command c;
    struct ws_exit e;
    shell_init(&c, "(trap ': > tidy; exit' TERM; : > up; sleep 1000 & wait) >/dev/null 2>&1 & "
                   "while [ ! -e up ]; do sleep 0.01; done");
    run_command(&e, &c);
    ck_assert_int_eq(count_marked(), 0);
    ck_assert_int_ge(e.leftovers, 1);
    ck_assert(ws_path_exists(in_folder("tidy")));
    ws_exit_release(&e);
}
END_TEST

START_TEST(fork_storm)
{
    struct ws_command c;
    struct ws_exit e;
    shell_init(
        &c, "i=0; while [ $i -lt 300 ]; do setsid sleep 1000 & i=$((i + 1)); done; touch up; wait");
    c.wall_ms = 1500;
    c.grace_ms = 50;
    run_command(&e, &c);
    ck_assert_int_eq(count_marked(), 0);
    ws_exit_release(&e);
}
END_TEST

START_TEST(program_that_has_children_without_a_marker)
{
    struct ws_command c;
    struct ws_exit e;
    shell_init(&c, "setsid env -i sleep 1000 & echo $!; sleep 0.1");
    run_command(&e, &c);
    pid_t pid = (pid_t)strtol(e.stdout_tail, NULL, 10);
    ck_assert_int_gt(pid, 1);
    ck_assert_int_eq(kill(pid, 0), -1);
    ck_assert_int_eq(errno, ESRCH);
    ck_assert_int_ge(e.leftovers, 1);
    ws_exit_release(&e);
}
END_TEST

static Suite *suite(void)
{
    const TTest *const tests[] = {
        program_that_ends_by_itself,
        program_over_its_limit,
        program_that_is_stopped,
        stop_raised_before_the_start,
        orchestrator_is_killed,
        orchestrator_is_killed_while_leftovers_have_their_grace,
        lock_shows_that_the_guard_is_still_at_work,
        guard_is_killed,
        guard_that_is_killed_takes_no_child_of_the_embedder_along,
        guard_is_stopped,
        both_are_killed_and_the_strays_are_found_by_their_key,
        orchestrator_that_is_stopped_does_not_hold_the_guard_up,
        output_held_open_by_a_leftover,
        what_a_leftover_still_prints_is_kept,
        leftovers_may_tidy_up,
        fork_storm,
        program_that_has_children_without_a_marker,
    };
    Suite *s = suite_create("tree");
    TCase *t = tcase_create("survivors");
    tcase_add_checked_fixture(t, folder_setup, folder_teardown);
    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++)
        tcase_add_test(t, tests[i]);
    suite_add_tcase(s, t);
    return s;
}

int main(int argc, char **argv)
{
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    self[n > 0 ? n : 0] = '\0';
    if (argc == 4 && strcmp(argv[1], "nasty") == 0)
        return nasty_main(argv[2], argv[3]);
    return test_main(argc, argv, suite);
}
