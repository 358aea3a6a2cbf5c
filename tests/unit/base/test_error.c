#include "wsfsm/base/error.h"

#include <errno.h>
#include <string.h>

#include "suite.h"
#include "wsfsm/base/text.h"

START_TEST(fills_and_returns_minus_one)
{
    struct ws_error err;

    ck_assert_int_eq(ws_fail(&err, WS_E_CONFIG, "a.yaml:3:4", "no key '%s'", "x"), -1);
    ck_assert_int_eq(err.code, WS_E_CONFIG);
    ck_assert_str_eq(err.where, "a.yaml:3:4");
    ck_assert_str_eq(err.message, "no key 'x'");
    ck_assert_int_eq(ws_fail(&err, WS_E_IO, NULL, "no place"), -1);
    ck_assert_str_eq(err.where, "");
    ck_assert_int_eq(ws_fail(NULL, WS_E_IO, "x", "nobody listens"), -1);
    ck_assert_int_eq(ws_fail_errno(NULL, WS_E_IO, "x", "nobody listens"), -1);
}
END_TEST

START_TEST(control_characters_are_escaped)
{
    struct ws_error err;

    ws_fail(&err, WS_E_IO, "a\nb\x1b[2J", "one\ntwo\x7f\xff");
    ck_assert_str_eq(err.where, "a\\nb\\x1b[2J");
    ck_assert_str_eq(err.message, "one\\ntwo\\x7f\\xff");
}
END_TEST

START_TEST(long_text_is_cut_between_characters)
{
    char text[4 * WS_ERROR_MESSAGE + 1];
    struct ws_error err;

    for (size_t shift = 0; shift < 3; shift++) {
        memset(text, 'a', shift);
        for (size_t i = shift; i + 3 < sizeof text; i += 3) {
            memcpy(text + i, "\xE2\x82\xAC", 4); /* a euro sign */
        }
        ws_fail(&err, WS_E_IO, text, "%s", text);
        ck_assert(ws_utf8_valid(err.where, strlen(err.where)));
        ck_assert(ws_utf8_valid(err.message, strlen(err.message)));
        ck_assert_uint_ge(strlen(err.where), WS_ERROR_WHERE - 3);
        ck_assert_uint_ge(strlen(err.message), WS_ERROR_MESSAGE - 3);
    }
    memset(text, 'a', WS_ERROR_MESSAGE - 1);
    text[WS_ERROR_MESSAGE - 1] = '\0';
    ws_fail(&err, WS_E_IO, "", "%s", text);
    ck_assert_str_eq(err.message, text);
}
END_TEST

START_TEST(errno_is_named_and_kept)
{
    struct ws_error err;
    char text[2 * WS_ERROR_MESSAGE];

    errno = ENOENT;
    ws_fail_errno(&err, WS_E_IO, "f", "cannot open");
    ck_assert_int_eq(errno, ENOENT);
    ck_assert_int_eq(err.code, WS_E_IO);
    ck_assert_str_eq(err.message, "cannot open: No such file or directory");

    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    ws_fail_errno(&err, WS_E_IO, "f", "%s", text);
    ck_assert(ws_ends_with(err.message, "xxx: No such file or directory"));
    ws_fail(&err, WS_E_IO, "f", "other");
    ck_assert_int_eq(errno, ENOENT);
}
END_TEST

START_TEST(a_full_disk_has_its_own_code)
{
    static const int full[] = {ENOSPC, EDQUOT};
    struct ws_error err;

    for (size_t i = 0; i < 2; i++) {
        errno = full[i];
        ws_fail_errno(&err, WS_E_STORE, "db", "cannot write");
        ck_assert_int_eq(err.code, WS_E_DISK_FULL);
    }
}
END_TEST

START_TEST(trouble_of_the_machine_is_told_from_trouble_with_a_file)
{
    static const int machine[] = {EIO, ENOSPC, EDQUOT, ENOMEM, EMFILE, ENFILE};
    static const int file[] = {0, ENOENT, EACCES, ELOOP, ENOTDIR, EISDIR, EFBIG};

    for (size_t i = 0; i < sizeof machine / sizeof *machine; i++) {
        ck_assert(ws_errno_is_trouble(machine[i]));
    }
    for (size_t i = 0; i < sizeof file / sizeof *file; i++) {
        ck_assert(!ws_errno_is_trouble(file[i]));
    }
}
END_TEST

START_TEST(an_error_can_be_wrapped_in_itself)
{
    struct ws_error err;

    ws_fail(&err, WS_E_IO, "inner", "cause");
    ws_fail(&err, WS_E_STORE, err.where, "while opening: %s", err.message);
    ck_assert_str_eq(err.where, "inner");
    ck_assert_str_eq(err.message, "while opening: cause");
}
END_TEST

START_TEST(codes_have_names_and_exits)
{
    ck_assert_str_eq(ws_code_name(WS_E_OK), "ok");
    ck_assert_int_eq(ws_code_exit(WS_E_OK), 0);
    ck_assert_str_eq(ws_code_name(WS_E_LEASE_LOST), "lease_lost");
    ck_assert_int_eq(ws_code_exit(WS_E_BUSY), 5);
    ck_assert_int_eq(ws_code_exit(WS_E_INTEGRITY), 6);
    ck_assert_str_eq(ws_code_name((enum ws_code)1000), "internal");
    ck_assert_int_eq(ws_code_exit((enum ws_code)1000), 4);
}
END_TEST

RUN_TESTS("error", fills_and_returns_minus_one, control_characters_are_escaped,
          long_text_is_cut_between_characters, errno_is_named_and_kept,
          a_full_disk_has_its_own_code, trouble_of_the_machine_is_told_from_trouble_with_a_file,
          an_error_can_be_wrapped_in_itself, codes_have_names_and_exits)
