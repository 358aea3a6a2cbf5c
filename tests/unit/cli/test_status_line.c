#include "status_line.h"

#include <stdio.h>
#include <string.h>

#include "../base/suite.h"
#include "columns.h"

static const char *formatted(const struct ws_status_line *s, size_t columns)
{
    static char text[512];
    struct ws_buf b = {0};

    ws_status_line_format(&b, s, columns);
    ck_assert_uint_lt(b.len, sizeof text);
    snprintf(text, sizeof text, "%s", ws_buf_str(&b));
    ws_buf_release(&b);
    return text;
}

START_TEST(the_line_of_a_tool)
{
    const struct ws_status_line s = {.state = "editing",
                                     .tool = "aider",
                                     .elapsed_ms = 83400,
                                     .quiet_ms = 2100,
                                     .last_line = "Applied edit to src/a.c"};

    ck_assert_str_eq(formatted(&s, 80),
                     "editing  aider  1m23s  Applied edit to src/a.c  (2 s ago)");
    ck_assert_str_eq(formatted(&s, 50), "editing  aider  1m23s  Applied edit ...  (2 s ago)");
    ck_assert_str_eq(formatted(&s, 15), "editing  aid...");
    ck_assert_str_eq(formatted(&s, 2), "..");
    ck_assert_str_eq(formatted(&s, 0), "");
}
END_TEST

START_TEST(silence_is_shown)
{
    struct ws_status_line s = {
        .state = "editing", .tool = "aider", .elapsed_ms = 5000, .quiet_ms = 5000};

    ck_assert_str_eq(formatted(&s, 80), "editing  aider  5 s  (5 s silent)");
    s.last_line = "";
    ck_assert_str_eq(formatted(&s, 80), "editing  aider  5 s  (5 s silent)");
    s.tool = NULL;
    ck_assert_str_eq(formatted(&s, 80), "editing");
    s.state = NULL;
    ck_assert_str_eq(formatted(&s, 80), "starting");
}
END_TEST

START_TEST(a_tool_cannot_drive_the_terminal)
{
    const struct ws_status_line s = {
        .state = "editing", .tool = "x", .last_line = "\033]0;title\a\rwsfsm: done\n"};
    const char *line = formatted(&s, 200);

    for (const char *c = line; *c != '\0'; c++) {
        ck_assert_uint_ge((unsigned char)*c, ' ');
    }
    ck_assert_ptr_nonnull(strstr(line, "\\x1b]0;title"));
}
END_TEST

START_TEST(no_width_is_exceeded)
{
    const struct ws_status_line s = {
        .state = "runtime_check",
        .tool = "acceptance-1",
        .elapsed_ms = 3600000,
        .quiet_ms = 60000,
        .last_line = "\xE6\xBC\xA2\xE5\xAD\x97 \xC3\xA4\xC3\xB6 \xF0\x9F\x98\x80 ok"};

    for (size_t columns = 0; columns < 120; columns++) {
        ck_assert_uint_le(ws_display_width(formatted(&s, columns)), columns);
    }
}
END_TEST

START_TEST(characters_are_not_cut_in_two)
{
    struct ws_buf b = {0};

    ws_cut_to_width(&b, "\xE6\xBC\xA2\xE5\xAD\x97\xE6\xBC\xA2\xE5\xAD\x97",
                    6); /* four, each two wide */
    ck_assert_str_eq(ws_buf_str(&b), "\xE6\xBC\xA2...");
    ws_buf_release(&b);
}
END_TEST

RUN_TESTS("status_line", the_line_of_a_tool, silence_is_shown, a_tool_cannot_drive_the_terminal,
          no_width_is_exceeded, characters_are_not_cut_in_two)
