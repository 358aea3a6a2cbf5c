#include "fixture.h"

static char *names_of(const char *tree)
{
    char *script = ws_format("git ls-tree -r --name-only %s | tr '\\n' ' '", tree);
    char *names = sh_line(script);

    free(script);
    return names;
}

static void without(const char *const *paths, const char *expected)
{
    struct ws_strv list = {0};
    struct ws_error err = {0};
    char tree[WS_OID_HEX];

    for (; *paths != NULL; paths++) {
        ws_strv_add(&list, *paths);
    }
    ok(ws_repo_tree_without(tree, fx.repo, fx.base, &list, &err), &err);
    char *names = names_of(tree);
    ck_assert_str_eq(names, expected);
    free(names);
    ws_strv_release(&list);
}

START_TEST(files_are_left_out_and_nothing_else)
{
    without((const char *const[]){"b.txt", "src/sub/deep.c", NULL},
            ".gitignore a.txt docs/d.md link run.sh src/x.c ");
    without((const char *const[]){"link", "run.sh", "not/there", NULL},
            ".gitignore a.txt b.txt docs/d.md src/sub/deep.c src/x.c ");
}
END_TEST

START_TEST(a_folder_that_becomes_empty_goes_with_its_files)
{
    const char *paths[] = {"src/x.c", "src/sub/deep.c"};
    struct ws_strv list = {0};
    struct ws_error err = {0};
    char tree[WS_OID_HEX];

    ws_strv_add(&list, paths[0]);
    ws_strv_add(&list, paths[1]);
    ok(ws_repo_tree_without(tree, fx.repo, fx.base, &list, &err), &err);
    ck_assert_int_eq(look(tree, "src"), WS_ENTRY_ABSENT);
    ck_assert_int_eq(look(tree, "docs"), WS_ENTRY_DIR);
    ws_strv_release(&list);
}
END_TEST

START_TEST(nothing_left_out_is_the_same_tree)
{
    struct ws_strv none = {0};
    struct ws_error err = {0};
    char tree[WS_OID_HEX], same[WS_OID_HEX];

    ok(ws_repo_tree_of(tree, fx.repo, fx.base, &err), &err);
    ok(ws_repo_tree_without(same, fx.repo, fx.base, &none, &err), &err);
    ck_assert_str_eq(same, tree);
}
END_TEST

START_TEST(no_such_tree_is_an_error)
{
    struct ws_strv none = {0};
    struct ws_error err = {0};
    char tree[WS_OID_HEX];

    ck_assert_int_lt(ws_repo_tree_without(tree, fx.repo, "0123456789012345678901234567890123456789",
                                          &none, &err),
                     0);
    ck_assert_int_eq(err.code, WS_E_REPOSITORY);
}
END_TEST

static int take_none(void *payload, const char *path)
{
    (void)payload;
    (void)path;
    return 0;
}

/* Of what lies below src nobody knows; of everything else, and of src itself, it is known. */
static void assert_unknown(const char *why)
{
    static const char *const below[] = {"src/x.c", "src/sub", "src/sub/deep.c", "src/none"};
    struct ws_error err;
    struct ws_buf text = {0};
    enum ws_entry found;

    for (size_t i = 0; i < sizeof below / sizeof *below; i++) {
        err = (struct ws_error){0};
        ck_assert_int_eq(ws_repo_look(&found, fx.repo, fx.base, below[i], &err), -1);
        ck_assert_int_eq(err.code, WS_E_REPOSITORY);
        ck_assert_str_eq(err.where, below[i]);
        ck_assert_msg(strstr(err.message, why) != NULL, "%s", err.message);
        ck_assert_int_eq(ws_repo_blob(&text, fx.repo, fx.base, below[i], 100, &err), -1);
        ck_assert_int_eq(err.code, WS_E_REPOSITORY);
    }
    ck_assert_int_eq(look(fx.base, "src"), WS_ENTRY_DIR);
    ck_assert_int_eq(look(fx.base, "docs/d.md"), WS_ENTRY_FILE);
    ck_assert_int_eq(look(fx.base, "a.txt/none"), WS_ENTRY_ABSENT);
    ck_assert_int_eq(ws_repo_walk(fx.repo, fx.base, take_none, NULL, &err), -1);
    ck_assert_int_eq(err.code, WS_E_REPOSITORY);
    ws_buf_release(&text);
}

/* Takes the object of src away, puts what the script makes of it in its place, looks, and puts it
 * back. */
static void spoil_src(const char *script, const char *why)
{
    char *oid = sh_line("git rev-parse HEAD:src");
    char *file = ws_format(".git/objects/%.2s/%s", oid, oid + 2);
    char *spoil = ws_format("mv %s ../kept && %s %s", file, script, file);
    char *mend = ws_format("rm -rf %s && mv ../kept %s", file, file);

    sh(spoil);
    assert_unknown(why);
    sh(mend);
    free(mend);
    free(spoil);
    free(file);
    free(oid);
}

START_TEST(a_folder_whose_tree_is_missing_is_not_empty)
{
    spoil_src("true", "not found");
}
END_TEST

START_TEST(a_folder_whose_tree_is_corrupt_is_not_empty)
{
    spoil_src("true >", "");
    spoil_src("echo no object >", "");
}
END_TEST

START_TEST(a_folder_whose_tree_is_another_object_is_not_empty)
{
    spoil_src("cp .git/objects/$(git rev-parse HEAD:a.txt | sed 's,..,&/,')", "");
}
END_TEST

START_TEST(a_base_that_is_missing_is_not_empty)
{
    struct ws_error err = {0};
    enum ws_entry found;

    ck_assert_int_eq(
        ws_repo_look(&found, fx.repo, "0123456789012345678901234567890123456789", "src", &err), -1);
    ck_assert_int_eq(err.code, WS_E_REPOSITORY);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("repo_tree");
    TCase *tc = tcase_create("without");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, files_are_left_out_and_nothing_else);
    tcase_add_test(tc, a_folder_that_becomes_empty_goes_with_its_files);
    tcase_add_test(tc, nothing_left_out_is_the_same_tree);
    tcase_add_test(tc, no_such_tree_is_an_error);
    suite_add_tcase(suite, tc);
    tc = tcase_create("unknown");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, a_folder_whose_tree_is_missing_is_not_empty);
    tcase_add_test(tc, a_folder_whose_tree_is_corrupt_is_not_empty);
    tcase_add_test(tc, a_folder_whose_tree_is_another_object_is_not_empty);
    tcase_add_test(tc, a_base_that_is_missing_is_not_empty);
    suite_add_tcase(suite, tc);
    return run_whole_suite(suite);
}
