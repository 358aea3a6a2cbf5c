#include "output.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "../base/suite.h"

START_TEST(a_full_disk_is_an_error)
{
    struct ws_out out = {.fd = open("/dev/full", O_WRONLY)};
    struct ws_error err = {0};

    ck_assert_int_ne(out.fd, -1);
    ws_buf_puts(&out.text, "result");
    ck_assert_int_eq(ws_out_end(&out, &err), -1);
    ck_assert_int_eq(err.code, WS_E_DISK_FULL);
    ck_assert_int_eq(ws_code_exit(err.code), 4);
}
END_TEST

START_TEST(a_closed_descriptor_is_an_error)
{
    struct ws_out out = {.fd = open("/dev/null", O_RDONLY)};
    struct ws_error err = {0};

    ws_buf_puts(&out.text, "result");
    ck_assert_int_eq(ws_out_end(&out, &err), -1);
    ck_assert_int_eq(err.code, WS_E_IO);
}
END_TEST

START_TEST(nothing_to_say_needs_no_output)
{
    struct ws_out out = {.fd = open("/dev/full", O_WRONLY)};
    struct ws_error err = {0};

    ck_assert_int_eq(ws_out_end(&out, &err), 0);
}
END_TEST

START_TEST(a_reader_that_left_is_no_error)
{
    int ends[2];
    struct ws_error err = {0};

    signal(SIGPIPE, SIG_IGN);
    ck_assert_int_eq(pipe(ends), 0);
    close(ends[0]);
    struct ws_out out = {.fd = ends[1]};
    ws_buf_puts(&out.text, "first");
    ws_out_flush(&out);
    ck_assert(out.closed);
    ws_buf_puts(&out.text, "second");
    ck_assert_int_eq(ws_out_end(&out, &err), 0);
}
END_TEST

START_TEST(long_results_go_out_on_the_way)
{
    int ends[2];
    char read_back[16];
    struct ws_error err = {0};

    ck_assert_int_eq(pipe(ends), 0);
    struct ws_out out = {.fd = ends[1]};
    ws_buf_puts(&out.text, "short");
    ws_out_flush_when_large(&out);
    ck_assert_uint_eq(out.text.len, 5);
    ws_out_flush(&out);
    ck_assert_uint_eq(out.text.len, 0);
    ck_assert_int_eq(read(ends[0], read_back, sizeof read_back), 5);
    ck_assert_int_eq(ws_out_end(&out, &err), 0);
    close(ends[0]);
}
END_TEST

RUN_TESTS("output", a_full_disk_is_an_error, a_closed_descriptor_is_an_error,
          nothing_to_say_needs_no_output, a_reader_that_left_is_no_error,
          long_results_go_out_on_the_way)
