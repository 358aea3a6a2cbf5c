/* Runs a function that must end its process, in a child, and collects what it wrote to stderr. */
#ifndef WSFSM_TESTS_UNIT_BASE_DEATH_H
#define WSFSM_TESTS_UNIT_BASE_DEATH_H

#include <check.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* Returns the wait status; `said` gets what fits of stderr. */
static inline int status_of(void (*body)(void), char *said, size_t size)
{
    int ends[2], status;
    size_t len = 0;

    ck_assert_int_eq(pipe(ends), 0);
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
        dup2(ends[1], STDERR_FILENO);
        close(ends[0]);
        close(ends[1]);
        body();
        _exit(0);
    }
    close(ends[1]);
    for (ssize_t n; (n = read(ends[0], said + len, size - 1 - len)) > 0;) {
        len += (size_t)n;
    }
    said[len] = '\0';
    close(ends[0]);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    return status;
}

static inline void assert_aborts(void (*body)(void), const char *line)
{
    char said[4096];
    int status = status_of(body, said, sizeof said);

    ck_assert(WIFSIGNALED(status));
    ck_assert_int_eq(WTERMSIG(status), SIGABRT);
    ck_assert_str_eq(said, line);
}

#endif
