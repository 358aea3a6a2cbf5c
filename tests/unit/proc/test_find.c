/* Which file a command means. */
#include "support.h"

static char *dir_a, *dir_b;

static void setup(void)
{
    folder_setup();
    dir_a = ws_path_join(folder, "a");
    dir_b = ws_path_join(folder, "b");
    ck_assert_int_eq(mkdir(dir_a, 0755), 0);
    ck_assert_int_eq(mkdir(dir_b, 0755), 0);
    write_file(in_folder("a/plain"), "#!/bin/sh\n", 0644);
    write_file(in_folder("b/plain"), "#!/bin/sh\n", 0755);
    write_file(in_folder("b/only-b"), "#!/bin/sh\n", 0755);
    ck_assert_int_eq(mkdir(in_folder("a/only-b"), 0755), 0);
    ck_assert_int_eq(symlink("../b/only-b", in_folder("a/a-link")), 0);
    ck_assert_int_eq(symlink("nowhere", in_folder("a/dangling")), 0);
}

static void teardown(void)
{
    free(dir_a);
    free(dir_b);
    folder_teardown();
}

static const char *refuse_b(void *payload, const char *file)
{
    (*(int *)payload)++;
    return ws_path_under(file, dir_b) ? "it is tracked" : NULL;
}

static void expect_found(const char *command, const char *path, const char *expected)
{
    char *out = NULL;
    ck_assert_msg(ws_find_program(&out, command, path, NULL, NULL, &error) == 0, "%s",
                  error.message);
    ck_assert_str_eq(out, expected);
    free(out);
}

static void expect_lost(const char *command, const char *path, const char *why)
{
    char *out = NULL;
    ck_assert_int_eq(ws_find_program(&out, command, path, NULL, NULL, &error), -1);
    ck_assert_int_eq(error.code, WS_E_UNKNOWN_ID);
    ck_assert_msg(strstr(error.message, why) != NULL, "'%s' lacks '%s'", error.message, why);
    ck_assert_ptr_null(out);
}

START_TEST(absolute_commands)
{
    expect_found(in_folder("b/plain"), NULL, in_folder("b/plain"));
    expect_lost(in_folder("a/plain"), NULL, "not executable");
    expect_lost(in_folder("a/missing"), NULL, "No such file");
    expect_lost(in_folder("a"), NULL, "not a regular file");
    expect_lost("./plain", dir_b, "absolute");
    expect_lost("b/plain", folder, "absolute");
    expect_lost("", dir_b, "empty");
}
END_TEST

START_TEST(names_are_sought_in_order)
{
    char *path = ws_format("%s:%s", dir_a, dir_b);
    expect_found("plain", path, in_folder("b/plain"));   /* the first is not executable */
    expect_found("only-b", path, in_folder("b/only-b")); /* the first is a folder */
    expect_found("a-link", path, in_folder("a/a-link")); /* as it is named, not what it points to */
    expect_lost("dangling", path, "no such program");
    expect_lost("plain", dir_a, "not executable");
    expect_lost("nothing", path, "no such program in PATH");
    expect_lost("plain", NULL, "no such program in PATH");
    free(path);
}
END_TEST

START_TEST(relative_entries_are_skipped)
{
    ck_assert_int_eq(chdir(dir_b), 0);
    expect_lost("plain", ".", "no such program");
    expect_lost("plain", "", "no such program");
    expect_lost("plain", ":", "no such program");
    expect_lost("plain", "::.:../b", "no such program");
    char *path = ws_format(".::%s", dir_b);
    expect_found("plain", path, in_folder("b/plain"));
    free(path);
    ck_assert_int_eq(chdir("/"), 0);
}
END_TEST

START_TEST(refused_by_what_it_really_is)
{
    char *path = ws_format("%s:%s:/bin", dir_a, dir_b);
    int asked = 0;
    char *out = NULL;
    ck_assert_int_eq(ws_find_program(&out, "a-link", path, refuse_b, &asked, &error), -1);
    ck_assert_ptr_nonnull(strstr(error.message, "it is tracked"));
    ck_assert_int_eq(asked, 1);
    ck_assert_int_eq(ws_find_program(&out, in_folder("a/a-link"), NULL, refuse_b, &asked, &error),
                     -1);
    ck_assert_ptr_nonnull(strstr(error.message, "it is tracked"));
    write_file(in_folder("b/true"), "#!/bin/sh\n", 0755);
    ck_assert_int_eq(ws_find_program(&out, "true", path, refuse_b, &asked, &error), 0);
    ck_assert_str_eq(out, "/bin/true");
    free(out);
    free(path);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("find");
    TCase *t = tcase_create("find");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, absolute_commands);
    tcase_add_test(t, names_are_sought_in_order);
    tcase_add_test(t, relative_entries_are_skipped);
    tcase_add_test(t, refused_by_what_it_really_is);
    suite_add_tcase(s, t);
    return s;
}

int main(int argc, char **argv)
{
    return test_main(argc, argv, suite);
}
