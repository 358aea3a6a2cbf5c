#include "wsfsm/base/hash.h"

#include <string.h>

#include "suite.h"

/* FIPS 180-2, appendix B, and the empty message. */
START_TEST(known_answers)
{
    char hex[WS_HASH_HEX];
    struct ws_hash h;

    ws_hash_bytes(hex, NULL, 0);
    ck_assert_str_eq(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    ws_hash_bytes(hex, "abc", 3);
    ck_assert_str_eq(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    ws_hash_init(&h);
    for (int i = 0; i < 1000000; i++) {
        ws_hash_add(&h, "a", 1);
    }
    ws_hash_final(&h, hex);
    ck_assert_str_eq(hex, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}
END_TEST

START_TEST(a_field_is_its_length_and_its_bytes)
{
    static const unsigned char written[] = {
        0,    0,    0,    0,    0,    0,    0,    2,    'a', 'b', /* "ab" */
        0,    0,    0,    0,    0,    0,    0,    0,              /* "" */
        0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,           /* NULL */
        0,    0,    0,    0,    0,    0,    0,    8,              /* -2 */
        0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFE,
    };
    char hex[WS_HASH_HEX], expected[WS_HASH_HEX];
    struct ws_hash h;

    ws_hash_init(&h);
    ws_hash_field(&h, "ab");
    ws_hash_field(&h, "");
    ws_hash_field(&h, NULL);
    ws_hash_int(&h, -2);
    ws_hash_final(&h, hex);
    ws_hash_bytes(expected, written, sizeof written);
    ck_assert_str_eq(hex, expected);
}
END_TEST

static void hash_fields(char hex[WS_HASH_HEX], const char *a, const char *b, const char *c)
{
    struct ws_hash h;

    ws_hash_init(&h);
    ws_hash_field(&h, a);
    ws_hash_field_n(&h, b, b != NULL ? strlen(b) : 0);
    ws_hash_field(&h, c);
    ws_hash_final(&h, hex);
}

START_TEST(lists_that_look_alike_differ)
{
    static const char *const lists[][3] = {
        {"ab", "c", ""},   {"a", "bc", ""}, {"abc", "", ""}, {"abc", NULL, ""},
        {"abc", "", NULL}, {"", "", ""},    {NULL, "", ""},  {"", NULL, ""},
    };
    enum { LISTS = sizeof lists / sizeof *lists };
    char hex[LISTS][WS_HASH_HEX];

    for (size_t i = 0; i < LISTS; i++) {
        hash_fields(hex[i], lists[i][0], lists[i][1], lists[i][2]);
        for (size_t j = 0; j < i; j++) {
            ck_assert_str_ne(hex[i], hex[j]);
        }
    }
}
END_TEST

START_TEST(random_digits_fill_their_length)
{
    char text[40], other[40];

    for (size_t digits = 0; digits < 34; digits++) {
        memset(text, 'z', sizeof text);
        ws_random_hex(text, digits);
        ck_assert_uint_eq(strlen(text), digits);
        ck_assert_uint_eq(strspn(text, "0123456789abcdef"), digits);
        ck_assert_int_eq(text[digits + 1], 'z');
    }
    ws_random_hex(other, 33);
    ck_assert_str_ne(text, other);
}
END_TEST

START_TEST(run_ids_have_their_shape)
{
    char *a = ws_new_run_id(), *b = ws_new_run_id();

    ck_assert_uint_eq(strlen(a), strlen("20261122T161824Z-3f9a2c"));
    for (size_t i = 0; i < strlen(a); i++) {
        const char *allowed = i == 8    ? "T"
                              : i == 15 ? "Z"
                              : i == 16 ? "-"
                              : i < 16  ? "0123456789"
                                        : "0123456789abcdef";

        ck_assert_ptr_nonnull(strchr(allowed, a[i]));
    }
    ck_assert_str_ne(a, b);
    free(a);
    free(b);
}
END_TEST

RUN_TESTS("hash", known_answers, a_field_is_its_length_and_its_bytes, lists_that_look_alike_differ,
          random_digits_fill_their_length, run_ids_have_their_shape)
