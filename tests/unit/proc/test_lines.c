/* Streams as lines: for people, and for failure patterns. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/suite.h"
#include "lines.h"
#include "wsfsm/base/mem.h"

static void expect_live(const char *text, const char *expected)
{
    size_t size = strlen(text);
    for (size_t piece = 1; piece <= size; piece++) {
        struct ws_live_line l = {.open_len = 0};
        for (size_t at = 0; at < size; at += piece)
            ws_live_line_feed(&l, text + at, size - at < piece ? size - at : piece);
        size_t len;
        const char *line = ws_live_line_text(&l, &len);
        ck_assert_msg(len == strlen(expected) && memcmp(line, expected, len) == 0,
                      "'%s' in pieces of %zu: '%.*s'", text, piece, (int)len, line);
    }
}

START_TEST(live_line)
{
    expect_live("\n\n", "");
    expect_live("one", "one");
    expect_live("one\n", "one");
    expect_live("one\n\n\n", "one");
    expect_live("one\ntwo\nthr", "thr");
    expect_live("one\ntwo\r\n", "two");
    expect_live("10%\r20%\r30%", "30%");
    expect_live("10%\r20%\r", "20%");
    expect_live("\nabc\n\r\n", "abc");
}
END_TEST

START_TEST(live_line_keeps_the_beginning_of_a_long_one)
{
    struct ws_live_line l = {.open_len = 0};
    char *long_line = ws_alloc(5000);
    memset(long_line, 'x', 5000);
    long_line[0] = 'y';
    ws_live_line_feed(&l, long_line, 5000);
    ws_live_line_feed(&l, long_line, 5000);
    size_t len;
    const char *line = ws_live_line_text(&l, &len);
    ck_assert_uint_eq(len, WS_LIVE_MAX);
    ck_assert_int_eq(line[0], 'y');
    ck_assert_int_eq(line[1], 'x');
    free(long_line);
}
END_TEST

static bool matches(const char *pattern, const char *text, size_t size, size_t piece)
{
    struct ws_strv v = {0};
    struct ws_patterns p;
    char why[256];
    ws_strv_add(&v, pattern);
    ck_assert_int_eq(ws_patterns_init(&p, &v, why, sizeof why), 0);
    struct ws_matcher m = {.patterns = &p};
    for (size_t at = 0; at < size; at += piece)
        ws_matcher_feed(&m, text + at, size - at < piece ? size - at : piece);
    ws_matcher_end(&m);
    bool matched = p.matched;
    ws_matcher_release(&m);
    ws_patterns_release(&p);
    ws_strv_release(&v);
    return matched;
}

static void expect_match(const char *pattern, const char *text, size_t size, bool expected)
{
    for (size_t piece = 1; piece <= size; piece++)
        ck_assert_msg(matches(pattern, text, size, piece) == expected,
                      "'%s' on '%s' in pieces of %zu", pattern, text, piece);
}

START_TEST(patterns_see_lines)
{
    expect_match("^b$", "a\nb\nc\n", 6, true);
    expect_match("^b$", "a\r\nb\r\n", 6, true);
    expect_match("^b$", "a\nb", 3, true);
    expect_match("a.*b", "a\nb\n", 4, false);
    expect_match("^$", "a\n\nb", 4, true);
    expect_match("^$", "a\nb\n", 4, false);
    expect_match("(one|two){2}", "onetwo\n", 7, true);
    expect_match("after", "a\0b after\n", 10, true);
    expect_match("x", "\377\376x\n", 4, true);
}
END_TEST

START_TEST(lines_are_cut)
{
    size_t size = WS_LINE_MAX + 100;
    char *text = ws_alloc(size + 8);
    memset(text, 'x', size);
    memcpy(text + WS_LINE_MAX - 3, "end", 3);
    memcpy(text + size, "far\nnext", 8);
    const size_t pieces[] = {1000, 4096, WS_LINE_MAX, size + 8};
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        ck_assert(matches("xend$", text, size + 8, pieces[i]));
        ck_assert(!matches("far", text, size + 8, pieces[i]));
        ck_assert(matches("^next$", text, size + 8, pieces[i]));
    }
    free(text);
}
END_TEST

START_TEST(first_match_stays)
{
    struct ws_strv v = {0};
    struct ws_patterns p;
    char why[256];
    ws_strv_add(&v, "error");
    ck_assert_int_eq(ws_patterns_init(&p, &v, why, sizeof why), 0);
    struct ws_matcher out = {.patterns = &p}, err = {.patterns = &p};
    ws_matcher_feed(&out, "half an err", 11);
    ws_matcher_feed(&err, "error 1\n", 8);
    ws_matcher_feed(&out, "or\n", 3);
    ws_matcher_end(&out);
    ws_matcher_end(&err);
    ck_assert_str_eq(ws_buf_str(&p.line), "error 1");
    ws_matcher_release(&out);
    ws_matcher_release(&err);
    ws_patterns_release(&p);
    ws_strv_release(&v);
}
END_TEST

RUN_TESTS("lines", live_line, live_line_keeps_the_beginning_of_a_long_one, patterns_see_lines,
          lines_are_cut, first_match_stays)
