#include "wsfsm/base/glob.h"

#include <string.h>

#include "suite.h"

struct glob_case {
    const char *pattern;
    const char *path;
    bool matches;
};

static void assert_all(const struct glob_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        ck_assert_msg(ws_glob_match(cases[i].pattern, cases[i].path) == cases[i].matches,
                      "'%s' and '%s': expected %d", cases[i].pattern, cases[i].path,
                      cases[i].matches);
    }
}

START_TEST(one_component)
{
    static const struct glob_case cases[] = {
        {"", "", true},
        {"", "a", false},
        {"a", "", false},
        {"a.c", "a.c", true},
        {"a.c", "a.cc", false},
        {"*", "", true},
        {"*", "abc", true},
        {"*", ".hidden", true},
        {"*", "a/b", false},
        {"*.c", "src/a.c", false},
        {"src/*.c", "src/a.c", true},
        {"src/*.c", "src/sub/b.c", false},
        {"src/*.c", "src/.c", true},
        {"a*b*c", "aXbYbZc", true},
        {"a*b*c", "aXbY/c", false},
        {"a*b*c", "abcd", false},
        {"?", "a", true},
        {"?", "", false},
        {"a?c", "a/c", false},
        {"a?c", "abc", true},
        {"??", "\xC3\xA9", true}, /* bytes, as in git */
        {"a*", "a", true},
        {"*a", "ba", true},
        {"*?", "", false},
        {"src/*", "src/", true},
        {"src/*", "src", false},
    };

    assert_all(cases, sizeof cases / sizeof *cases);
}
END_TEST

START_TEST(two_stars_cross_folders)
{
    static const struct glob_case cases[] = {
        {"**", "a", true},
        {"**", "a/b/c", true},
        {"**/a.c", "a.c", true},
        {"**/a.c", "x/a.c", true},
        {"**/a.c", "x/y/a.c", true},
        {"**/a.c", "xa.c", false},
        {"**/*.c", "x/y/z.c", true},
        {"**/*.c", "z.c", true},
        {"src/**", "src/a", true},
        {"src/**", "src/a/b", true},
        {"src/**", "src", false},
        {"src/**", "srcs/a", false},
        {"a/**/b", "a/b", true},
        {"a/**/b", "a/x/b", true},
        {"a/**/b", "a/x/y/b", true},
        {"a/**/b", "ab", false},
        {"a/**/b", "a/xb", false},
        {"a/**/b/**/c", "a/b/b/x/c", true},
        {"a/**/b/**/c", "a/x/c", false},
        {"**/b/**", "a/b/c", true},
        {"**/b/**", "b/c", true},
        {"**/b/**", "a/bc/d", false},
        {"**/**/a", "a", true},
        {"***/a", "x/y/a", true},
    };

    assert_all(cases, sizeof cases / sizeof *cases);
}
END_TEST

START_TEST(two_stars_inside_a_component_are_one)
{
    static const struct glob_case cases[] = {
        {"a**b", "axyb", true},          {"a**b", "a/b", false},
        {"a**", "a/b", false},           {"a**", "abc", true},
        {"**b", "a/b", false},           {"**b", "ab", true},
        {"src/a**/c", "src/ab/c", true}, {"src/a**/c", "src/a/b/c", false},
        {"src/**c", "src/x/c", false},   {"src/**c", "src/abc", true},
    };

    assert_all(cases, sizeof cases / sizeof *cases);
}
END_TEST

START_TEST(other_special_characters_are_themselves)
{
    static const struct glob_case cases[] = {
        {"a[bc].c", "a[bc].c", true}, {"a[bc].c", "ab.c", false},
        {"[*]", "[x]", true},         {"[*]", "x", false},
        {"a\\*", "a\\b", true},       {"a\\*", "a*", false},
        {"{a,b}", "a", false},        {"{a,b}", "{a,b}", true},
        {"!a", "!a", true},           {"A", "a", false},
    };

    assert_all(cases, sizeof cases / sizeof *cases);
}
END_TEST

START_TEST(long_paths_and_hostile_patterns_take_no_time)
{
    enum { LEN = 20000 };
    char *path = malloc(LEN + 1), pattern[401];

    ck_assert_ptr_nonnull(path);
    memset(path, 'a', LEN);
    path[LEN] = '\0';
    for (size_t i = 0; i < 200; i++) {
        memcpy(pattern + 2 * i, "*a", 3);
    }
    ck_assert(ws_glob_match(pattern, path));
    pattern[399] = 'b'; /* backtracking would not come to an end here */
    ck_assert(!ws_glob_match(pattern, path));
    ck_assert(ws_glob_match("**/a*", path));
    free(path);
}
END_TEST

START_TEST(literals_and_prefixes)
{
    ck_assert(ws_glob_is_literal("src/a[1].c"));
    ck_assert(ws_glob_is_literal(""));
    ck_assert(!ws_glob_is_literal("src/*.c"));
    ck_assert(!ws_glob_is_literal("a?"));
    ck_assert_uint_eq(ws_glob_literal_prefix("src/*.c"), 4);
    ck_assert_uint_eq(ws_glob_literal_prefix("src/?/*"), 4);
    ck_assert_uint_eq(ws_glob_literal_prefix("**"), 0);
    ck_assert_uint_eq(ws_glob_literal_prefix("a.c"), 3);
}
END_TEST

RUN_TESTS("glob", one_component, two_stars_cross_folders, two_stars_inside_a_component_are_one,
          other_special_characters_are_themselves, long_paths_and_hostile_patterns_take_no_time,
          literals_and_prefixes)
