/* Secrets in streams cut anywhere. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/suite.h"
#include "redact.h"
#include "wsfsm/base/mem.h"

static struct ws_secrets secrets_of(const char *const *values, size_t count)
{
    struct ws_strv v = {0};
    struct ws_secrets s;
    for (size_t i = 0; i < count; i++)
        ws_strv_add(&v, values[i]);
    ws_secrets_init(&s, &v);
    ws_strv_release(&v);
    return s;
}

static void append(void *payload, const char *data, size_t len)
{
    ws_buf_add(payload, data, len);
}

/* Feeds `text` in pieces of `piece` bytes. */
static char *redacted(const struct ws_secrets *s, const char *text, size_t piece)
{
    struct ws_redact r = {.secrets = s};
    struct ws_buf out = {0};
    size_t len = strlen(text);
    for (size_t at = 0; at < len; at += piece)
        ws_redact_feed(&r, text + at, len - at < piece ? len - at : piece, append, &out);
    ws_redact_end(&r, append, &out);
    ws_redact_release(&r);
    return ws_buf_steal(&out);
}

static void expect(const struct ws_secrets *s, const char *text, const char *expected)
{
    for (size_t piece = 1; piece <= strlen(text) + 1; piece++) {
        char *out = redacted(s, text, piece);
        ck_assert_msg(strcmp(out, expected) == 0, "in pieces of %zu: '%s', not '%s'", piece, out,
                      expected);
        free(out);
    }
}

START_TEST(no_secrets_change_nothing)
{
    struct ws_secrets s = secrets_of(NULL, 0);
    expect(&s, "any text", "any text");
    ws_secrets_release(&s);
}
END_TEST

START_TEST(each_occurrence_is_replaced)
{
    struct ws_secrets s = secrets_of((const char *[]){"secret", "other"}, 2);
    expect(&s, "secret", "***");
    expect(&s, "a secret, an other.", "a ***, an ***.");
    expect(&s, "secretsecretother", "*********");
    expect(&s, "secresecret sec", "secre*** sec");
    expect(&s, "othe", "***"); /* unfinished at the end */
    expect(&s, "oth", "oth");
    ws_secrets_release(&s);
}
END_TEST

START_TEST(the_longer_of_two_wins)
{
    struct ws_secrets s = secrets_of((const char *[]){"abcd", "abcdefgh"}, 2);
    expect(&s, "abcdefgh.", "***.");
    expect(&s, "abcdefg.", "***efg.");
    expect(&s, "abcd.", "***.");
    expect(&s, "abcd", "***");
    ws_secrets_release(&s);
}
END_TEST

START_TEST(overlapping_ones_are_covered_as_one)
{
    struct ws_secrets s = secrets_of((const char *[]){"abcdefgh", "defghijk"}, 2);
    expect(&s, "<abcdefghijk>", "<***>");
    expect(&s, "<abcdefghij>", "<***ij>");
    ws_secrets_release(&s);
    s = secrets_of((const char *[]){"aaaa"}, 1);
    expect(&s, "aaaaaaaaab", "***b");
    ws_secrets_release(&s);
}
END_TEST

START_TEST(lines_of_a_secret_count)
{
    struct ws_secrets s =
        secrets_of((const char *[]){"-----BEGIN KEY-----\nMIIEabcdef\nxy\n-----END KEY-----\n"}, 1);
    expect(&s, "-----BEGIN KEY-----\r\nMIIEabcdef\r\nxy\r\n", "***\r\n***\r\nxy\r\n");
    ws_secrets_release(&s);
}
END_TEST

/* The rule, written down once more without any streaming. */
static char *expected_text(const struct ws_secrets *s, const char *text)
{
    struct ws_buf out = {0};
    size_t covered = 0;
    size_t len = strlen(text);
    for (size_t i = 0; i < len; i++) {
        size_t longest = 0;
        for (size_t k = 0; k < s->len; k++)
            if (strncmp(text + i, s->items[k].text, s->items[k].len) == 0 &&
                s->items[k].len > longest)
                longest = s->items[k].len;
        if (longest > 0 && i >= covered)
            ws_buf_puts(&out, "***");
        if (i + longest > covered && longest > 0)
            covered = i + longest;
        if (i >= covered)
            ws_buf_putc(&out, text[i]);
    }
    return ws_buf_steal(&out);
}

START_TEST(random_texts_cut_at_random)
{
    srand(1);
    for (int round = 0; round < 3000; round++) {
        char words[3][8] = {{0}};
        char text[64] = {0};
        for (size_t w = 0; w < 3; w++)
            for (int i = 0, n = 2 + rand() % 5; i < n; i++)
                words[w][i] = (char)('a' + rand() % 2);
        for (int i = 0, n = rand() % 60; i < n; i++)
            text[i] = (char)('a' + rand() % 2);
        strcat(text, "."); /* nothing is unfinished */
        struct ws_secrets s =
            secrets_of((const char *[]){words[0], words[1], words[2]}, (size_t)(1 + rand() % 3));
        char *expected = expected_text(&s, text);
        expect(&s, text, expected);
        free(expected);
        ws_secrets_release(&s);
    }
}
END_TEST

START_TEST(little_is_held_back)
{
    struct ws_secrets s = secrets_of((const char *[]){"secret-value"}, 1);
    struct ws_redact r = {.secrets = &s};
    struct ws_buf out = {0};
    ws_redact_feed(&r, "enter a name: ", 14, append, &out);
    ck_assert_str_eq(ws_buf_str(&out), "enter a name: ");
    ws_redact_feed(&r, "x sec", 5, append, &out);
    ck_assert_str_eq(ws_buf_str(&out), "enter a name: x ");
    ws_redact_feed(&r, "ond", 3, append, &out);
    ck_assert_str_eq(ws_buf_str(&out), "enter a name: x second");
    ws_redact_release(&r);
    ws_buf_release(&out);
    ws_secrets_release(&s);
}
END_TEST

RUN_TESTS("redact", no_secrets_change_nothing, each_occurrence_is_replaced, the_longer_of_two_wins,
          overlapping_ones_are_covered_as_one, lines_of_a_secret_count, random_texts_cut_at_random,
          little_is_held_back)
