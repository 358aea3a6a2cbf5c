/* The end of a test program without fixtures: a suite of one test case, run. */
#ifndef WSFSM_TESTS_UNIT_BASE_SUITE_H
#define WSFSM_TESTS_UNIT_BASE_SUITE_H

#include "run_suite.h"

static inline int run_tests(const char *name, const TTest *const *tests, size_t count)
{
    TCase *tcase = tcase_create(name);

    for (size_t i = 0; i < count; i++) {
        tcase_add_test(tcase, tests[i]);
    }
    return run_suite(name, tcase);
}

#define RUN_TESTS(name, ...)                                                                       \
    int main(void)                                                                                 \
    {                                                                                              \
        const TTest *const tests[] = {__VA_ARGS__};                                                \
        return run_tests(name, tests, sizeof tests / sizeof *tests);                               \
    }

#endif
