/* A folder of its own for every test, current while the test runs. */
#ifndef WSFSM_TESTS_UNIT_BASE_SCRATCH_H
#define WSFSM_TESTS_UNIT_BASE_SCRATCH_H

#include <check.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static inline char *enter_scratch(void)
{
    const char *root = getenv("TMPDIR");
    char *dir = malloc(4096);

    ck_assert_ptr_nonnull(dir);
    snprintf(dir, 4096, "%s/wsfsm-unit-XXXXXX", root != NULL && *root != '\0' ? root : "/tmp");
    ck_assert_ptr_nonnull(mkdtemp(dir));
    ck_assert_int_eq(chdir(dir), 0);
    return dir;
}

static inline int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

static inline void leave_scratch(char *dir)
{
    ck_assert_int_eq(chdir("/"), 0);
    ck_assert_int_eq(nftw(dir, remove_entry, 16, FTW_DEPTH | FTW_PHYS), 0);
    free(dir);
}

#endif
