#include "copy_log.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "../base/scratch.h"
#include "../base/suite.h"
#include "wsfsm/base/mem.h"

static char *scratch;

static void setup(void)
{
    scratch = enter_scratch();
}

static void teardown(void)
{
    leave_scratch(scratch);
}

static void write_log(const void *data, size_t len)
{
    FILE *f = fopen("log", "wb");

    ck_assert_ptr_nonnull(f);
    ck_assert_uint_eq(fwrite(data, 1, len, f), len);
    ck_assert_int_eq(fclose(f), 0);
}

struct seen {
    size_t pieces, lines, bytes, stop_after;
    struct ws_buf text;
};

static bool see(void *payload, const char *text, size_t len, bool ended)
{
    struct seen *s = payload;

    s->pieces++;
    s->lines += ended;
    s->bytes += len;
    ws_buf_add(&s->text, text, len);
    ws_buf_puts(&s->text, ended ? "|" : "");
    return s->pieces != s->stop_after;
}

START_TEST(lines_come_one_by_one)
{
    struct seen s = {0};

    setup();
    write_log("one\n\ntwo\nno end", 15);
    ck_assert_int_eq(ws_read_log("log", see, &s, NULL), 0);
    ck_assert_str_eq(ws_buf_str(&s.text), "one||two|no end|");
    ck_assert_uint_eq(s.lines, 4);
    ws_buf_release(&s.text);
    teardown();
}
END_TEST

START_TEST(an_empty_log_has_no_line)
{
    struct seen s = {0};

    setup();
    write_log("", 0);
    ck_assert_int_eq(ws_read_log("log", see, &s, NULL), 0);
    ck_assert_uint_eq(s.pieces, 0);
    teardown();
}
END_TEST

START_TEST(a_reader_may_stop)
{
    struct seen s = {.stop_after = 2};

    setup();
    write_log("1\n2\n3\n4\n", 8);
    ck_assert_int_eq(ws_read_log("log", see, &s, NULL), 0);
    ck_assert_str_eq(ws_buf_str(&s.text), "1|2|");
    ws_buf_release(&s.text);
    teardown();
}
END_TEST

/* A three-byte character at every offset from the end of a piece. */
START_TEST(a_long_line_comes_in_pieces_of_whole_characters)
{
    enum { LONG = 200000 };
    static const char character[] = "\xE2\x82\xAC";

    for (size_t shift = 0; shift < 3; shift++) {
        char *text = ws_alloc(LONG + 8);
        size_t len = shift;

        setup();
        memset(text, 'a', shift);
        while (len < LONG) {
            memcpy(text + len, character, 3);
            len += 3;
        }
        write_log(text, len);
        struct seen s = {0};
        ck_assert_int_eq(ws_read_log("log", see, &s, NULL), 0);
        ck_assert_uint_eq(s.bytes, len);
        ck_assert_uint_gt(s.pieces, 2);
        ck_assert_uint_eq(s.lines, 1);
        ck_assert_int_eq(memcmp(s.text.data, text, len), 0);
        ws_buf_release(&s.text);
        free(text);
        teardown();
    }
}
END_TEST

START_TEST(what_is_printed_obeys_nothing)
{
    struct ws_out out = {.fd = -1};

    setup();
    write_log("\033[2Jgone\rfake\n", 14);
    ck_assert_int_eq(ws_copy_log(&out, "log", NULL), 0);
    ck_assert_str_eq(ws_buf_str(&out.text), "\\x1b[2Jgone\\x0dfake\n");
    ws_buf_release(&out.text);
    teardown();
}
END_TEST

START_TEST(what_is_no_log_is_refused)
{
    struct seen s = {0};
    struct ws_error err = {0};

    setup();
    ck_assert_int_eq(ws_read_log("absent", see, &s, &err), -1);
    ck_assert_int_eq(err.code, WS_E_IO);
    ck_assert_str_eq(err.where, "absent");
    ck_assert_int_eq(mkdir("folder", 0700), 0);
    ck_assert_int_eq(ws_read_log("folder", see, &s, &err), -1);
    ck_assert_int_eq(symlink("/etc/passwd", "link"), 0);
    ck_assert_int_eq(ws_read_log("link", see, &s, &err), -1);
    ck_assert_int_eq(mkfifo("fifo", 0600), 0);
    ck_assert_int_eq(ws_read_log("fifo", see, &s, &err), 0);
    ck_assert_uint_eq(s.pieces, 0);
    teardown();
}
END_TEST

RUN_TESTS("copy_log", lines_come_one_by_one, an_empty_log_has_no_line, a_reader_may_stop,
          a_long_line_comes_in_pieces_of_whole_characters, what_is_printed_obeys_nothing,
          what_is_no_log_is_refused)
