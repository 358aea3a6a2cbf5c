#include "wsfsm/project/scope.h"

#include "base/suite.h"
#include "reading.h"

static void assert_path(const char *path, const char *clean)
{
    const char *why;
    char *out = NULL;

    ck_assert_msg(ws_scope_normalise(&out, &why, path), "%s %s", path, why);
    ck_assert_str_eq(out, clean);
    free(out);
}

START_TEST(paths_are_made_uniform)
{
    assert_path("a.c", "a.c");
    assert_path("src\\a.c", "src/a.c");
    assert_path("./a", "a");
    assert_path("././a", "a");
    assert_path(".\\a\\", "a/");
    assert_path("a//b/./c", "a/b/c");
    assert_path("src/.", "src/");
    assert_path("**/*.c", "**/*.c");
    assert_path("a[1].c", "a[1].c");
    assert_path("...", "...");
    assert_path(".gitignore", ".gitignore");
    assert_path("a.git", "a.git");
    assert_path(".github/x", ".github/x");
    assert_path("ab:c", "ab:c");
    assert_path("-rf", "-rf");
    assert_path("\xC3\xA4 b", "\xC3\xA4 b");
}
END_TEST

START_TEST(paths_that_lead_out_are_refused)
{
    static const struct {
        const char *path, *why;
    } cases[] = {
        {"", "names nothing"},
        {".", "names nothing"},
        {"./", "names nothing"},
        {"..", "'..'"},
        {"../a", "'..'"},
        {"a/../../b", "'..'"},
        {"a\\..\\b", "'..'"},
        {"a/..", "'..'"},
        {"/etc/passwd", "absolute"},
        {"\\\\server\\share", "absolute"},
        {"C:", "absolute"},
        {"c:\\x", "absolute"},
        {"a:b", "absolute"},
        {"./C:/x", "absolute"},
        {".git", ".git"},
        {".git/config", ".git"},
        {"a/.GIT/hooks/x", ".git"},
        {"a/.gIt", ".git"},
        {".git ", ".git"},
        {".git./x", ".git"},
        {"GIT~1/config", ".git"},
        {":(exclude)a", "':'"},
        {"./:x", "':'"},
        {"a\nb", "control"},
        {"a\tb", "control"},
        {"a\x7f", "control"},
        {"a\xC2\x9B"
         "b",
         "control"},
        {"a\xFF", "UTF-8"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *why = "";
        char *out = NULL;

        ck_assert_msg(!ws_scope_normalise(&out, &why, cases[i].path), "%s", cases[i].path);
        ck_assert_msg(strstr(why, cases[i].why) != NULL, "%s: %s", cases[i].path, why);
    }
}
END_TEST

static const char *const tree_paths[] = {"README", "a*b.c", "src/a.c", "src/deep/b.c", NULL};

static struct ws_scope *scope_of(const struct ws_strv *change, const struct ws_strv *create,
                                 const struct ws_tree_view *tree)
{
    struct ws_scope *s = NULL;

    ck_assert_int_eq(ws_scope_new(&s, change, create, tree, NULL), 0);
    return s;
}

/* `entries` and `paths` are divided by blanks; a path with '!' in front is not in scope. */
static void assert_scope(const char *entries, const char *paths, bool with_tree)
{
    struct ws_tree_view tree = tree_of(tree_paths);
    struct ws_strv list = {0};
    char *copy = ws_strdup(entries), *rest = copy, *word;

    while ((word = strsep(&rest, " ")) != NULL) {
        ws_strv_add(&list, word);
    }
    struct ws_scope *s = scope_of(&list, NULL, with_tree ? &tree : NULL);

    free(copy);
    rest = copy = ws_strdup(paths);
    while ((word = strsep(&rest, " ")) != NULL) {
        bool wanted = *word != '!';

        ck_assert_msg(ws_scope_has(s, word + !wanted) == wanted, "%s: %s", entries, word);
    }
    free(copy);
    ws_scope_free(s);
    ws_strv_release(&list);
}

START_TEST(entries_cover_paths)
{
    assert_scope("src/a.c", "src/a.c !src/a.cc !src/a !a.c !src/a.c/x", false);
    assert_scope("src/", "src/a src/a/b !src !srcx/a !x/src/a", false);
    assert_scope("src", "src !src/a", false);
    assert_scope("src/*.c", "src/a.c !src/deep/a.c !src/a.h", false);
    assert_scope("src/**", "src/a src/b/c !a", false);
    assert_scope("**/*.c", "a.c x/a.c x/y/a.c !a.h", false);
    assert_scope("a/**/z", "a/z a/b/z a/b/c/z !a/zz", false);
    assert_scope("a?c", "abc !a/c !abbc", false);
    assert_scope("a[bc]", "a[bc] !ab", false);
    assert_scope("*/", "a/b a/b/c !a", false);
    assert_scope("**", "a a/b .hidden", false);
    assert_scope("b.c a.c z/ y/*.h", "a.c b.c z/1 y/1.h !c.c !y/1.c", false);
}
END_TEST

START_TEST(the_base_tree_says_what_an_entry_is)
{
    assert_scope("src", "src/a.c src/new src/deep/x src !srcx", true);
    assert_scope("src/", "src/a.c src/new !src", true);
    assert_scope("a*b.c", "a*b.c !aXb.c", true);
    assert_scope("a*b.c", "a*b.c aXb.c", false);
    assert_scope("new", "new !new/x", true);
}
END_TEST

START_TEST(what_may_be_created_is_in_scope)
{
    struct ws_strv change = {0}, create = {0};

    ws_strv_add(&change, "a");
    ws_strv_add(&create, "new/*.c");
    struct ws_scope *s = scope_of(&change, &create, NULL);

    ck_assert(ws_scope_has(s, "a"));
    ck_assert(ws_scope_has(s, "new/x.c"));
    ck_assert(!ws_scope_has(s, "new/x.h"));
    ws_scope_free(s);
    s = scope_of(NULL, NULL, NULL);
    ck_assert(!ws_scope_has(s, "a"));
    ws_scope_free(s);
    ws_scope_free(NULL);
    ws_strv_release(&change);
    ws_strv_release(&create);
}
END_TEST

/* 30,000 paths by 50 entries, and patterns made to backtrack. */
START_TEST(large_trees_are_matched)
{
    struct ws_strv entries = {0};
    size_t hits = 0;

    for (int i = 0; i < 50; i++) {
        ws_strv_addf(&entries, i % 2 == 0 ? "dir%d/**/*a*a*a*b" : "dir%d/file.c", i);
    }
    struct ws_scope *s = scope_of(&entries, NULL, NULL);

    for (int i = 0; i < 30000; i++) {
        char *path = ws_format("dir%d/sub%d/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa%s", i % 100, i,
                               i % 3 == 0 ? "b" : "c");

        hits += ws_scope_has(s, path);
        free(path);
    }
    ck_assert_uint_gt(hits, 2000);
    ck_assert_uint_lt(hits, 3000);
    ws_scope_free(s);
    ws_strv_release(&entries);
}
END_TEST

static void overlap(const char *a, const char *b, bool with_tree, bool expected)
{
    struct ws_tree_view tree = tree_of(tree_paths);
    struct ws_strv x = {0}, y = {0};
    const char *one = NULL, *two = NULL;

    ws_strv_add(&x, "only/x");
    ws_strv_add(&x, a);
    ws_strv_add(&y, b);
    ws_strv_add(&y, "only/y");
    for (int swap = 0; swap < 2; swap++) {
        ck_assert_int_eq(ws_scope_overlap(&one, &two, swap ? &y : &x, swap ? &x : &y,
                                          with_tree ? &tree : NULL, NULL),
                         0);
        ck_assert_msg((one != NULL) == expected, "%s and %s", a, b);
        ck_assert((one == NULL) == (two == NULL));
        if (expected) {
            ck_assert_str_eq(swap ? two : one, a);
            ck_assert_str_eq(swap ? one : two, b);
        }
    }
    ws_strv_release(&x);
    ws_strv_release(&y);
}

START_TEST(entries_that_meet)
{
    overlap("a.c", "a.c", false, true);
    overlap("a.c", "b.c", false, false);
    overlap("src/", "src/a.c", false, true);
    overlap("src/", "src/deep/", false, true);
    overlap("src/", "src/", false, true);
    overlap("src/", "srcx/", false, false);
    overlap("src/", "src/*.c", false, true);
    overlap("src/*.c", "src/a.c", false, true);
    overlap("src/*.c", "src/a.h", false, false);
    overlap("src/*", "src/*.c", false, true);
    overlap("src/ab*", "src/a*", false, true);
    overlap("*.c", "*.c", false, true);
    overlap("*.c", "*.h", false, false);
    overlap("x/**", "x/y", false, true);
    overlap("x/**", "x/*.c", false, true);
}
END_TEST

START_TEST(paths_of_the_tree_that_both_cover)
{
    overlap("**/*.c", "src/a*", false, false);
    overlap("**/*.c", "src/a*", true, true);
    overlap("**/b*", "src", true, true);
    overlap("**/*.h", "src", true, false);
    overlap("src", "src/a.c", false, false); /* without a tree nobody knows that src is a folder */
    overlap("src", "src/a.c", true, true);
}
END_TEST

/* An entry that cannot be looked up is neither a folder nor none. */
START_TEST(a_tree_that_cannot_be_read_makes_no_scope)
{
    const struct ws_tree_view looks = {.look = broken_look}, walks = {.walk = broken_walk};
    struct ws_strv fine = {0}, broken = {0}, pattern = {0}, other = {0};
    const char *one, *two;

    ws_strv_add(&fine, "docs");
    ws_strv_add(&broken, "docs");
    ws_strv_add(&broken, "src/lib/");
    ws_strv_add(&pattern, "R*");
    ws_strv_add(&other, "*/*E");
    for (int swap = 0; swap < 2; swap++) {
        const struct ws_strv *a = swap ? &broken : &fine, *b = swap ? &fine : &broken;
        struct ws_scope *s = scope_of(&fine, NULL, &looks);
        struct ws_error err = {0};

        ws_scope_free(s);
        ck_assert_int_eq(ws_scope_new(&s, a, b, &looks, &err), -1);
        ck_assert_ptr_null(s);
        ck_assert_int_eq(err.code, WS_E_REPOSITORY);
        ck_assert_str_eq(err.where, "src/lib");
        err = (struct ws_error){0};
        ck_assert_int_eq(ws_scope_overlap(&one, &two, a, b, &looks, &err), -1);
        ck_assert_str_eq(err.where, "src/lib");
        err = (struct ws_error){0};
        ck_assert_int_eq(ws_scope_overlap(&one, &two, swap ? &other : &pattern,
                                          swap ? &pattern : &other, &walks, &err),
                         -1);
        ck_assert_str_eq(err.where, "src");
    }
    /* What shows without it, or before it, is an overlap. */
    ck_assert_int_eq(ws_scope_overlap(&one, &two, &fine, &fine, &walks, NULL), 0);
    ck_assert_str_eq(one, "docs");
    ws_strv_add(&other, "*E");
    ck_assert_int_eq(ws_scope_overlap(&one, &two, &pattern, &other, &walks, NULL), 0);
    ck_assert_str_eq(two, "*E");
    ws_strv_release(&fine);
    ws_strv_release(&broken);
    ws_strv_release(&pattern);
    ws_strv_release(&other);
}
END_TEST

RUN_TESTS("scope", paths_are_made_uniform, paths_that_lead_out_are_refused, entries_cover_paths,
          the_base_tree_says_what_an_entry_is, what_may_be_created_is_in_scope,
          large_trees_are_matched, entries_that_meet, paths_of_the_tree_that_both_cover,
          a_tree_that_cannot_be_read_makes_no_scope)
