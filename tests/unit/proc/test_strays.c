/* Processes found by their key. */
#include "support.h"

static const char *key(void)
{
    return marker + strlen("WSFSM_KEY=");
}

/* A process with these entries in its environment, in a session of its own. */
static pid_t start(char *entry, char *last)
{
    pid_t pid = fork();
    if (pid == 0) {
        char name[] = "sleep", seconds[] = "1000", first[] = "A=1";
        char *env[] = {first, entry, last, NULL};
        char *argv[] = {name, seconds, NULL};
        setsid();
        signal(SIGTERM, SIG_IGN);
        execve("/bin/sleep", argv, env);
        _exit(127);
    }
    return pid;
}

static bool runs_sleep(pid_t pid)
{
    char path[64], name[32] = "";
    snprintf(path, sizeof path, "/proc/%d/comm", (int)pid);
    FILE *f = fopen(path, "re");
    if (f == NULL)
        return false;
    bool read = fgets(name, sizeof name, f) != NULL;
    fclose(f);
    return read && strcmp(name, "sleep\n") == 0;
}

START_TEST(exactly_the_keyed_ones_are_killed)
{
    char *entries[] = {
        ws_strdup(marker),               /* the key itself */
        ws_format("%s/3", marker),       /* an attempt of the run */
        ws_format("%sx", marker),        /* another key that begins alike */
        ws_format("X%s", marker),        /* another variable */
        ws_format("OTHER=1 %s", marker), /* a value that mentions it */
    };
    char last[] = "Z=1";
    pid_t pids[5];
    for (int i = 0; i < 5; i++) {
        pids[i] = start(entries[i], last);
        AWAIT(runs_sleep(pids[i]));
    }
    ck_assert_int_eq(ws_kill_strays(key(), NULL, &error), 2);
    for (int i = 0; i < 5; i++) {
        int status = 0;
        bool dead = waitpid(pids[i], &status, WNOHANG) == pids[i];
        ck_assert_int_eq(dead, i < 2);
        if (dead)
            ck_assert_int_eq(WTERMSIG(status), SIGKILL);
        kill(pids[i], SIGKILL);
        free(entries[i]);
    }
    ck_assert_int_eq(ws_kill_strays(key(), NULL, &error), 0);
}
END_TEST

/* The same run id may be in use in two repositories at the same time. */
START_TEST(those_of_another_repository_are_spared)
{
    char here[] = "WSFSM_REPO=/here", there[] = "WSFSM_REPO=/here/too";
    pid_t ours = start(marker, here), theirs = start(marker, there);
    int status;
    AWAIT(runs_sleep(ours) && runs_sleep(theirs));
    ck_assert_int_eq(ws_kill_strays(key(), "/here", &error), 1);
    ck_assert_int_eq(waitpid(ours, &status, 0), ours);
    ck_assert_int_eq(waitpid(theirs, &status, WNOHANG), 0);
    kill(theirs, SIGKILL);
}
END_TEST

START_TEST(we_and_our_ancestors_are_spared)
{
    /* A shell with the key starts this program again, which kills strays beside itself only. */
    char self[512];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    ck_assert_int_gt(n, 0);
    self[n] = '\0';
    char *script = ws_format("sleep 1000 & '%s' strays '%s'; echo alive $?; exit 5", self, key());
    struct ws_command c;
    struct ws_exit e;
    shell_init(&c, script);
    run_command(&e, &c);
    ck_assert_str_eq(e.stdout_tail, "alive 1\n");
    ck_assert_int_eq(e.exit_code, 5);
    ck_assert_int_eq(e.leftovers, 0);
    ws_exit_release(&e);
    free(script);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("strays");
    TCase *t = tcase_create("strays");
    tcase_add_checked_fixture(t, folder_setup, folder_teardown);
    tcase_add_test(t, exactly_the_keyed_ones_are_killed);
    tcase_add_test(t, those_of_another_repository_are_spared);
    tcase_add_test(t, we_and_our_ancestors_are_spared);
    suite_add_tcase(s, t);
    return s;
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "strays") == 0)
        return ws_kill_strays(argv[2], NULL, &error);
    return test_main(argc, argv, suite);
}
