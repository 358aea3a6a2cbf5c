#include "wsfsm/base/diag.h"

#include <stdio.h>

#include "suite.h"

static void assert_format(const struct ws_diag *d, const char *expected)
{
    struct ws_buf b = {0};

    ws_diag_format(&b, d);
    ck_assert_str_eq(ws_buf_str(&b), expected);
    ws_buf_release(&b);
}

START_TEST(absent_parts_are_left_out)
{
    static const char *const expected[] = {
        "m.def:12:8: error: unknown state 'chek' [E020]",
        "m.def:12: warning: w [W033]",
        "m.def: error: whole file",
        "error: nowhere [E001]",
        "3:4: note: a text from stdin",
    };
    struct ws_diags d = {0};

    ws_diag_add(&d, WS_ERROR, "E020", "m.def", 12, 8, "unknown state '%s'", "chek");
    ws_diag_add(&d, WS_WARNING, "W033", "m.def", 12, 0, "w");
    ws_diag_add(&d, WS_ERROR, NULL, "m.def", 0, 0, "whole file");
    ws_diag_add(&d, WS_ERROR, "E001", NULL, 0, 0, "nowhere");
    ws_diag_add(&d, WS_NOTE, NULL, NULL, 3, 4, "a text from stdin");
    for (size_t i = 0; i < 5; i++) {
        assert_format(&d.items[i], expected[i]);
    }
    ck_assert_uint_eq(ws_diags_count(&d, WS_ERROR), 3);
    ck_assert_uint_eq(ws_diags_count(&d, WS_WARNING), 1);
    ck_assert_uint_eq(ws_diags_count(&d, WS_NOTE), 1);
    ws_diags_release(&d);
    ws_diags_release(&d);
    ws_diags_release(NULL);
}
END_TEST

START_TEST(untrusted_text_stays_on_its_line)
{
    struct ws_diags d = {0};

    ws_diag_add(&d, WS_ERROR, "E1234567890", "a\x1b.def", 1, 1, "%s", "x\ny\xFF");
    assert_format(&d.items[0], "a\\x1b.def:1:1: error: x\\ny\\xff [E123456]");
    ck_assert_str_eq(d.items[0].file, "a\x1b.def"); /* as the user named it */
    ws_diag_add(&d, WS_ERROR, NULL, NULL, 0, 0, "%s", "");
    assert_format(&d.items[1], "error: ");
    ws_diags_release(&d);
}
END_TEST

START_TEST(sorted_by_place_with_notes_behind)
{
    static const char *const expected[] = {"n0",          "a0",        "a5 first", "note of first",
                                           "second note", "a5 second", "a9",       "b1",
                                           "note of b1"};
    static const size_t follows[] = {0, 0, 0, 3, 3, 0, 0, 0, 8};
    struct ws_diags d = {0};

    ws_diag_add(&d, WS_ERROR, NULL, "b", 1, 1, "b1");
    ws_diag_add(&d, WS_NOTE, NULL, "a", 1, 1, "note of b1");
    ws_diag_add(&d, WS_ERROR, NULL, "a", 9, 1, "a9");
    ws_diag_add(&d, WS_WARNING, NULL, "a", 5, 2, "a5 first");
    ws_diag_add(&d, WS_NOTE, NULL, "z", 8, 1, "note of first");
    ws_diag_add(&d, WS_NOTE, NULL, "a", 1, 1, "second note");
    ws_diag_add(&d, WS_ERROR, NULL, "a", 5, 2, "a5 second");
    ws_diag_add(&d, WS_ERROR, NULL, "a", 0, 0, "a0");
    ws_diag_add(&d, WS_ERROR, NULL, NULL, 0, 0, "n0");
    for (int round = 0; round < 2; round++) { /* sorting again changes nothing */
        ws_diags_sort(&d);
        ck_assert_uint_eq(d.len, 9);
        for (size_t i = 0; i < 9; i++) {
            ck_assert_str_eq(d.items[i].text, expected[i]);
            ck_assert_uint_eq(d.items[i].follows, follows[i]);
        }
    }
    ws_diags_release(&d);
}
END_TEST

START_TEST(a_note_without_a_finding_stands_alone)
{
    struct ws_diags d = {0};

    ws_diags_sort(&d);
    ws_diag_add(&d, WS_NOTE, NULL, "b", 2, 1, "alone");
    ws_diag_add(&d, WS_ERROR, NULL, "b", 1, 1, "finding");
    ck_assert_uint_eq(d.items[0].follows, 0);
    ws_diags_sort(&d);
    ck_assert_str_eq(d.items[0].text, "finding");
    ws_diags_release(&d);
}
END_TEST

START_TEST(many_findings_of_one_place_keep_their_order)
{
    struct ws_diags d = {0};
    char text[16];

    for (int i = 0; i < 500; i++) {
        ws_diag_add(&d, WS_ERROR, NULL, "f", 1, 1, "%d", i);
    }
    ws_diags_sort(&d);
    for (int i = 0; i < 500; i++) {
        snprintf(text, sizeof text, "%d", i);
        ck_assert_str_eq(d.items[i].text, text);
    }
    ws_diags_release(&d);
}
END_TEST

RUN_TESTS("diag", absent_parts_are_left_out, untrusted_text_stays_on_its_line,
          sorted_by_place_with_notes_behind, a_note_without_a_finding_stands_alone,
          many_findings_of_one_place_keep_their_order)
