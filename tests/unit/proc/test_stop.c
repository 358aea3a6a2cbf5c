/* Requests to stop, by call and by signal. */
#include <poll.h>
#include <pthread.h>

#include "support.h"

static bool is_readable(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    return poll(&p, 1, 0) == 1;
}

START_TEST(first_kind_stays)
{
    struct ws_stop s;
    ck_assert_int_eq(ws_stop_init(&s, &error), 0);
    ck_assert_int_eq(ws_stop_raised(&s), WS_STOP_NONE);
    ck_assert(!is_readable(s.fd));
    ws_stop_raise(&s, WS_STOP_INTERRUPT, SIGTERM);
    ws_stop_raise(&s, WS_STOP_CANCEL, SIGINT);
    ck_assert_int_eq(ws_stop_raised(&s), WS_STOP_INTERRUPT);
    ck_assert_int_eq(ws_stop_signal(&s), SIGTERM);
    ck_assert(is_readable(s.fd));
    ck_assert(is_readable(s.fd)); /* stays so */
    ws_stop_release(&s);
    ws_stop_release(&s);
    ws_stop_release(NULL);
    ws_stop_release(&(struct ws_stop){0});
}
END_TEST

static void *raise_interrupt(void *payload)
{
    ws_stop_raise(payload, WS_STOP_INTERRUPT, SIGTERM);
    return NULL;
}

/* Who asks meanwhile sees nothing, or all of it; ThreadSanitizer watches the two. */
START_TEST(another_thread_raises)
{
    for (int i = 0; i < 200; i++) {
        struct ws_stop s;
        pthread_t thread;
        ck_assert_int_eq(ws_stop_init(&s, &error), 0);
        ck_assert_int_eq(pthread_create(&thread, NULL, raise_interrupt, &s), 0);
        while (ws_stop_raised(&s) == WS_STOP_NONE)
            sched_yield();
        ck_assert_int_eq(ws_stop_raised(&s), WS_STOP_INTERRUPT);
        ck_assert_int_eq(ws_stop_signal(&s), SIGTERM);
        ck_assert_int_eq(pthread_join(thread, NULL), 0);
        ck_assert(is_readable(s.fd));
        ws_stop_release(&s);
    }
}
END_TEST

START_TEST(signals_are_routed)
{
    const struct {
        int signal;
        enum ws_stop_kind kind;
    } routes[] = {
        {SIGINT, WS_STOP_CANCEL}, {SIGTERM, WS_STOP_INTERRUPT}, {SIGHUP, WS_STOP_INTERRUPT}};
    for (size_t i = 0; i < 3; i++) {
        struct ws_stop s;
        ck_assert_int_eq(ws_stop_init(&s, &error), 0);
        ck_assert_int_eq(ws_stop_on_signals(&s, &error), 0);
        ck_assert_int_eq(raise(routes[i].signal), 0);
        ck_assert_int_eq(ws_stop_raised(&s), routes[i].kind);
        ck_assert_int_eq(ws_stop_signal(&s), routes[i].signal);
        ck_assert(is_readable(s.fd));
        ws_stop_release(&s);
    }
}
END_TEST

START_TEST(second_signal_ends_the_process)
{
    const int seconds[] = {SIGINT, SIGTERM, SIGHUP};
    for (size_t i = 0; i < 3; i++) {
        pid_t pid = fork();
        if (pid == 0) {
            struct ws_stop s;
            if (ws_stop_init(&s, &error) == 0 && ws_stop_on_signals(&s, &error) == 0) {
                raise(SIGINT);
                raise(seconds[i]);
            }
            _exit(0);
        }
        int status;
        waitpid(pid, &status, 0);
        ck_assert(WIFSIGNALED(status));
        ck_assert_int_eq(WTERMSIG(status), seconds[i]);
    }
}
END_TEST

START_TEST(release_undoes_the_routing)
{
    struct ws_stop s, other;
    struct sigaction action, before;
    sigaction(SIGINT, NULL, &before);
    ck_assert_int_eq(ws_stop_init(&s, &error), 0);
    ck_assert_int_eq(ws_stop_init(&other, &error), 0);
    signal(SIGTERM, SIG_IGN);
    ck_assert_int_eq(ws_stop_on_signals(&s, &error), 0);
    ck_assert_int_eq(ws_stop_on_signals(&other, &error), -1);
    ws_stop_release(&other); /* was not routed */
    sigaction(SIGTERM, NULL, &action);
    ck_assert(action.sa_handler != SIG_IGN);
    ws_stop_release(&s);
    sigaction(SIGTERM, NULL, &action);
    ck_assert(action.sa_handler == SIG_IGN);
    sigaction(SIGINT, NULL, &action);
    ck_assert(action.sa_handler == before.sa_handler);
    signal(SIGTERM, SIG_DFL);
}
END_TEST

START_TEST(nohup_is_respected)
{
    struct ws_stop s;
    signal(SIGHUP, SIG_IGN);
    ck_assert_int_eq(ws_stop_init(&s, &error), 0);
    ck_assert_int_eq(ws_stop_on_signals(&s, &error), 0);
    raise(SIGHUP);
    ck_assert_int_eq(ws_stop_raised(&s), WS_STOP_NONE);
    ws_stop_release(&s);
    signal(SIGHUP, SIG_DFL);
}
END_TEST

START_TEST(a_signal_stops_the_program)
{
    folder_setup();
    pid_t pid = fork();
    if (pid == 0) {
        struct ws_stop s;
        struct ws_command c;
        struct ws_exit e = {0};
        if (ws_stop_init(&s, &error) < 0 || ws_stop_on_signals(&s, &error) < 0)
            _exit(9);
        shell_init(&c, "trap 'exit 3' TERM; touch up; while :; do sleep 0.05; done");
        int rc = ws_proc_run(&e, &c, &(struct ws_watch){.stop = &s}, &error);
        _exit(rc == 0 && e.stopped && e.exit_code == 3 && ws_stop_raised(&s) == WS_STOP_CANCEL ? 0
                                                                                               : 1);
    }
    AWAIT(ws_path_exists(in_folder("up")));
    kill(pid, SIGINT);
    int status;
    waitpid(pid, &status, 0);
    ck_assert_int_eq(status, 0);
    ck_assert_int_eq(count_marked(), 0);
    folder_teardown();
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("stop");
    TCase *t = tcase_create("stop");
    tcase_add_test(t, first_kind_stays);
    tcase_add_test(t, another_thread_raises);
    tcase_add_test(t, signals_are_routed);
    tcase_add_test(t, second_signal_ends_the_process);
    tcase_add_test(t, release_undoes_the_routing);
    tcase_add_test(t, nohup_is_respected);
    tcase_add_test(t, a_signal_stops_the_program);
    suite_add_tcase(s, t);
    return s;
}

int main(int argc, char **argv)
{
    return test_main(argc, argv, suite);
}
